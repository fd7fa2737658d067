//! Valid values to start from: the configurations of the table of objects and of the examples, completed by the schemas.

use std::collections::BTreeMap;
use std::path::Path;

use hcl_edit::structure::Body;
use idv::protocol::generated::tfplugin6::schema::object::NestingMode;
use idv::protocol::generated::tfplugin6::schema::{Attribute, Block};
use idv::protocol::generated::tfplugin6::{Schema, get_provider_schema};

use super::node::Node;
use crate::support::objects::{self, Values};

/// The objects of one kind, by type.
pub(super) type Kind = BTreeMap<String, Object>;

/// What there is of a type.
pub(super) struct Object {
    block: Block,
    /// Its configurations, at least one.
    pub(super) configs: Vec<Node>,
}

/// The objects of all kinds.
pub(super) struct Corpus {
    pub(super) resources: Kind,
    pub(super) data_sources: Kind,
    pub(super) ephemerals: Kind,
    pub(super) lists: Kind,
    pub(super) actions: Kind,
    pub(super) functions: Vec<String>,
    pub(super) provider: Object,
}

impl Corpus {
    pub(super) fn new(schema: get_provider_schema::Response) -> Self {
        let resources = objects::all()
            .flat_map(|object| [Values::Created, Values::Updated].map(|values| object.block(&values, "main", "")));
        let data_sources = objects::data_sources().map(objects::DataSource::block);
        let text: String = resources.chain(data_sources).collect();
        let mut bodies = vec![text.parse().unwrap()];
        add_examples(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples"), &mut bodies);
        let kind = |keyword: &str, schemas: Vec<(String, Option<Schema>)>| -> Kind {
            let object = |(name, schema): (String, Option<Schema>)| {
                (name.clone(), Object::new(schema, configs(&bodies, keyword, &name)))
            };
            schemas.into_iter().map(object).collect()
        };
        let some = |(name, schema)| (name, Some(schema));
        let mut functions: Vec<_> = schema.functions.into_keys().collect();
        functions.sort();
        Self {
            resources: kind("resource", schema.resource_schemas.into_iter().map(some).collect()),
            data_sources: kind("data", schema.data_source_schemas.into_iter().map(some).collect()),
            ephemerals: kind("ephemeral", schema.ephemeral_resource_schemas.into_iter().map(some).collect()),
            lists: kind("list", schema.list_resource_schemas.into_iter().map(some).collect()),
            actions: kind(
                "action",
                schema.action_schemas.into_iter().map(|(name, action)| (name, action.schema)).collect(),
            ),
            functions,
            provider: Object::new(schema.provider, vec![]),
        }
    }
}

impl Object {
    fn new(schema: Option<Schema>, mut configs: Vec<Node>) -> Self {
        let block = schema.and_then(|schema| schema.block).unwrap_or_default();
        configs.push(Node::Map(vec![]));
        let configs = configs.iter().map(|config| filled(&block.attributes, config)).collect();
        Self { block, configs }
    }

    /// What core proposes to plan: the configuration, with what the provider computes taken from the prior state.
    pub(super) fn proposed(&self, config: &Node, prior: &Node) -> Node {
        let value = |attribute: &Attribute| match config.get(&attribute.name) {
            Node::Null if attribute.computed && *prior == Node::Null => Node::Unknown,
            Node::Null if attribute.computed => prior.get(&attribute.name).clone(),
            configured => configured.clone(),
        };
        Node::Map(
            self.block.attributes.iter().map(|attribute| (attribute.name.as_str().into(), value(attribute))).collect(),
        )
    }
}

/// The blocks of a type, with null for what they leave out.
fn configs(bodies: &[Body], keyword: &str, type_name: &str) -> Vec<Node> {
    let blocks = bodies.iter().flat_map(|body| body.get_blocks(keyword));
    let of_type = blocks.filter(|block| block.labels.first().is_some_and(|label| label.as_str() == type_name));
    let configs =
        of_type.map(|block| block.body.get_blocks("config").next().map_or(&block.body, |config| &config.body));
    configs.map(Node::of_body).collect()
}

fn add_examples(folder: &Path, bodies: &mut Vec<Body>) {
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            add_examples(&path, bodies);
        } else if path.extension().is_some_and(|extension| extension == "tf") {
            bodies.push(std::fs::read_to_string(path).unwrap().parse().unwrap());
        }
    }
}

/// The attributes of a schema, from a value that may lack some.
fn filled(attributes: &[Attribute], value: &Node) -> Node {
    let attribute = |attribute: &Attribute| {
        let value = value.get(&attribute.name);
        let Some(nested) = &attribute.nested_type else { return value.clone() };
        match (nested.nesting(), value) {
            (NestingMode::Single, Node::Map(_)) => filled(&nested.attributes, value),
            (NestingMode::List | NestingMode::Set, Node::List(elements)) => {
                Node::List(elements.iter().map(|element| filled(&nested.attributes, element)).collect())
            }
            (NestingMode::Map, Node::Map(entries)) => {
                let entry = |(key, value): &(Node, Node)| (key.clone(), filled(&nested.attributes, value));
                Node::Map(entries.iter().map(entry).collect())
            }
            _ => value.clone(),
        }
    };
    Node::Map(attributes.iter().map(|one| (one.name.as_str().into(), attribute(one))).collect())
}
