//! Reads a state: as `terraform state pull` prints it, or as `terraform show -json` does.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value as Json;

use crate::framework::{Private, Provider, Value, value};

use super::Error;
use super::marks::Marks;
use crate::tenant::read as read_file;

/// An object of a state.
pub(super) struct Stored {
    pub(super) address: String,
    pub(super) type_name: String,
    pub(super) state: Value,
    pub(super) private: Private,
    /// The identity; null before Terraform 1.12.
    pub(super) identity: Value,
    /// What the user marked as sensitive.
    pub(super) marks: Marks,
}

/// The objects of this provider in a state. `path` is a file, or `-` for standard input.
pub(super) fn read(provider: &Provider, path: &str) -> Result<Vec<Stored>, Error> {
    let forms = "Use the output of `terraform state pull`, or of `terraform show -json`.";
    let document: Json = serde_json::from_str(&read_file(path)?)
        .map_err(|error| Error::content(path, format!("is not a state ({error}). {forms}")))?;
    let found = if document.get("encrypted_data").is_some() {
        let problem = "is an encrypted state of OpenTofu, which only `tofu` can read. Use the output of `tofu state pull`, or of \
                       `tofu show -json`."
            .to_owned();
        return Err(Error::content(path, problem));
    } else if document.get("resources").is_some() && document.get("version").is_some() {
        pulled(&document)
    } else if document.get("format_version").is_some() && document.get("resource_changes").is_none() {
        let mut found = Vec::new();
        shown(&document["values"]["root_module"], &mut found);
        found
    } else {
        return Err(Error::content(path, format!("is not a state. {forms}")));
    };
    let mut objects = Vec::new();
    for raw in found {
        let Some(resource) = provider.resources.get(&raw.type_name) else { continue };
        let stored = resource
            .upgrade(raw.version, raw.attributes)
            .and_then(|attributes| value::from_json(&attributes, resource.schema().value_type()));
        let state = stored.map_err(Error::Diagnostics)?;
        let unreadable = |error: &dyn std::fmt::Display| {
            Error::content(path, format!("has private state of `{}` that cannot be read: {error}.", raw.address))
        };
        let bytes = BASE64_STANDARD.decode(&raw.private).map_err(|error| unreadable(&error))?;
        let private = Private::from_bytes(&bytes).map_err(|error| unreadable(&error))?;
        let identity = value::from_json(&raw.identity, resource.identity().value_type()).map_err(Error::Diagnostics)?;
        let attributes = resource.schema().attributes();
        let marks = match &raw.sensitive {
            Json::Array(_) => Marks::of_paths(attributes, &raw.sensitive),
            marks => Marks::of_documents(attributes, &[marks]),
        };
        objects.push(Stored { address: raw.address, type_name: raw.type_name, state, private, identity, marks });
    }
    Ok(objects)
}

/// An object as a document has it.
struct Raw {
    address: String,
    type_name: String,
    version: i64,
    attributes: Json,
    /// Base64; empty if there is none.
    private: String,
    identity: Json,
    /// A list of paths, or a document of marks.
    sensitive: Json,
}

fn text(json: &Json, name: &str) -> String {
    json[name].as_str().unwrap_or_default().to_owned()
}

/// The objects of a state file, version 4. Objects that a failed replacement has left (deposed) are no part of the configuration.
fn pulled(document: &Json) -> Vec<Raw> {
    let list = |json: &Json| json.as_array().cloned().unwrap_or_default();
    let mut found = Vec::new();
    for resource in list(&document["resources"]).into_iter().filter(|resource| resource["mode"] == "managed") {
        let module = match text(&resource, "module") {
            module if module.is_empty() => module,
            module => format!("{module}."),
        };
        let address = format!("{module}{}.{}", text(&resource, "type"), text(&resource, "name"));
        let instances = list(&resource["instances"]);
        for instance in instances.into_iter().filter(|instance| instance.get("deposed").is_none()) {
            let index = match &instance["index_key"] {
                Json::Null => String::new(),
                key => format!("[{key}]"),
            };
            found.push(Raw {
                address: format!("{address}{index}"),
                type_name: text(&resource, "type"),
                version: instance["schema_version"].as_i64().unwrap_or_default(),
                attributes: instance["attributes"].clone(),
                private: text(&instance, "private"),
                identity: instance["identity"].clone(),
                sensitive: instance["sensitive_attributes"].clone(),
            });
        }
    }
    found
}

/// The objects of a module and the modules below it, without private state, which this form does not have.
fn shown(module: &Json, found: &mut Vec<Raw>) {
    for resource in module["resources"].as_array().into_iter().flatten().filter(|it| it["mode"] == "managed") {
        found.push(Raw {
            address: text(resource, "address"),
            type_name: text(resource, "type"),
            version: resource["schema_version"].as_i64().unwrap_or_default(),
            attributes: resource["values"].clone(),
            private: String::new(),
            identity: resource["identity"].clone(),
            sensitive: resource["sensitive_values"].clone(),
        });
    }
    module["child_modules"].as_array().into_iter().flatten().for_each(|child| shown(child, found));
}
