//! The schema section of a page: attributes grouped by who sets them, nested ones below with an anchor of their own.

use std::collections::VecDeque;

use idv::framework::schema::{Attribute, Nesting, Schema, Shape};
use idv::framework::types::Type;

/// A heading, and whether an attribute belongs below it.
type Group = (&'static str, fn(&Attribute) -> bool);

/// The groups of attributes, by who sets them.
const GROUPS: [Group; 3] = [
    ("Required", |attribute| attribute.required),
    ("Optional", |attribute| attribute.optional),
    ("Read-Only", |attribute| attribute.computed && !attribute.optional),
];

/// The section with its heading.
pub(super) fn section(schema: &Schema) -> String {
    let mut parts = vec!["## Schema\n".to_owned()];
    if schema.attributes().is_empty() {
        parts.push("\nIt has no attributes.\n".to_owned());
    }
    let mut pending = VecDeque::from([(Vec::new(), schema.attributes())]);
    while let Some((path, attributes)) = pending.pop_front() {
        let heading = if path.is_empty() { "### " } else { "#### " };
        if !path.is_empty() {
            parts.push(format!("\n<a id=\"{}\"></a>\n### Nested Schema for `{}`\n", anchor(&path), path.join(".")));
        }
        parts.push(groups(heading, &path, attributes));
        pending.extend(sorted(attributes).filter_map(|attribute| nested(&path, attribute)));
    }
    parts.concat()
}

/// The attributes below an attribute, and the path to them.
fn nested<'s>(path: &[&'s str], attribute: &'s Attribute) -> Option<(Vec<&'s str>, &'s [Attribute])> {
    match attribute.shape() {
        Shape::Nested(_, nested) => Some((below(path, &attribute.name), nested.as_slice())),
        Shape::Plain(_) => None,
    }
}

fn groups(heading: &str, path: &[&str], attributes: &[Attribute]) -> String {
    let group = |(title, belongs): &Group| {
        let lines: Vec<_> =
            sorted(attributes).filter(|attribute| belongs(attribute)).map(|attribute| line(path, attribute)).collect();
        if lines.is_empty() { String::new() } else { format!("\n{heading}{title}\n\n{}", lines.concat()) }
    };
    GROUPS.iter().map(group).collect()
}

fn sorted(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    let mut attributes: Vec<_> = attributes.iter().collect();
    attributes.sort_by(|a, b| a.name.cmp(&b.name));
    attributes.into_iter()
}

fn line(path: &[&str], attribute: &Attribute) -> String {
    let flags = [
        (attribute.sensitive, "Sensitive"),
        (attribute.write_only, "Write-only"),
        (attribute.deprecated.is_some(), "Deprecated"),
    ];
    let flags = flags.into_iter().filter(|(set, _)| *set).map(|(_, name)| name.to_owned());
    let words: Vec<_> = [words(attribute)].into_iter().chain(flags).collect();
    let nested = match attribute.shape() {
        Shape::Plain(_) => String::new(),
        Shape::Nested(..) => format!(" (see [below for nested schema](#{}))", anchor(&below(path, &attribute.name))),
    };
    format!("- `{}` ({}) {}{nested}\n", attribute.name, words.join(", "), attribute.full_description())
}

fn below<'s>(path: &[&'s str], name: &'s str) -> Vec<&'s str> {
    path.iter().copied().chain([name]).collect()
}

fn anchor(path: &[&str]) -> String {
    format!("nestedatt--{}", path.join("--"))
}

/// The type as registries write it: `List of String`, `Attributes List`.
fn words(attribute: &Attribute) -> String {
    match attribute.shape() {
        Shape::Plain(kind) => type_words(kind),
        Shape::Nested(Nesting::Single, _) => "Attributes".to_owned(),
        Shape::Nested(Nesting::List, _) => "Attributes List".to_owned(),
    }
}

pub(super) fn type_words(kind: &Type) -> String {
    match kind {
        Type::String => "String".to_owned(),
        Type::Number => "Number".to_owned(),
        Type::Bool => "Boolean".to_owned(),
        Type::Dynamic => "Dynamic".to_owned(),
        Type::List(element) => format!("List of {}", type_words(element)),
        Type::Set(element) => format!("Set of {}", type_words(element)),
        Type::Map(element) => format!("Map of {}", type_words(element)),
        Type::Object(_) => "Object".to_owned(),
        Type::Tuple(_) => "Tuple".to_owned(),
    }
}
