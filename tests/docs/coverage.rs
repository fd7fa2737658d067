//! `docs/guides/coverage.md` holds against the code: every object of a vendor stands in its section, of the right kind, and
//! nothing else does; and what the sandbox serves is among the endpoints.
//!
//! The references themselves are the vendors' and not kept here, so the page says how many endpoints each has.

use std::collections::BTreeSet;

use idv::framework::Vendor;
use idv::framework::provider::Registration;
use idv::registry::VENDORS;
use idv::sandbox;

use super::{ACTION, DATA_SOURCE, EPHEMERAL_RESOURCE, FUNCTION, KINDS, Kind, LIST_RESOURCE, RESOURCE};

const PAGE: &str = include_str!("../../docs/guides/coverage.md");

/// The part of the page that is about one vendor.
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

/// The endpoints that a cell names: `GET /servicekeys`.
fn endpoints(cell: &'static str) -> impl Iterator<Item = &'static str> {
    cell.split('`').skip(1).step_by(2).filter(|code| code.contains(" /"))
}

/// The objects that a cell links to, as `resources/vult_weights`, and what it calls each.
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
    // The reference of 1Kosmos counts this to the address.
    let path = |path: &'static str| path.strip_prefix("/idproofingapi").unwrap_or(path);
    routes.operations().iter().map(|operation| format!("{} {}", operation.method, path(operation.path))).collect()
}

#[test]
fn every_object_is_in_the_section_of_its_vendor_and_no_other_is() {
    for (vendor, _) in VENDORS {
        let cells = rows(vendor.title()).into_iter().flatten();
        let mut told = BTreeSet::new();
        for (target, called) in cells.flat_map(objects) {
            assert_eq!(target, called, "a link leads to something else than it says");
            told.insert(called);
        }
        let (title, there) = (vendor.title(), registered(*vendor));
        let missing: Vec<_> = there.difference(&told).collect();
        assert!(missing.is_empty(), "docs/guides/coverage.md has no row under {title} that links to {missing:?}");
        let foreign: Vec<_> = told.difference(&there).collect();
        assert!(
            foreign.is_empty(),
            "docs/guides/coverage.md links under {title} to what it does not have: {foreign:?}"
        );
    }
}

#[test]
fn every_section_is_of_a_vendor_and_counts_its_endpoints() {
    let titles: Vec<_> = PAGE.split("\n## ").skip(1).map(|section| section.lines().next().unwrap()).collect();
    let vendors: Vec<_> = VENDORS.iter().map(|(vendor, _)| vendor.title()).collect();
    assert_eq!(titles, vendors, "the sections of docs/guides/coverage.md on the left, and the vendors in their order");
    for title in titles {
        let (_, counted) = section(title).split_once("The page has ").expect("a section counts its endpoints");
        let counted: usize = counted.split(' ').next().unwrap().parse().unwrap();
        let table = section(title).split("\n\n").find(|block| block.starts_with('|')).unwrap();
        assert_eq!(table.lines().count() - 2, counted, "rows of the first table of {title}");
    }
}

#[test]
fn every_endpoint_became_something_or_it_is_said_why_not() {
    for (vendor, _) in VENDORS {
        for row in rows(vendor.title()) {
            let (became, endpoint) = row.split_last().unwrap();
            assert!(!became.is_empty() && endpoint.iter().any(|cell| !cell.is_empty()), "{row:?}");
        }
    }
}

#[test]
fn the_sandbox_serves_what_objects_need_and_nothing_that_is_not_told() {
    for (vendor, sandbox) in VENDORS {
        let served = served(sandbox);
        let rows = rows(vendor.title());
        let told: BTreeSet<_> = rows.iter().flatten().flat_map(|cell| endpoints(cell)).map(str::to_owned).collect();
        let untold: Vec<_> = served.difference(&told).collect();
        assert!(untold.is_empty(), "the sandbox serves what the page does not tell: {untold:?}");
        let of_objects = rows.iter().filter(|row| row.iter().any(|cell| objects(cell).next().is_some()));
        let needed: BTreeSet<_> = of_objects.flatten().flat_map(|cell| endpoints(cell)).map(str::to_owned).collect();
        let absent: Vec<_> = needed.difference(&served).collect();
        assert!(absent.is_empty(), "objects need what the sandbox does not serve: {absent:?}");
    }
}
