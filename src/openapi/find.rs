//! Finds the operation of a document that a call is about: by its summary, its route, its id, or what is most like it.

use std::collections::BTreeSet;

use url::Url;

use super::api::{Api, Call};
use super::document::{Document, Operation};
use super::schema::Form;

/// How alike two names or paths must be to be about the same thing, from 0 to 1.
pub(super) const ALIKE: f64 = 0.8;

/// How deeply the fields of bodies are compared to find an operation that was moved.
const LEVELS: usize = 4;

/// How an operation was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Match {
    /// It has the summary of the call.
    Summary,
    /// It has the route.
    Route,
    /// It has the words of the summary as its id.
    Id,
    /// No operation is the call's own, and this one is like it.
    Similar,
}

/// What was found for a call.
pub(super) struct Found<'d> {
    /// The operation; `None` if there is none.
    pub(super) operation: Option<(Operation<'d>, Match)>,
    /// Other operations with the same summary.
    pub(super) doubles: Vec<Operation<'d>>,
}

/// Lower case, single spaces, no full stop: "Get Weights." is "get weights".
pub fn normalized(summary: &str) -> String {
    summary.trim_end().trim_end_matches('.').split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// The words of an id: `getWeightsById` and `get_weights_by_id` are "get weights by id".
fn words(id: &str) -> String {
    let mut words = String::new();
    for character in id.chars() {
        if character.is_uppercase() && words.chars().next_back().is_some_and(|last| last != ' ') {
            words.push(' ');
        }
        words.push(if character.is_alphanumeric() { character.to_ascii_lowercase() } else { ' ' });
    }
    normalized(&words)
}

/// The path with every parameter as `{}`.
pub fn without_names(path: &str) -> String {
    let mut parts = path.split('{');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |shape, part| shape + "{}" + part.split_once('}').map_or("", |(_, after)| after))
}

/// The path as a vendor's setting takes it, whose one parameter is `{id}`. A path with several stays as it is.
pub fn with_id(path: &str) -> String {
    if path.matches('{').count() == 1 { without_names(path).replace("{}", "{id}") } else { path.to_owned() }
}

/// For each call of an API, in order, what a document has.
pub(super) fn find<'d>(api: &Api, document: &'d Document) -> Vec<Found<'d>> {
    let operations: Vec<_> = document.operations().into_iter().filter(|operation| !(api.ignores)(operation)).collect();
    let mut found: Vec<_> = api.calls.iter().map(|call| own(api, call, &operations, document)).collect();
    let mut taken: BTreeSet<String> = found.iter().filter_map(taken_by).collect();
    for (call, found) in api.calls.iter().zip(&mut found).filter(|(_, found)| found.operation.is_none()) {
        let left = operations.iter().filter(|operation| !taken.contains(&operation.route()));
        let similar = left.filter_map(|operation| Some((similarity(call, operation, document)?, *operation)));
        if let Some((_, operation)) = similar.max_by(|(a, _), (b, _)| a.total_cmp(b)) {
            taken.insert(operation.route());
            found.operation = Some((operation, Match::Similar));
        }
    }
    found
}

fn taken_by(found: &Found<'_>) -> Option<String> {
    found.operation.map(|(operation, _)| operation.route())
}

/// The operation that is the call's own.
fn own<'d>(api: &Api, call: &Call, operations: &[Operation<'d>], document: &Document) -> Found<'d> {
    let is_at = |operation: &&Operation<'d>| is_at(api, call, operation, document);
    let has = |summary: Option<String>| call.summary.is_some() && summary.as_deref() == call.summary;
    let of_summary: Vec<_> =
        operations.iter().filter(|operation| has(operation.summary().map(normalized))).copied().collect();
    let operation = of_summary.iter().find(is_at).or_else(|| of_summary.first());
    let operation = operation
        .map(|operation| (*operation, Match::Summary))
        .or_else(|| operations.iter().find(is_at).map(|operation| (*operation, Match::Route)))
        .or_else(|| {
            let of_id = operations.iter().find(|operation| has(operation.id().map(words)));
            of_id.map(|operation| (*operation, Match::Id))
        });
    let is_double = |other: &Operation<'_>| operation.is_some_and(|(operation, _)| operation.route() != other.route());
    Found { operation, doubles: of_summary.into_iter().filter(is_double).collect() }
}

/// Whether an operation has the route of a call. The path of the API may be in that of the server or of the operation.
pub(super) fn is_at(api: &Api, call: &Call, operation: &Operation<'_>, document: &Document) -> bool {
    let path = without_names(operation.path());
    let ours = [format!("{}{}", api.base, call.path), call.path.clone()].map(|path| without_names(&path));
    let mut theirs = prefixes(document).into_iter().map(|prefix| prefix + &path).chain([path.clone()]);
    operation.method() == call.method && theirs.any(|path| ours.contains(&path))
}

/// The paths of the document's servers.
pub(super) fn prefixes(document: &Document) -> BTreeSet<String> {
    let path = |server: &str| match Url::parse(server) {
        Ok(url) => url.path().trim_end_matches('/').to_owned(),
        Err(_) => server.trim_end_matches('/').to_owned(),
    };
    document.servers().map(path).filter(|prefix| !prefix.is_empty()).collect()
}

/// How much an operation is like a call; `None` if it is another one.
fn similarity(call: &Call, operation: &Operation<'_>, document: &Document) -> Option<f64> {
    let same_method = operation.method() == call.method;
    let paths = strsim::jaro_winkler(&without_names(operation.path()), &without_names(&call.path));
    let mut ours = BTreeSet::new();
    for schema in call.request.iter().chain(&call.response) {
        collect(&Form::new(schema, vec![schema]), "", LEVELS, &mut ours);
    }
    let mut theirs = BTreeSet::new();
    for schema in operation.request().into_iter().chain(operation.responses()) {
        collect(&Form::new(document.root(), vec![schema]), "", LEVELS, &mut theirs);
    }
    #[expect(clippy::cast_precision_loss, reason = "there are fewer fields than an f64 counts")]
    let shared = ours.intersection(&theirs).count() as f64 / ours.len().max(1) as f64;
    let has_fields = ours.len() > 1 && shared >= ALIKE && (same_method || paths >= ALIKE);
    let has_path = paths >= ALIKE && (same_method || operation.path() == call.path);
    (has_fields || has_path).then_some(shared + paths + if same_method { 0.5 } else { 0.0 })
}

/// The fields of a form, each with its path.
fn collect(form: &Form<'_>, at: &str, levels: usize, fields: &mut BTreeSet<String>) {
    if levels == 0 {
        return;
    }
    for (name, member) in form.members() {
        let path = format!("{at}.{name}");
        collect(&member, &path, levels - 1, fields);
        fields.insert(path);
    }
    let items = form.items();
    if items.is_described() {
        collect(&items, &format!("{at}[]"), levels - 1, fields);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_the_words_of_a_summary() {
        for id in ["getWeightsById", "get_weights_by_id", "GetWeightsById", "get-weights-by-id"] {
            assert_eq!(words(id), "get weights by id");
        }
        assert_eq!(normalized(" Get  Weights. "), "get weights");
    }

    #[test]
    fn names_of_parameters_do_not_matter() {
        assert_eq!(without_names("/a/{b}/c/{d}/"), "/a/{}/c/{}/");
        assert_eq!(with_id("/a/{b}/c"), "/a/{id}/c");
        assert_eq!(with_id("/a/{b}/{c}"), "/a/{b}/{c}");
        assert_eq!(without_names("/a"), "/a");
    }
}
