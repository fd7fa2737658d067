//! Draws a workflow before and after: steps from top to bottom, jumps as lines, what is new, gone and skipped in colour.
//!
//! The colours come from the page's style sheet, by class.

use std::fmt::Write;

use crate::changes::model::FlowChange;
use crate::framework::flow::Step;

use super::html::escaped;

const WIDTH: usize = 220;
const HEIGHT: usize = 48;
const GAP: usize = 30;
const MARGIN: usize = 110;

/// Draws one side of a change. `is_after` selects it.
pub(super) fn render(flow: &FlowChange, is_after: bool) -> String {
    let (steps, others) = if is_after { (&flow.after, &flow.before) } else { (&flow.before, &flow.after) };
    let height = steps.len().max(1) * (HEIGHT + GAP);
    let width = WIDTH + 2 * MARGIN;
    let side = if is_after { "after" } else { "before" };
    let label = format!("The workflow {side} the change: {}", description(steps, flow, is_after));
    let mut svg = format!(
        "<svg role=\"img\" tabindex=\"0\" aria-label=\"{}\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\">",
        escaped(&label)
    );
    let _ = write!(
        svg,
        "<title>{}</title><defs><marker id=\"arrow-{side}\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"9\" \
         markerHeight=\"9\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" class=\"head\"/></marker></defs>",
        escaped(&label)
    );
    let position = |name: &str| steps.iter().position(|step| step.name == name);
    for (index, step) in steps.iter().enumerate() {
        let old = others.iter().find(|other| other.name == step.name);
        for next in &step.next {
            let Some(target) = position(next) else { continue };
            let is_new = old.is_none_or(|old| !old.next.contains(next));
            line(&mut svg, index, target, class(is_new, is_after), side);
        }
    }
    for (index, step) in steps.iter().enumerate() {
        let is_new = !others.iter().any(|other| other.name == step.name);
        let is_lost = is_after && flow.lost.iter().any(|lost| lost.step == step.name);
        node(&mut svg, index, step, if is_lost { "lost" } else { class(is_new, is_after) });
    }
    svg.push_str("</svg>");
    svg
}

fn class(differs: bool, is_after: bool) -> &'static str {
    match (differs, is_after) {
        (false, _) => "same",
        (true, true) => "added",
        (true, false) => "removed",
    }
}

fn y(index: usize) -> usize {
    index * (HEIGHT + GAP) + GAP / 2
}

fn node(svg: &mut String, index: usize, step: &Step, class: &str) {
    let (x, y, middle) = (MARGIN, y(index), MARGIN + WIDTH / 2);
    let _ = write!(
        svg,
        "<g class=\"{class}\"><rect x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"8\"/><text x=\"{middle}\" \
         y=\"{}\">{}</text><text class=\"kind\" x=\"{middle}\" y=\"{}\">{}</text></g>",
        y + 20,
        escaped(&shortened(&step.name)),
        y + 37,
        escaped(&shortened(&step.kind))
    );
}

/// A line from one step to another: straight down to the next, else a curve on the right, or on the left if it goes up.
fn line(svg: &mut String, from: usize, to: usize, class: &str, side: &str) {
    let marker = format!("marker-end=\"url(#arrow-{side})\"");
    if to == from + 1 {
        let x = MARGIN + WIDTH / 2;
        let (start, end) = (y(from) + HEIGHT, y(to));
        let _ = write!(svg, "<path class=\"{class}\" d=\"M{x} {start}V{end}\" {marker}/>");
        return;
    }
    let (start, end) = (y(from) + HEIGHT / 2, y(to) + HEIGHT / 2);
    let distance = from.abs_diff(to).min(6);
    let bend = 25 + distance * 12;
    let (x, out) = if to > from { (MARGIN + WIDTH, MARGIN + WIDTH + bend) } else { (MARGIN, MARGIN - bend) };
    let _ = write!(svg, "<path class=\"{class}\" d=\"M{x} {start}C{out} {start} {out} {end} {x} {end}\" {marker}/>");
}

fn shortened(text: &str) -> String {
    const LONGEST: usize = 26;
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST - 1).chain(['…']).collect()
}

/// The picture in words, for a screen reader.
fn description(steps: &[Step], flow: &FlowChange, is_after: bool) -> String {
    let step = |step: &Step| {
        let next =
            if step.next.is_empty() { "ends".to_owned() } else { format!("continues at {}", step.next.join(" or ")) };
        format!("{} ({}) {next}", step.name, step.kind)
    };
    let mut text = steps.iter().map(step).collect::<Vec<_>>().join("; ");
    if is_after {
        for lost in &flow.lost {
            let _ = write!(text, ". A path skips {}: {}", lost.step, lost.path.join(", "));
        }
    }
    text
}
