//! Compares the exchanges with one vendor.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, json};
use url::Url;

use super::VendorContract;
use super::envelope::{self, NAME};
use super::lines::Lines;
use super::schema::schema;
use crate::doctor::openapi::apis;
use crate::framework::health::READING_ABSENT;
use crate::framework::{Diagnostics, Provider, Vendor};
use crate::openapi::{self, Api, Call, Difference, Document, Impact, Kind};
use crate::recording::{Exchange, Members, Recording, Shape};

/// The names of members by which clients read an error, one of which each error of a known form has.
const ERROR_FIELDS: [&str; 8] = ["error", "message", "detail", "details", "code", "errors", "title", "reason"];

/// The operation of a token request, as the transport names it.
const TOKEN: &str = "requesting an access token";

/// A size of pages that each vendor with a documented maximum accepts.
const SMALL_PAGE: &str = "20";

/// What is known of one vendor while it is compared.
struct Comparison<'r> {
    api: Option<Api>,
    exchanges: Vec<&'r Exchange>,
    /// The address of the tenant, if a setting has it.
    address: Option<Url>,
    differences: Vec<Difference>,
    lines: Lines,
    not_recorded: Vec<String>,
}

/// Compares one vendor; `None` if the recording has nothing of it.
pub(super) fn compare(
    provider: &Provider,
    vendor: &'static dyn Vendor,
    recording: &Recording,
) -> Result<Option<VendorContract>, Diagnostics> {
    let of_vendor = |(_, exchange): &(usize, &Exchange)| exchange.vendor == vendor.title();
    let recorded: Vec<(usize, &Exchange)> = recording.exchanges.iter().enumerate().filter(of_vendor).collect();
    if recorded.is_empty() {
        return Ok(None);
    }
    let exchanges: Vec<&Exchange> = recorded.iter().map(|(_, exchange)| *exchange).collect();
    // The generation of the API that was called.
    let count = |api: &Api| api.calls.iter().filter(|call| !of(api, call, &exchanges).is_empty()).count();
    let api = apis(provider, vendor)?.into_iter().rev().max_by_key(count);
    let address = provider.settings(vendor).into_iter().find(|(attribute, _)| attribute.name == "base_url");
    let address = address.and_then(|(_, value)| Url::parse(value.as_str()?).ok());
    let (differences, lines, not_recorded) = Default::default();
    let mut comparison = Comparison { api, exchanges, address, differences, lines, not_recorded };
    comparison.routes();
    comparison.tokens();
    comparison.responses();
    comparison.absent_objects();
    comparison.calls();
    comparison.encryption(&recorded, recording);
    let Comparison { api, exchanges, differences, lines, not_recorded, .. } = comparison;
    Ok(Some(VendorContract {
        vendor: vendor.name(),
        title: vendor.title(),
        exchanges: exchanges.len(),
        differences,
        settings: lines.render(vendor.name()),
        settings_are_complete: !lines.is_incomplete(),
        not_recorded,
        compares_fields: api.is_some(),
    }))
}

/// The exchanges of a call. What is before its path is the path of the vendor's address.
fn of<'e>(api: &Api, call: &Call, exchanges: &[&'e Exchange]) -> Vec<&'e Exchange> {
    let is_it = |exchange: &&&Exchange| {
        base(api, call, &exchange.request.method, &exchange.request.route).is_some()
            || moved(api, call, exchange).is_some()
    };
    exchanges.iter().filter(is_it).copied().collect()
}

/// The path of the vendor's address, if the rest of a route is the call's.
fn base<'r>(api: &Api, call: &Call, method: &str, route: &'r str) -> Option<&'r str> {
    let path = openapi::without_names(&format!("{}{}", api.base, call.path));
    let base = route.strip_suffix(path.as_str()).filter(|base| !base.contains("{}"))?;
    (method == call.method).then_some(base)
}

/// The route of a call in an exchange that another configuration has made, whose settings name another route.
fn moved(api: &Api, call: &Call, exchange: &Exchange) -> Option<String> {
    let (method, route) = exchange.request.call.as_ref()?.split_once(' ')?;
    let base = base(api, call, method, route)?;
    let mut parts = exchange.request.route.strip_prefix(base)?.strip_prefix(api.base.as_str())?.split("{}");
    let names = call.path.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
    let mut path = parts.next()?.to_owned();
    for (part, (name, _)) in parts.by_ref().zip(names) {
        path = format!("{path}{{{name}}}{part}");
    }
    parts.next().is_none().then(|| format!("{} {path}", exchange.request.method))
}

fn is_success(exchange: &Exchange) -> bool {
    exchange.status.is_some_and(|status| (200..300).contains(&status))
}

/// Whether a status says that there is no such route.
fn is_unknown_route(status: u16) -> bool {
    matches!(status, 404 | 405 | 501)
}

/// Whether a status says that the vendor expects another request.
fn is_refusal(status: u16) -> bool {
    matches!(status, 400 | 413 | 415 | 422)
}

/// Whether a setting takes a status for "not found".
fn is_known_absence(call: &Call, status: u16) -> bool {
    let errors = call.not_found.iter().flat_map(|errors| errors.split(','));
    errors.filter_map(|error| error.split_whitespace().next()).any(|known| known == status.to_string())
}

impl Comparison<'_> {
    fn push(&mut self, impact: Impact, kind: Kind, operation: &str, detail: String) {
        let (operation, field, to) = (operation.to_owned(), None, None);
        self.differences.push(Difference { impact, kind, operation, field, to, detail });
    }

    /// Names the calls that another configuration has made at another route.
    fn routes(&mut self) {
        let Some(api) = self.api.clone() else { return };
        let mut found: BTreeMap<String, (String, String)> = BTreeMap::new();
        for call in &api.calls {
            for exchange in of(&api, call, &self.exchanges) {
                let is_here = base(&api, call, &exchange.request.method, &exchange.request.route).is_some();
                if let (false, Some(route)) = (is_here, moved(&api, call, exchange)) {
                    found.insert(call.name(), (call.route(), route));
                }
            }
        }
        for (name, (route, moved)) in found {
            self.push(Impact::Breaks, Kind::Renamed, &route, format!("The call is at {moved}."));
            self.lines.entry("paths", name, moved);
        }
        let token =
            self.exchanges.iter().find(|it| it.operation == TOKEN && it.request.call.is_some() && is_success(it));
        if let (Some(exchange), Some(setting)) = (token.copied(), api.token_setting) {
            let path = &exchange.request.route;
            self.push(Impact::Breaks, Kind::Renamed, TOKEN, format!("Tokens are requested at the path {path}."));
            let url = self.address.clone().and_then(|address| address.join(path).ok());
            let url = url.map_or_else(|| format!("https://...{path}"), |url| url.to_string());
            self.lines.incomplete(setting, &url, "the host is that of your tenant's token endpoint");
        }
    }

    /// Compares the responses to token requests, which have the form of OAuth 2.0 (RFC 6749, section 5.1).
    fn tokens(&mut self) {
        let success = self.exchanges.iter().find(|exchange| exchange.operation == TOKEN && is_success(exchange));
        let Some(Shape::Object(response)) = success.and_then(|exchange| exchange.body.as_ref()) else { return };
        let has_token = |members: &Members| members.members.contains_key("access_token");
        if has_token(response) {
            return;
        }
        let is_wrapper = |shape: &Shape| matches!(shape, Shape::Object(members) if has_token(members));
        let (impact, detail) = match response.members.iter().find(|(_, shape)| is_wrapper(shape)) {
            Some((name, _)) => (Impact::None, format!("The token is in `{name}`. The provider reads it there.")),
            None => {
                let names: Vec<_> = response.members.keys().map(|name| format!("`{name}`")).collect();
                (Impact::Breaks, format!("The response has no `access_token`. It has {}.", names.join(", ")))
            }
        };
        self.push(impact, Kind::Renamed, TOKEN, detail);
    }

    /// Compares the fields of the responses with those that the client reads.
    fn responses(&mut self) {
        let Some(api) = self.api.clone() else { return };
        let (mut paths, mut recorded, mut telling) = (Map::new(), Vec::new(), Vec::new());
        for call in &api.calls {
            let exchanges = of(&api, call, &self.exchanges);
            if exchanges.is_empty() {
                self.not_recorded.push(call.route());
            }
            let shapes: Vec<&Shape> = exchanges
                .into_iter()
                .filter(|exchange| is_success(exchange))
                .filter_map(|it| it.body.as_ref())
                .collect();
            if shapes.is_empty() {
                continue;
            }
            if call.response.as_ref().is_some_and(envelope::tells) {
                telling.push(call);
            }
            let shapes = self.in_documented_form(call, &shapes);
            let schema = json!({"anyOf": shapes.iter().map(schema).collect::<Vec<_>>()});
            let operation = json!({
                "summary": call.summary,
                "responses": {"200": {"description": "", "content": {"application/json": {"schema": schema}}}},
            });
            let at = paths.entry(call.path.clone()).or_insert_with(|| json!({}));
            at[call.method.to_lowercase()] = operation;
            // What was sent is not compared: the vendor accepted it.
            recorded.push(Call { request: None, ..call.clone() });
        }
        self.generalize_envelopes(&api, &telling);
        let document = json!({"openapi": "3.1.0", "info": {"title": "", "version": ""}, "paths": paths});
        let Ok(document) = Document::parse(document.to_string().as_bytes()) else { return };
        let compared = Api { calls: recorded, base: String::new(), setting: None, token_setting: None, ..api };
        let found = openapi::compare(&compared, &document).differences;
        let is_about_fields =
            |difference: &Difference| difference.field.is_some() && difference.kind != Kind::NotDescribed;
        self.differences.extend(found.into_iter().filter(is_about_fields));
    }

    /// The shapes of a response where the client reads them, after the settings and those that are missing.
    fn in_documented_form(&mut self, call: &Call, shapes: &[&Shape]) -> Vec<Shape> {
        let restored = |found: &str| shapes.iter().map(|shape| envelope::restore(shape, found, call.content)).collect();
        let configured: Vec<_> = match &call.envelope {
            Some(found) => restored(found),
            None => shapes.iter().map(|shape| (*shape).clone()).collect(),
        };
        let Some(expected) = &call.response else { return configured };
        // A list without a row says less than one with rows.
        let found = configured.iter().max_by_key(|shape| format!("{shape:?}").len());
        let Some(found) = found.and_then(|shape| envelope::find(shape, expected, call.content)) else {
            return configured;
        };
        let field = format!("response.{}", found.documented).trim_end_matches('.').to_owned();
        self.differences.push(Difference {
            impact: if call.is_optional { Impact::Limits } else { Impact::Breaks },
            kind: Kind::Renamed,
            operation: call.route(),
            detail: format!("The content of `{field}` is in `{}`.", found.path),
            field: Some(field),
            to: Some(found.path.clone()),
        });
        self.lines.entry("envelopes", call.name(), found.path.clone());
        if found.path.split('.').any(|name| name == NAME) {
            self.lines.mark_incomplete();
        }
        restored(&found.path)
    }

    /// Adds the envelopes of calls that were not recorded: those of all calls, or of all that are documented with the same one.
    fn generalize_envelopes(&mut self, api: &Api, telling: &[&Call]) {
        let found = |lines: &Lines, call: &Call| lines.get("envelopes", &call.name()).map(str::to_owned);
        let same = |lines: &Lines, calls: &[&Call]| {
            let mut all = calls.iter().map(|call| found(lines, call));
            let first = all.next().flatten()?;
            all.all(|other| other.as_ref() == Some(&first)).then_some(first)
        };
        if let (Some(every), true) = (same(&self.lines, telling), telling.len() > 1) {
            self.lines.replace("envelopes", "*".to_owned(), every);
            return;
        }
        for call in api.calls.iter().filter(|call| !call.content.is_empty() && call.envelope.is_none()) {
            let alike: Vec<_> = telling.iter().copied().filter(|other| other.content == call.content).collect();
            if let Some(envelope) = same(&self.lines, &alike) {
                self.lines.entry("envelopes", call.name(), envelope);
            }
        }
    }

    /// Compares what a vendor responds to a read of an object that does not exist.
    fn absent_objects(&mut self) {
        let Some(api) = self.api.clone() else { return };
        for call in api.calls.iter().filter(|call| call.absent_id.is_some()) {
            let exchanges = of(&api, call, &self.exchanges);
            let status = exchanges.iter().filter(|it| it.operation == READING_ABSENT).find_map(|it| it.status);
            let Some(status) = status else { continue };
            let is_known = is_known_absence(call, status);
            let detail =
                format!("An object that does not exist is answered with {status}, and the provider expects 404.");
            match status {
                404 | 410 => {}
                _ if is_known => {}
                401 | 403 => {
                    let detail = format!("{detail} If the credentials may make this call, set `not_found` for it.");
                    self.push(Impact::Limits, Kind::TypeChanged, &call.route(), detail);
                }
                _ if status < 400 => self.push(Impact::Limits, Kind::TypeChanged, &call.route(), detail),
                _ => {
                    self.push(Impact::Breaks, Kind::TypeChanged, &call.route(), detail);
                    self.lines.entry("not_found", call.name(), status.to_string());
                }
            }
        }
    }

    /// Compares statuses, media types, errors and pages.
    fn calls(&mut self) {
        let mut by_route: BTreeMap<String, Vec<&Exchange>> = BTreeMap::new();
        for exchange in &self.exchanges {
            let route = format!("{} {}", exchange.request.method, exchange.request.route);
            by_route.entry(route).or_default().push(exchange);
        }
        let api = self.api.clone();
        let mut limits = BTreeSet::new();
        for (route, exchanges) in &by_route {
            if exchanges[0].operation == "probing the service" {
                continue;
            }
            let call = api.as_ref().and_then(|api| api.calls.iter().find(|call| !of(api, call, exchanges).is_empty()));
            let (successes, failures): (Vec<_>, Vec<_>) = exchanges.iter().copied().partition(|it| is_success(it));
            let unexpected: Vec<_> = failures.iter().copied().filter(|it| it.operation != READING_ABSENT).collect();
            if let (true, Some(failure)) = (successes.is_empty(), unexpected.last()) {
                self.failed_call(route, failure, call);
            }
            for exchange in &failures {
                if let (Some(status), Some(Shape::Object(members))) = (exchange.status, &exchange.body)
                    && !ERROR_FIELDS
                        .iter()
                        .any(|name| members.members.keys().any(|member| member.to_lowercase().contains(name)))
                {
                    let names = members.members.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
                    let detail = format!("The error {status} has the members {names}: its message is not shown.");
                    self.push(Impact::Limits, Kind::TypeChanged, route, detail);
                }
            }
            if let Some(other) = successes.iter().find(|it| it.bytes > 0 && it.body.is_none()) {
                let media_type = other.media_type.as_deref().unwrap_or("no media type");
                let detail = format!("The response is not JSON: it has {media_type}.");
                self.push(Impact::Breaks, Kind::TypeChanged, route, detail);
            }
            if let Some((cap, asked)) = successes.iter().find_map(|it| it.page_cap()) {
                let detail = format!(
                    "Pages have {cap} elements at most, and {asked} were asked for. The provider follows the pages."
                );
                self.push(Impact::None, Kind::TypeChanged, route, detail);
            }
            limits
                .extend(exchanges.iter().flat_map(|it| it.limits.iter().filter(|(name, _)| name.ends_with("-limit"))));
        }
        for (name, value) in limits {
            let detail = format!("Responses have the header `{name}`: {value}. The provider keeps to it.");
            self.push(Impact::None, Kind::New, "all", detail);
        }
    }

    /// Says what a call that always failed means, and which setting may adapt to it.
    fn failed_call(&mut self, route: &str, exchange: &Exchange, call: Option<&Call>) {
        let impact = if call.is_some_and(|call| call.is_optional) { Impact::Limits } else { Impact::Breaks };
        let operation = &exchange.operation;
        let Some(status) = exchange.status else {
            self.push(impact, Kind::Removed, route, format!("{operation}: there was no response."));
            return;
        };
        if call
            .is_some_and(|call| is_known_absence(call, status) || (matches!(status, 404 | 410) && call.may_not_exist))
        {
            let detail = format!(
                "{operation} failed with {status}: the tenant has no such object yet, or the route is another one."
            );
            self.push(Impact::None, Kind::Removed, route, detail);
            return;
        }
        let token = self.api.as_ref().and_then(|api| api.token_setting).filter(|_| operation == TOKEN);
        let encryption = call.and_then(|call| call.encryption);
        let cause = match (status, token, encryption) {
            (status, Some(setting), _) if is_unknown_route(status) => {
                self.lines.incomplete(setting, "https://...", "the address of the token endpoint");
                "The token endpoint has another address."
            }
            (status, ..) if is_unknown_route(status) => match call {
                Some(call) => {
                    self.lines.unknown_route(call.name());
                    "The call has another route, or is gone."
                }
                None => "The call is gone, or has another route.",
            },
            (status, _, Some((_, true))) if is_refusal(status) => {
                self.send_plain();
                "The body was encrypted, and the service may expect plain JSON."
            }
            (status, _, Some((key, false))) if is_refusal(status) => {
                self.lines.entry("body_encryption", key.to_owned(), "encrypted");
                "The body was plain, and the service may expect an encrypted one."
            }
            (400.., ..)
                if status < 500 && call.is_some_and(|call| call.may_not_exist) && !matches!(status, 401 | 403) =>
            {
                if let Some(call) = call {
                    self.lines.entry("not_found", call.name(), status.to_string());
                }
                "If the tenant has no such object yet, this error says so: set `not_found`. If it has one, the vendor expects another request."
            }
            (status, ..) if is_refusal(status) && exchange.page_size().is_some() => {
                self.lines.value("page_size", SMALL_PAGE);
                "The vendor expects another request, or refuses a page of this size."
            }
            (status, ..) if is_refusal(status) => "The vendor expects another request.",
            (401 | 403, ..) => "The credentials may not make this call.",
            _ => "The vendor could not answer.",
        };
        self.push(impact, Kind::Removed, route, format!("{operation} failed with {status}. {cause}"));
    }

    /// Adds the lines for a deployment that refuses encrypted bodies: those that were not recorded are encrypted too.
    fn send_plain(&mut self) {
        let Some(api) = self.api.clone() else { return };
        for call in &api.calls {
            let accepted = || of(&api, call, &self.exchanges).iter().any(|exchange| is_success(exchange));
            if let Some((key, true)) = call.encryption.filter(|_| !accepted()) {
                self.lines.entry("body_encryption", key.to_owned(), "plain");
            }
        }
    }

    /// Says which responses were encrypted, and which were not although the request was.
    fn encryption(&mut self, recorded: &[(usize, &Exchange)], recording: &Recording) {
        let mut found = BTreeSet::new();
        for (index, exchange) in recorded.iter().filter(|(_, exchange)| is_success(exchange)) {
            let detail = match (recording.encrypted.contains(index), exchange.request.encrypted) {
                (true, _) => "The response is encrypted, and the provider decrypts it.",
                (false, true) => "The request is encrypted and the response is not. The provider reads both.",
                (false, false) => continue,
            };
            found.insert((format!("{} {}", exchange.request.method, exchange.request.route), detail));
        }
        for (route, detail) in found {
            self.push(Impact::None, Kind::New, &route, detail.to_owned());
        }
    }
}
