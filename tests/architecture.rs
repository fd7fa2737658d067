//! The house keeps its shape: which module may use which, and how long a file may be.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};

/// How long a file may be, in lines; tables and schemas included.
const MOST_LINES: usize = 600;

/// A module or an item, from the crate's root: `["vendors", "vult", "client"]`.
type Place = Vec<String>;

fn place(path: &str) -> Place {
    path.split("::").map(str::to_owned).collect()
}

/// Whether a module of the crate may use this of the crate. `vendors` are the folders below `src/vendors`.
fn may_use(module: &Place, item: &Place, vendors: &BTreeSet<String>) -> bool {
    let vendor = |place: &Place| place.get(1).filter(|name| place[0] == "vendors" && vendors.contains(*name)).cloned();
    let in_sandbox = |place: &Place| vendor(place).is_some() && place.get(2).is_some_and(|name| name == "sandbox");
    if module.len() > 1 && module[0] == "vendors" && in_sandbox(module) {
        // A stand-in that shares a type with its client would mirror the client's mistakes.
        return item[0] == "sandbox" || (in_sandbox(item) && vendor(item) == vendor(module));
    }
    match (module[0].as_str(), item[0].as_str()) {
        ("vendors", "vendors") => match (vendor(module), vendor(item)) {
            (Some(own), Some(other)) => own == other && !in_sandbox(item),
            _ => true,
        },
        ("vendors", "sandbox") => vendor(module).is_none(),
        ("vendors", "framework" | "http") | ("protocol" | "export" | "doctor", "framework") => true,
        (own, other) => own == other,
    }
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
    let entries = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/vendors")).unwrap();
    let folders = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    folders.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
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
        ("vendors", "sandbox::Vendor", true),
        ("vendors", "vendors::vult::sandbox::VENDOR", true),
        ("vendors::claims", "http::Error", true),
        ("vendors::vult::webhook", "vendors::claims::Claims", true),
        ("vendors::vult::webhook", "vendors::vult::client", true),
        ("vendors::vult::webhook", "vendors::onekosmos::client", false),
        ("vendors::vult::webhook", "vendors::vult::sandbox::state", false),
        ("vendors::vult::webhook", "sandbox::Vendor", false),
        ("vendors::vult::sandbox::state", "sandbox::Vendor", true),
        ("vendors::vult::sandbox::state", "vendors::vult::sandbox::webhooks", true),
        ("vendors::vult::sandbox::state", "vendors::vult::client", false),
        ("vendors::vult::sandbox::state", "framework::Value", false),
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
