//! The provider's schemas in the JSON form of `terraform providers schema -json`, for tools that run without Terraform.
//!
//! It walks the framework's schemas and knows neither the wire nor a vendor. It has the keys of Terraform's own output and omits
//! the same ones; the suite compares the two.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use crate::framework::Provider;
use crate::framework::function::{Parameter, Signature};
use crate::framework::identity::IdentitySchema;
use crate::framework::schema::{Attribute, Nesting, Schema, Shape};

/// The version of the format, as Terraform writes it.
const FORMAT_VERSION: &str = "1.0";

/// Every schema of a provider under `key`, which Terraform makes of the host of the registry and the provider's source
/// address, such as `registry.terraform.io/namespace/name`.
pub fn render(key: &str, provider: &Provider) -> Json {
    let resources = each(&provider.resources, |object| schema(object.schema()));
    let identities = each(&provider.resources, |object| identity(object.identity()));
    let data_sources = each(&provider.data_sources, |object| schema(object.schema()));
    let lists = each(&provider.lists, |list| schema(list.filters()));
    let ephemerals = each(&provider.ephemerals, |object| schema(object.schema()));
    // An action has no state, so it has no version.
    let actions = each(&provider.actions, |object| json!({"block": block(object.schema())}));
    let functions = each(&provider.functions, |function| signature(&function.signature()));
    json!({
        "format_version": FORMAT_VERSION,
        "provider_schemas": {
            key: {
                "provider": schema(provider.schema()),
                "resource_schemas": resources,
                "data_source_schemas": data_sources,
                "ephemeral_resource_schemas": ephemerals,
                "list_resource_schemas": lists,
                "functions": functions,
                "resource_identity_schemas": identities,
                "action_schemas": actions,
            },
        },
    })
}

fn each<K: ToString, T>(objects: &BTreeMap<K, T>, render: impl Fn(&T) -> Json) -> Map<String, Json> {
    objects.iter().map(|(name, object)| (name.to_string(), render(object))).collect()
}

fn signature(signature: &Signature) -> Json {
    let parameter = |parameter: &Parameter| json!({"name": parameter.name, "description": parameter.description, "type": parameter.kind.to_json()});
    json!({
        "summary": signature.summary,
        "description": signature.description,
        "return_type": signature.returns.to_json(),
        "parameters": signature.parameters.iter().map(parameter).collect::<Vec<_>>(),
    })
}

fn identity(schema: &IdentitySchema) -> Json {
    let attributes = schema.attributes().iter().map(|attribute| {
        let flag = if attribute.required { "required_for_import" } else { "optional_for_import" };
        (attribute.name.to_owned(), json!({"type": "string", "description": attribute.description, flag: true}))
    });
    json!({"version": 0, "attributes": attributes.collect::<Map<_, _>>()})
}

fn schema(schema: &Schema) -> Json {
    json!({"version": schema.version, "block": block(schema)})
}

fn block(schema: &Schema) -> Json {
    let mut block = json!({"description": schema.description, "description_kind": "markdown"});
    if let Some(instead) = &schema.deprecated {
        block["deprecated"] = true.into();
        block["deprecation_message"] = instead.clone().into();
    }
    // Terraform omits an empty map.
    if !schema.attributes().is_empty() {
        block["attributes"] = attributes(schema.attributes());
    }
    block
}

fn attributes(attributes: &[Attribute]) -> Json {
    attributes.iter().map(|attribute| (attribute.name.clone(), self::attribute(attribute))).collect()
}

fn attribute(attribute: &Attribute) -> Json {
    let shape = match attribute.shape() {
        Shape::Plain(kind) => ("type", kind.to_json()),
        Shape::Nested(nesting, nested) => {
            ("nested_type", json!({"attributes": attributes(nested), "nesting_mode": nesting_mode(*nesting)}))
        }
    };
    let description = [("description", attribute.full_description().into()), ("description_kind", "markdown".into())];
    let flags = [
        ("required", attribute.required),
        ("optional", attribute.optional),
        ("computed", attribute.computed),
        ("sensitive", attribute.sensitive),
        ("write_only", attribute.write_only),
        ("deprecated", attribute.deprecated.is_some()),
    ];
    // Terraform omits a flag that is not set.
    let flags = flags.into_iter().filter(|(_, set)| *set).map(|(name, _)| (name, true.into()));
    let deprecation = attribute.deprecated.iter().map(|instead| ("deprecation_message", instead.clone().into()));
    let entries = [shape].into_iter().chain(description).chain(flags).chain(deprecation);
    Json::Object(entries.map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
}

fn nesting_mode(nesting: Nesting) -> &'static str {
    match nesting {
        Nesting::Single => "single",
        Nesting::List => "list",
    }
}
