//! `docs/guides/coverage.md` agrees with the code: the section of a vendor links to every object of the vendor, with the right
//! kind, and to no other, and it lists the endpoints that the sandbox serves. What has no object has a reason: in words, or one that
//! the page defines. The counts of endpoints are generated.

use std::collections::BTreeSet;

use idv::framework::provider::Registration;
use idv::framework::{Value, Vendor};
use idv::openapi::Api;
use idv::registry::VENDORS;
use idv::sandbox;

use super::{ACTION, DATA_SOURCE, EPHEMERAL_RESOURCE, FUNCTION, KINDS, Kind, LIST_RESOURCE, RESOURCE};
use crate::support::golden;

const PAGE: &str = include_str!("../../docs/guides/coverage.md");

/// The section of one vendor.
fn section(vendor: &str) -> &'static str {
    let (_, rest) = PAGE.split_once(&format!("\n## {vendor}\n")).unwrap_or_else(|| {
        panic!("docs/guides/coverage.md has no section `## {vendor}`: write one, with a row for each endpoint of its reference")
    });
    rest.split("\n## ").next().unwrap()
}

/// The cells of each row of a vendor's tables, without the headings.
fn rows(vendor: &str) -> Vec<Vec<&'static str>> {
    let cells = |row: &'static str| row.trim_matches('|').split('|').map(str::trim).collect();
    let tables = section(vendor).split("\n\n").filter(|block| block.starts_with('|'));
    tables.flat_map(|table| table.lines().skip(2)).map(cells).collect()
}

/// The endpoints in a cell, such as `GET /servicekeys`.
fn endpoints(cell: &'static str) -> impl Iterator<Item = &'static str> {
    cell.split('`').skip(1).step_by(2).filter(|code| code.contains(" /"))
}

/// The objects that a cell links to, as `resources/vult_weights`, each with the kind and name in the text of the link.
fn objects(cell: &'static str) -> impl Iterator<Item = (String, String)> {
    cell.match_indices("](../").map(move |(position, link)| {
        let target = cell[position + link.len()..].split_once(".md)").expect("a link to a page").0;
        let (before, name) = cell[..position].rsplit_once('[').unwrap();
        let noun = |kind: &&Kind| before.trim_end().ends_with(&kind.noun.to_lowercase());
        let kind = KINDS.iter().filter(noun).max_by_key(|kind| kind.noun.len());
        let kind = kind.unwrap_or_else(|| panic!("of what kind is {name}? {cell}"));
        let name = name.trim_matches('`');
        (target.to_owned(), format!("{}/{}", kind.folder, name.trim_start_matches("idv_")))
    })
}

/// The objects of a vendor, in the same form.
fn registered(vendor: &dyn Vendor) -> BTreeSet<String> {
    let names = |object: &Registration| match object {
        Registration::Resource(resource) => vec![(RESOURCE, resource.name())],
        Registration::Listable(resource, list) => vec![(RESOURCE, resource.name()), (LIST_RESOURCE, list.name())],
        Registration::DataSource(source) => vec![(DATA_SOURCE, source.name())],
        Registration::Ephemeral(ephemeral) => vec![(EPHEMERAL_RESOURCE, ephemeral.name())],
        Registration::Action(action) => vec![(ACTION, action.name())],
        Registration::Function(function) => vec![(FUNCTION, function.name())],
    };
    let all = vendor.objects();
    all.iter().flat_map(names).map(|(kind, name)| format!("{}/{name}", kind.folder)).collect()
}

/// The operations of a vendor's stand-in, with paths as the vendor's reference has them.
fn served(sandbox: &sandbox::StandIn) -> BTreeSet<String> {
    let routes = (sandbox.routes)();
    // In the reference of 1Kosmos this is a part of the address.
    let path = |path: &'static str| path.strip_prefix("/idproofingapi").unwrap_or(path);
    routes.operations().iter().map(|operation| format!("{} {}", operation.method, path(operation.path))).collect()
}

#[test]
fn sections_link_to_the_objects_of_their_vendor() {
    for (vendor, _) in VENDORS {
        let cells = rows(vendor.title()).into_iter().flatten();
        let mut linked = BTreeSet::new();
        for (target, called) in cells.flat_map(objects) {
            assert_eq!(target, called, "a link points to another page than its text says");
            linked.insert(called);
        }
        let (title, objects) = (vendor.title(), registered(*vendor));
        let missing: Vec<_> = objects.difference(&linked).collect();
        assert!(missing.is_empty(), "docs/guides/coverage.md has no row under {title} that links to {missing:?}");
        let foreign: Vec<_> = linked.difference(&objects).collect();
        assert!(
            foreign.is_empty(),
            "docs/guides/coverage.md links under {title} to objects that the vendor does not have: {foreign:?}"
        );
    }
}

/// The words before the count of a vendor's endpoints.
const COUNT: &str = "The page has ";

#[test]
fn sections_are_the_vendors_and_count_their_endpoints() {
    let mut sections = PAGE.split("\n## ");
    let mut counted = sections.next().unwrap().to_owned();
    let mut titles = Vec::new();
    for section in sections {
        titles.push(section.lines().next().unwrap());
        let table = section.split("\n\n").find(|block| block.starts_with('|')).unwrap();
        let (before, rest) = section.split_once(COUNT).expect("a section counts its endpoints");
        let (_, after) = rest.split_once(' ').unwrap();
        let section = format!("\n## {before}{COUNT}{} {after}", table.lines().count() - 2);
        counted.push_str(&section);
    }
    let vendors: Vec<_> = VENDORS.iter().map(|(vendor, _)| vendor.title()).collect();
    assert_eq!(titles, vendors, "the sections of docs/guides/coverage.md on the left, and the vendors in their order");
    golden::check("docs/guides/coverage.md", &counted, "the number of rows in the first table of each section");
}

#[test]
fn every_endpoint_has_an_object_or_a_reason() {
    for (vendor, _) in VENDORS {
        for row in rows(vendor.title()) {
            let (became, endpoint) = row.split_last().unwrap();
            assert!(!became.is_empty() && endpoint.iter().any(|cell| !cell.is_empty()), "{row:?}");
        }
    }
}

/// The reasons that the page defines before its sections, such as `Runtime`.
fn defined_reasons() -> BTreeSet<&'static str> {
    let before = PAGE.split("\n## ").next().unwrap();
    before.lines().filter_map(|line| Some(line.strip_prefix("- **")?.split_once("**: ")?.0)).collect()
}

/// What is wrong with the cell of an endpoint without an object.
fn fault_of_reason(cell: &str, defined: &BTreeSet<&str>) -> Option<&'static str> {
    let words: Vec<_> = cell.split_whitespace().collect();
    let first = words.first().map_or("", |word| word.trim_end_matches([':', '.', ',', ';']));
    let reason = cell.split_once(": ").map_or(cell, |(reason, _)| reason);
    match first {
        "" | "None" | "Nothing" | "none" | "-" | "n/a" => {
            Some("is no reason: say why an administrator does not need it")
        }
        _ if defined.contains(reason) => None,
        _ if words.len() < 5 => Some("is neither a reason that the page defines nor a sentence"),
        _ => None,
    }
}

#[test]
fn what_has_no_object_has_a_defined_reason_or_a_sentence() {
    let defined = defined_reasons();
    assert_eq!(defined, BTreeSet::from(["Operations", "Personal data", "Runtime"]));
    for (vendor, _) in VENDORS {
        for row in rows(vendor.title()) {
            let cell = row.last().unwrap();
            if objects(cell).next().is_none()
                && let Some(fault) = fault_of_reason(cell, &defined)
            {
                panic!("docs/guides/coverage.md, {}: `{cell}` {fault}", row[0]);
            }
        }
    }
}

#[test]
fn empty_reasons_are_found() {
    let defined = BTreeSet::from(["Runtime"]);
    for empty in ["None", "Nothing", "None: the provider has others.", "nothing to do", "Personal data", "Runtimes", ""]
    {
        assert!(fault_of_reason(empty, &defined).is_some(), "{empty}");
    }
    for reason in ["Runtime", "Runtime: the SDK calls it", "The root endpoint returns it too."] {
        assert_eq!(fault_of_reason(reason, &defined), None);
    }
}

/// Where tokens come from, which is no operation of a vendor's document.
const TOKENS: [&str; 2] = ["POST /oauth/token", "POST /auth/v2/token/"];

/// Without the names of parameters.
fn shape(route: &str) -> String {
    route.split('{').map(|part| part.rsplit('}').next().unwrap()).collect::<Vec<_>>().join("{}")
}

#[test]
fn declared_calls_are_the_endpoints_of_objects() {
    let mut vendors = 0;
    for (vendor, _) in VENDORS {
        let attributes = vendor.attributes().into_iter().map(|attribute| (attribute.name, Value::Null));
        let apis = vendor.apis(&Value::Map(attributes.collect())).unwrap();
        if apis.is_empty() {
            continue;
        }
        vendors += 1;
        let routes = |api: &Api| {
            let base = api.base.clone();
            api.calls.iter().map(move |call| shape(&format!("{} {base}{}", call.method, call.path))).collect::<Vec<_>>()
        };
        let declared: BTreeSet<_> = apis.iter().flat_map(routes).collect();
        let rows = rows(vendor.title());
        let is_called = |cell: &'static str| objects(cell).next().is_some() || cell.starts_with("how the provider ");
        let of_objects = rows.iter().filter(|row| row.iter().copied().any(is_called));
        let needed = of_objects.flatten().flat_map(|cell| endpoints(cell)).filter(|route| !TOKENS.contains(route));
        let needed: BTreeSet<_> = needed.map(shape).collect();
        assert_eq!(
            declared,
            needed,
            "the calls of {} on the left, the endpoints of its objects on the right",
            vendor.title()
        );
    }
    assert_eq!(vendors, VENDORS.len());
}

#[test]
fn sandbox_serves_the_endpoints_of_the_page() {
    for (vendor, sandbox) in VENDORS {
        let served = served(sandbox);
        let rows = rows(vendor.title());
        let listed: BTreeSet<_> = rows.iter().flatten().flat_map(|cell| endpoints(cell)).map(str::to_owned).collect();
        let unlisted: Vec<_> = served.difference(&listed).collect();
        assert!(unlisted.is_empty(), "the sandbox serves endpoints that the page does not list: {unlisted:?}");
        let of_objects = rows.iter().filter(|row| row.iter().any(|cell| objects(cell).next().is_some()));
        let needed: BTreeSet<_> = of_objects.flatten().flat_map(|cell| endpoints(cell)).map(str::to_owned).collect();
        let absent: Vec<_> = needed.difference(&served).collect();
        assert!(absent.is_empty(), "objects need endpoints that the sandbox does not serve: {absent:?}");
    }
}
