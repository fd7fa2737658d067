//! Text for a terminal.

use std::fmt::Write;

use crate::changes::model::{Action, Changes, FieldChange, ObjectChange};
use crate::framework::Direction;

use super::{LIMITS, action, direction, noun, shows_values, summary, title};

/// How many settings of an object that comes or goes are listed.
const SETTINGS: usize = 8;

/// How many characters the sentence of an attribute takes at least, so that the directions are below each other.
const WIDTH: usize = 64;

pub(super) fn render(changes: &Changes) -> String {
    let mut text = format!("{}\n{}\n", title(changes), summary(changes));
    for object in &changes.objects {
        write_object(&mut text, changes, object);
    }
    if !changes.limits.is_empty() {
        let _ = write!(text, "\n{LIMITS}\n");
        for limit in &changes.limits {
            let _ = writeln!(text, "  {limit}");
        }
    }
    text
}

fn write_object(text: &mut String, changes: &Changes, object: &ObjectChange) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "\n{:<8}  {} {}", direction(object.direction), noun(object), action(changes, object));
    if let Some(address) = &object.address {
        let _ = writeln!(text, "{:10}{address}", "");
    }
    if let Some(reason) = &object.reason {
        let _ = writeln!(text, "{:10}{reason}", "");
    }
    if let Some(impact) = &object.impact {
        let _ = writeln!(text, "{:10}{}", "", impact.sentence);
    }
    if shows_values(object) {
        let _ = writeln!(text, "{:10}affects {}", "", object.audience);
        for field in &object.fields {
            write_field(text, field);
        }
    } else if object.direction != Direction::Neutral || object.action != Action::Gone {
        for field in object.fields.iter().take(SETTINGS) {
            let _ = writeln!(text, "{:10}- {}", "", field.sentence);
        }
        if object.fields.len() > SETTINGS {
            let _ = writeln!(text, "{:10}- and {} more", "", object.fields.len() - SETTINGS);
        }
    }
}

fn write_field(text: &mut String, field: &FieldChange) {
    let judged = match &field.reason {
        Some(reason) => format!("{}: {reason}", direction(field.direction)),
        None => String::new(),
    };
    let line = format!("{:10}- {:<WIDTH$}  {judged}", "", field.sentence);
    let _ = writeln!(text, "{}", line.trim_end());
}
