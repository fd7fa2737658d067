//! Every model has the attributes of its schema under the same names: sample values round-trip through each model.
//!
//! The test walks the provider's tables, so it covers every object that is registered.

use async_trait::async_trait;
use idv::framework::clients::Client;
use idv::framework::health::{CheckResult, HealthCheck};
use idv::framework::identity::TenantIdentity;
use idv::framework::provider::Registration;
use idv::framework::schema::{Attribute, Nesting, Schema, Shape};
use idv::framework::{Attr, DataSource, Diagnostics, Type, Value};
use idv::registry::VENDORS;
use serde::{Deserialize, Serialize};

/// The plain attributes of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fill {
    /// A value of the attribute's type.
    Known,
    /// Null, as for an attribute that a user or a vendor does not set.
    Null,
    /// Unknown, as in a plan. An attribute that only the vendor sets is unknown as a whole, with everything inside it.
    Unknown,
    /// Unknown inside the lists and maps of a configuration: their length is known, their elements are not.
    UnknownInside,
}

/// A value of the schema with every attribute filled, nested ones too.
fn sample(attributes: &[Attribute], fill: Fill) -> Value {
    Value::Map(attributes.iter().map(|attribute| (attribute.name.clone(), of_attribute(attribute, fill))).collect())
}

fn of_attribute(attribute: &Attribute, fill: Fill) -> Value {
    let set_by_vendor = !attribute.required && !attribute.optional;
    match (attribute.shape(), fill) {
        (Shape::Plain(_), Fill::Null) => Value::Null,
        (_, Fill::Unknown | Fill::UnknownInside) if set_by_vendor => Value::Unknown,
        (Shape::Plain(_), Fill::Unknown) => Value::Unknown,
        (Shape::Plain(Type::List(_) | Type::Set(_)) | Shape::Nested(Nesting::List, _), Fill::UnknownInside) => {
            Value::List(vec![Value::Unknown])
        }
        (Shape::Plain(Type::Map(_)), Fill::UnknownInside) => Value::Map([("key".to_owned(), Value::Unknown)].into()),
        (Shape::Plain(kind), Fill::Known | Fill::UnknownInside) => of_type(kind, &attribute.name),
        (Shape::Nested(nesting, nested), fill) => {
            let object = sample(nested, fill);
            match nesting {
                Nesting::Single => object,
                Nesting::List => Value::List(vec![object]),
            }
        }
    }
}

/// A value that differs between attributes if the type allows it, so that the test finds two that are mixed up.
fn of_type(kind: &Type, name: &str) -> Value {
    match kind {
        Type::String | Type::Dynamic => Value::from(format!("the {name}")),
        Type::Number => Value::from(i64::try_from(name.len()).unwrap()),
        Type::Bool => Value::from(true),
        Type::List(element) | Type::Set(element) => Value::List(vec![of_type(element, name)]),
        Type::Map(element) => Value::Map([("key".to_owned(), of_type(element, name))].into()),
        Type::Tuple(elements) => Value::List(elements.iter().map(|element| of_type(element, name)).collect()),
        Type::Object(attributes) => Value::Map(
            attributes.iter().map(|(inner, kind)| (inner.clone(), of_type(kind, &format!("{name} {inner}")))).collect(),
        ),
    }
}

/// The paths at which a value differs after a model has read and written it.
fn differences(path: &str, before: &Value, after: &Value, found: &mut Vec<String>) {
    match (before, after) {
        (Value::Map(before), Value::Map(after)) => {
            for name in before.keys().chain(after.keys().filter(|name| !before.contains_key(*name))) {
                let path = format!("{path}.{name}");
                match (before.get(name), after.get(name)) {
                    (Some(before), Some(after)) => differences(&path, before, after, found),
                    (Some(_), None) => found.push(format!("{path} is in the schema and not in the model")),
                    (None, _) => found.push(format!("{path} is in the model and not in the schema")),
                }
            }
        }
        (Value::List(before), Value::List(after)) if before.len() == after.len() => {
            let pairs = before.iter().zip(after).enumerate();
            pairs.for_each(|(index, (before, after))| differences(&format!("{path}[{index}]"), before, after, found));
        }
        (before, after) if before == after => {}
        // An unknown object becomes one with unknown attributes.
        (Value::Unknown, after) if is_all_unknown(after) => {}
        (before, after) => found.push(format!("{path} was {before:?} and became {after:?}")),
    }
}

fn is_all_unknown(value: &Value) -> bool {
    value.is_unknown() || value.as_map().is_some_and(|entries| entries.values().all(is_all_unknown))
}

/// An object's schema, and its model as a function.
type Model<'o> = (String, &'o Schema, Box<dyn Fn(Value) -> Result<Value, Diagnostics> + 'o>);

/// The model of an object; none for a function, which has parameters in place of attributes.
fn model(object: &Registration) -> Option<Model<'_>> {
    Some(match object {
        // A list has the model of its resource.
        Registration::Resource(object) | Registration::Listable(object, _) => {
            (format!("resource {}", object.name()), object.schema(), Box::new(|value| object.round_trip(value)))
        }
        Registration::DataSource(object) => {
            (format!("data source {}", object.name()), object.schema(), Box::new(|value| object.round_trip(value)))
        }
        Registration::Ephemeral(object) => {
            (format!("ephemeral {}", object.name()), object.schema(), Box::new(|value| object.round_trip(value)))
        }
        Registration::Action(object) => {
            (format!("action {}", object.name()), object.schema(), Box::new(|value| object.round_trip(value)))
        }
        Registration::Function(_) => return None,
    })
}

/// The differences between the model and the schema of an object.
fn mismatches(object: &Registration) -> Vec<String> {
    let mut found = Vec::new();
    let Some((name, schema, round_trip)) = model(object) else { return found };
    for fill in [Fill::Known, Fill::Null, Fill::Unknown, Fill::UnknownInside] {
        let before = sample(schema.attributes(), fill);
        match round_trip(before.clone()) {
            Ok(after) => differences(&name, &before, &after, &mut found),
            Err(errors) => found.extend(errors.iter().map(|one| format!("{name}, {fill:?}: {}", one.detail))),
        }
    }
    found
}

#[test]
fn every_model_has_the_attributes_of_its_schema() {
    let objects: Vec<_> = VENDORS.iter().flat_map(|(vendor, _)| vendor.objects()).collect();
    let found: Vec<_> = objects.iter().flat_map(mismatches).collect();
    assert!(!objects.is_empty() && found.is_empty(), "{}", found.join("\n"));
}

/// A data source with a schema that a test chooses, so that it can differ from the model.
struct Library(Vec<Attribute>);

struct Librarian;

#[derive(Clone, Serialize, Deserialize)]
struct LibraryModel {
    name: Attr<String>,
    #[serde(default)]
    opend: Attr<bool>,
    shelves: Attr<Vec<Shelf>>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Shelf {
    number: Attr<i64>,
}

#[async_trait]
impl HealthCheck for Librarian {
    async fn check_health(&self) -> Vec<CheckResult> {
        Vec::new()
    }
}

impl Client for Librarian {
    const VENDOR: &'static str = "library";

    fn tenant_identity(&self) -> TenantIdentity {
        TenantIdentity::new()
    }
}

#[async_trait]
impl DataSource for Library {
    type Client = Librarian;
    type Model = LibraryModel;
    const NAME: &'static str = "library";

    fn schema(&self) -> Schema {
        Schema::new("", self.0.clone())
    }

    async fn read(&self, _: &Librarian, model: LibraryModel, _: &mut Diagnostics) -> Result<LibraryModel, Diagnostics> {
        Ok(model)
    }
}

#[test]
fn a_model_that_differs_from_its_schema_is_found() {
    let mismatches =
        |attributes: Vec<Attribute>| mismatches(&Registration::data_source(Library(attributes))).join("\n");
    let name = || Attribute::string("name").required();
    let shelves = |inside: Vec<Attribute>| Attribute::objects("shelves", inside).optional();
    let number = || Attribute::number("number").required();

    let misspelt = mismatches(vec![name(), Attribute::bool("opened").computed(), shelves(vec![number()])]);
    assert!(misspelt.contains("data source library.opened is in the schema and not in the model"), "{misspelt}");
    assert!(misspelt.contains("data source library.opend is in the model and not in the schema"), "{misspelt}");
    let good = vec![name(), Attribute::bool("opend").computed(), shelves(vec![number()])];
    assert_eq!(mismatches(good), "");
    let forgotten = vec![name(), Attribute::bool("opend").computed(), shelves(vec![number(), Attribute::string("of")])];
    assert!(mismatches(forgotten).contains("library.shelves[0].of is in the schema and not in the model"));
    let mistyped = vec![Attribute::number("name"), Attribute::bool("opend").computed(), shelves(vec![number()])];
    assert!(mismatches(mistyped).contains("does not match"));
    assert!(mismatches(vec![name(), Attribute::bool("opend")]).contains("lacks the attribute `shelves`"));
}
