//! The form of a value as schemas describe it: its types, its members, and which of them are required.
//!
//! A value may be described by several schemas at once: by alternatives (`oneOf`, `anyOf`), by parts (`allOf`), for several
//! statuses. A member counts as described if any of them has it. The dialects differ in how they allow null only: `nullable` in 3.0, a
//! list of types in 3.1.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use super::document::{resolve, target};

/// How deeply schemas may contain each other before one counts as undescribed.
const MOST_LEVELS: usize = 24;

/// What describes a value.
#[derive(Clone)]
pub(super) struct Form<'d> {
    /// What references are relative to.
    root: &'d Json,
    schemas: Vec<&'d Json>,
}

/// The types of a value; none if it may be anything.
pub(super) type Types<'d> = Option<BTreeSet<&'d str>>;

impl<'d> Form<'d> {
    /// The form that these alternatives describe.
    pub(super) fn new(root: &'d Json, schemas: Vec<&'d Json>) -> Self {
        Self { root, schemas }
    }

    /// Whether anything is described.
    pub(super) fn is_described(&self) -> bool {
        self.types().is_some()
    }

    /// The types that the value may have.
    pub(super) fn types(&self) -> Types<'d> {
        union(self.schemas.iter().map(|schema| types(self.root, schema, 0)))
    }

    /// The members of an object, each with what describes it.
    pub(super) fn members(&self) -> BTreeMap<&'d str, Form<'d>> {
        let mut members: BTreeMap<&str, Form<'_>> = BTreeMap::new();
        for part in self.parts() {
            for (name, schema) in part.get("properties").and_then(Json::as_object).into_iter().flatten() {
                members.entry(name).or_insert_with(|| Form::new(self.root, Vec::new())).schemas.push(schema);
            }
        }
        members
    }

    /// Whether members are described, if only that there are none.
    pub(super) fn has_members(&self) -> bool {
        self.parts().iter().any(|part| part.contains_key("properties"))
    }

    /// The members that every value must have.
    pub(super) fn required(&self) -> BTreeSet<&'d str> {
        intersection(self.schemas.iter().map(|schema| required(self.root, schema, 0)))
    }

    /// What describes the elements of an array.
    pub(super) fn items(&self) -> Form<'d> {
        Form::new(self.root, self.parts().into_iter().filter_map(|part| part.get("items")).collect())
    }

    /// The alternatives, of which a value has one; empty if there are none, or if they only add to other members.
    pub(super) fn alternatives(&self) -> Vec<Form<'d>> {
        let schemas = self.schemas.iter().map(|schema| resolve(self.root, schema));
        let schemas = schemas.filter(|schema| schema.get("properties").is_none());
        let found = schemas.filter_map(|schema| branches(schema, "oneOf").or_else(|| branches(schema, "anyOf")));
        found.flatten().map(|schema| Form::new(self.root, vec![schema])).collect()
    }

    /// Whether any schema has this flag.
    pub(super) fn has(&self, flag: &str) -> bool {
        self.parts().iter().any(|part| part.get(flag) == Some(&Json::Bool(true)))
    }

    /// The texts of a keyword that is a list.
    pub(super) fn texts(&self, keyword: &str) -> impl Iterator<Item = &'d str> {
        let lists = self.parts().into_iter().filter_map(move |part| part.get(keyword)?.as_array());
        lists.flatten().filter_map(Json::as_str).collect::<Vec<_>>().into_iter()
    }

    /// Every schema that says something about the value, references and combinations followed.
    fn parts(&self) -> Vec<&'d Map<String, Json>> {
        let mut parts: Vec<&Map<String, Json>> = Vec::new();
        let mut left: Vec<&Json> = self.schemas.iter().rev().copied().collect();
        while let Some(schema) = left.pop() {
            let Some(part) = schema.as_object() else { continue };
            // A schema that contains itself is read once.
            if parts.iter().any(|other| std::ptr::eq(*other, part)) {
                continue;
            }
            parts.push(part);
            left.extend(["oneOf", "anyOf"].iter().filter_map(|name| branches(schema, name)).flatten());
            left.extend(conjuncts(self.root, schema));
        }
        parts
    }
}

/// What a value must meet beside the schema itself: what it refers to, which may have siblings in 3.1, and its parts.
fn conjuncts<'d>(root: &'d Json, schema: &'d Json) -> impl Iterator<Item = &'d Json> {
    target(root, schema).into_iter().chain(branches(schema, "allOf").into_iter().flatten())
}

fn branches<'d>(schema: &'d Json, name: &str) -> Option<&'d Vec<Json>> {
    schema.get(name)?.as_array().filter(|branches| !branches.is_empty())
}

fn types<'d>(root: &'d Json, schema: &'d Json, level: usize) -> Types<'d> {
    if level > MOST_LEVELS {
        return None;
    }
    let deeper = |schema| types(root, schema, level + 1);
    let mut found = conjuncts(root, schema).map(deeper).fold(own_types(schema), both);
    for name in ["oneOf", "anyOf"] {
        if let Some(branches) = branches(schema, name) {
            found = both(found, union(branches.iter().map(deeper)));
        }
    }
    if schema.get("nullable") == Some(&Json::Bool(true))
        && let Some(found) = &mut found
    {
        found.insert("null");
    }
    found
}

/// The types that a schema itself names, or that follow from its values or members.
fn own_types(schema: &Json) -> Types<'_> {
    match schema.get("type") {
        Some(Json::String(name)) => return Some([name.as_str()].into()),
        Some(Json::Array(names)) => return Some(names.iter().filter_map(Json::as_str).collect()),
        _ => {}
    }
    if let Some(values) = schema.get("enum").and_then(Json::as_array) {
        return Some(values.iter().map(type_of).collect());
    }
    if let Some(value) = schema.get("const") {
        return Some([type_of(value)].into());
    }
    let implied = [("properties", "object"), ("items", "array")];
    implied.iter().find(|(member, _)| schema.get(member).is_some()).map(|(_, name)| [*name].into())
}

fn type_of(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(number) if number.is_i64() || number.is_u64() => "integer",
        Json::Number(_) => "number",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}

/// The names of the members that a schema has at any depth.
pub fn member_names(schema: &Json) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut left = vec![schema];
    while let Some(schema) = left.pop() {
        match schema {
            Json::Object(keywords) => {
                let members = keywords.get("properties").and_then(Json::as_object);
                names.extend(members.into_iter().flat_map(|members| members.keys().cloned()));
                left.extend(keywords.values());
            }
            Json::Array(schemas) => left.extend(schemas),
            _ => {}
        }
    }
    names
}

fn union<'d>(mut all: impl Iterator<Item = Types<'d>>) -> Types<'d> {
    let first = all.next()??;
    all.try_fold(first, |found, types| Some(found.union(&types?).copied().collect()))
}

/// The types that two schemas allow at once. An integer is a number.
fn both<'d>(a: Types<'d>, b: Types<'d>) -> Types<'d> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.into_iter().filter(|name| allows(&b, name)).collect()),
        (a, b) => a.or(b),
    }
}

/// Whether types allow a value of a type.
pub(super) fn allows(types: &BTreeSet<&str>, name: &str) -> bool {
    types.contains(name) || (name == "integer" && types.contains("number"))
}

fn required<'d>(root: &'d Json, schema: &'d Json, level: usize) -> BTreeSet<&'d str> {
    if level > MOST_LEVELS {
        return BTreeSet::new();
    }
    let deeper = |schema| required(root, schema, level + 1);
    // An alternative that is null has no members to require.
    let is_null = |branch: &&Json| types(root, branch, level + 1).is_some_and(|types| types == ["null"].into());
    let of_each = |all: &'d Vec<Json>| intersection(all.iter().filter(|branch| !is_null(branch)).map(deeper));
    let own = schema.get("required").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str);
    let mut found: BTreeSet<&str> = own.collect();
    found.extend(conjuncts(root, schema).flat_map(deeper));
    for name in ["oneOf", "anyOf"] {
        found.extend(branches(schema, name).map(of_each).unwrap_or_default());
    }
    found
}

fn intersection<'d>(mut all: impl Iterator<Item = BTreeSet<&'d str>>) -> BTreeSet<&'d str> {
    let first = all.next().unwrap_or_default();
    all.fold(first, |found, names| found.intersection(&names).copied().collect())
}
