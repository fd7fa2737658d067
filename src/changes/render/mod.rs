//! Shows changes: as text for a terminal, as Markdown for a pull request, as one HTML page, or as JSON.

mod html;
mod markdown;
mod svg;
mod text;

use crate::framework::Direction;

use super::model::{Action, Changes, ObjectChange};
use crate::tenant::words::count;

/// The form of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For a terminal.
    Text,
    /// For a comment in a pull request: at most 65,536 characters.
    Markdown,
    /// One file for a browser.
    Html,
    /// The documented form, for programs.
    Json,
}

/// Shows changes in a form.
pub fn render(changes: &Changes, format: Format) -> String {
    match format {
        Format::Text => text::render(changes),
        Format::Markdown => markdown::render(changes),
        Format::Html => html::render(changes),
        Format::Json => serde_json::to_string_pretty(changes).unwrap_or_default() + "\n",
    }
}

/// The heading of the output.
fn title(changes: &Changes) -> String {
    match changes.command {
        "report" => "What this plan changes".to_owned(),
        "impact" => "How many verifications this plan concerns".to_owned(),
        "drift" => "What differs between state and vendors".to_owned(),
        _ => format!("What differs between {} and {}", changes.left, changes.right),
    }
}

/// One sentence with the counts.
fn summary(changes: &Changes) -> String {
    if changes.is_empty() {
        return if changes.is_of_plan() { "Nothing changes.".to_owned() } else { "Nothing differs.".to_owned() };
    }
    let verb = if changes.is_of_plan() { "change" } else { "differ" };
    let parts = [(Direction::Looser, "looser"), (Direction::Stricter, "stricter"), (Direction::Neutral, "neutral")]
        .map(|(direction, word)| (changes.count(direction), word));
    let parts: Vec<_> =
        parts.into_iter().filter(|(number, _)| *number > 0).map(|(number, word)| format!("{number} {word}")).collect();
    let number = changes.objects.len();
    let verb = if number == 1 { format!("{verb}s") } else { verb.to_owned() };
    format!("{} {verb}: {}.", count(number, "object"), parts.join(", "))
}

/// The word for a direction.
fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Looser => "looser",
        Direction::Stricter => "stricter",
        Direction::Neutral => "neutral",
    }
}

/// What happens to an object, as the end of a sentence.
fn action(changes: &Changes, object: &ObjectChange) -> String {
    let is_plural = object.kind.ends_with('s');
    let (is, s) = if is_plural { ("are", "") } else { ("is", "s") };
    match object.action {
        Action::Destroy => format!("{is} destroyed"),
        Action::Release => format!("{is} no longer managed"),
        Action::Gone => format!("{is} gone at the vendor"),
        Action::OnlyLeft => format!("{is} only in {}", changes.left),
        Action::OnlyRight => format!("{is} only in {}", changes.right),
        Action::Unmanaged => format!("{is} not managed"),
        Action::Replace => format!("{is} replaced"),
        Action::CreateAndForget => {
            let old = if is_plural { "old ones stay" } else { "old one stays" };
            format!("{is} created again, and the {old} without Terraform")
        }
        Action::Update => format!("change{s}"),
        Action::Differs => format!("differ{s}"),
        Action::Create => format!("{is} created"),
        Action::Adopt => format!("{is} adopted: the vendor has {} already", if is_plural { "them" } else { "it" }),
        Action::Import => format!("{is} imported"),
        Action::Forget => format!("{is} no longer managed, and stay{s}"),
    }
}

/// An object in a sentence: `VULT webhook "audit"`.
fn noun(object: &ObjectChange) -> String {
    let ObjectChange { vendor, kind, name, .. } = object;
    if name.is_empty() { format!("{vendor} {kind}") } else { format!("{vendor} {kind} {name}") }
}

/// Whether the values of a change say more than its sentence.
fn shows_values(object: &ObjectChange) -> bool {
    matches!(object.action, Action::Update | Action::Replace | Action::Differs | Action::Import)
}

/// The heading of what could not be compared.
const LIMITS: &str = "Not compared";
