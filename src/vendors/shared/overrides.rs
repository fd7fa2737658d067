//! The settings for a tenant whose API differs from the vendor's documentation: other routes, errors, envelopes and sizes of pages.
//!
//! Each names a call as the client declares it.

use std::collections::BTreeSet;

use super::route;
use crate::framework::{Attribute, Diagnostic, Diagnostics, Path, Rule, Type, Value, Vendor, value};
use crate::http::{Envelope, Move, NotFound, Overrides};
use crate::openapi::{Api, Call};

const PATHS: &str = "paths";
const NOT_FOUND: &str = "not_found";
const ENVELOPES: &str = "envelopes";
const PAGE_SIZE: &str = "page_size";

/// The key of `envelopes` for every call that is not named.
const EVERY: &str = "*";

/// The names of the settings.
pub(super) const NAMES: [&str; 4] = [PATHS, NOT_FOUND, ENVELOPES, PAGE_SIZE];

/// A setting that has a text for each call.
struct Setting {
    name: &'static str,
    /// Whether [`EVERY`] is a key.
    has_every: bool,
    /// Applies a text to a call. The error is the end of a sentence.
    apply: fn(&mut Call, &str) -> Result<(), String>,
}

const SETTINGS: [Setting; 3] = [
    Setting { name: PATHS, has_every: false, apply: move_call },
    Setting { name: NOT_FOUND, has_every: false, apply: take_for_not_found },
    Setting { name: ENVELOPES, has_every: true, apply: open },
];

/// The attribute for other routes. `example` is a documented route.
pub(in crate::vendors) fn paths_attribute(example: &str) -> Attribute {
    Attribute::of(PATHS, Type::map(Type::String)).optional().describe(format!(
        "The routes of calls that are not where the vendor documents them, by the documented route, such as `\"{example}\"`. Each is \
         `\"METHOD /path\"`, with the same parameters in braces. The guide \"First contact\" describes how to find them."
    ))
}

/// The attributes for other errors, envelopes and sizes of pages. `read` names a call that reads one object, `list` one that lists.
pub(in crate::vendors) fn attributes(read: &str, list: &str) -> [Attribute; 3] {
    let map = |name: &str| Attribute::of(name, Type::map(Type::String)).optional();
    [
        map(NOT_FOUND).describe(format!(
            "The errors that mean that an object does not exist, in addition to 404 and 410, by call: `{{ \"{read}\" = \"400\" }}`. Each is a \
             status, or a status and the vendor's code, such as `400 NO_SUCH_OBJECT`. Several are separated by commas. After such an \
             error to a read, the object is planned for creation."
        )),
        map(ENVELOPES).describe(format!(
            "The members in which a response has its content, if they are not those that the vendor documents, by call: \
             `{{ \"{list}\" = \"data.rows\" }}`. `\"*\"` stands for all calls that are not named. A response without these members is \
             read as it is."
        )),
        Attribute::number(PAGE_SIZE).optional().rule(Rule::Whole).rule(Rule::Range(1, 1000)).describe(
            "The most rows that a request asks for in a page, for a tenant that refuses larger pages. Where a page has fewer rows than \
             requested, the next page is requested in any case.",
        ),
    ]
}

/// The calls as a tenant's API has them. All mistakes are returned at once.
pub(in crate::vendors) fn apply(vendor: &str, config: &Value, mut apis: Vec<Api>) -> Result<Vec<Api>, Diagnostics> {
    let mut mistakes = Diagnostics::new();
    let finds_routes = apis.iter().flat_map(|api| &api.calls).any(|call| call.key.is_some());
    // A client that finds its routes by keys has read `paths` itself.
    for setting in SETTINGS.iter().filter(|setting| setting.name != PATHS || !finds_routes) {
        let Value::Map(entries) = config.get(setting.name) else { continue };
        // In the order of the map `*` is first, so a name takes precedence.
        for (name, value) in entries {
            if let Some(problem) = setting.applied(&mut apis, name, value.as_str().unwrap_or_default()) {
                let Setting { name: setting, .. } = setting;
                let variable = format!("IDV_{vendor}_{setting}").to_uppercase();
                let detail = format!(
                    "`{setting}[\"{name}\"]`: {problem}. It is in `{vendor} = {{ ... }}` of the provider block, or in {variable}."
                );
                mistakes.error(Path::to(*setting).key(name), format!("Wrong value in `{setting}`"), detail);
            }
        }
    }
    mistakes.into_result().map(|()| apis)
}

impl Setting {
    /// Applies an entry, and returns what is wrong with it.
    fn applied(&self, apis: &mut [Api], name: &str, value: &str) -> Option<String> {
        let wanted = match name.trim().split_once(' ') {
            Some((method, path)) => format!("{} {}", method.to_uppercase(), path.trim()),
            None => name.trim().to_owned(),
        };
        let is_named = |call: &Call| call.name() == wanted || (self.has_every && name == EVERY);
        let mut calls: Vec<_> = apis.iter_mut().flat_map(|api| &mut api.calls).filter(|call| is_named(call)).collect();
        if !calls.is_empty() {
            return calls.iter_mut().find_map(|call| (self.apply)(call, value).err());
        }
        let calls = || apis.iter().flat_map(|api| &api.calls);
        let likeness = |call: &&Call| {
            // Where a call has a key, its route may have been written.
            strsim::jaro_winkler(&call.name(), &wanted).max(strsim::jaro_winkler(&call.route(), &wanted))
        };
        let nearest = calls().max_by(|left, right| likeness(left).total_cmp(&likeness(right)));
        let nearest = nearest.map(|call| format!("; the nearest is `{}`", call.name())).unwrap_or_default();
        let known: BTreeSet<_> = calls().map(Call::name).collect();
        let known: Vec<_> = known.into_iter().collect();
        Some(format!("there is no such call{nearest}. The calls are {}", known.join(", ")))
    }
}

/// What a client is told about a tenant's API.
pub(in crate::vendors) fn of(vendor: &dyn Vendor, config: &Value) -> Result<Overrides, Diagnostics> {
    let mut overrides = Overrides::default();
    // The schema's rules have checked that it is a whole number.
    overrides.page_size = value::from_value(config.get(PAGE_SIZE).clone()).ok();
    if SETTINGS.iter().all(|setting| config.get(setting.name).is_null()) {
        return Ok(overrides);
    }
    // The first generation of an API is the one that is used by default.
    for call in vendor.apis(config)?.iter().rev().flat_map(|api| &api.calls) {
        let documented = call.documented.clone().unwrap_or_else(|| call.route());
        let Some((method, path)) = documented.split_once(' ') else { continue };
        let moved = call
            .documented
            .as_ref()
            .map(|_| route::parse(&call.route()).and_then(|(method, to)| Move::new(path, method, &to)));
        let moved = moved.transpose().map_err(|problem| Diagnostic::error("Wrong value in `paths`", problem))?;
        let not_found: Vec<_> =
            call.not_found.iter().map(|(status, code)| NotFound { status: *status, code: code.clone() }).collect();
        let envelope = call.envelope.as_ref().map(|found| Envelope::new(found, call.content));
        if moved.is_some() || !not_found.is_empty() || envelope.is_some() {
            let found = overrides.call(method, path);
            (found.route, found.not_found, found.envelope) = (moved, not_found, envelope);
        }
    }
    Ok(overrides)
}

fn move_call(call: &mut Call, text: &str) -> Result<(), String> {
    if text == "METHOD /path" {
        return Err("`METHOD /path` stands for the route of your tenant: write that".to_owned());
    }
    let (method, path) = route::parse(text)?;
    Move::new(&call.path, method.clone(), &path)?;
    call.documented = Some(call.route());
    (call.method, call.path) = (method.to_string(), path);
    Ok(())
}

fn take_for_not_found(call: &mut Call, text: &str) -> Result<(), String> {
    call.not_found = errors(text)?;
    Ok(())
}

fn open(call: &mut Call, text: &str) -> Result<(), String> {
    if text.split('.').any(|name| name.is_empty() || name.contains(char::is_whitespace)) {
        return Err(format!("`{text}` is not of the form `data.rows`, the names of members with dots between them"));
    }
    call.envelope = Some(text.to_owned());
    Ok(())
}

/// Reads `400, 409 GONE`.
fn errors(text: &str) -> Result<Vec<(u16, Option<String>)>, String> {
    let error = |text: &str| {
        let mut words = text.split_whitespace();
        let status = words.next().and_then(|status| status.parse().ok()).filter(|status| (400..600).contains(status));
        match (status, words.next(), words.next()) {
            (Some(status), code, None) => Ok((status, code.map(str::to_owned))),
            _ => Err(format!(
                "`{}` is not the status of an error such as `400`, with or without a code such as `400 GONE`",
                text.trim()
            )),
        }
    };
    text.split(',').map(error).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn apis() -> Vec<Api> {
        let calls = vec![
            Call::new("GET", "/lists/{id}/"),
            Call::new("GET", "/lists/").with_content("rows"),
            Call::new("POST", "/lists/"),
        ];
        vec![Api::new(&[], calls)]
    }

    fn config(entries: &[(&str, &str, &str)]) -> Value {
        let mut config: BTreeMap<String, Value> = BTreeMap::new();
        for (setting, name, value) in entries {
            let entry = config.entry((*setting).to_owned()).or_insert_with(|| Value::Map(BTreeMap::new()));
            let Value::Map(entry) = entry else { unreachable!() };
            entry.insert((*name).to_owned(), (*value).into());
        }
        Value::Map(config)
    }

    #[test]
    fn settings_change_the_calls_that_they_name() {
        let config = config(&[
            (PATHS, "GET /lists/{id}/", "get /v4/lists/{id}"),
            (NOT_FOUND, "GET /lists/{id}/", "400, 422 NONE"),
            (ENVELOPES, EVERY, "data"),
            (ENVELOPES, "GET /lists/", "data.items"),
        ]);
        let calls = apply("library", &config, apis()).unwrap().remove(0).calls;
        let of = |index: usize| (calls[index].route(), calls[index].name(), calls[index].envelope.clone().unwrap());
        assert_eq!(of(0), ("GET /v4/lists/{id}".into(), "GET /lists/{id}/".into(), "data".into()));
        assert_eq!(of(1), ("GET /lists/".into(), "GET /lists/".into(), "data.items".into()));
        assert_eq!(of(2).2, "data");
        assert_eq!(calls[0].not_found, [(400, None), (422, Some("NONE".to_owned()))]);
    }

    #[test]
    fn all_mistakes_are_returned_at_once() {
        let config = config(&[
            (PATHS, "GET /list/", "GET /x"),
            (PATHS, "GET /lists/", "/x"),
            (PATHS, "GET /lists/{id}/", "GET /x"),
            (NOT_FOUND, EVERY, "400"),
            (NOT_FOUND, "GET /lists/", "200"),
            (NOT_FOUND, "POST /lists/", "four"),
            (ENVELOPES, "GET /lists/", "a..b"),
        ]);
        let mistakes = apply("library", &config, apis()).err().unwrap();
        assert_eq!(mistakes.iter().count(), 7);
        assert!(mistakes.iter().next().unwrap().detail.contains("the nearest is `GET /lists/`"));
    }
}
