//! What the two vendors of today do not have: objects that name each other, secrets that are required, deep attributes.
//! A provider made for the purpose has it, since the export has no code for any type.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use idv::export::{self, Format, Layout, Options, Selection, Summary};
use idv::framework::clients::Client;
use idv::framework::environment::Environment;
use idv::framework::health::{CheckResult, HealthCheck};
use idv::framework::identity::{self, IdentityAttribute, TenantIdentity};
use idv::framework::provider::{AnyClient, Common, Registration};
use idv::framework::{
    Attribute, Context, Diagnostics, ListSink, Listable, Provider, Resource, Schema, Type, Value, Vendor,
};
use serde_json::{Value as Json, json};

use super::without_origin;
use crate::support::terraform;

/// The rows of each type.
struct Shelf(BTreeMap<&'static str, Vec<Json>>);

#[async_trait]
impl HealthCheck for Shelf {
    async fn check_health(&self) -> Vec<CheckResult> {
        Vec::new()
    }
}

impl Client for Shelf {
    const VENDOR: &'static str = "acme";

    fn tenant_identity(&self) -> TenantIdentity {
        TenantIdentity::new()
    }
}

/// A type with these attributes.
macro_rules! kind {
    ($kind:ident, $name:literal, $attributes:expr) => {
        #[derive(Clone, Copy)]
        struct $kind;

        #[async_trait]
        impl Resource for $kind {
            type Client = Shelf;
            type Model = Value;

            const NAME: &'static str = $name;
            const NATURAL_KEY: &'static [&'static str] = &[];

            fn schema(&self) -> Schema {
                Schema::new("A thing.", $attributes.into())
            }

            fn identity(&self) -> Vec<IdentityAttribute> {
                vec![identity::required("id", "The id.")]
            }

            async fn create(&self, _: &Shelf, _: Value, _: &mut Context<Value>) -> Result<Value, Diagnostics> {
                unreachable!("an export creates nothing")
            }

            async fn read(&self, _: &Shelf, _: Value, _: &mut Context<Value>) -> Result<Option<Value>, Diagnostics> {
                unreachable!("an export lists, and reads nothing one by one")
            }

            async fn delete(&self, _: &Shelf, _: Value, _: &mut Context<Value>) -> Result<(), Diagnostics> {
                unreachable!("an export deletes nothing")
            }

            /// What follows a slash is lost.
            fn import(&self, id: &str) -> Result<Value, Diagnostics> {
                let id = id.split('/').next().unwrap();
                Ok(Value::Map([("id".to_owned(), id.into())].into()))
            }

            fn import_id(&self, state: &Value) -> String {
                state.get("id").as_str().unwrap().to_owned()
            }
        }

        #[async_trait]
        impl Listable for $kind {
            fn filters(&self) -> Schema {
                Schema::new("All.", Vec::new())
            }

            async fn list(&self, shelf: &Shelf, _: Value, sink: &mut ListSink<Value>) -> Result<(), Diagnostics> {
                for row in &shelf.0[$name] {
                    sink.push(row["name"].as_str().unwrap(), value(row)).await;
                }
                Ok(())
            }
        }
    };
}

fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => (*value).into(),
        Json::Number(number) => Value::Number(number.try_into().unwrap()),
        Json::String(text) => text.as_str().into(),
        Json::Array(elements) => Value::List(elements.iter().map(value).collect()),
        Json::Object(entries) => Value::Map(entries.iter().map(|(name, json)| (name.clone(), value(json))).collect()),
    }
}

kind!(
    List,
    "acme_list",
    [
        Attribute::string("id").computed().describe("The id."),
        Attribute::string("name").required().describe("The name."),
        Attribute::string("default_list_entry_id").optional().describe("The entry that counts."),
    ]
);

kind!(
    ListEntry,
    "acme_list_entry",
    [
        Attribute::string("id").computed().describe("The id."),
        Attribute::string("name").required().describe("The name."),
        Attribute::string("list_id").required().describe("The list."),
        Attribute::string("owner_id").optional().describe("No object of the vendor."),
        Attribute::string("pin").required().sensitive().describe("The PIN of the entry. Four digits."),
        Attribute::of("tags", Type::map(Type::String)).optional().describe("Tags."),
        Attribute::objects(
            "rules",
            vec![
                Attribute::string("parent_list_id").optional().describe("Another list."),
                Attribute::number("weight").optional().describe("How much it counts."),
            ]
        )
        .optional()
        .describe("Rules."),
    ]
);

/// The vendor, with the ids of further lists.
struct Acme(&'static [&'static str]);

impl Vendor for Acme {
    fn name(&self) -> &'static str {
        "acme"
    }

    fn title(&self) -> &'static str {
        "Acme"
    }

    fn description(&self) -> &'static str {
        "Acme."
    }

    fn attributes(&self) -> Vec<Attribute> {
        vec![Attribute::string("base_url").optional().describe("Where.")]
    }

    fn connect(&self, _: Value, _: &Common) -> Result<AnyClient, Diagnostics> {
        let rules = json!([
            {"parent_list_id": "2", "weight": 0.5}, {"parent_list_id": "1"}, {"parent_list_id": "absent"}, {}
        ]);
        let further = self.0.iter().map(|id| json!({"id": id, "name": id, "default_list_entry_id": null}));
        // The first names an entry that names it in a rule: a circle. `1` is the id of a list and of an entry.
        let lists = [
            json!({"id": "1", "name": "Blocked", "default_list_entry_id": "e"}),
            json!({"id": "2", "name": "Allowed", "default_list_entry_id": null}),
        ];
        Ok(Arc::new(Shelf(BTreeMap::from([
            ("acme_list", lists.into_iter().chain(further).collect()),
            (
                "acme_list_entry",
                vec![
                    json!({"id": "e", "name": "e", "list_id": "2", "owner_id": "1", "pin": "hush", "rules": rules,
                           "tags": {"a b": "c", "plain": "${x}"}}),
                    json!({"id": "1", "name": "f", "list_id": "1", "owner_id": null, "pin": "hush", "rules": [], "tags": {}}),
                ],
            ),
        ]))))
    }

    fn objects(&self) -> Vec<Registration> {
        vec![Registration::listable(List), Registration::listable(ListEntry)]
    }
}

/// Exports all of a vendor's objects into the folder `tenant` below this one.
fn export(vendor: &'static Acme, folder: &Path) -> Summary {
    let environment = Environment::of([("IDV_ACME_BASE_URL".to_owned(), "https://acme.example.com".to_owned())].into());
    let provider = Provider::new("idv", "0.0.0", "A provider.", Vec::new(), vec![vendor], environment);
    let options = Options {
        folder: folder.join("tenant"),
        selection: Selection::default(),
        format: Format::Hcl,
        layout: Layout::default(),
        source: "identity-as-code/idv".to_owned(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(export::run(&provider, None, options)).unwrap()
}

#[test]
fn object_whose_import_id_leads_to_another_is_not_captured() {
    let folder = tempfile::tempdir().unwrap();
    let summary = export(&Acme(&["1/2", "3"]), folder.path());
    assert!(!summary.is_complete());
    assert!(summary.to_string().contains("An import by the id `1/2` would read another object"), "{summary}");
    let imports = std::fs::read_to_string(folder.path().join("tenant/imports.tf")).unwrap();
    assert!(imports.contains(r#"id = "3""#) && !imports.contains("1/2"), "{imports}");
}

#[test]
fn objects_that_name_each_other_refer_to_each_other() {
    let folder = tempfile::tempdir().unwrap();
    assert!(export(&Acme(&[]), folder.path()).is_complete());
    let read = |file: &str| without_origin(&std::fs::read_to_string(folder.path().join("tenant").join(file)).unwrap());
    expect_test::expect![[r#"
        resource "idv_acme_list" "allowed" {
          name = "Allowed"
        }

        resource "idv_acme_list" "blocked" {
          name                  = "Blocked"
          default_list_entry_id = idv_acme_list_entry.e.id
        }

        # SECRET, so a variable: `pin`.
        resource "idv_acme_list_entry" "e" {
          name     = "e"
          list_id  = idv_acme_list.allowed.id
          owner_id = "1"
          pin      = var.e_pin
          tags = {
            "a b" = "c"
            plain = "$${x}"
          }
          rules = [
            {
              parent_list_id = idv_acme_list.allowed.id
              weight         = 0.5
            },
            {
              # The list "", which is not exported.
              parent_list_id = "1"
            },
            {
              parent_list_id = "absent"
            },
            {},
          ]
        }

        # SECRET, so a variable: `pin`.
        resource "idv_acme_list_entry" "f" {
          name    = "f"
          list_id = idv_acme_list.blocked.id
          pin     = var.f_pin
          tags    = {}
          rules   = []
        }
    "#]]
    .assert_eq(&(read("acme_lists.tf") + "\n" + &read("acme_list_entries.tf")));
    expect_test::expect![[r#"
        variable "e_pin" {
          description = "`pin` of idv_acme_list_entry.e: The PIN of the entry. The vendor does not return it, and a plan needs it."
          type        = string
          sensitive   = true
        }

        variable "f_pin" {
          description = "`pin` of idv_acme_list_entry.f: The PIN of the entry. The vendor does not return it, and a plan needs it."
          type        = string
          sensitive   = true
        }
    "#]].assert_eq(&read("variables.tf"));
    let mut format = terraform::command(terraform::pinned());
    let formatted = format.args(["fmt", "-check", "-diff", "tenant"]).current_dir(folder.path()).output().unwrap();
    assert!(formatted.status.success(), "{}", String::from_utf8_lossy(&formatted.stdout));
}
