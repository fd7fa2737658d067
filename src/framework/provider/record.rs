//! The attribute `record`: a recording of what the vendors respond.

use std::collections::BTreeSet;
use std::path::Path as FilePath;
use std::sync::Arc;

use super::vendor::{Vendor, declared_apis};
use crate::framework::diagnostics::Diagnostic;
use crate::framework::path::Path;
use crate::framework::rules::Rule;
use crate::framework::schema::{Attribute, Schema, Shape};
use crate::framework::value::Value;
use crate::openapi;
use crate::recording::{Recorder, Vocabulary};

/// The attribute of the provider block. The environment variable is `IDV_RECORD`.
pub const RECORD: &str = "record";

/// The recorder that the provider's own attributes ask for. `own` are their values, `schemas` those of all objects.
///
/// `settings` are those of a vendor.
pub(super) fn recorder<'s>(
    own: &Value,
    schemas: impl Iterator<Item = &'s Schema>,
    vendors: &[&dyn Vendor],
    settings: impl Fn(&dyn Vendor) -> Value,
) -> Result<Option<Arc<Recorder>>, Diagnostic> {
    let Some(file) = own.get(RECORD).as_str() else { return Ok(None) };
    let opened = Recorder::open(FilePath::new(file), vocabulary(schemas, vendors, settings));
    opened.map(|recorder| Some(Arc::new(recorder))).map_err(|error| {
        let detail = format!(
            "`{RECORD}` is `{file}`, which cannot be opened for writing: {error}. Name a file in a folder that exists, or unset it."
        );
        Diagnostic::error("The recording cannot be written", detail).at(Path::to(RECORD))
    })
}

/// The constants of the schemas, and the fields of the vendors' calls: what a recording may contain of a body.
fn vocabulary<'s>(
    schemas: impl Iterator<Item = &'s Schema>,
    vendors: &[&dyn Vendor],
    settings: impl Fn(&dyn Vendor) -> Value,
) -> Vocabulary {
    let attributes: Vec<_> = schemas.flat_map(Schema::attributes).flat_map(with_nested).collect();
    let values = attributes.iter().flat_map(|attribute| &attribute.rules).flat_map(Rule::choices);
    let values = values.map(|&value| value.to_owned());
    let fields = vendors.iter().flat_map(|vendor| fields(*vendor, &settings(*vendor)));
    Vocabulary::new(values, attributes.iter().map(|attribute| attribute.name.clone()).chain(fields))
}

/// The fields that a vendor's client sends and reads, and the members that a setting names around a response.
fn fields(vendor: &dyn Vendor, settings: &Value) -> BTreeSet<String> {
    let apis = declared_apis(vendor);
    let calls = apis.iter().flat_map(|api| &api.calls);
    let declared = calls.flat_map(|call| call.request.iter().chain(&call.response)).flat_map(openapi::member_names);
    // A mistake in the settings is reported where the client is made.
    let configured = vendor.apis(settings).unwrap_or_default();
    let envelopes = configured.iter().flat_map(|api| &api.calls).filter_map(|call| call.envelope.as_ref());
    declared.chain(envelopes.flat_map(|way| way.split('.')).map(str::to_owned)).collect()
}

/// An attribute and all below it.
fn with_nested(attribute: &Attribute) -> Vec<&Attribute> {
    let below = match attribute.shape() {
        Shape::Plain(_) => &[][..],
        Shape::Nested(_, attributes) => attributes.as_slice(),
    };
    [attribute].into_iter().chain(below.iter().flat_map(with_nested)).collect()
}
