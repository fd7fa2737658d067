//! The files of an export, from the captured objects.

use std::collections::BTreeMap;

use super::capture::Capture;
use super::hcl::{self, Field, Term};
use super::pages::Pages;
use super::references::References;
use super::variables::Variables;
use super::{Layout, Tenant};
use crate::framework::diagnostics::capitalized;
use crate::framework::schema::{Attribute, Nesting, Shape};
use crate::framework::{Path, Severity, Value};
use crate::tenant::{Directory, identifying, reference};

/// The text of each file by its name.
pub(super) type Files = BTreeMap<String, String>;

/// `imports.tf`, if there is an object to import.
pub(super) fn imports(captures: &[Capture], layout: &Layout, provider: &str) -> Files {
    let mut blocks = Vec::new();
    for capture in captures {
        for object in &capture.objects {
            let Some(import_id) = &object.import_id else { continue };
            let to = Field::new("to", Term::verbatim(&layout.address(&capture.address(object))));
            let id = Field::new("id", Term::quoted(import_id));
            let provider = layout.provider(provider);
            blocks.push(hcl::block(&[], &["import"], provider.into_iter().chain([to, id]).collect()));
        }
    }
    if blocks.is_empty() { Files::new() } else { [(layout.name("imports.tf"), hcl::file(blocks))].into() }
}

/// A file for each type with its resources. A value that the vendor does not return becomes a variable.
pub(super) fn resources(tenant: &Tenant, layout: &Layout, provider: &str, variables: &mut Variables) -> Files {
    let captures = &tenant.captures;
    let references = References::between(captures);
    let pages = Pages::of(captures, layout);
    let mut files = Files::new();
    for capture in captures.iter().filter(|capture| !capture.objects.is_empty()) {
        let mut blocks = Vec::new();
        for object in &capture.objects {
            let mut writer = Writer {
                address: capture.address(object),
                vendor: capture.resource.vendor(),
                needs_secrets: object.needs_secrets,
                references: &references,
                directory: &tenant.directory,
                pages: &pages,
                secrets: Vec::new(),
                variables,
            };
            let attributes = capture.resource.schema().attributes();
            let own = writer.fields(attributes, &object.config, &Path::root());
            let fields = layout.provider(provider).into_iter().chain(own).collect();
            let mut comment = if blocks.is_empty() { warning(capture) } else { Vec::new() };
            let unknown = capture.not_returned(object).into_iter().collect::<Vec<_>>().join(", ");
            if !unknown.is_empty() {
                comment.push(format!("NOT RETURNED by the vendor, so not known: {unknown}."));
            }
            if !writer.secrets.is_empty() {
                comment.push(format!("SECRET, so a variable: {}.", writer.secrets.join(", ")));
            }
            comment.extend(object.violations.iter().map(|violation| format!("CANNOT BE PLANNED: {violation}")));
            blocks.push(hcl::block(&comment, &["resource", &capture.type_name, &object.name], fields));
        }
        files.insert(layout.file(&format!("{}.tf", plural(capture.resource.name()))), hcl::file(blocks));
    }
    files.append(&mut pages.files(layout));
    files
}

/// `outputs.tf` of a module: the ids of the objects of each type, by their names.
pub(super) fn outputs(captures: &[Capture], layout: &Layout) -> Files {
    let mut blocks = Vec::new();
    for capture in captures.iter().filter(|capture| !capture.objects.is_empty()) {
        let Some(attribute) = identifying(capture.resource.as_ref()).next() else { continue };
        let ids = capture.objects.iter().map(|object| {
            Field::new(&object.name, Term::verbatim(&format!("{}.{}", capture.address(object), attribute.name)))
        });
        let name = plural(capture.resource.name());
        let description = format!("`{}` of each `{}`, by its name here.", attribute.name, capture.type_name);
        let fields =
            vec![Field::new("description", Term::text(&description)), Field::new("value", Term::Object(ids.collect()))];
        blocks.push(hcl::block(&[], &["output", &name], fields));
    }
    if blocks.is_empty() { Files::new() } else { [(layout.file("outputs.tf"), hcl::file(blocks))].into() }
}

/// The comment above the first resource of an incomplete type.
fn warning(capture: &Capture) -> Vec<String> {
    let errors = capture.problems.iter().filter(|problem| problem.severity == Severity::Error);
    let summaries: Vec<_> = errors.map(|problem| problem.summary.clone()).collect();
    if summaries.is_empty() {
        return Vec::new();
    }
    vec![format!("NOT COMPLETE: the tenant may have more of these. {}.", summaries.join(". "))]
}

/// The plural of a type's name, for the file of its resources.
fn plural(name: &str) -> String {
    let after_vowel = |stem: &str| stem.ends_with(['a', 'e', 'i', 'o', 'u']);
    match name.strip_suffix('y') {
        _ if name.ends_with('s') => name.to_owned(),
        Some(stem) if !after_vowel(stem) => format!("{stem}ies"),
        _ => format!("{name}s"),
    }
}

/// Writes one object.
struct Writer<'w> {
    address: String,
    vendor: &'static str,
    /// Whether an apply needs the secrets of the object.
    needs_secrets: bool,
    references: &'w References,
    directory: &'w Directory,
    pages: &'w Pages,
    /// The paths of the secrets that became variables.
    secrets: Vec<String>,
    variables: &'w mut Variables,
}

impl Writer<'_> {
    /// The attributes of an object that a user would write, in the order of the schema.
    fn fields(&mut self, attributes: &[Attribute], object: &Value, path: &Path) -> Vec<Field> {
        let mut fields = Vec::new();
        for attribute in attributes.iter().filter(|attribute| attribute.belongs_in_new_configurations()) {
            let (value, path) = (object.get(&attribute.name), path.attribute(&attribute.name));
            let term = if needs_variable(attribute, value) {
                // Of `X` and `X_wo` only the latter is written, because it is not stored in state.
                let write_only = format!("{}_wo", attribute.name);
                if attributes.iter().any(|other| other.name == write_only) {
                    continue;
                }
                self.secrets.push(format!("`{path}`"));
                self.variables.add(&self.address, attribute, &path.to_string(), self.needs_secrets)
            } else if value.is_null() {
                continue;
            } else {
                self.term(attribute, value, &path)
            };
            let field = Field::new(&attribute.name, term);
            fields.push(match self.comment(attribute, value, &path) {
                Some(comment) => field.with_comment(comment),
                None => field,
            });
        }
        fields
    }

    /// The name of what an id refers to, if that is not exported.
    fn comment(&self, attribute: &Attribute, value: &Value, path: &Path) -> Option<String> {
        if self.references.get(&self.address, path).is_some() {
            return None;
        }
        let entry = self.directory.find(self.vendor, &attribute.name, value.as_str()?)?;
        Some(format!("{}, which is not exported.", capitalized(&reference(entry.resource.as_ref(), &entry.state))))
    }

    fn term(&mut self, attribute: &Attribute, value: &Value, path: &Path) -> Term {
        if let Some(reference) = self.references.get(&self.address, path) {
            return Term::verbatim(reference);
        }
        if let Some(page) = self.pages.term(&attribute.name, value) {
            return page;
        }
        let Shape::Nested(nesting, nested) = attribute.shape() else { return Term::value(value) };
        match (nesting, value) {
            (Nesting::List, Value::List(elements)) => {
                let elements = elements.iter().enumerate();
                Term::list(elements.map(|(at, element)| self.object(nested, element, &path.index(at))).collect())
            }
            (_, value) => self.object(nested, value, path),
        }
    }

    fn object(&mut self, attributes: &[Attribute], value: &Value, path: &Path) -> Term {
        if value.is_null() { Term::value(value) } else { Term::Object(self.fields(attributes, value, path)) }
    }
}

/// Whether the user must supply an attribute: a secret, or a required value that the vendor does not return.
fn needs_variable(attribute: &Attribute, value: &Value) -> bool {
    attribute.is_secret() || (attribute.required && value.is_null())
}

#[cfg(test)]
mod tests {
    use super::plural;

    #[test]
    fn plurals() {
        let files = ["vult_webhook", "vult_weights", "onekosmos_service_key", "xident_blacklist_entry"].map(plural);
        assert_eq!(files, ["vult_webhooks", "vult_weights", "onekosmos_service_keys", "xident_blacklist_entries"]);
    }
}
