//! The attribute `record`: a recording of what the vendors respond.

use std::path::Path as FilePath;
use std::sync::Arc;

use crate::framework::diagnostics::Diagnostic;
use crate::framework::path::Path;
use crate::framework::rules::Rule;
use crate::framework::schema::{Attribute, Schema, Shape};
use crate::framework::value::Value;
use crate::recording::{Recorder, Vocabulary};

/// The attribute of the provider block. The environment variable is `IDV_RECORD`.
pub const RECORD: &str = "record";

/// The recorder that the provider's own attributes ask for. `own` are their values, `schemas` those of all objects.
pub(super) fn recorder<'s>(
    own: &Value,
    schemas: impl Iterator<Item = &'s Schema>,
) -> Result<Option<Arc<Recorder>>, Diagnostic> {
    let Some(file) = own.get(RECORD).as_str() else { return Ok(None) };
    let opened = Recorder::open(FilePath::new(file), vocabulary(schemas));
    opened.map(|recorder| Some(Arc::new(recorder))).map_err(|error| {
        let detail = format!(
            "`{RECORD}` is `{file}`, which cannot be opened for writing: {error}. Name a file in a folder that exists, or unset it."
        );
        Diagnostic::error("The recording cannot be written", detail).at(Path::to(RECORD))
    })
}

/// The constants of the schemas: what a recording may contain of a body.
fn vocabulary<'s>(schemas: impl Iterator<Item = &'s Schema>) -> Vocabulary {
    let attributes: Vec<_> = schemas.flat_map(Schema::attributes).flat_map(with_nested).collect();
    let values = attributes.iter().flat_map(|attribute| &attribute.rules).flat_map(Rule::choices);
    let values = values.map(|&value| value.to_owned());
    Vocabulary::new(values, attributes.iter().map(|attribute| attribute.name.clone()))
}

/// An attribute and all below it.
fn with_nested(attribute: &Attribute) -> Vec<&Attribute> {
    let below = match attribute.shape() {
        Shape::Plain(_) => &[][..],
        Shape::Nested(_, attributes) => attributes.as_slice(),
    };
    [attribute].into_iter().chain(below.iter().flat_map(with_nested)).collect()
}
