//! The table of objects: what the tests that walk every managed resource need to know of each.
//!
//! The lifecycle, the versions, the secrets, the faults and the export walk this table. A new attribute is one row of its
//! object, a new object one entry. `lifecycle` documents what each fact is checked against.

mod didit;
mod didit_lists;
mod fiven;
mod onekosmos;
mod vult;
mod xident;

use std::fmt::Write;

use serde_json::Value;

use super::sandbox::Sandbox;

/// One managed resource.
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own, and a row of the table reads as such")]
pub(crate) struct Object {
    /// The full type, such as `idv_vult_webhook`.
    pub(crate) type_name: &'static str,
    /// Its attributes. The first configuration must be valid in a fresh sandbox.
    pub(crate) attributes: &'static [Row],
    /// The generation of the vendor's API that it needs, where that is not the default: `api` of the provider block.
    pub(crate) api: Option<&'static str>,
    /// The request that creates the object, as the sandbox logs it.
    pub(crate) create_request: &'static str,
    /// The import id, from the attributes in state.
    pub(crate) import_id: fn(&Value) -> String,
    /// Attributes that an import cannot read: the vendor does not return them, or they are Terraform's own. The first apply
    /// after an import records them. A difference in any other attribute is a failed import.
    pub(crate) not_returned: &'static [&'static str],
    /// The values of its write-only attributes.
    pub(crate) secrets: &'static [&'static str],
    /// The number of objects that a list returns, from the sandbox's state; none where the vendor has no list.
    pub(crate) listed: Option<fn(&Value) -> usize>,
    /// Whether the vendor refuses a second object with the same attributes, so that `create_before_destroy` fails.
    pub(crate) is_unique: bool,
    /// Whether `on_destroy = "restore"` is one of its attributes.
    pub(crate) can_restore: bool,
    /// Whether the next apply finds what a create with a lost response left at the vendor.
    pub(crate) is_recoverable: bool,
    /// The first object at the vendor, from the sandbox's state, without what every write changes; null if there is none.
    pub(crate) at_vendor: fn(&Value) -> Value,
    /// Changes the object outside of Terraform.
    pub(crate) drift: fn(&mut Value),
    /// The actions by which Terraform repairs that drift.
    pub(crate) repair: &'static [&'static str],
    /// The deletion of the object outside of Terraform; none for what the vendor always has.
    pub(crate) deletion: Option<Deletion>,
    /// What the vendor has after a destroy, from what it had before: null where the object is deleted.
    pub(crate) after_destroy: fn(&Value) -> Value,
    /// Whether a destroy deletes more than the object, such as the entries of a list.
    pub(crate) deletes_more: bool,
}

/// How an object is deleted outside of Terraform, and what the next plan reports.
pub(crate) struct Deletion {
    /// Deletes it from the sandbox's state.
    pub(crate) delete: fn(&mut Value),
    /// What the warning that it is gone calls it; its name follows.
    pub(crate) warning: &'static str,
    /// Whether an apply creates it again. What Terraform can only adopt has to come back at the vendor first.
    pub(crate) is_created_again: bool,
}

/// One attribute, with its values as HCL expressions; an empty one leaves the attribute out.
pub(crate) struct Row {
    name: &'static str,
    created: &'static str,
    changed: &'static str,
    replaces: bool,
}

/// An attribute that keeps its value in every configuration.
const fn same(name: &'static str, value: &'static str) -> Row {
    Row { name, created: value, changed: value, replaces: false }
}

/// An attribute that is updated in place, with its value in the first configuration and after the update.
const fn updates(name: &'static str, created: &'static str, changed: &'static str) -> Row {
    Row { name, created, changed, replaces: false }
}

/// An attribute whose change replaces the object, with its value in the first configuration and after the change.
const fn replaces(name: &'static str, created: &'static str, changed: &'static str) -> Row {
    Row { name, created, changed, replaces: true }
}

/// What most objects have in common: the vendor lists, creates and deletes them, and returns every attribute.
const USUAL: Object = Object {
    type_name: "",
    attributes: &[],
    api: None,
    create_request: "",
    import_id: |attributes| text(attributes, "id"),
    not_returned: &[],
    secrets: &[],
    listed: None,
    is_unique: false,
    can_restore: false,
    is_recoverable: true,
    at_vendor: |_| Value::Null,
    drift: |_| (),
    repair: &["update"],
    deletion: None,
    after_destroy: |_| Value::Null,
    deletes_more: false,
};

/// A data source that can be read in a fresh sandbox, or beside the resources of the table.
pub(crate) struct DataSource {
    /// The full type, such as `idv_vult_webhooks`.
    pub(crate) type_name: &'static str,
    /// Its attributes as HCL.
    pub(crate) attributes: &'static str,
    /// The generation of the vendor's API that it needs, where that is not the default.
    pub(crate) api: Option<&'static str>,
}

/// A data source for the default generation of the vendor's API.
const fn reads(type_name: &'static str, attributes: &'static str) -> DataSource {
    DataSource { type_name, attributes, api: None }
}

/// The part of the table that a vendor's module has.
type Part = (&'static [Object], &'static [DataSource]);

/// Every part, in the order of the vendors.
const PARTS: [Part; 6] = [vult::PART, onekosmos::PART, fiven::PART, xident::PART, didit::PART, didit_lists::PART];

/// Every managed resource, in the order of the vendors.
pub(crate) fn all() -> impl Iterator<Item = &'static Object> {
    PARTS.iter().flat_map(|(objects, _)| objects.iter())
}

/// The managed resources of one vendor.
pub(crate) fn of_vendor(vendor: &str) -> impl Iterator<Item = &'static Object> {
    all().filter(move |object| object.vendor() == vendor)
}

/// The entry of a type.
#[track_caller]
pub(crate) fn find(type_name: &str) -> &'static Object {
    all().find(|object| object.type_name == type_name).unwrap_or_else(|| panic!("{}", missing(type_name)))
}

/// Every data source.
pub(crate) fn data_sources() -> impl Iterator<Item = &'static DataSource> {
    PARTS.iter().flat_map(|(_, data_sources)| data_sources.iter())
}

/// A sandbox in which every object of the table can be created: the generations of the APIs are those that the objects
/// need, and Xident's rate limits do not make a test wait.
pub(crate) fn sandbox() -> Sandbox {
    let needed = all().filter_map(|object| Some((api_variable(object.vendor()), object.api?)));
    let sandbox = needed.fold(Sandbox::start(), |sandbox, (variable, api)| sandbox.with_variable(&variable, api));
    sandbox.change_state(xident::lift_limits);
    sandbox
}

/// The configuration of every object, with the values of the first apply and further lines for some.
pub(crate) fn configuration(
    objects: impl Iterator<Item = &'static Object>,
    lines: impl Fn(&Object) -> &'static str,
) -> String {
    objects.map(|object| object.block(&Values::Created, "main", lines(object))).collect()
}

/// Which values a configuration has.
pub(crate) enum Values {
    /// Those of the first apply.
    Created,
    /// Those of the first apply, with each attribute changed that is updated in place.
    Updated,
    /// Those of the first apply, with this attribute changed.
    Changed(&'static str),
}

impl Object {
    /// The vendor's name in types and in the provider block.
    pub(crate) fn vendor(&self) -> &'static str {
        self.type_name.split('_').nth(1).unwrap()
    }

    /// The address in every configuration.
    pub(crate) fn address(&self) -> String {
        format!("{}.main", self.type_name)
    }

    /// The configuration of the first apply.
    pub(crate) fn created(&self) -> String {
        self.block(&Values::Created, "main", "")
    }

    /// Whether some attribute is updated in place.
    pub(crate) fn is_updated(&self) -> bool {
        self.attributes.iter().any(|row| !row.replaces && row.created != row.changed)
    }

    /// The attributes whose change replaces the object.
    pub(crate) fn replacing(&self) -> impl Iterator<Item = &'static str> {
        self.attributes.iter().filter(|row| row.replaces).map(|row| row.name)
    }

    /// Whether some value of the table is write-only, which needs Terraform 1.11.
    pub(crate) fn is_write_only(&self) -> bool {
        !self.secrets.is_empty()
    }

    /// The `resource` block with these values, under a name, and with further lines in it.
    pub(crate) fn block(&self, values: &Values, name: &str, lines: &str) -> String {
        let mut block = format!("resource \"{}\" \"{name}\" {{\n{lines}\n", self.type_name);
        for row in self.attributes {
            let is_changed = match values {
                Values::Created => false,
                Values::Updated => !row.replaces,
                Values::Changed(attribute) => row.name == *attribute,
            };
            let value = if is_changed { row.changed } else { row.created };
            if !value.is_empty() {
                writeln!(block, "  {} = {value}", row.name).unwrap();
            }
        }
        block + "}\n"
    }
}

impl DataSource {
    /// The `data` block. The provider of another generation of the API is `idv.<vendor>`; see [`Self::provider`].
    pub(crate) fn block(&self) -> String {
        let provider = self.api.map_or_else(String::new, |_| format!("  provider = idv.{}\n", self.vendor()));
        format!("data \"{}\" \"main\" {{\n{provider}{}\n}}\n", self.type_name, self.attributes)
    }

    /// The provider block that it needs beside the default one.
    pub(crate) fn provider(&self) -> Option<String> {
        let (vendor, api) = (self.vendor(), self.api?);
        Some(format!("provider \"idv\" {{\n  alias = \"{vendor}\"\n  {vendor} = {{ api = \"{api}\" }}\n}}\n"))
    }

    /// The vendor's name in types and in the provider block.
    pub(crate) fn vendor(&self) -> &'static str {
        self.type_name.split('_').nth(1).unwrap()
    }
}

/// The variable that chooses the generation of a vendor's API.
fn api_variable(vendor: &str) -> String {
    format!("IDV_{}_API", vendor.to_uppercase())
}

/// A text among attributes.
fn text(attributes: &Value, name: &str) -> String {
    attributes[name].as_str().unwrap_or_else(|| panic!("{name} is no text: {attributes:#}")).to_owned()
}

/// The rows at a place in the sandbox's state, such as `/vult/webhooks`.
fn rows<'s>(state: &'s Value, pointer: &str) -> &'s [Value] {
    state.pointer(pointer).and_then(Value::as_array).unwrap()
}

/// The same, to change them.
fn rows_mut<'s>(state: &'s mut Value, pointer: &str) -> &'s mut Vec<Value> {
    state.pointer_mut(pointer).and_then(Value::as_array_mut).unwrap()
}

/// How many different objects there are among rows, told apart by these members.
fn distinct(rows: &[Value], members: &[&str]) -> usize {
    let keys = rows.iter().map(|row| members.iter().map(|name| row[*name].to_string()).collect::<Vec<_>>());
    keys.collect::<std::collections::BTreeSet<_>>().len()
}

fn missing(type_name: &str) -> String {
    format!(
        "tests/support/objects has no entry for {type_name}: add one to the vendor's file, with a row for each attribute, \
         and the lifecycle, versions, secrets, faults and export are tested"
    )
}

mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use idv::framework::Provider;
    use idv::framework::environment::Environment;
    use idv::framework::schema::{Attribute, Shape};
    use idv::registry;

    fn provider() -> Provider {
        registry::provider(Environment::of(BTreeMap::new()))
    }

    /// Whether an attribute or one below it is write-only.
    fn is_write_only(attribute: &Attribute) -> bool {
        let nested = match attribute.shape() {
            Shape::Nested(_, nested) => nested.as_slice(),
            Shape::Plain(_) => &[],
        };
        attribute.write_only || nested.iter().any(is_write_only)
    }

    #[test]
    fn table_has_every_resource_and_no_other() {
        let provider = provider();
        let listed: BTreeSet<_> = super::all().map(|object| object.type_name).collect();
        let missing: Vec<_> = provider.resources.keys().filter(|name| !listed.contains(name.as_str())).collect();
        assert!(missing.is_empty(), "{}", missing.into_iter().map(|name| super::missing(name)).collect::<String>());
        for object in super::all() {
            assert!(provider.resources.contains_key(object.type_name), "the provider has no {}", object.type_name);
        }
        assert_eq!(super::all().count(), listed.len(), "an object has two entries");
    }

    #[test]
    fn table_has_every_data_source_and_no_other() {
        let listed: BTreeSet<_> = super::data_sources().map(|source| source.type_name).collect();
        let provider = provider();
        let expected: BTreeSet<_> = provider.data_sources.keys().map(String::as_str).collect();
        assert_eq!(
            listed, expected,
            "the data sources of tests/support/objects on the left, the provider's on the right"
        );
    }

    #[test]
    fn facts_agree_with_the_schemas() {
        let provider = provider();
        for object in super::all() {
            let (name, resource) = (object.type_name, &provider.resources[object.type_name]);
            let attributes = resource.schema().attributes();
            let is_listed = provider.lists.contains_key(name);
            assert_eq!(object.listed.is_some(), is_listed, "`listed` of {name} in tests/support/objects");
            let is_secret = attributes.iter().any(is_write_only);
            assert_eq!(object.is_write_only(), is_secret, "`secrets` of {name} in tests/support/objects");
            let known = |wanted: &str| attributes.iter().any(|attribute| attribute.name == wanted);
            let restores = known("on_destroy") && name != "idv_onekosmos_bucket";
            assert_eq!(object.can_restore, restores, "`can_restore` of {name} in tests/support/objects");
            let rows = object.attributes.iter().map(|row| row.name);
            let unknown: Vec<_> = rows.chain(object.not_returned.iter().copied()).filter(|name| !known(name)).collect();
            assert!(unknown.is_empty(), "{name} has no attributes {unknown:?}, which tests/support/objects gives it");
        }
    }
}
