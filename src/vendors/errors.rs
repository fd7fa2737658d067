//! From a failed request to what a user reads.

use crate::framework::{Diagnostic, Diagnostics, Path, Schema, Type};
use crate::http::Error;

impl From<Error> for Diagnostic {
    fn from(error: Error) -> Self {
        Self::error(error.summary(), error.detail())
    }
}

impl From<Error> for Diagnostics {
    fn from(error: Error) -> Self {
        Diagnostic::from(error).into()
    }
}

/// The failure, pointing at the attribute that the vendor names, where the schema has one of that name.
///
/// A path goes no deeper than an element of a list: below it the body may have another shape than the attribute.
pub(super) fn at_attribute(error: Error, schema: &Schema) -> Diagnostic {
    let path = error.fields().iter().find_map(|field| {
        let name = field.path.first()?;
        let attribute = schema.attributes.iter().find(|attribute| attribute.name == *name)?;
        let index = field.path.get(1).and_then(|step| step.parse().ok());
        Some(match (attribute.value_type(), index) {
            (Type::List(_), Some(index)) => Path::to(name).index(index),
            _ => Path::to(name),
        })
    });
    Diagnostic::from(error).at(path.unwrap_or_default())
}
