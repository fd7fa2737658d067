//! The house keeps its shape: which module may use which, and how long a file may be.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use idv::registry::VENDORS;
use syn::visit::{self, Visit};

/// How long a file may be, in lines; tables and schemas included.
const MOST_LINES: usize = 600;

/// A module or an item, from the crate's root: `["vendors", "vult", "client"]`.
type Place = Vec<String>;

fn place(path: &str) -> Place {
    path.split("::").map(str::to_owned).collect()
}

/// The arrows: a module of the crate, and what else of the crate it may use. `{vendor}` is the same vendor on both sides.
///
/// A module may use itself and what is below it; `{vendor}` in the second column never names another vendor.
const ARROWS: &[(&str, &[&str])] = &[
    ("plugin", &["plugin"]),
    ("protocol", &["protocol", "framework"]),
    ("doctor", &["doctor", "framework"]),
    ("export", &["export", "framework"]),
    ("framework", &["framework"]),
    ("http", &["http"]),
    ("vendors::shared", &["vendors::shared", "framework", "http"]),
    ("vendors::{vendor}", &["vendors::{vendor}", "vendors::shared", "framework", "http"]),
    ("vendors", &["vendors"]),
    ("sandbox::engine", &["sandbox::engine"]),
    ("sandbox::{vendor}", &["sandbox::{vendor}", "sandbox::engine"]),
    ("sandbox", &["sandbox"]),
    ("registry", &["vendors", "sandbox", "framework"]),
];

/// The vendor for which a place is below a pattern: an empty name where the pattern names none.
fn below<'p>(pattern: &str, place: &'p Place) -> Option<&'p str> {
    let mut vendor = "";
    for (position, part) in pattern.split("::").enumerate() {
        let name = place.get(position)?;
        match part {
            "{vendor}" => vendor = name,
            _ if part == name => {}
            _ => return None,
        }
    }
    Some(vendor)
}

/// Whether a module may use an item, by the first row of [`ARROWS`] that fits the module.
fn may_use(module: &Place, item: &Place, vendors: &BTreeSet<String>) -> bool {
    let fits = |pattern: &str, place: &Place| {
        below(pattern, place).map(str::to_owned).filter(|vendor| vendor.is_empty() || vendors.contains(vendor))
    };
    ARROWS.iter().find_map(|(from, to)| fits(from, module).map(|vendor| (vendor, to))).is_some_and(|(vendor, to)| {
        to.iter().any(|pattern| fits(pattern, item).is_some_and(|other| other.is_empty() || other == vendor))
    })
}

/// Collects what a file uses of the crate, each as seen from the module in which it is written.
struct Uses {
    module: Place,
    found: Vec<(Place, Place)>,
    foreign: BTreeSet<String>,
}

impl Uses {
    fn of(module: Place, file: &syn::File) -> Self {
        let mut uses = Self { module, found: Vec::new(), foreign: BTreeSet::new() };
        uses.visit_file(file);
        uses
    }

    fn note(&mut self, path: &[String]) {
        let first = path.first().map_or("", String::as_str);
        let mut target = match first {
            "crate" => Place::new(),
            "super" | "self" => self.module.clone(),
            _ => {
                self.foreign.insert(first.to_owned());
                return;
            }
        };
        for segment in path {
            match segment.as_str() {
                "crate" | "self" => {}
                "super" => drop(target.pop()),
                name => target.push(name.to_owned()),
            }
        }
        if !target.is_empty() {
            self.found.push((self.module.clone(), target));
        }
    }

    fn tree(&mut self, prefix: &mut Vec<String>, tree: &syn::UseTree) {
        match tree {
            syn::UseTree::Path(path) => {
                prefix.push(path.ident.to_string());
                self.tree(prefix, &path.tree);
                prefix.pop();
            }
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.tree(prefix, item)),
            syn::UseTree::Name(syn::UseName { ident, .. }) | syn::UseTree::Rename(syn::UseRename { ident, .. }) => {
                prefix.push(ident.to_string());
                self.note(prefix);
                prefix.pop();
            }
            syn::UseTree::Glob(_) => self.note(prefix),
        }
    }
}

impl Visit<'_> for Uses {
    fn visit_item_mod(&mut self, module: &syn::ItemMod) {
        self.module.push(module.ident.to_string());
        visit::visit_item_mod(self, module);
        self.module.pop();
    }

    /// `pub(in crate::vendors)` uses nothing.
    fn visit_visibility(&mut self, _: &syn::Visibility) {}

    fn visit_item_use(&mut self, item: &syn::ItemUse) {
        self.tree(&mut Vec::new(), &item.tree);
    }

    fn visit_path(&mut self, path: &syn::Path) {
        let segments: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if segments.len() > 1 {
            self.note(&segments);
        }
        visit::visit_path(self, path);
    }
}

/// Every Rust file of a folder of the project that a person wrote.
fn files(folder: &str) -> Vec<PathBuf> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("generated") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    assert!(!files.is_empty());
    files
}

/// The module that a file below `src` is.
fn module(file: &Path) -> Place {
    let below = file.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap().with_extension("");
    let mut module: Place = below.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
    if module.last().is_some_and(|last| last == "mod") {
        module.pop();
    }
    module
}

/// The library's modules; the binary's own files may use everything.
fn uses() -> Vec<Uses> {
    let library = files("src").into_iter().filter(|file| !["main", "lib", "cli"].contains(&module(file)[0].as_str()));
    let read = |file: PathBuf| {
        let text = std::fs::read_to_string(&file).unwrap();
        Uses::of(module(&file), &syn::parse_file(&text).unwrap())
    };
    library.map(read).collect()
}

fn vendors() -> BTreeSet<String> {
    VENDORS.iter().map(|(vendor, _)| vendor.name().to_owned()).collect()
}

#[test]
fn modules_use_only_what_the_architecture_lets_them() {
    let vendors = vendors();
    let all: Vec<_> = uses().into_iter().flat_map(|uses| uses.found).collect();
    assert!(all.len() > 200, "only {} uses were found, so something is not read", all.len());
    let wrong: BTreeSet<_> = all
        .iter()
        .filter(|(module, item)| !may_use(module, item, &vendors))
        .map(|(module, item)| format!("{} uses {}", module.join("::"), item.join("::")))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_the_architecture_lets_a_module_use() {
    let vendors = BTreeSet::from(["vult".to_owned(), "onekosmos".to_owned()]);
    for (module, item, expected) in [
        ("framework::plan", "framework::value", true),
        ("framework::plan", "http::Error", false),
        ("protocol::rpc", "framework::Provider", true),
        ("protocol::rpc", "vendors::vult::Vult", false),
        ("plugin", "protocol", false),
        ("export::capture", "framework::list", true),
        ("export", "vendors::vult::Vult", false),
        ("export", "http::Error", false),
        ("registry", "sandbox::vult::STAND_IN", true),
        ("registry", "vendors::vult::Vult", true),
        ("vendors", "sandbox::StandIn", false),
        ("vendors::shared::errors", "http::Error", true),
        ("vendors::shared::errors", "vendors::vult::client", false),
        ("vendors::vult::webhook", "vendors::shared::errors", true),
        ("vendors::vult::webhook", "vendors::vult::client", true),
        ("vendors::vult::webhook", "vendors::onekosmos::client", false),
        ("vendors::vult::webhook", "sandbox::vult::state", false),
        ("vendors::vult", "sandbox::engine::Routes", false),
        ("sandbox::vult::state", "sandbox::engine::Handle", true),
        ("sandbox::vult::state", "sandbox::vult::webhooks", true),
        ("sandbox::vult::state", "sandbox::onekosmos::state", false),
        ("sandbox::vult::state", "vendors::vult::client", false),
        ("sandbox::vult::state", "framework::Value", false),
        ("sandbox::engine::store", "sandbox::vult::state", false),
        ("sandbox", "sandbox::engine::run", true),
    ] {
        assert_eq!(may_use(&place(module), &place(item), &vendors), expected, "{module} uses {item}");
    }
}

#[test]
fn only_the_transport_names_reqwest() {
    let named: BTreeSet<_> =
        uses().into_iter().filter(|uses| uses.foreign.contains("reqwest")).map(|uses| uses.module[0].clone()).collect();
    assert_eq!(named, BTreeSet::from(["http".to_owned()]));
}

#[test]
fn no_file_is_too_long() {
    let long = ["src", "tests"].into_iter().flat_map(files).filter_map(|file| {
        let lines = std::fs::read_to_string(&file).unwrap().lines().count();
        (lines > MOST_LINES).then(|| format!("{} has {lines} lines", file.display()))
    });
    assert_eq!(long.collect::<Vec<_>>(), Vec::<String>::new());
}
