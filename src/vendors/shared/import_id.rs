//! Import ids that are not of the form of their type.

use crate::framework::{Diagnostic, Diagnostics};

/// The refusal of an id. `type_name` is without the provider's prefix; `forms` says what an id is, with an example, as in
/// "`WEBHOOK_ID`, such as `wh_123`".
pub(in crate::vendors) fn wrong(type_name: &str, id: &str, forms: &str) -> Diagnostics {
    let given = if id.is_empty() { "An empty text".to_owned() } else { format!("`{id}`") };
    let detail = format!("{given} is not an import id of `idv_{type_name}`. It is {forms}.");
    Diagnostic::error("Wrong import id", detail).into()
}
