//! Compares what a client uses with what a document describes.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use super::api::{ALSO_NAMED, ANY_FORM, Api, Call, MAY_BE_ABSENT, MAY_BE_TEXT};
use super::document::{Document, Operation};
use super::find::{ALIKE, Found, Match, find, normalized, prefixes, with_id, without_names};
use super::schema::{Form, Types, allows};

/// Headers that the specification itself leaves out of parameters.
const STANDARD_HEADERS: [&str; 3] = ["accept", "authorization", "content-type"];

/// What a difference does to the objects of the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Impact {
    /// Nothing.
    None,
    /// The objects can be managed, without a part: an attribute stays null, or cannot be set.
    Limits,
    /// A call fails.
    Breaks,
}

/// The kind of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An operation or a field is gone.
    Removed,
    /// An operation has another route, or a field probably another name.
    Renamed,
    /// A value has another type.
    TypeChanged,
    /// A request must have a field that the provider does not send.
    NewlyRequired,
    /// Two operations have the summary by which the provider finds one.
    Ambiguous,
    /// The document does not describe what the provider uses.
    NotDescribed,
    /// Fields that the provider does not use.
    New,
}

/// One difference.
#[derive(Clone, Debug, Serialize)]
pub struct Difference {
    /// What it does.
    pub impact: Impact,
    /// Its kind.
    pub kind: Kind,
    /// The operation as the provider calls it, such as `GET /idv/weights`.
    pub operation: String,
    /// The field, such as `response.webhooks[].id`; `None` for the operation itself.
    pub field: Option<String>,
    /// The new route or name, if there is one.
    pub to: Option<String>,
    /// What differs, in a sentence.
    pub detail: String,
}

/// What the comparison of an API found.
pub struct Comparison {
    /// The differences, in the order of the calls.
    pub differences: Vec<Difference>,
    /// The routes for the setting `paths`, by the name of the call.
    pub paths: BTreeMap<String, String>,
    /// The operations of the document that the provider does not use.
    pub unused: Vec<String>,
    /// Whether every route of `paths` is that of the summary by which a client finds an operation, and none is missing.
    pub openapi_file_adapts: bool,
    /// How many of the calls the document certainly has, without those that are optional: other services have a `/healthz` too.
    pub known: usize,
}

/// Compares an API with a document.
pub fn compare(api: &Api, document: &Document) -> Comparison {
    let found = find(api, document);
    let used: BTreeSet<String> = found.iter().filter_map(|found| Some(found.operation?.0.route())).collect();
    let unused = document.operations().iter().map(Operation::route).filter(|route| !used.contains(route)).collect();
    let is_known = |found: &Found<'_>| found.operation.is_some_and(|(_, by)| by != Match::Similar);
    let known = api.calls.iter().zip(&found).filter(|(call, found)| !call.is_optional && is_known(found)).count();
    let is_found = |(call, found): (&Call, &Found<'_>)| {
        found.operation.map_or(call.is_optional, |(_, by)| by == Match::Summary) && found.doubles.is_empty()
    };
    let openapi_file_adapts = api.calls.iter().zip(&found).all(is_found);
    let mut comparison =
        Comparison { differences: Vec::new(), paths: BTreeMap::new(), unused, openapi_file_adapts, known };
    for (call, found) in api.calls.iter().zip(found) {
        let mut calls = CallComparison { api, call, document, found: Vec::new() };
        calls.route(&found, &mut comparison.paths);
        if let Some((operation, _)) = found.operation {
            calls.request(&operation);
            calls.response(&operation);
        }
        comparison.differences.append(&mut calls.found);
    }
    comparison
}

/// Whether a form is sent or read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Request,
    Response,
}

/// The comparison of one call.
struct CallComparison<'c> {
    api: &'c Api,
    call: &'c Call,
    document: &'c Document,
    found: Vec<Difference>,
}

impl CallComparison<'_> {
    fn push(&mut self, impact: Impact, kind: Kind, field: Option<&str>, to: Option<String>, detail: impl Into<String>) {
        // Objects can be managed without such a call, whatever happens to it.
        let impact = if self.call.is_optional { impact.min(Impact::Limits) } else { impact };
        let (operation, field) = (self.call.route(), field.map(str::to_owned));
        self.found.push(Difference { impact, kind, operation, field, to, detail: detail.into() });
    }

    /// Compares the route, and adds it to `paths` where that setting adapts to it.
    fn route(&mut self, found: &Found<'_>, paths: &mut BTreeMap<String, String>) {
        let Some((operation, by)) = found.operation else {
            self.push(Impact::Breaks, Kind::Removed, None, None, "The operation is gone.");
            return;
        };
        let theirs = operation.route();
        let same_route = self.is_at(&operation);
        let mut adapt = true;
        if by == Match::Similar {
            let detail = format!("The operation is gone, or it is now {theirs}, which is like it.");
            self.push(Impact::Breaks, Kind::Renamed, None, Some(theirs.clone()), detail);
        } else if !same_route {
            let detail = format!("The operation is at {theirs}.");
            self.push(Impact::Breaks, Kind::Renamed, None, Some(theirs.clone()), detail);
        } else if let (Match::Route, Some(summary)) = (by, self.call.summary) {
            let other =
                operation.summary().map_or_else(|| "none".to_owned(), |text| format!("\"{}\"", normalized(text)));
            let detail =
                format!("The summary was \"{summary}\" and is {other}: `openapi_file` does not find the operation.");
            self.push(Impact::Limits, Kind::Renamed, None, Some(other), detail);
        } else {
            adapt = !found.doubles.is_empty();
        }
        if !found.doubles.is_empty() {
            let others: Vec<_> = found.doubles.iter().map(Operation::route).collect();
            let detail = format!(
                "{theirs} has the same summary as {}: `openapi_file` does not accept the document without `paths`.",
                others.join(", ")
            );
            self.push(Impact::Limits, Kind::Ambiguous, None, None, detail);
        }
        if let (true, Some(path)) = (adapt, self.path_setting(operation.path())) {
            paths.insert(self.call.name(), format!("{} {path}", operation.method()));
        }
        let parameters = operation.path().matches('{').count();
        if parameters > self.call.path.matches('{').count().max(usize::from(self.call.takes_id)) {
            let detail = format!("The path {} has a parameter that the provider does not have.", operation.path());
            self.push(Impact::Breaks, Kind::NewlyRequired, Some("path"), None, detail);
        }
    }

    /// The path of a document as the setting `paths` takes it: below the address of the API, with the parameters of the call. `None`
    /// if it has others.
    fn path_setting(&self, path: &str) -> Option<String> {
        if self.call.key.is_some() {
            return Some(with_id(path));
        }
        let base = self.api.base.as_str();
        let is_of_server = base.is_empty() || prefixes(self.document).iter().any(|prefix| prefix.ends_with(base));
        let path = path.strip_prefix(base).or(is_of_server.then_some(path))?;
        let documented = self.call.documented.as_ref().unwrap_or(&self.call.path);
        let names: Vec<_> = documented.split('{').skip(1).filter_map(|rest| rest.split_once('}')).collect();
        let parts: Vec<_> = without_names(path).split("{}").map(str::to_owned).collect();
        (parts.len() == names.len() + 1).then(|| {
            let rest = names.iter().zip(&parts[1..]).map(|((name, _), part)| format!("{{{name}}}{part}"));
            parts[0].clone() + &rest.collect::<String>()
        })
    }

    fn is_at(&self, operation: &Operation<'_>) -> bool {
        super::find::is_at(self.api, self.call, operation, self.document)
    }

    fn request(&mut self, operation: &Operation<'_>) {
        let nothing = json!({"type": "object", "properties": {}});
        let ours = self.call.request.as_ref().unwrap_or(&nothing);
        let query = if operation.is_described() { query(operation) } else { json!({}) };
        let in_query = operation.method() == "GET";
        let body = operation.request();
        if in_query {
            self.fields(&[ours], &[&query], "request", Direction::Request);
        } else if self.call.request.is_some() || !body.is_empty() {
            self.fields(&[ours], &body, "request", Direction::Request);
        }
        for parameter in operation.parameters().iter().filter(|parameter| parameter.required) {
            let is_sent = match parameter.place {
                "path" => true,
                "query" => in_query,
                "header" => {
                    let name = parameter.name.to_lowercase();
                    STANDARD_HEADERS.contains(&name.as_str()) || self.api.headers.contains(&name.as_str())
                }
                _ => false,
            };
            if !is_sent {
                let field = format!("{}.{}", parameter.place, parameter.name);
                self.push(Impact::Breaks, Kind::NewlyRequired, Some(&field), None, not_sent(&field));
            }
        }
    }

    fn response(&mut self, operation: &Operation<'_>) {
        if let Some(ours) = &self.call.response {
            self.fields(&[ours], &operation.responses(), "response", Direction::Response);
        }
    }

    fn fields(&mut self, ours: &[&Json], theirs: &[&Json], at: &str, direction: Direction) {
        let root = ours.first().copied().unwrap_or(&Json::Null);
        let (ours, theirs) = (Form::new(root, ours.to_vec()), Form::new(self.document.root(), theirs.to_vec()));
        self.value(&ours, &theirs, at, direction, true);
    }

    /// Compares the forms of a value, which every body or response has if it is `required`.
    fn value(&mut self, ours: &Form<'_>, theirs: &Form<'_>, at: &str, direction: Direction, required: bool) {
        if !theirs.is_described() && !theirs.has_members() {
            if ours.is_described() {
                self.push(Impact::None, Kind::NotDescribed, Some(at), None, format!("`{at}` has no schema."));
            }
            return;
        }
        if let Some((impact, detail)) = type_change(ours, theirs, at, direction, required) {
            self.push(impact, Kind::TypeChanged, Some(at), None, detail);
            return;
        }
        let ours = &alternative(ours, theirs);
        if ours.has_members() {
            self.members(ours, theirs, at, direction);
        }
        let items = ours.items();
        if items.is_described() {
            self.value(&items, &theirs.items(), &format!("{at}[]"), direction, true);
        }
    }

    fn members(&mut self, ours: &Form<'_>, theirs: &Form<'_>, at: &str, direction: Direction) {
        if !theirs.has_members() {
            let detail = format!("`{at}` is an object whose members are not described.");
            self.push(Impact::None, Kind::NotDescribed, Some(at), None, detail);
            return;
        }
        let (our_members, their_members) = (ours.members(), theirs.members());
        let required = ours.required();
        let mut new: BTreeMap<_, _> =
            their_members.iter().filter(|(name, _)| !our_members.contains_key(*name)).collect();
        for (name, member) in &our_members {
            let at = format!("{at}.{name}");
            let is_required = required.contains(name);
            let also = member.texts(ALSO_NAMED).find(|name| their_members.contains_key(name));
            if let Some(theirs) = their_members.get(name).or_else(|| their_members.get(also?)) {
                also.map(|name| new.remove(&name));
                self.value(member, theirs, &at, direction, is_required);
                continue;
            }
            let impact = match direction {
                Direction::Response if !is_required && member.has(MAY_BE_ABSENT) => Impact::None,
                _ if is_required => Impact::Breaks,
                _ => Impact::Limits,
            };
            let fits = |other: &Form<'_>| type_change(member, other, "", direction, true).is_none();
            let candidates: Vec<_> = new.iter().filter(|(_, other)| fits(other)).map(|(name, _)| **name).collect();
            match probable_name(name, &candidates, impact != Impact::None) {
                Some(to) => {
                    new.remove(&to);
                    let detail = format!("`{at}` is gone, probably renamed to `{to}`.");
                    self.push(impact, Kind::Renamed, Some(&at), Some(to.to_owned()), detail);
                }
                None => self.push(impact, Kind::Removed, Some(&at), None, format!("`{at}` is gone.")),
            }
        }
        if direction == Direction::Request {
            for name in theirs.required().into_iter().filter(|name| !our_members.contains_key(name)) {
                let at = format!("{at}.{name}");
                self.push(Impact::Breaks, Kind::NewlyRequired, Some(&at), None, not_sent(&at));
                new.remove(&name);
            }
        }
        if !new.is_empty() {
            let names: Vec<_> = new.keys().map(|name| format!("`{name}`")).collect();
            let detail = format!("`{at}` also has {}.", names.join(", "));
            self.push(Impact::None, Kind::New, Some(at), None, detail);
        }
    }
}

fn not_sent(at: &str) -> String {
    format!("`{at}` is required, and the provider does not send it.")
}

/// The alternative of ours whose types the other form has; ours itself if it has none. Of several objects it is the one that shares
/// most members with the other form, so that a value in a wrapper is not compared with the value alone.
fn alternative<'d>(ours: &Form<'d>, theirs: &Form<'_>) -> Form<'d> {
    let (types, members) = (theirs.types(), theirs.members());
    let fits = |form: &Form<'_>| match (form.types(), &types) {
        (Some(ours), Some(theirs)) => ours.iter().any(|name| *name != "null" && allows(theirs, name)),
        _ => true,
    };
    let is_shared = |name: &str, member: &Form<'_>| {
        members.get(name).is_some_and(|theirs| type_change(member, theirs, "", Direction::Response, true).is_none())
    };
    let shared = |form: &Form<'_>| form.members().iter().filter(|(name, member)| is_shared(name, member)).count();
    // The first of several that share as many.
    ours.alternatives().into_iter().filter(fits).rev().max_by_key(shared).unwrap_or_else(|| ours.clone())
}

/// What of the types does not fit, if anything.
fn type_change(
    ours: &Form<'_>,
    theirs: &Form<'_>,
    at: &str,
    direction: Direction,
    required: bool,
) -> Option<(Impact, String)> {
    let (mut our_types, mut their_types) = (ours.types()?, theirs.types()?);
    if direction == Direction::Request {
        our_types.remove("null");
        std::mem::swap(&mut our_types, &mut their_types);
    }
    // Now the second must be covered by the first.
    let wrong: BTreeSet<_> = their_types.iter().copied().filter(|name| !allows(&our_types, name)).collect();
    if wrong.is_empty() {
        return None;
    }
    let (was, is) = match direction {
        Direction::Response => (our_types, their_types),
        Direction::Request => (their_types, our_types),
    };
    // Whole numbers go either way, and are all that such a field has had.
    if wrong.iter().all(|name| *name == "number") && (was.contains("integer") || is.contains("integer")) {
        return match direction {
            Direction::Request => None,
            Direction::Response => Some((Impact::None, format!("`{at}` was an integer and is a number."))),
        };
    }
    let impact = match direction {
        Direction::Response if ours.has(ANY_FORM) => Impact::None,
        Direction::Response if ours.has(MAY_BE_TEXT) && wrong.iter().all(|name| *name == "string") => Impact::None,
        Direction::Request if !required => Impact::Limits,
        _ => Impact::Breaks,
    };
    let detail = format!("The type of `{at}` was {} and is {}.", listed(&Some(was)), listed(&Some(is)));
    Some((impact, detail))
}

fn listed(types: &Types<'_>) -> String {
    types.iter().flatten().copied().collect::<Vec<_>>().join(" or ")
}

/// What a field was probably renamed to: the only candidate, or the one that is most like it. For a field that may be absent it has
/// to be like it, since the candidate may be the new name of another one.
fn probable_name<'n>(name: &str, candidates: &[&'n str], is_expected: bool) -> Option<&'n str> {
    if let ([only], true) = (candidates, is_expected) {
        return Some(only);
    }
    let scored = candidates.iter().map(|other| (strsim::jaro_winkler(name, other), *other));
    scored.filter(|(score, _)| *score >= ALIKE).max_by(|(a, _), (b, _)| a.total_cmp(b)).map(|(_, other)| other)
}

/// The parameters of the query, as the schema of an object.
fn query(operation: &Operation<'_>) -> Json {
    let parameters = operation.parameters();
    let in_query = || parameters.iter().filter(|parameter| parameter.place == "query");
    let schema = |schema: Option<&Json>| schema.cloned().unwrap_or_else(|| json!({}));
    let members: Map<_, _> =
        in_query().map(|parameter| (parameter.name.to_owned(), schema(parameter.schema))).collect();
    let required: Vec<_> = in_query().filter(|parameter| parameter.required).map(|parameter| parameter.name).collect();
    json!({"type": "object", "properties": members, "required": required})
}
