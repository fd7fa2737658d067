//! The values that a user marked as sensitive, such as those of a sensitive variable. They are never shown.

use serde_json::Value as Json;

use crate::framework::schema::{Attribute, Shape};

/// The paths of marked values, without those that the schema itself calls secret: a diff hides these and nothing beside them.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks(Vec<String>);

impl Marks {
    /// The marks of documents in which `true` is at the place of a sensitive value, as Terraform's JSON has them.
    pub(super) fn of_documents(attributes: &[Attribute], documents: &[&Json]) -> Self {
        let mut found = Vec::new();
        for document in documents {
            collect(document, "", &mut found);
        }
        found.retain(|path| !is_secret_of_schema(attributes, path));
        Self(found)
    }

    /// The marks of a state file: a list of paths, each a list of steps.
    pub(super) fn of_paths(attributes: &[Attribute], paths: &Json) -> Self {
        let step = |step: &Json| match (&step["type"], &step["value"]) {
            (Json::String(kind), Json::String(name)) if kind == "get_attr" => format!(".{name}"),
            (_, Json::Object(value)) => format!("[{}]", value.get("value").cloned().unwrap_or_default()),
            (_, value) => format!("[{value}]"),
        };
        let path = |steps: &Json| {
            let steps: String = steps.as_array().into_iter().flatten().map(step).collect();
            steps.trim_start_matches('.').to_owned()
        };
        let mut found: Vec<_> = paths.as_array().into_iter().flatten().map(path).collect();
        found.retain(|path| !is_secret_of_schema(attributes, path));
        Self(found)
    }

    /// Whether the value at a path, or a part of it, is marked.
    pub(super) fn hides(&self, path: &str) -> bool {
        let root = |path: &str| path.split(['.', '[']).next().unwrap_or_default().to_owned();
        // The path of a change may name an element where the mark has its position: then the whole attribute is hidden.
        self.0.iter().any(|mark| {
            path.starts_with(mark.as_str())
                || mark.starts_with(path)
                || (mark.contains('[') && root(mark) == root(path))
        })
    }
}

/// The paths at which a document has `true`.
fn collect(marks: &Json, at: &str, found: &mut Vec<String>) {
    match marks {
        Json::Bool(true) => found.push(at.to_owned()),
        Json::Object(entries) => {
            for (name, marks) in entries {
                let path = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
                collect(marks, &path, found);
            }
        }
        Json::Array(elements) => {
            for (index, marks) in elements.iter().enumerate() {
                collect(marks, &format!("{at}[{index}]"), found);
            }
        }
        _ => {}
    }
}

/// Whether the schema itself says that the value at a path is a secret.
fn is_secret_of_schema(attributes: &[Attribute], path: &str) -> bool {
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    let name = first.split('[').next().unwrap_or(first);
    let Some(attribute) = attributes.iter().find(|attribute| attribute.name == name) else { return false };
    match attribute.shape() {
        _ if attribute.is_secret() => true,
        Shape::Nested(_, nested) if !rest.is_empty() => is_secret_of_schema(nested, rest),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn attributes() -> Vec<Attribute> {
        let login = vec![Attribute::string("user").optional(), Attribute::string("key").optional().sensitive()];
        vec![Attribute::string("url").required(), Attribute::object("login", login).optional()]
    }

    #[test]
    fn a_mark_hides_its_value_and_what_the_schema_hides_is_no_mark() {
        let marks = Marks::of_documents(&attributes(), &[&json!({"url": true, "login": {"key": true}})]);
        assert!(marks.hides("url") && !marks.hides("login.user") && !marks.hides("login"));
        let paths = json!([
            [{"type": "get_attr", "value": "login"}, {"type": "get_attr", "value": "user"}],
            [{"type": "get_attr", "value": "login"}, {"type": "get_attr", "value": "key"}],
        ]);
        let marks = Marks::of_paths(&attributes(), &paths);
        assert!(marks.hides("login.user") && marks.hides("login") && !marks.hides("login.key") && !marks.hides("url"));
    }
}
