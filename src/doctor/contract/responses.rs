//! Compares what is in the responses: their fields, wrappers around them, and tokens.

use serde_json::{Map, json};

use super::envelope::{self, NAME};
use super::lines::Lines;
use super::schema::schema;
use super::vendor::{Comparison, impact, is_ordinary, is_success};
use crate::http::REQUESTING_TOKEN;
use crate::openapi::{self, Api, Call, Difference, Document, Impact, Kind};
use crate::recording::{Exchange, Members, Shape};

impl Comparison<'_> {
    /// Compares the responses to token requests, which have the form of OAuth 2.0 (RFC 6749, section 5.1).
    pub(super) fn tokens(&mut self) {
        let success =
            self.exchanges.iter().find(|exchange| exchange.operation == REQUESTING_TOKEN && is_success(exchange));
        let Some(exchange) = success else { return };
        let none = Members::default();
        let response = match &exchange.body {
            Some(Shape::Object(members)) => members,
            _ => &none,
        };
        let has_token = |members: &Members| members.members.contains_key("access_token");
        if has_token(response) {
            return;
        }
        let is_wrapper = |shape: &Shape| matches!(shape, Shape::Object(members) if has_token(members));
        let named = response.members.iter().find(|(_, shape)| is_wrapper(shape)).map(|(name, _)| format!("`{name}`"));
        let hidden =
            || response.rest.as_deref().is_some_and(is_wrapper).then(|| "a member with an unknown name".to_owned());
        let (impact, detail) = match named.or_else(hidden) {
            Some(place) => (Impact::None, format!("The token is in {place}. The provider reads it there.")),
            None => (Impact::Breaks, format!("The response has no `access_token`.{}", names(response))),
        };
        self.push(impact, Kind::Renamed, REQUESTING_TOKEN, detail);
    }

    /// Compares the fields of the responses with those that the client reads.
    pub(super) fn responses(&mut self) {
        let api = self.api;
        let (mut paths, mut recorded, mut telling) = (Map::new(), Vec::new(), Vec::new());
        for call in &api.calls {
            let exchanges: Vec<_> = self.of(call).into_iter().filter(|exchange| is_ordinary(exchange)).collect();
            if exchanges.is_empty() {
                self.not_recorded.push(call.route());
            }
            let successes: Vec<_> = exchanges.into_iter().filter(|exchange| is_success(exchange)).collect();
            if call.response.is_none() || successes.is_empty() || self.has_nothing(call, &successes) {
                continue;
            }
            let shapes = self.in_documented_form(call, &successes);
            if shapes.iter().all(|shape| envelope::is_empty_list(shape, call.content)) {
                self.empty_lists.push(call.route());
            }
            telling.push((call, shapes.clone()));
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
        self.generalize_envelopes(&telling);
        let document = json!({"openapi": "3.1.0", "info": {"title": "", "version": ""}, "paths": paths});
        let Ok(document) = Document::parse(document.to_string().as_bytes()) else { return };
        let compared = Api { calls: recorded, base: String::new(), setting: None, token_setting: None, ..api.clone() };
        let found = openapi::compare(&compared, &document).differences;
        let is_about_fields =
            |difference: &Difference| difference.field.is_some() && difference.kind != Kind::NotDescribed;
        self.differences.extend(found.into_iter().filter(is_about_fields));
    }

    /// Names a call whose successes have nothing to read.
    fn has_nothing(&mut self, call: &Call, successes: &[&Exchange]) -> bool {
        let tells = call.response.as_ref().is_some_and(envelope::tells);
        let nothing = |exchange: &&Exchange| match &exchange.body {
            None if exchange.bytes == 0 => Some("empty"),
            Some(Shape::Null) if !call.may_not_exist => Some("null"),
            Some(Shape::Object(members)) if members.members.is_empty() && members.unnamed == 0 => {
                Some("an empty object")
            }
            _ => None,
        };
        let all: Option<Vec<_>> = successes.iter().map(nothing).collect();
        if let (Some(what), true) = (all.as_ref().and_then(|all| all.first()), tells && !call.may_not_exist) {
            self.push(
                impact(Some(call)),
                Kind::Removed,
                &call.route(),
                format!("The response is {what}, and the provider reads it."),
            );
        }
        all.is_some() || successes.iter().all(|exchange| exchange.body.is_none())
    }

    /// The shapes of a response where the client reads them, after the settings and those that are missing.
    fn in_documented_form(&mut self, call: &Call, successes: &[&Exchange]) -> Vec<Shape> {
        let shapes =
            successes.iter().filter_map(|exchange| Some((exchange.body.as_ref()?, self.is_encrypted(exchange))));
        // What was decrypted is recorded without the members around it.
        let restored = |shape: &Shape, is_sealed: bool, found: Option<&str>| match found {
            Some(found) if !is_sealed => envelope::restore(shape, found, call.content),
            _ => shape.clone(),
        };
        let shapes: Vec<_> = shapes.collect();
        let of = |found: Option<&str>| shapes.iter().map(|(shape, sealed)| restored(shape, *sealed, found)).collect();
        let configured: Vec<_> = of(call.envelope.as_deref());
        let Some(expected) = &call.response else { return configured };
        let seals = self.api.calls.iter().any(|call| call.encryption.is_some());
        let plain = configured.iter().zip(&shapes).filter(|(_, (_, is_sealed))| !is_sealed).map(|(shape, _)| shape);
        // A list without a row says less than one with rows.
        let found = plain.max_by_key(|shape| format!("{shape:?}").len());
        let Some(found) = found.and_then(|shape| envelope::find(shape, expected, call.content, seals)) else {
            return configured;
        };
        let field = format!("response.{}", found.documented).trim_end_matches('.').to_owned();
        self.differences.push(Difference {
            impact: impact(Some(call)),
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
        of(Some(&found.path))
    }

    /// Adds the envelopes of calls that were not recorded: those of all calls, or of all that are documented with the same one.
    fn generalize_envelopes(&mut self, telling: &[(&Call, Vec<Shape>)]) {
        let found = |lines: &Lines, call: &Call| lines.get("envelopes", &call.name()).map(str::to_owned);
        let every = telling.iter().find_map(|(call, _)| found(&self.lines, call));
        let Some(every) = every else { return };
        let agrees = |(call, shapes): &&(&Call, Vec<Shape>)| match (found(&self.lines, call), &call.response) {
            (Some(other), _) => other == every,
            // It may have the documented form with the envelope and without it.
            (None, Some(expected)) => {
                shapes.iter().all(|shape| envelope::allows(shape, expected, &every, call.content))
            }
            (None, None) => true,
        };
        let contradicting = telling.iter().filter(|it| !agrees(it)).count();
        let having = telling.iter().filter(|(call, _)| found(&self.lines, call).is_some()).count();
        if contradicting == 0 && having > 1 {
            self.lines.replace("envelopes", "*".to_owned(), every);
            return;
        }
        for call in self.api.calls.iter().filter(|call| !call.content.is_empty() && call.envelope.is_none()) {
            let mut alike = telling.iter().filter(|(other, _)| other.content == call.content).map(|(other, _)| other);
            let first = alike.next().and_then(|other| found(&self.lines, other));
            let same = alike.all(|other| found(&self.lines, other) == first);
            if let (Some(envelope), true) = (first, same) {
                self.lines.entry("envelopes", call.name(), envelope);
            }
        }
    }
}

/// A sentence with the names of members, if there are any.
pub(super) fn names(members: &Members) -> String {
    let names: Vec<_> = members.members.keys().map(|name| format!("`{name}`")).collect();
    if names.is_empty() { String::new() } else { format!(" It has {}.", names.join(", ")) }
}
