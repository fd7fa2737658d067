//! The layout of the crate: which module may use which, that no file imports in a circle, and how long a file may be.

mod cycles;
mod source;

use std::collections::BTreeSet;

use idv::registry::VENDORS;

use source::{Place, library, paths};

/// The most lines that a file may have, tables and schemas included.
const MOST_LINES: usize = 600;

fn place(path: &str) -> Place {
    path.split("::").map(str::to_owned).collect()
}

/// The arrows: a module of the crate, and the modules that it and everything below it may use. `{vendor}` stands for the same
/// vendor in both columns. The first row that matches a module applies.
const ARROWS: &[(&str, &[&str])] = &[
    ("plugin", &["plugin", "secret"]),
    ("protocol", &["protocol", "framework"]),
    ("decrypt", &["decrypt", "secret"]),
    ("mirror", &["mirror"]),
    ("doctor", &["doctor", "framework", "http", "openapi", "recording"]),
    ("tenant", &["tenant", "framework"]),
    ("changes", &["changes", "tenant", "framework", "hcl"]),
    ("export", &["export", "tenant", "framework"]),
    ("framework", &["framework", "secret", "recording", "openapi"]),
    ("hcl", &["hcl", "framework"]),
    ("http", &["http", "secret", "recording"]),
    ("lint", &["lint", "framework", "hcl"]),
    ("openapi", &["openapi"]),
    ("recording", &["recording"]),
    ("secret", &["secret"]),
    ("vendors::shared", &["vendors::shared", "framework", "http", "openapi"]),
    ("vendors::{vendor}", &["vendors::{vendor}", "vendors::shared", "framework", "http", "openapi"]),
    ("vendors", &["vendors"]),
    ("sandbox::engine", &["sandbox::engine"]),
    ("sandbox::{vendor}", &["sandbox::{vendor}", "sandbox::engine"]),
    ("sandbox", &["sandbox"]),
    ("registry", &["vendors", "sandbox", "framework"]),
];

/// Matches a place with a pattern, and returns the vendor: an empty name if the pattern has none, nothing if it does not match.
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

/// Whether a module may use an item, by the first row of [`ARROWS`] that matches the module.
fn may_use(module: &Place, item: &Place, vendors: &BTreeSet<String>) -> bool {
    let matches = |pattern: &str, place: &Place| {
        below(pattern, place).map(str::to_owned).filter(|vendor| vendor.is_empty() || vendors.contains(vendor))
    };
    ARROWS.iter().find_map(|(from, to)| matches(from, module).map(|vendor| (vendor, to))).is_some_and(|(vendor, to)| {
        to.iter().any(|pattern| matches(pattern, item).is_some_and(|other| other.is_empty() || other == vendor))
    })
}

fn vendors() -> BTreeSet<String> {
    VENDORS.iter().map(|(vendor, _)| vendor.name().to_owned()).collect()
}

#[test]
fn modules_use_only_what_the_arrows_allow() {
    let vendors = vendors();
    let uses = library().into_iter().flat_map(|file| file.uses);
    let all: Vec<_> = uses.filter_map(|used| Some((used.module.clone(), used.absolute()?))).collect();
    assert!(all.len() > 200, "only {} uses were read", all.len());
    let wrong: BTreeSet<_> = all
        .iter()
        .filter(|(module, item)| !may_use(module, item, &vendors))
        .map(|(module, item)| format!("{} uses {}", module.join("::"), item.join("::")))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_arrows_allow_what_the_architecture_says() {
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
        ("lint::policy", "framework::Value", true),
        ("lint", "vendors::didit::Didit", false),
        ("changes::exported", "hcl::value", true),
        ("hcl", "lint::Finding", false),
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
    let uses = library().into_iter().flat_map(|file| file.uses);
    let named = uses.filter(|used| used.path.first().is_some_and(|first| first == "reqwest"));
    let modules: BTreeSet<_> = named.map(|used| used.module[0].clone()).collect();
    assert_eq!(modules, BTreeSet::from(["http".to_owned()]));
}

#[test]
fn no_file_is_too_long() {
    let long = ["src", "tests"].into_iter().flat_map(paths).filter_map(|file| {
        let lines = std::fs::read_to_string(&file).unwrap().lines().count();
        (lines > MOST_LINES).then(|| format!("{} has {lines} lines", file.display()))
    });
    assert_eq!(long.collect::<Vec<_>>(), Vec::<String>::new());
}
