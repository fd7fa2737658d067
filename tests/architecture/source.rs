//! Reads the source files of the crate: the modules, and the paths that each of them names.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};

/// A module or an item, from the root of the crate: `["vendors", "vult", "client"]`.
pub(super) type Place = Vec<String>;

/// One path that a file names.
pub(super) struct Use {
    /// The module in which it is written, inline modules included.
    pub(super) module: Place,
    /// As it is written: `["super", "check", "rules"]`.
    pub(super) path: Vec<String>,
    /// The name that an import gives it in its module; none for a path in code and for a glob.
    pub(super) name: Option<String>,
    /// Whether it is a re-export: an import with a visibility.
    pub(super) re_export: bool,
    /// Whether only tests are compiled with it.
    pub(super) test: bool,
}

impl Use {
    /// The item from the root of the crate; none for an item of another crate, or one that an import of the file names.
    pub(super) fn absolute(&self) -> Option<Place> {
        let mut target = match self.path.first().map(String::as_str) {
            Some("crate") => Place::new(),
            Some("super" | "self") => self.module.clone(),
            _ => return None,
        };
        for segment in &self.path {
            match segment.as_str() {
                "crate" | "self" => {}
                "super" => drop(target.pop()),
                name => target.push(name.to_owned()),
            }
        }
        (!target.is_empty()).then_some(target)
    }
}

/// A source file, and the paths that it names.
pub(super) struct File {
    pub(super) module: Place,
    /// The modules that are written inside it.
    pub(super) inline: Vec<Place>,
    pub(super) uses: Vec<Use>,
}

/// Collects the paths of a file.
struct Reader {
    file: File,
    module: Place,
    re_export: bool,
    test: bool,
}

impl Reader {
    fn note(&mut self, path: &[String], name: Option<String>) {
        let (module, path) = (self.module.clone(), path.to_vec());
        self.file.uses.push(Use { module, path, name, re_export: self.re_export, test: self.test });
    }

    fn tree(&mut self, prefix: &mut Vec<String>, tree: &syn::UseTree) {
        match tree {
            syn::UseTree::Path(path) => {
                prefix.push(path.ident.to_string());
                self.tree(prefix, &path.tree);
                prefix.pop();
            }
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.tree(prefix, item)),
            syn::UseTree::Name(syn::UseName { ident }) if ident == "self" => {
                let name = prefix.last().cloned();
                self.note(prefix, name);
            }
            syn::UseTree::Name(syn::UseName { ident }) => self.leaf(prefix, ident, ident),
            syn::UseTree::Rename(syn::UseRename { ident, rename, .. }) => self.leaf(prefix, ident, rename),
            syn::UseTree::Glob(_) => self.note(prefix, None),
        }
    }

    fn leaf(&mut self, prefix: &mut Vec<String>, ident: &syn::Ident, name: &syn::Ident) {
        prefix.push(ident.to_string());
        self.note(prefix, Some(name.to_string()));
        prefix.pop();
    }
}

/// Whether an item is compiled for tests only.
fn is_test(attributes: &[syn::Attribute]) -> bool {
    let is_cfg_test = |attribute: &syn::Attribute| {
        attribute.path().is_ident("cfg") && attribute.parse_args::<syn::Ident>().is_ok_and(|flag| flag == "test")
    };
    attributes.iter().any(is_cfg_test)
}

impl Visit<'_> for Reader {
    fn visit_item_mod(&mut self, module: &syn::ItemMod) {
        self.module.push(module.ident.to_string());
        let test = self.test;
        self.test |= is_test(&module.attrs);
        if module.content.is_some() {
            self.file.inline.push(self.module.clone());
        }
        visit::visit_item_mod(self, module);
        self.test = test;
        self.module.pop();
    }

    /// `pub(in crate::vendors)` uses nothing.
    fn visit_visibility(&mut self, _: &syn::Visibility) {}

    fn visit_item_use(&mut self, item: &syn::ItemUse) {
        self.re_export = !matches!(item.vis, syn::Visibility::Inherited);
        let test = self.test;
        self.test |= is_test(&item.attrs);
        self.tree(&mut Vec::new(), &item.tree);
        (self.re_export, self.test) = (false, test);
    }

    fn visit_path(&mut self, path: &syn::Path) {
        let segments: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if segments.len() > 1 {
            self.note(&segments, None);
        }
        visit::visit_path(self, path);
    }
}

/// Every Rust file below a folder of the project that a person wrote.
pub(super) fn paths(folder: &str) -> Vec<PathBuf> {
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

/// The module of a file below `src`.
fn module(file: &Path) -> Place {
    let below = file.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap().with_extension("");
    let mut module: Place = below.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
    if module.last().is_some_and(|last| last == "mod") {
        module.pop();
    }
    module
}

/// The files of the library's modules. The files of the binary, and the root of the crate, may use everything.
pub(super) fn library() -> Vec<File> {
    let excluded = BTreeSet::from(["main", "lib", "cli"]);
    let library = paths("src").into_iter().filter(|file| !excluded.contains(module(file)[0].as_str()));
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let module = module(&path);
        let file = File { module: module.clone(), inline: Vec::new(), uses: Vec::new() };
        let mut reader = Reader { file, module, re_export: false, test: false };
        reader.visit_file(&syn::parse_file(&text).unwrap());
        reader.file
    };
    library.map(read).collect()
}
