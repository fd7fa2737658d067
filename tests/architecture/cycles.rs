//! No file imports in a circle: whoever reads a file of these modules can read what it builds on first.
//!
//! Imports are followed to the file that has the item, through any number of re-exports. A re-export itself is no edge: a
//! `mod.rs` names its children's items for others and does not use them. Tests may use everything.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::source::{File, Place, library};

/// The modules whose files import in no circle.
const ACYCLIC: &[&str] = &["framework", "http", "protocol"];

/// How many re-exports lead to an item at most.
const MOST_RE_EXPORTS: usize = 8;

/// The modules of the crate, and the names that imports give to items in them.
#[derive(Default)]
struct Names {
    /// The file of each module: of an inline module, the file in which it is written.
    files: BTreeMap<Place, Place>,
    imports: BTreeMap<(Place, String), Place>,
}

impl Names {
    fn of(files: &[File]) -> Self {
        let mut names = Self::default();
        for file in files {
            let modules = std::iter::once(&file.module).chain(&file.inline);
            names.files.extend(modules.map(|module| (module.clone(), file.module.clone())));
        }
        for used in files.iter().flat_map(|file| &file.uses) {
            let Some(name) = &used.name else { continue };
            if let Some(target) = used.absolute().or_else(|| names.child(&used.module, &used.path)) {
                names.imports.insert((used.module.clone(), name.clone()), target);
            }
        }
        names
    }

    /// A path that starts with a child of a module: `adapter::erase`.
    fn child(&self, module: &Place, path: &[String]) -> Option<Place> {
        let child = [module.as_slice(), path.get(..1)?].concat();
        self.files.contains_key(&child).then(|| [module.as_slice(), path].concat())
    }

    /// A path as it is written in a module, from the root of the crate.
    fn absolute(&self, module: &Place, path: &[String]) -> Option<Place> {
        let (first, rest) = path.split_first()?;
        let imported = self.imports.get(&(module.clone(), first.clone()));
        imported.map(|target| [target.as_slice(), rest].concat()).or_else(|| self.child(module, path))
    }

    /// The module whose file has an item.
    fn file(&self, item: &Place, re_exports: usize) -> Option<&Place> {
        let mut module = Place::new();
        for (position, segment) in item.iter().enumerate() {
            let child = [module.as_slice(), std::slice::from_ref(segment)].concat();
            if self.files.contains_key(&child) || position == 0 {
                module = child;
                continue;
            }
            return match self.imports.get(&(module.clone(), segment.clone())) {
                Some(target) if re_exports > 0 => {
                    self.file(&[target.as_slice(), &item[position + 1..]].concat(), re_exports - 1)
                }
                _ => self.files.get(&module),
            };
        }
        self.files.get(&module)
    }
}

/// Each file with the files that it uses.
fn graph(files: &[File]) -> BTreeMap<Place, BTreeSet<Place>> {
    let names = Names::of(files);
    let edges = files.iter().map(|file| {
        let used = file.uses.iter().filter(|used| !used.test && !used.re_export);
        let items = used.filter_map(|used| used.absolute().or_else(|| names.absolute(&used.module, &used.path)));
        let targets = items.filter_map(|item| names.file(&item, MOST_RE_EXPORTS).cloned());
        (file.module.clone(), targets.filter(|target| *target != file.module).collect())
    });
    edges.collect()
}

/// The shortest way from a file back to itself.
fn circle(graph: &BTreeMap<Place, BTreeSet<Place>>, start: &Place) -> Option<Vec<Place>> {
    let mut ways = VecDeque::from([vec![start.clone()]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        for next in graph.get(way.last()?).into_iter().flatten() {
            let longer = [way.as_slice(), std::slice::from_ref(next)].concat();
            if next == start {
                return Some(longer);
            }
            if seen.insert(next) {
                ways.push_back(longer);
            }
        }
    }
    None
}

fn below<'g>(graph: &'g BTreeMap<Place, BTreeSet<Place>>, module: &str) -> Vec<&'g Place> {
    graph.keys().filter(|file| file[0] == module).collect()
}

#[test]
fn no_file_imports_in_a_circle() {
    let graph = graph(&library());
    for module in ACYCLIC {
        let files = below(&graph, module);
        assert!(files.len() > 10, "{module}: only {} files were read", files.len());
        let circles: BTreeSet<_> = files
            .into_iter()
            .filter_map(|file| circle(&graph, file))
            .map(|way| way.iter().map(|file| file.join("::")).collect::<Vec<_>>().join(" -> "))
            .collect();
        assert!(circles.is_empty(), "{circles:#?}");
    }
}

#[test]
fn imports_are_followed_through_re_exports() {
    let graph = graph(&library());
    let place = |path: &str| path.split("::").map(str::to_owned).collect::<Place>();
    for (file, used, expected) in [
        // By a path from the root of the crate, and by `super`.
        ("framework::kinds::action::adapter", "framework::clients", true),
        ("framework::kinds::action::adapter", "framework::kinds::action", true),
        // `DynAction`, which its `mod.rs` re-exports.
        ("framework::kinds::action::adapter", "framework::kinds::action::dynamic", true),
        // `resource::erase`: through the import of a module.
        ("framework::provider::registration", "framework::kinds::resource::adapter", true),
        // A re-export is no use.
        ("framework::kinds::action", "framework::kinds::action::adapter", false),
    ] {
        assert_eq!(graph[&place(file)].contains(&place(used)), expected, "{file} uses {used}");
    }
}

#[test]
fn a_circle_is_found_with_its_way() {
    let place = |name: &str| vec![name.to_owned()];
    let edges = |names: &[&str]| names.iter().map(|name| place(name)).collect::<BTreeSet<_>>();
    let graph = BTreeMap::from([
        (place("a"), edges(&["b", "d"])),
        (place("b"), edges(&["c"])),
        (place("c"), edges(&["a"])),
        (place("d"), edges(&["c"])),
        (place("e"), edges(&["a"])),
    ]);
    assert_eq!(circle(&graph, &place("a")), Some(["a", "b", "c", "a"].map(place).to_vec()));
    assert_eq!(circle(&graph, &place("e")), None);
}
