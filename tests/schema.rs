//! The schema as Terraform prints it: every attribute and object has a description in full sentences of its own.

use std::collections::BTreeMap;

use idv::framework::environment::Environment;
use idv::framework::schema::{Attribute, Shape};
use idv::registry;
use serde_json::{Map, Value};

use crate::support::workspace::Workspace;

/// What is wrong with the descriptions, by the place in the schema.
#[derive(Default)]
struct Report(Vec<String>);

impl Report {
    fn object(&mut self, place: &str, schema: &Value) {
        self.description(place, &schema["block"]["description"]);
        // A list without filters has none.
        if let Some(attributes) = schema["block"]["attributes"].as_object() {
            self.attributes(place, attributes);
        }
        assert!(schema["block"].get("block_types").is_none(), "{place} has blocks, which this test does not check");
    }

    fn attributes(&mut self, place: &str, attributes: &Map<String, Value>) {
        let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
        for (name, attribute) in attributes {
            let here = format!("{place}.{name}");
            self.description(&here, &attribute["description"]);
            let text = attribute["description"].as_str().unwrap_or_default();
            if let Some(other) = seen.insert(text, name) {
                self.0.push(format!("{here} has the same description as `{other}`: {text}"));
            }
            if let Some(nested) = attribute["nested_type"]["attributes"].as_object() {
                self.attributes(&here, nested);
            }
        }
    }

    fn description(&mut self, place: &str, description: &Value) {
        let text = description.as_str().unwrap_or_default();
        if !is_full_sentence(text) {
            self.0.push(format!("{place} has no full sentence as a description: {text:?}"));
        }
    }
}

/// Whether a text starts and ends like a sentence and has more than two words.
fn is_full_sentence(text: &str) -> bool {
    let begins = |first: char| first.is_uppercase() || first.is_ascii_digit() || first == '`';
    text.starts_with(begins) && text.ends_with('.') && text.split_whitespace().count() > 2
}

#[test]
fn everything_is_described_in_full_sentences() {
    let workspace = Workspace::without_vendors();
    workspace.configure("");
    let schemas = workspace.schemas();
    let mut report = Report::default();
    report.object("provider", &schemas["provider"]);
    let mut objects = 0;
    for kind in ["resource_schemas", "data_source_schemas", "list_resource_schemas"] {
        for (name, schema) in schemas[kind].as_object().unwrap() {
            report.object(&format!("{kind}.{name}"), schema);
            objects += 1;
        }
    }
    assert!(objects > 0, "the provider has no objects");
    for (name, schema) in schemas["resource_identity_schemas"].as_object().unwrap() {
        report.attributes(&format!("the identity of {name}"), schema["attributes"].as_object().unwrap());
    }
    assert!(report.0.is_empty(), "{}", report.0.join("\n"));
}

#[test]
fn full_sentences_are_recognised() {
    for good in ["The id of the webhook.", "`basic` or `post` as the vendor wants.", "1 to 3 attempts."] {
        assert!(is_full_sentence(good), "{good}");
    }
    for bad in ["", "d.", "The id", "the id of the webhook.", "Webhook id."] {
        assert!(!is_full_sentence(bad), "{bad}");
    }
}

/// The paths of the attributes that have rules although a user cannot set them.
fn unused_rules(place: &str, attributes: &[Attribute]) -> Vec<String> {
    let mut found = Vec::new();
    for attribute in attributes {
        let place = format!("{place}.{}", attribute.name);
        if !attribute.required && !attribute.optional && !attribute.rules.is_empty() {
            found.push(format!("{place} has a rule, which its description states, but a user cannot set it"));
        }
        if let Shape::Nested(_, nested) = attribute.shape() {
            found.extend(unused_rules(&place, nested));
        }
    }
    found
}

#[test]
fn only_attributes_that_a_user_can_set_have_rules() {
    let provider = registry::provider(Environment::of(BTreeMap::new()));
    let resources = provider.resources.iter().map(|(name, object)| (name, object.schema()));
    let data_sources = provider.data_sources.iter().map(|(name, object)| (name, object.schema()));
    let ephemerals = provider.ephemerals.iter().map(|(name, object)| (name, object.schema()));
    let schemas = resources.chain(data_sources).chain(ephemerals);
    let found: Vec<_> = schemas.flat_map(|(name, schema)| unused_rules(name, schema.attributes())).collect();
    assert_eq!(found, Vec::<String>::new());
}
