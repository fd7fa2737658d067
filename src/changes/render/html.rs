//! One HTML page: no script, nothing from elsewhere, light and dark.

use std::fmt::Write;

use crate::changes::model::{Changes, FieldChange, ObjectChange};
use crate::framework::Direction;

use super::{LIMITS, action, direction, noun, shows_values, summary, svg, title};

const STYLE: &str = include_str!("style.css");

/// How many objects are open when the page is.
const OPEN: usize = 20;

pub(super) fn render(changes: &Changes) -> String {
    let title = escaped(&title(changes));
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src \
         'none'; style-src 'unsafe-inline'; img-src data:\">\n<link rel=\"icon\" href=\"data:,\">\n<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <h1>{title}</h1>\n<p class=\"summary\">{}</p>\n",
        escaped(&summary(changes))
    );
    counts(&mut page, changes);
    for (index, object) in changes.objects.iter().enumerate() {
        write_object(&mut page, changes, object, index < OPEN);
    }
    if !changes.limits.is_empty() {
        let _ = write!(page, "<section class=\"limits\">\n<h2>{LIMITS}</h2>\n<ul>\n");
        for limit in &changes.limits {
            let _ = writeln!(page, "<li>{}</li>", prose(limit));
        }
        page.push_str("</ul>\n</section>\n");
    }
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

fn counts(page: &mut String, changes: &Changes) {
    page.push_str("<ul class=\"counts\">\n");
    for found in [Direction::Looser, Direction::Stricter, Direction::Neutral] {
        let word = direction(found);
        let _ = writeln!(page, "<li class=\"{word}\"><strong>{}</strong> {word}</li>", changes.count(found));
    }
    let _ = writeln!(page, "<li><strong>{}</strong> unchanged</li>\n</ul>", changes.unchanged);
}

fn write_object(page: &mut String, changes: &Changes, object: &ObjectChange, is_open: bool) {
    let word = direction(object.direction);
    let open = if is_open { " open" } else { "" };
    let _ = write!(
        page,
        "<details class=\"object {word}\"{open}>\n<summary><span class=\"badge {word}\">{word}</span> <span class=\"noun\">{}</span> \
         {}</summary>\n",
        escaped(&noun(object)),
        escaped(&action(changes, object))
    );
    if let Some(address) = &object.address {
        let _ = writeln!(page, "<p><code>{}</code></p>", escaped(address));
    }
    if let Some(reason) = &object.reason {
        let _ = writeln!(page, "<p class=\"reason\">{}</p>", prose(reason));
    }
    if let Some(impact) = &object.impact {
        let _ = writeln!(page, "<p>{}</p>", prose(&impact.sentence));
    }
    if shows_values(object) {
        let _ = writeln!(page, "<p>Affects {}.</p>", prose(&object.audience));
        table(page, changes, &object.fields);
    } else {
        page.push_str("<ul>\n");
        for field in &object.fields {
            let _ = writeln!(page, "<li>{}</li>", prose(&field.sentence));
        }
        page.push_str("</ul>\n");
    }
    if let Some(flow) = &object.flow {
        let _ = write!(
            page,
            "<div class=\"flows\">\n<figure><figcaption>Before</figcaption>{}</figure>\n<figure><figcaption>After</figcaption>{}</figure>\n\
             </div>\n<p class=\"legend\"><span class=\"added\">added</span> <span class=\"removed\">removed</span> <span \
             class=\"lost\">can be skipped now</span></p>\n",
            svg::render(flow, false),
            svg::render(flow, true)
        );
    }
    page.push_str("</details>\n");
}

fn table(page: &mut String, changes: &Changes, fields: &[FieldChange]) {
    if fields.is_empty() {
        return;
    }
    let _ = write!(
        page,
        "<table>\n<thead><tr><th scope=\"col\">Change</th><th scope=\"col\">{}</th><th scope=\"col\">{}</th><th \
         scope=\"col\">Effect</th></tr></thead>\n<tbody>\n",
        escaped(&changes.left),
        escaped(&changes.right)
    );
    for field in fields {
        let word = direction(field.direction);
        let effect = field
            .reason
            .as_ref()
            .map_or_else(String::new, |reason| format!("<span class=\"badge {word}\">{word}</span> {}", prose(reason)));
        let _ = writeln!(
            page,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}{}</td><td>{effect}</td></tr>",
            prose(&field.sentence),
            escaped(&field.before),
            escaped(&field.after),
            bars(field)
        );
    }
    page.push_str("</tbody>\n</table>\n");
}

/// Two bars for numbers that are not negative: the longer one is the larger.
fn bars(field: &FieldChange) -> String {
    const LENGTH: f64 = 120.0;
    let Some((before, after)) = field.numbers.filter(|(before, after)| *before >= 0.0 && *after >= 0.0) else {
        return String::new();
    };
    let most = before.max(after);
    if most <= 0.0 {
        return String::new();
    }
    let (before, after) = (before / most * LENGTH, after / most * LENGTH);
    format!(
        "<svg class=\"bars\" aria-hidden=\"true\" width=\"{LENGTH}\" height=\"14\"><rect class=\"before\" width=\"{before:.1}\" \
         height=\"5\"/><rect class=\"after\" y=\"7\" width=\"{after:.1}\" height=\"5\"/></svg>"
    )
}

/// A sentence. What is between backticks is code.
fn prose(text: &str) -> String {
    let escaped = escaped(text);
    let parts: Vec<_> = escaped.split('`').collect();
    // A backtick without a partner is text.
    if parts.len().is_multiple_of(2) {
        return escaped;
    }
    let part = |(index, part): (usize, &&str)| {
        if index % 2 == 0 { (*part).to_owned() } else { format!("<code>{part}</code>") }
    };
    parts.iter().enumerate().map(part).collect()
}

/// Text in which nothing is HTML.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
