//! Import ids in a wrong form.

use crate::framework::{Diagnostic, Diagnostics};

/// The error of a wrong id. `type_name` is without the provider's prefix; `forms` is the expected form with an example, as in
/// "`WEBHOOK_ID`, such as `wh_123`".
pub(in crate::vendors) fn wrong(type_name: &str, id: &str, forms: &str) -> Diagnostics {
    let given = if id.is_empty() { "An empty text".to_owned() } else { format!("`{id}`") };
    let detail = format!("{given} is not an import id of `idv_{type_name}`. It is {forms}.");
    Diagnostic::error("Wrong import id", detail).into()
}
