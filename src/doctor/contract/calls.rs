//! Compares the statuses of calls, errors, pages, limits and encryption.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::envelope;
use super::responses::names;
use super::vendor::{Comparison, impact, is_ordinary, is_success, is_unknown_route};
use crate::http::{PROBING, REQUESTING_TOKEN};
use crate::openapi::{Call, Impact, Kind};
use crate::recording::{Exchange, Members, Shape, is_page_size};

/// The names of members by which clients read an error, one of which each error of a known form has.
const ERROR_FIELDS: [&str; 8] = ["error", "message", "detail", "details", "code", "errors", "title", "reason"];

/// The size of pages to try first, which each vendor with a documented maximum accepts.
const SMALL_PAGE: usize = 20;

/// Whether a status says that the vendor expects another request.
fn is_refusal(status: u16) -> bool {
    matches!(status, 400 | 413 | 415 | 422)
}

/// Whether a setting takes a status for "not found".
fn is_known_absence(call: &Call, status: u16) -> bool {
    call.not_found.iter().any(|(known, _)| *known == status)
}

impl Comparison<'_> {
    /// Compares what a vendor responds to a read of an object that does not exist.
    pub(super) fn absent_objects(&mut self) {
        for call in self.api.calls.iter().filter(|call| call.absent_id.is_some()) {
            let exchanges = self.of(call);
            let (ordinary, absent): (Vec<_>, Vec<_>) =
                exchanges.into_iter().partition(|exchange| is_ordinary(exchange));
            let Some((exchange, status)) = absent.iter().find_map(|it| Some((*it, it.status?))) else { continue };
            if is_known_absence(call, status) {
                continue;
            }
            let with_status =
                format!("An object that does not exist is answered with {status}, and the provider expects 404.");
            let fails_alike = |call: &Call| {
                self.of(call).iter().any(|exchange| is_ordinary(exchange) && exchange.status == Some(status))
            };
            if matches!(status, 404 | 410) {
                if !self.is_own_error(call, exchange) {
                    let detail = "The 404 for an object that does not exist has another form than the vendor's errors, so it is taken \
                                  for a wrong route.";
                    self.push(Impact::Breaks, Kind::TypeChanged, &call.route(), detail.to_owned());
                    self.lines.entry("not_found", call.name(), status.to_string());
                }
            } else if status < 400 {
                self.push(Impact::Limits, Kind::TypeChanged, &call.route(), with_status);
            } else if matches!(status, 401 | 403) {
                let detail = format!("{with_status} If the credentials may make this call, set `not_found` for it.");
                self.push(Impact::Limits, Kind::TypeChanged, &call.route(), detail);
            } else if status >= 500 || self.api.calls.iter().any(fails_alike) {
                // The status is not about this object: a setting would plan the creation of objects that exist.
                let detail =
                    format!("{with_status} Other calls fail so too, or the vendor has a fault: correct these first.");
                self.push(Impact::Breaks, Kind::TypeChanged, &call.route(), detail);
            } else {
                let fields = named_fields(exchange);
                self.push(Impact::Breaks, Kind::TypeChanged, &call.route(), with_status + &fields);
                let is_about_request = !fields.is_empty();
                if !is_about_request && ordinary.iter().any(|exchange| is_success(exchange)) {
                    self.lines.entry("not_found", call.name(), status.to_string());
                } else if !is_about_request {
                    let condition = "if objects that exist are read: none was";
                    self.lines.entry_if("not_found", call.name(), status.to_string(), condition);
                }
            }
        }
    }

    /// Whether the client takes an error for the vendor's own.
    fn is_own_error(&self, call: &Call, exchange: &Exchange) -> bool {
        let Some(is_error) = self.api.is_error else { return true };
        error_body(exchange, Some(call)).is_some_and(|shape| is_error(&stand_in(&shape)))
    }

    /// Compares statuses, media types, errors and pages.
    pub(super) fn calls(&mut self) {
        let mut by_route: BTreeMap<_, Vec<&Exchange>> = BTreeMap::new();
        for exchange in &self.exchanges {
            by_route.entry((&exchange.request.method, &exchange.request.route)).or_default().push(exchange);
        }
        let mut limits = BTreeSet::new();
        for exchanges in by_route.values() {
            if exchanges[0].operation == PROBING {
                continue;
            }
            let (call, route) = self.operation(exchanges);
            let route = route.as_str();
            let (successes, failures): (Vec<_>, Vec<_>) = exchanges.iter().copied().partition(|it| is_success(it));
            let unexpected = failures.iter().copied().rfind(|exchange| is_ordinary(exchange));
            if let (true, Some(failure)) = (!successes.iter().any(|it| is_ordinary(it)), unexpected) {
                self.failed_call(route, failure, call);
            }
            for exchange in &failures {
                self.error_form(route, exchange, call);
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

    /// Names an error in which no client finds a message.
    fn error_form(&mut self, route: &str, exchange: &Exchange, call: Option<&Call>) {
        let (Some(status), Some(Shape::Object(members))) = (exchange.status, error_body(exchange, call)) else {
            return;
        };
        let is_of_error = |member: &String| ERROR_FIELDS.iter().any(|name| member.to_lowercase().contains(name));
        if members.members.keys().any(is_of_error) || members == Members::default() {
            return;
        }
        let detail = format!(
            "The error {status} has no member that is known for a message, so none is shown.{}",
            names(&members)
        );
        self.push(Impact::Limits, Kind::TypeChanged, route, detail);
    }

    /// Says what a call that always failed means, and which setting may adapt to it.
    fn failed_call(&mut self, route: &str, exchange: &Exchange, call: Option<&Call>) {
        let impact = impact(call);
        let operation = &exchange.operation;
        let Some(status) = exchange.status else {
            self.push(impact, Kind::Removed, route, format!("{operation}: there was no response."));
            return;
        };
        let may_not_exist = call.filter(|call| call.may_not_exist);
        if may_not_exist.is_some_and(|call| matches!(status, 404 | 410) || is_known_absence(call, status)) {
            let detail = format!(
                "{operation} failed with {status}: the tenant has no such object yet, or the route is another one."
            );
            self.push(Impact::None, Kind::Removed, route, detail);
            return;
        }
        let token = self.api.token_setting.filter(|_| operation == REQUESTING_TOKEN);
        let encryption = call.and_then(|call| call.encryption);
        let (named, fields) = (fields_of(exchange), named_fields(exchange));
        let is_about_page = exchange.page_size().is_some() && named.iter().all(|name| is_page_size(name));
        let cause = match (status, token, encryption) {
            (status, Some(setting), _) if is_unknown_route(status) => {
                self.lines.incomplete(setting, "https://...", "the address of the token endpoint");
                "The token endpoint has another address."
            }
            (status, ..) if is_unknown_route(status) => {
                if let Some(call) = call {
                    self.unknown_route(call);
                }
                "The call has another route, or is gone."
            }
            (status, _, Some((_, true))) if is_refusal(status) => {
                self.send_plain();
                "The body was encrypted, and the service may expect plain JSON."
            }
            (status, _, Some((key, false))) if is_refusal(status) => {
                self.lines.entry("body_encryption", key.to_owned(), "encrypted");
                "The body was plain, and the service may expect an encrypted one."
            }
            (400..=499, ..) if may_not_exist.is_some() && !matches!(status, 401 | 403 | 429) => {
                if let Some(call) = may_not_exist {
                    let condition = "if the tenant has no such object yet";
                    self.lines.entry_if("not_found", call.name(), status.to_string(), condition);
                }
                "If the tenant has no such object yet, this error says so. If it has one, the vendor expects another request."
            }
            (status, ..) if is_refusal(status) && is_about_page => match exchange.page_size() {
                Some(asked) if asked > 1 => {
                    // Each further run tries less.
                    let size = if asked > SMALL_PAGE { SMALL_PAGE } else { asked / 2 };
                    self.lines.value("page_size", size.to_string());
                    "The vendor expects another request, or refuses a page of this size."
                }
                _ => "The vendor expects another request.",
            },
            (status, ..) if is_refusal(status) => "The vendor expects another request.",
            (401 | 403, ..) => "The credentials may not make this call.",
            (429, ..) => "Too many requests were sent.",
            _ => "The vendor could not answer.",
        };
        self.push(impact, Kind::Removed, route, format!("{operation} failed with {status}. {cause}{fields}"));
    }

    /// Adds the lines for a call that has another route. Calls with the same path and another method have probably moved with it.
    fn unknown_route(&mut self, call: &Call) {
        let has_succeeded = |other: &Call| self.of(other).iter().any(|exchange| is_success(exchange));
        let alike = self.api.calls.iter().filter(|other| other.path == call.path && !has_succeeded(other));
        for name in alike.map(Call::name).collect::<Vec<_>>() {
            self.lines.unknown_route(name);
        }
    }

    /// Adds the lines for a deployment that refuses encrypted bodies: those that were not recorded are encrypted too.
    fn send_plain(&mut self) {
        for call in &self.api.calls {
            let accepted = self.of(call).iter().any(|exchange| is_success(exchange));
            if let Some((key, true)) = call.encryption.filter(|_| !accepted) {
                self.lines.entry("body_encryption", key.to_owned(), "plain");
            }
        }
    }

    /// Says which responses were encrypted, and which were not although the request was.
    pub(super) fn encryption(&mut self) {
        let mut found = BTreeSet::new();
        for exchange in self.exchanges.iter().filter(|exchange| is_success(exchange)) {
            let detail = match (self.is_encrypted(exchange), exchange.request.encrypted) {
                (true, _) => "The response is encrypted, and the provider decrypts it.",
                (false, true) => "The request is encrypted and the response is not. The provider reads both.",
                (false, false) => continue,
            };
            found.insert((self.operation(&[exchange]).1, detail));
        }
        for (route, detail) in found {
            self.push(Impact::None, Kind::New, &route, detail.to_owned());
        }
    }
}

/// The body of an error, which may be in the wrapper that a setting names.
fn error_body(exchange: &Exchange, call: Option<&Call>) -> Option<Shape> {
    let body = exchange.body.as_ref()?;
    let envelope = call.and_then(|call| call.envelope.as_ref());
    Some(envelope.map_or_else(|| body.clone(), |found| envelope::restore(body, found, "")))
}

/// The members of an error that are none of its message: a vendor names the fields of a request so.
fn fields_of(exchange: &Exchange) -> Vec<&String> {
    let Some(Shape::Object(error)) = &exchange.body else { return Vec::new() };
    let is_field = |(name, shape): &(&String, &Shape)| {
        matches!(shape, Shape::Array(_)) && !ERROR_FIELDS.contains(&name.to_lowercase().as_str())
    };
    error.members.iter().filter(is_field).map(|(name, _)| name).collect()
}

/// A sentence with these members.
fn named_fields(exchange: &Exchange) -> String {
    let fields: Vec<_> = fields_of(exchange).into_iter().map(|name| format!("`{name}`")).collect();
    if fields.is_empty() { String::new() } else { format!(" The error names {}.", fields.join(", ")) }
}

/// A value of a shape, for a check that reads names and types alone.
fn stand_in(shape: &Shape) -> Json {
    match shape {
        Shape::Null | Shape::Deeper => Json::Null,
        Shape::Boolean => true.into(),
        Shape::Number { value, .. } => value.unwrap_or(1).into(),
        Shape::Text { value, .. } => value.clone().unwrap_or_else(|| "text".to_owned()).into(),
        Shape::Array(items) => items.items.iter().map(stand_in).collect(),
        Shape::Object(object) => {
            Json::Object(object.members.iter().map(|(name, shape)| (name.clone(), stand_in(shape))).collect())
        }
        Shape::OneOf { shapes } => shapes.first().map_or(Json::Null, stand_in),
    }
}
