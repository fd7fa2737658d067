//! The registry's pages are generated from the schemas and `examples/`, and every object has its examples.
//!
//! Pages are generated and checked in, because registries and people read them without building the provider. The guides
//! in `docs/guides/` are written by hand; `coverage` compares the one that lists every object with the code.

mod commands;
mod coverage;
mod function;
mod links;
mod page;
mod performance;
mod readme;
mod requirements;
mod schema;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use idv::framework::environment::Environment;
use idv::framework::{Provider, Schema};
use idv::registry::{self, VENDORS};
use page::{Import, Page};

use crate::support::golden;

/// The kinds of objects: the folder of their pages and examples, the noun in headings, and the example's file.
const RESOURCE: Kind = Kind { folder: "resources", noun: "Resource", example: "resource.tf", note: "" };
const LIST_RESOURCE: Kind =
    Kind { folder: "list-resources", noun: "List Resource", example: "list-resource.tfquery.hcl", note: "" };
const DATA_SOURCE: Kind = Kind { folder: "data-sources", noun: "Data Source", example: "data-source.tf", note: "" };
const EPHEMERAL_RESOURCE: Kind =
    Kind { folder: "ephemeral-resources", noun: "Ephemeral Resource", example: "ephemeral-resource.tf", note: "" };
const ACTION: Kind = Kind {
    folder: "actions",
    noun: "Action",
    example: "action.tf",
    note: "A resource can trigger the action with `action_trigger` in its `lifecycle`. From Terraform 1.16 on, the events `before_destroy` and \
           `after_destroy` trigger it too. [Invoke an action](../guides/secrets.md#invoke-an-action) has the commands.\n",
};
const FUNCTION: Kind = Kind { folder: "functions", noun: "function", example: "function.tf", note: "" };
const KINDS: [Kind; 6] = [RESOURCE, DATA_SOURCE, LIST_RESOURCE, EPHEMERAL_RESOURCE, ACTION, FUNCTION];

#[derive(Clone, Copy)]
struct Kind {
    folder: &'static str,
    noun: &'static str,
    example: &'static str,
    /// What every page of the kind says below its example.
    note: &'static str,
}

#[test]
fn pages_agree_with_schemas_and_examples() {
    let (pages, missing) = pages();
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    for (file, text) in &pages {
        golden::check(file, text, "the provider's schema together with examples/");
    }
    let strays: Vec<_> = generated_files().into_iter().filter(|file| !pages.contains_key(file)).collect();
    if golden::updating() {
        for file in &strays {
            std::fs::remove_file(root().join(file)).unwrap();
        }
    } else {
        assert!(strays.is_empty(), "pages of objects that do not exist: {strays:?}; `make docs` removes them");
    }
}

#[test]
fn every_example_folder_belongs_to_an_object() {
    let provider = provider();
    for kind in KINDS {
        let known: BTreeSet<_> = match kind.folder {
            "resources" => provider.resources.keys().cloned().collect(),
            "data-sources" => provider.data_sources.keys().cloned().collect(),
            "list-resources" => provider.lists.keys().cloned().collect(),
            "ephemeral-resources" => provider.ephemerals.keys().cloned().collect(),
            "actions" => provider.actions.keys().cloned().collect(),
            _ => provider.functions.keys().map(|name| (*name).to_owned()).collect(),
        };
        for name in names_in(&format!("examples/{}", kind.folder)) {
            assert!(known.contains(&name), "examples/{}/{name} belongs to no object of the provider", kind.folder);
        }
    }
}

/// Every generated page by its file, and a message for each missing example.
fn pages() -> (BTreeMap<String, String>, Vec<String>) {
    let provider = provider();
    let mut missing = Vec::new();
    let mut pages = BTreeMap::from([("docs/index.md".to_owned(), index(&provider, &mut missing).render())]);
    for (name, object) in &provider.resources {
        let (file, mut page) = object_page(&RESOURCE, name, object.vendor(), object.schema(), &mut missing);
        let mut read = |file| example(&format!("resources/{name}/{file}"), name, &mut missing);
        page.import = Some(Import {
            identity: object.identity().attributes().to_vec(),
            by_identity: read("import-by-identity.tf"),
            block: read("import.tf"),
            command: read("import.sh"),
        });
        pages.insert(file, page.render());
    }
    for (name, object) in &provider.data_sources {
        let (file, page) = object_page(&DATA_SOURCE, name, object.vendor(), object.schema(), &mut missing);
        pages.insert(file, page.render());
    }
    for (name, list) in &provider.lists {
        let (file, page) = object_page(&LIST_RESOURCE, name, list.vendor(), list.filters(), &mut missing);
        pages.insert(file, page.render());
    }
    for (name, object) in &provider.ephemerals {
        let (file, page) = object_page(&EPHEMERAL_RESOURCE, name, object.vendor(), object.schema(), &mut missing);
        pages.insert(file, page.render());
    }
    for (name, object) in &provider.actions {
        let (file, page) = object_page(&ACTION, name, object.vendor(), object.schema(), &mut missing);
        pages.insert(file, page.render());
    }
    for (name, function) in &provider.functions {
        let example = example(&format!("functions/{name}/{}", FUNCTION.example), name, &mut missing);
        pages.insert(format!("docs/functions/{name}.md"), function::page(name, &function.signature(), &example));
    }
    (pages, missing)
}

fn index<'s>(provider: &'s Provider, missing: &mut Vec<String>) -> Page<'s> {
    Page {
        title: format!("Provider: {}", provider.name),
        subcategory: None,
        heading: format!("{} Provider", provider.name),
        schema: provider.schema(),
        example: example("provider/provider.tf", "the provider", missing),
        note: "",
        import: None,
    }
}

fn object_page<'s>(
    kind: &Kind,
    name: &str,
    vendor: &str,
    schema: &'s Schema,
    missing: &mut Vec<String>,
) -> (String, Page<'s>) {
    let (vendor, _) = VENDORS.iter().find(|(listed, _)| listed.name() == vendor).unwrap();
    // Registries take the file's name without the provider's.
    let file = format!("docs/{}/{}.md", kind.folder, name.trim_start_matches("idv_"));
    let page = Page {
        title: format!("{name} {} - idv", kind.noun),
        subcategory: Some(vendor.title()),
        heading: format!("{name} ({})", kind.noun),
        schema,
        example: example(&format!("{}/{name}/{}", kind.folder, kind.example), name, missing),
        note: kind.note,
        import: None,
    };
    (file, page)
}

fn example(file: &str, what: &str, missing: &mut Vec<String>) -> String {
    std::fs::read_to_string(root().join("examples").join(file)).unwrap_or_else(|error| {
        missing.push(format!("{what} has no example: write examples/{file} ({error})"));
        String::new()
    })
}

fn provider() -> Provider {
    registry::provider(Environment::of(BTreeMap::new()))
}

fn generated_files() -> Vec<String> {
    let of_kind = |kind: Kind| {
        let folder = format!("docs/{}", kind.folder);
        names_in(&folder).into_iter().map(move |name| format!("{folder}/{name}"))
    };
    KINDS.into_iter().flat_map(of_kind).collect()
}

/// The names in a folder of the repository; empty if there is no such folder.
fn names_in(folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(root().join(folder)).into_iter().flatten();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
