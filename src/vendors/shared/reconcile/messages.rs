//! What a user reads about a write whose outcome was not known at first.

use crate::framework::{Diagnostic, Diagnostics, diagnostics};
use crate::http::Error;

use super::Noun;

/// `The list "EU" was created despite an error`, with the name cut so that the summary fits.
pub(super) fn summary(noun: &Noun<'_>, rest: &str) -> String {
    diagnostics::summary(&format!("The {}", noun.kind), noun.name, rest)
}

pub(super) fn import_block(type_name: &str, import_id: &str) -> String {
    format!("import {{\n  to = idv_{type_name}.NAME\n  id = \"{import_id}\"\n}}")
}

pub(super) fn already_exists(noun: &Noun<'_>, import_id: &str) -> Diagnostic {
    let detail = format!(
        "{} already has the {} \"{}\". Nothing was created. To manage the existing one, add this block beside the resource and \
         apply again:\n\n{}",
        noun.vendor,
        noun.kind,
        noun.name,
        import_block(noun.type_name, import_id)
    );
    Diagnostic::error(summary(noun, "already exists"), detail)
}

/// The warning about an object that was created although others have the same fields and are recent.
pub(super) fn created_beside(noun: &Noun<'_>, rows: &[(String, String)]) -> Diagnostic {
    const SHOWN: usize = 3;
    let Noun { vendor, type_name, console, .. } = noun;
    let newest = &rows[rows.len().saturating_sub(SHOWN)..];
    let detail = format!(
        "{vendor} already had {} with the same values, which this apply did not create. That is as it should be if the object belongs to \
         another resource or to somebody else, or if this one replaces it. If an apply was killed before, the object may be what that \
         apply left: then delete one of the two in {console}. To manage the earlier one too, add its block beside a resource:\n\n{}",
        ids(newest),
        import_blocks(type_name, newest),
    );
    Diagnostic::warning(summary(noun, "may exist twice"), detail)
}

fn ids(rows: &[(String, String)]) -> String {
    rows.iter().map(|(id, _)| format!("`{id}`")).collect::<Vec<_>>().join(", ")
}

fn import_blocks(type_name: &str, rows: &[(String, String)]) -> String {
    rows.iter().map(|(_, import_id)| import_block(type_name, import_id)).collect::<Vec<_>>().join("\n\n")
}

/// Two resources with the same fields, of a vendor that tells objects apart only by an id that it chooses.
pub(super) fn declared_twice(noun: &Noun<'_>) -> Diagnostic {
    let detail = format!(
        "Two resources of this configuration declare the {} \"{}\" with the same fields. {} tells them apart only by an id that it \
         chooses. Give one of them another name, or remove it.",
        noun.kind, noun.name, noun.vendor
    );
    Diagnostic::error(summary(noun, "is declared twice"), detail)
}

/// The warning about an object that was created although the response was lost. `id` is its id.
pub(super) fn created_despite_error(noun: &Noun<'_>, id: &str, error: &Error) -> Diagnostic {
    let detail = format!("The list has it as `{id}`, and it is kept in state.\n{}", error.description());
    Diagnostic::warning(summary(noun, "was created despite an error"), detail)
}

pub(super) fn applied_despite_error(noun: &Noun<'_>, past: &str, error: &Error) -> Diagnostic {
    let detail = format!(
        "{} has the new values when it is read again, and they are kept in state.\n{}",
        noun.vendor,
        error.description()
    );
    Diagnostic::warning(summary(noun, &format!("was {past} despite an error")), detail)
}

pub(super) fn not_applied(noun: &Noun<'_>, past: &str, error: Error) -> Error {
    error.with_observation(format!(
        "{} was read again and shows that the {} was not {past}. Apply again.",
        noun.vendor, noun.kind
    ))
}

/// A create that no row of the list can be.
pub(super) fn not_created(noun: &Noun<'_>, error: Error) -> Error {
    error.with_observation(format!(
        "The list was read again and does not have the {}, so most likely it was not created. Apply again.",
        noun.kind
    ))
}

/// A create that was accepted and whose object the list does not have.
pub(super) fn accepted_but_not_listed(noun: &Noun<'_>, import_id: &str) -> Diagnostic {
    let detail = format!(
        "{vendor} accepted the {kind} \"{name}\", but the list that has its id does not show it yet. It may exist and is not in \
         state. Wait until {console} shows it, then import it:\n\n{block}",
        vendor = noun.vendor,
        kind = noun.kind,
        name = noun.name,
        console = noun.console,
        block = import_block(noun.type_name, import_id)
    );
    Diagnostic::error(summary(noun, "was created and cannot be found"), detail)
}

/// A create whose list cannot be read, after a response that was a success.
pub(super) fn accepted_but_not_read(noun: &Noun<'_>, import_id: &str, read: Diagnostics) -> Diagnostics {
    let mut diagnostics: Diagnostics = accepted_but_not_listed(noun, import_id).into();
    diagnostics.append(read);
    diagnostics
}

/// A create of which neither the response nor the list tells the outcome.
pub(super) fn create_unknown(noun: &Noun<'_>, import_id: &str, error: Error, read: Diagnostics) -> Diagnostics {
    let recovery = format!(
        "It is not known whether the {kind} was created, and it is not in state. Check {console}. If the {kind} is there, import \
         it with the block below; if not, apply again.\n\n{block}",
        kind = noun.kind,
        console = noun.console,
        block = import_block(noun.type_name, import_id)
    );
    unknown(error, &recovery, read)
}

/// The write first, with what to do, then what the read met.
pub(super) fn unknown(error: Error, recovery: &str, read: Diagnostics) -> Diagnostics {
    let mut diagnostics = Diagnostics::from(error.with_observation(recovery));
    diagnostics.append(read);
    diagnostics
}

/// Rows that may be the object and are not certainly ours. `rows` are ids and import ids.
pub(super) fn ambiguous(noun: &Noun<'_>, rows: &[(String, String)], error: Option<&Error>) -> Diagnostic {
    let Noun { vendor, kind, name, type_name, console } = noun;
    let ids = ids(rows);
    let found = match rows.len() {
        1 => format!(
            "The list has {ids} with the same values, which may have been there before or belong to somebody else."
        ),
        _ => format!("The list has several objects with the same values: {ids}."),
    };
    let blocks = import_blocks(type_name, rows);
    let cause = error.map_or_else(String::new, |error| format!("\n\n{}", error.description()));
    let detail = format!(
        "It is not certain which object {vendor} created for the {kind} \"{name}\", so none is in state. {found} Compare them in \
         {console} and delete those that nobody needs. To manage one of them, add its block beside the resource and apply \
         again:\n\n{blocks}{cause}",
    );
    Diagnostic::error(summary(noun, "is ambiguous"), detail)
}
