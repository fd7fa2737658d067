//! Markdown for a comment in a pull request.
//!
//! GitHub accepts 65,536 characters. The most severe objects come first; when there is no room for the details of an object, its
//! line stays, and when there is no room for the line, a sentence says how many are left out.

use std::fmt::Write;

use crate::changes::model::{Changes, FlowChange, ObjectChange};
use crate::framework::Direction;

use super::{LIMITS, action, direction, noun, shows_values, summary, title};

/// GitHub's limit, with room for the end.
const LIMIT: usize = 65_536 - 1_536;

/// How much of it details may take, so that the lines of all objects have room first.
const DETAILS: usize = LIMIT / 2;

pub(super) fn render(changes: &Changes) -> String {
    let mut text = format!("## {}\n\n{}\n", title(changes), summary(changes));
    if !changes.objects.is_empty() {
        text.push_str("\n| | object | what happens |\n|---|---|---|\n");
    }
    let mut rows = 0;
    for object in &changes.objects {
        let row = row(changes, object);
        if characters(&text) + characters(&row) > LIMIT - DETAILS {
            break;
        }
        text.push_str(&row);
        rows += 1;
    }
    let without_row = changes.objects.len() - rows;
    if without_row > 0 {
        let _ =
            write!(text, "\n{without_row} more objects have no room here. The text and HTML forms have all of them.\n");
    }
    let mut without_details = 0;
    for object in changes.objects.iter().filter(|object| !object.fields.is_empty()) {
        let details = details(changes, object);
        if without_details > 0 || characters(&text) + characters(&details) > LIMIT {
            without_details += 1;
        } else {
            text.push_str(&details);
        }
    }
    if without_details > 0 {
        let _ = write!(text, "\nThe details of {without_details} objects have no room here.\n");
    }
    limits(&mut text, changes);
    text
}

/// Limits take what room is left.
fn limits(text: &mut String, changes: &Changes) {
    if changes.limits.is_empty() {
        return;
    }
    let _ = write!(text, "\n<details><summary>{} ({})</summary>\n\n", LIMITS, changes.limits.len());
    for limit in &changes.limits {
        let line = format!("- {}\n", escaped(limit));
        if characters(text) + characters(&line) > LIMIT + 1_000 {
            text.push_str("- and more\n");
            break;
        }
        text.push_str(&line);
    }
    text.push_str("\n</details>\n");
}

fn characters(text: &str) -> usize {
    text.chars().count()
}

fn row(changes: &Changes, object: &ObjectChange) -> String {
    let mark = match object.direction {
        Direction::Looser => "**looser**",
        Direction::Stricter => "stricter",
        Direction::Neutral => "",
    };
    let judged = object.fields.iter().filter(|field| field.direction == object.direction && field.reason.is_some());
    let mut parts: Vec<String> = judged.take(2).map(|field| field.sentence.clone()).collect();
    if parts.is_empty() && shows_values(object) {
        parts.extend(object.fields.iter().take(2).map(|field| field.sentence.clone()));
    }
    let more = object.fields.len().saturating_sub(parts.len());
    if more > 0 && shows_values(object) {
        parts.push(format!("{more} more"));
    }
    if let Some(reason) = &object.reason {
        parts.insert(0, reason.clone());
    }
    let what = if parts.is_empty() {
        action(changes, object)
    } else {
        format!("{}: {}", action(changes, object), parts.join("; "))
    };
    let what = match &object.impact {
        Some(impact) => format!("{what}. {}", impact.sentence),
        None => what,
    };
    format!("| {mark} | {} | {} |\n", cell(&noun(object)), cell(&what))
}

fn details(changes: &Changes, object: &ObjectChange) -> String {
    let mut text = format!(
        "\n<details><summary>{} {}{}</summary>\n\n",
        html(&noun(object)),
        action(changes, object),
        object.address.as_ref().map_or_else(String::new, |address| format!(" (<code>{}</code>)", html(address)))
    );
    if shows_values(object) {
        let _ = write!(
            text,
            "Affects {}.\n\n| | attribute | {} | {} |\n|---|---|---|---|\n",
            escaped(&object.audience),
            cell(&changes.left),
            cell(&changes.right)
        );
        for field in &object.fields {
            let mark = match (&field.reason, field.direction) {
                (Some(reason), found) => format!("{}: {reason}", direction(found)),
                (None, _) => String::new(),
            };
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} |",
                cell(&mark),
                cell(&field.sentence),
                cell(&field.before),
                cell(&field.after)
            );
        }
    } else {
        for field in &object.fields {
            let _ = writeln!(text, "- {}", escaped(&field.sentence));
        }
    }
    if let Some(flow) = &object.flow {
        text.push_str(&diagram(flow));
    }
    text.push_str("\n</details>\n");
    text
}

/// The workflow after, as Mermaid: new steps and jumps are green, removed ones red.
fn diagram(flow: &FlowChange) -> String {
    let mut text = "\n```mermaid\nflowchart TD\n".to_owned();
    let before = |name: &str| flow.before.iter().find(|step| step.name == name);
    let after = |name: &str| flow.after.iter().find(|step| step.name == name);
    let gone = flow.before.iter().filter(|step| after(&step.name).is_none());
    let steps: Vec<_> = flow.after.iter().chain(gone).collect();
    let id = |name: &str| steps.iter().position(|step| step.name == name);
    let (mut edges, mut styles) = (0, Vec::new());
    for (index, step) in steps.iter().enumerate() {
        let class = match (before(&step.name), after(&step.name)) {
            (None, _) => ":::added",
            (_, None) => ":::removed",
            _ => "",
        };
        let _ = writeln!(text, "  s{index}[\"{}<br/>{}\"]{class}", mermaid(&step.name), mermaid(&step.kind));
    }
    for step in &steps {
        let was = before(&step.name).map(|step| step.next.clone()).unwrap_or_default();
        let is = after(&step.name).map(|step| step.next.clone()).unwrap_or_default();
        let removed = was.iter().filter(|next| !is.contains(next));
        for next in is.iter().chain(removed) {
            let (Some(from), Some(to)) = (id(&step.name), id(next)) else { continue };
            let _ = writeln!(text, "  s{from} --> s{to}");
            if !was.contains(next) {
                styles.push(format!("  linkStyle {edges} stroke:#1a7f37,stroke-width:3px"));
            } else if !is.contains(next) {
                styles.push(format!("  linkStyle {edges} stroke:#cf222e,stroke-dasharray:4"));
            }
            edges += 1;
        }
    }
    for style in styles {
        let _ = writeln!(text, "{style}");
    }
    text.push_str(
        "  classDef added stroke:#1a7f37,stroke-width:3px\n  classDef removed stroke:#cf222e,stroke-dasharray:4\n```\n",
    );
    text
}

fn mermaid(text: &str) -> String {
    text.replace('#', "#35;").replace('"', "#quot;").replace('<', "#lt;").replace('>', "#gt;")
}

/// Text in a cell of a table.
fn cell(text: &str) -> String {
    escaped(text).replace('|', "\\|").replace('\n', " ")
}

/// Text in which nothing is HTML or a mention. A summary is HTML, in which Markdown means nothing.
fn html(text: &str) -> String {
    super::html::escaped(text).replace('@', "@\u{200b}")
}

/// Text in which nothing is Markdown, HTML or a mention, but what is between backticks, which is code.
fn escaped(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return plain(&text.replace('`', "'"));
    }
    let part = |(index, part): (usize, &&str)| {
        if index % 2 == 0 { plain(part) } else { format!("`{}`", part.replace('\n', " ")) }
    };
    parts.iter().enumerate().map(part).collect()
}

/// Text in which nothing is Markdown, HTML or a mention.
fn plain(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '@' => escaped.push_str("@\u{200b}"),
            '\\' | '*' | '_' | '[' | ']' | '#' | '~' => {
                escaped.push('\\');
                escaped.push(character);
            }
            '\n' | '\r' => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}
