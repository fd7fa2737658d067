//! Objects that another provider managed, and that a `moved` block moves to this one.
//!
//! Without a provider for a vendor, people manage it with one of the two generic REST providers. Both store the path, the
//! request and the response. [`Resource::move_from`] converts these to a type. A path that the type does not know, and every
//! other provider, is rejected: a guess could adopt another object.
//!
//! [`Resource::move_from`]: super::Resource::move_from

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::diagnostics::{Diagnostic, Diagnostics};

/// The state of a resource of another provider.
pub struct Source {
    /// The provider's address: `registry.example.com/mastercard/restapi`.
    pub provider: String,
    /// The type: `restapi_object`.
    pub type_name: String,
    /// Its attributes.
    pub state: Json,
}

/// An object as a generic REST provider knew it.
#[derive(Default)]
pub struct RestObject {
    /// The values of the placeholders of the path.
    pub placeholders: BTreeMap<String, String>,
    /// The fields of the request, overridden by those of the response, by the vendor's names.
    pub fields: Map<String, Json>,
    id: Option<String>,
}

impl RestObject {
    /// A field as text; none if it is absent, empty, or of another type.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name).and_then(Json::as_str).filter(|text| !text.is_empty())
    }

    /// The id that the vendor gave the object.
    pub fn id(&self) -> Result<&str, Diagnostics> {
        self.id.as_deref().ok_or_else(|| {
            let detail = "The state of the other provider has no id of the object, so the object cannot be found. Remove the \
                          `moved` block, remove the old resource from state with `terraform state rm`, and import the object.";
            Diagnostic::error("The state to move has no id", detail).into()
        })
    }
}

/// The attributes of a generic REST provider that describe an object. Older versions store JSON as text, newer ones as values.
struct SourceProvider {
    /// The end of the provider's address, in lower case.
    provider: &'static str,
    type_name: &'static str,
    paths: &'static [&'static str],
    sent: &'static str,
    received: &'static [&'static str],
    query: &'static [&'static str],
    /// Whether `id` is the object's own; else it is the path by which the object is read.
    id_is_own: bool,
}

const SOURCE_PROVIDERS: [SourceProvider; 2] = [
    SourceProvider {
        provider: "/mastercard/restapi",
        type_name: "restapi_object",
        paths: &["path", "create_path", "read_path", "update_path"],
        sent: "data",
        received: &["create_response", "api_response"],
        query: &["query_string"],
        id_is_own: true,
    },
    SourceProvider {
        provider: "/magodo/restful",
        type_name: "restful_resource",
        paths: &["id", "path", "read_path", "update_path"],
        sent: "body",
        received: &["sensitive_output", "output"],
        query: &["query", "read_query"],
        id_is_own: false,
    },
];

impl Source {
    /// The object, if it was managed at one of these paths; `{name}` in a path is a placeholder for one segment.
    ///
    /// `target` is the type that the object moves to, for the error.
    pub fn rest_object(&self, target: &str, paths: &[&str]) -> Result<RestObject, Diagnostics> {
        let provider = self.provider.to_lowercase();
        let source = SOURCE_PROVIDERS
            .iter()
            .find(|source| provider.ends_with(source.provider) && self.type_name == source.type_name)
            .filter(|_| !paths.is_empty())
            .ok_or_else(|| self.unsupported(target, paths))?;
        let managed: Vec<_> = source.paths.iter().filter_map(|name| self.state.get(name)?.as_str()).collect();
        let matched = paths.iter().flat_map(|pattern| managed.iter().filter_map(|path| placeholders(pattern, path)));
        let placeholders = matched.max_by_key(BTreeMap::len).ok_or_else(|| other_path(target, paths, &managed))?;
        let mut fields = Map::new();
        for query in source.query {
            fields.extend(parameters(self.state.get(query)));
        }
        for name in std::iter::once(&source.sent).chain(source.received) {
            fields.extend(object(self.state.get(name)));
        }
        let own = ["_id", "id"].iter().find_map(|name| fields.get(*name)?.as_str());
        let id = match self.state.get("id").and_then(Json::as_str) {
            Some(id) if source.id_is_own => Some(id),
            _ => own.or_else(|| placeholders.get("id").map(String::as_str)),
        };
        let id = id.filter(|id| !id.is_empty()).map(str::to_owned);
        Ok(RestObject { placeholders, fields, id })
    }

    fn unsupported(&self, target: &str, paths: &[&str]) -> Diagnostics {
        let from = if paths.is_empty() {
            format!("No resource of another type can be moved to `{target}`.")
        } else {
            format!(
                "`{target}` can be moved from `restapi_object` of Mastercard/restapi and from `restful_resource` of magodo/restful."
            )
        };
        let detail = format!(
            "The `moved` block moves a `{}` of the provider `{}`. {from} Remove the old resource from state with `terraform state rm`, \
             and import the object instead.",
            self.type_name, self.provider
        );
        Diagnostic::error(format!("Cannot be moved to `{target}`"), detail).into()
    }
}

fn other_path(target: &str, paths: &[&str], managed: &[&str]) -> Diagnostics {
    let list = |paths: &[&str]| paths.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ");
    let detail = format!(
        "The object was managed at {}, and `{target}` is managed at {}. Check the type of the object. If the paths of your tenant \
         differ, remove the old resource from state with `terraform state rm`, and import the object instead.",
        list(managed),
        list(paths)
    );
    Diagnostic::error(format!("Cannot be moved to `{target}`"), detail).into()
}

/// The values of the placeholders of a pattern, if a path ends with the pattern.
fn placeholders(pattern: &str, path: &str) -> Option<BTreeMap<String, String>> {
    let path = path.split('?').next().unwrap_or_default();
    let segments = |text: &str| text.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let (pattern, path) = (segments(pattern), segments(path));
    let end = path.len().checked_sub(pattern.len()).and_then(|begin| path.get(begin..))?;
    let mut found = BTreeMap::new();
    for (wanted, segment) in pattern.iter().zip(end) {
        match wanted.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(name) => drop(found.insert(name.to_owned(), segment.clone())),
            None if wanted == segment => {}
            None => return None,
        }
    }
    Some(found)
}

/// A JSON object that is stored as it is, as text, or as a value beside its type; empty if it is anything else.
fn object(kept: Option<&Json>) -> Map<String, Json> {
    match kept {
        Some(Json::Object(entries)) => match (entries.get("value"), entries.get("type")) {
            (Some(value), Some(_)) if entries.len() == 2 => object(Some(value)),
            _ => entries.clone(),
        },
        // A response may be no JSON; the request describes the object then.
        Some(Json::String(text)) => serde_json::from_str(text).unwrap_or_default(),
        _ => Map::new(),
    }
}

/// Parameters of a query: text as in a URL, or lists of strings by name.
fn parameters(kept: Option<&Json>) -> Map<String, Json> {
    match kept {
        Some(Json::String(query)) => {
            let pairs = url::form_urlencoded::parse(query.trim_start_matches('?').as_bytes());
            pairs.map(|(name, value)| (name.into_owned(), Json::from(value.into_owned()))).collect()
        }
        Some(Json::Object(entries)) => {
            let first = |(name, values): (&String, &Json)| Some((name.clone(), values.get(0)?.clone()));
            entries.iter().filter_map(first).collect()
        }
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const PATHS: &[&str] = &["/things", "/things/tenant/{tenant_id}", "/things/tenant/{tenant_id}/id/{id}"];

    fn moved(provider: &str, type_name: &str, state: Json) -> Result<RestObject, String> {
        let source = Source { provider: provider.to_owned(), type_name: type_name.to_owned(), state };
        let detail = |diagnostics: Diagnostics| diagnostics.iter().next().unwrap().detail.clone();
        source.rest_object("idv_x_thing", PATHS).map_err(detail)
    }

    #[test]
    fn an_object_of_both_providers_is_read() {
        let restapi = json!({
            "id": "7", "path": "/api/things?x=y", "query_string": "client_id=c%201", "data": r#"{"name": "sent", "kept": true}"#,
            "create_response": "OK", "api_response": r#"{"name": "answered"}"#, "read_path": null,
        });
        let restful = json!({
            "id": "/things/tenant/t/id/7", "path": "/things/tenant/t", "query": {"client_id": ["c 1"]}, "read_path": "$(path)/id/7",
            "body": {"value": {"name": "sent", "kept": true}, "type": ["object", {"name": "string", "kept": "bool"}]},
            "output": {"value": {"name": "answered"}, "type": ["object", {"name": "string"}]},
        });
        for (provider, kind, state, tenant) in [
            ("registry.example.com/Mastercard/restapi", "restapi_object", restapi, None),
            ("mirror.example.org/magodo/restful", "restful_resource", restful, Some("t")),
        ] {
            let object = moved(provider, kind, state).unwrap();
            assert_eq!(
                (object.id().unwrap(), object.text("name"), object.text("client_id")),
                ("7", Some("answered"), Some("c 1"))
            );
            assert_eq!(object.fields["kept"], true);
            assert_eq!(object.placeholders.get("tenant_id").map(String::as_str), tenant);
        }
    }

    #[test]
    fn another_path_provider_or_a_missing_id_is_rejected() {
        let state = json!({"id": "7", "path": "/other/things/more", "data": "{}"});
        let refused = moved("registry.example.com/mastercard/restapi", "restapi_object", state.clone()).err().unwrap();
        assert!(
            refused.contains("managed at `/other/things/more`, and `idv_x_thing` is managed at `/things`"),
            "{refused}"
        );
        for (provider, kind) in
            [("registry.example.com/evil/restapi", "restapi_object"), ("x/mastercard/restapi", "restapi_data")]
        {
            let refused = moved(provider, kind, json!({"id": "7", "path": "/things"})).err().unwrap();
            assert!(refused.contains(kind) && refused.contains("`restful_resource` of magodo/restful"), "{refused}");
        }
        let without_id = moved("x/magodo/restful", "restful_resource", json!({"id": "/things", "path": "/things"}));
        assert!(without_id.unwrap().id().is_err());
    }
}
