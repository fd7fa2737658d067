//! Field errors: turns the path of a field that a vendor rejects into the path of an attribute.
//!
//! A vendor's client knows no schema, so its error carries paths of the request ([`Diagnostic::vendor_fields`]). The adapter
//! of each kind of object has the schema and calls [`locate`] on whatever a call of the object returns.

use super::diagnostics::{Diagnostic, Diagnostics};
use super::path::Path;
use super::schema::Schema;
use super::types::Type;

/// Points each diagnostic without a path at the first of its vendor fields that is an attribute of the schema.
pub(super) fn locate(schema: &Schema, diagnostics: Diagnostics) -> Diagnostics {
    diagnostics.into_iter().map(|diagnostic| located(schema, diagnostic)).collect()
}

fn located(schema: &Schema, diagnostic: Diagnostic) -> Diagnostic {
    if !diagnostic.path.is_root() {
        return diagnostic;
    }
    match diagnostic.vendor_fields.iter().find_map(|field| attribute_path(schema, field)) {
        Some(path) => diagnostic.at(path),
        None => diagnostic,
    }
}

/// The attribute that a field belongs to, and the element if the attribute is a list.
///
/// The path goes no deeper: below an element the request may have another shape than the attribute.
fn attribute_path(schema: &Schema, field: &[String]) -> Option<Path> {
    let name = field.first()?;
    let attribute = schema.attributes().iter().find(|attribute| attribute.name == *name)?;
    let index = field.get(1).and_then(|step| step.parse().ok());
    Some(match (attribute.value_type(), index) {
        (Type::List(_), Some(index)) => Path::to(name).index(index),
        _ => Path::to(name),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::Attribute;

    fn check(fields: &[&[&str]], expected: &str) {
        let features = Attribute::objects("features", vec![Attribute::string("kind").required()]);
        let tags = Attribute::of("tags", Type::map(Type::String));
        let schema =
            Schema::new(".", vec![Attribute::string("label").required(), features.optional(), tags.optional()]);
        let fields = fields.iter().map(|field| field.iter().map(|step| (*step).to_owned()).collect());
        let diagnostic = Diagnostic::error("Rejected", "").with_vendor_fields(fields.collect());
        let located = locate(&schema, diagnostic.into());
        assert_eq!(located.iter().next().unwrap().path.to_string(), expected);
    }

    #[test]
    fn the_first_field_that_is_an_attribute_becomes_the_path() {
        check(&[&["label"]], "label");
        check(&[&["unknown"], &["label"]], "label");
        check(&[&["unknown"]], "");
        check(&[&[]], "");
        check(&[], "");
    }

    #[test]
    fn a_path_goes_as_deep_as_an_element_of_a_list() {
        check(&[&["features", "1", "feature"]], "features[1]");
        check(&[&["features", "first"]], "features");
        check(&[&["tags", "1"]], "tags");
        check(&[&["label", "1"]], "label");
    }

    #[test]
    fn a_path_that_is_set_stays() {
        let schema = Schema::new(".", vec![Attribute::string("label").required()]);
        let diagnostic = Diagnostic::error("Rejected", "").with_vendor_fields(vec![vec!["label".to_owned()]]);
        let located = locate(&schema, diagnostic.at(Path::to("status")).into());
        assert_eq!(located.iter().next().unwrap().path, Path::to("status"));
    }
}
