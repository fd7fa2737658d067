//! Compares what the vendors respond, as a recording has it, with what the provider's clients expect.
//!
//! The responses of a recording are written as an OpenAPI document, which is compared with the calls that a client declares. What such a
//! document does not have, such as statuses, sizes of pages and encryption, is compared here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use super::openapi::{apis, word};
use crate::framework::clients::NothingConfigured;
use crate::framework::health::CheckStatus;
use crate::framework::{Provider, Vendor};
use crate::openapi::{self, Api, Call, Difference, Document, Impact, Kind};
use crate::recording::{Exchange, Recording, Shape};

/// The names of members by which clients read an error, one of which each error of a known form has.
const ERROR_FIELDS: [&str; 8] = ["error", "message", "detail", "details", "code", "errors", "title", "reason"];

/// Why there is nothing to compare.
#[derive(Debug, thiserror::Error)]
pub enum ContractError {
    /// The file cannot be read or written.
    #[error("{0}: {1}")]
    File(String, std::io::Error),
    /// It is no recording.
    #[error("{0} is no recording that can be read: {1}")]
    NoRecording(String, String),
    /// A vendor cannot be called, so there is nothing to compare of it.
    #[error("the variables of a vendor cannot be used:\n{0}")]
    Configuration(String),
    /// No vendor is configured.
    #[error(transparent)]
    NothingConfigured(#[from] NothingConfigured),
}

/// What differs. `Display` is for people, the serialised form for pipelines.
#[derive(Debug, Serialize)]
pub struct ContractReport {
    /// The vendors of the recording, in the order of the provider block.
    pub vendors: Vec<VendorContract>,
    /// Whether any difference matters.
    pub matters: bool,
}

/// What differs at one vendor.
#[derive(Debug, Serialize)]
pub struct VendorContract {
    /// Its attribute in the provider block.
    pub vendor: &'static str,
    /// Its name as people write it.
    pub title: &'static str,
    /// How many exchanges were compared.
    pub exchanges: usize,
    /// The differences, by operation.
    pub differences: Vec<Difference>,
    /// Lines for the provider block that may adapt to them; empty if there are none.
    pub settings: String,
    /// The calls of the provider that the recording does not have.
    pub not_recorded: Vec<String>,
    /// Whether the fields of responses were compared, for which the client has to declare its calls.
    pub compares_fields: bool,
}

/// Compares the recording in a file; without one, records what the vendors respond now.
pub async fn contract(provider: &Provider, file: Option<&str>) -> Result<ContractReport, ContractError> {
    let (name, text) = match file {
        Some(file) => {
            let text = std::fs::read_to_string(file);
            (file.to_owned(), text.map_err(|error| ContractError::File(file.to_owned(), error))?)
        }
        None => record(provider).await?,
    };
    let recording = Recording::parse(&text).map_err(|reason| ContractError::NoRecording(name.clone(), reason))?;
    let vendors = provider.vendors().iter().filter_map(|vendor| compare(provider, *vendor, &recording));
    let vendors: Vec<_> = vendors.collect();
    if vendors.is_empty() {
        return Err(ContractError::NoRecording(name, "it has no exchange with a vendor".to_owned()));
    }
    let matters = vendors.iter().flat_map(|vendor| &vendor.differences).any(|found| found.impact != Impact::None);
    Ok(ContractReport { vendors, matters })
}

/// Records what the vendors respond now, in a file that is removed.
async fn record(provider: &Provider) -> Result<(String, String), ContractError> {
    let path = std::env::temp_dir().join(format!("idv-contract-{}.jsonl", uuid::Uuid::new_v4()));
    let failed = |error| ContractError::File(path.display().to_string(), error);
    let report = super::run(provider, Some(&path.display().to_string())).await;
    let text = std::fs::read_to_string(&path).map_err(failed);
    // It exists as soon as the provider is configured, even if no vendor is.
    let removed = std::fs::remove_file(&path).map_err(failed);
    let findings = report?.vendors.into_iter().flat_map(|vendor| vendor.findings);
    let mistakes = findings.filter(|found| found.check == "configuration" && found.verdict == CheckStatus::Failed);
    let mistakes: Vec<_> = mistakes.map(|found| found.detail).collect();
    if !mistakes.is_empty() {
        return Err(ContractError::Configuration(mistakes.join("\n")));
    }
    removed?;
    Ok(("the recording".to_owned(), text?))
}

/// Compares one vendor; `None` if the recording has nothing of it.
fn compare(provider: &Provider, vendor: &'static dyn Vendor, recording: &Recording) -> Option<VendorContract> {
    let of_vendor = |(_, exchange): &(usize, &Exchange)| exchange.vendor == vendor.title();
    let recorded: Vec<(usize, &Exchange)> = recording.exchanges.iter().enumerate().filter(of_vendor).collect();
    if recorded.is_empty() {
        return None;
    }
    let exchanges: Vec<&Exchange> = recorded.iter().map(|(_, exchange)| *exchange).collect();
    let apis = apis(provider, vendor).unwrap_or_default();
    // The generation of the API that was called.
    let api = apis
        .into_iter()
        .rev()
        .max_by_key(|api| api.calls.iter().filter(|call| !of(api, call, &exchanges).is_empty()).count());
    let mut contract = VendorContract {
        vendor: vendor.name(),
        title: vendor.title(),
        exchanges: exchanges.len(),
        differences: Vec::new(),
        settings: String::new(),
        not_recorded: Vec::new(),
        compares_fields: api.is_some(),
    };
    let mut lines = Vec::new();
    if let Some(api) = &api {
        contract.fields(api, &exchanges);
    }
    contract.calls(api.as_ref(), &exchanges, &mut lines);
    contract.encryption(&recorded, recording);
    if !lines.is_empty() {
        contract.settings = format!("{} = {{\n  {}\n}}\n", vendor.name(), lines.join("\n  "));
    }
    Some(contract)
}

/// The exchanges of a call. What is before its path is the path of the vendor's address.
fn of<'e>(api: &Api, call: &Call, exchanges: &[&'e Exchange]) -> Vec<&'e Exchange> {
    let path = openapi::without_names(&format!("{}{}", api.base, call.path));
    let is_it = |exchange: &&&Exchange| {
        exchange.request.method == call.method
            && exchange.request.route.strip_suffix(&path).is_some_and(|base| !base.contains("{}"))
    };
    exchanges.iter().filter(is_it).copied().collect()
}

fn is_success(exchange: &Exchange) -> bool {
    exchange.status.is_some_and(|status| (200..300).contains(&status))
}

impl VendorContract {
    fn push(&mut self, impact: Impact, kind: Kind, operation: &str, detail: String) {
        self.differences.push(Difference {
            impact,
            kind,
            operation: operation.to_owned(),
            field: None,
            to: None,
            detail,
        });
    }

    /// Compares the fields of the responses with those that the client reads.
    fn fields(&mut self, api: &Api, exchanges: &[&Exchange]) {
        let mut paths = Map::new();
        let mut recorded = Vec::new();
        for call in &api.calls {
            let shapes: Vec<_> = of(api, call, exchanges)
                .into_iter()
                .filter(|exchange| is_success(exchange))
                .filter_map(|it| it.body.as_ref())
                .collect();
            if shapes.is_empty() {
                if of(api, call, exchanges).is_empty() {
                    self.not_recorded.push(call.route());
                }
                continue;
            }
            let schema = json!({"anyOf": shapes.iter().map(|shape| schema(shape)).collect::<Vec<_>>()});
            let operation = json!({
                "summary": call.summary,
                "responses": {"200": {"description": "", "content": {"application/json": {"schema": schema}}}},
            });
            let at = paths.entry(call.path.clone()).or_insert_with(|| json!({}));
            at[call.method.to_lowercase()] = operation;
            // What was sent is not compared: the vendor accepted it.
            recorded.push(Call { request: None, ..call.clone() });
        }
        let document = json!({"openapi": "3.1.0", "info": {"title": "", "version": ""}, "paths": paths});
        let Ok(document) = Document::parse(document.to_string().as_bytes()) else { return };
        let compared = Api { calls: recorded, base: String::new(), setting: None, token_setting: None, ..*api };
        let found = openapi::compare(&compared, &document).differences;
        let is_about_fields =
            |difference: &Difference| difference.field.is_some() && difference.kind != Kind::NotDescribed;
        self.differences.extend(found.into_iter().filter(is_about_fields));
    }

    /// Compares statuses, media types, errors and pages.
    fn calls(&mut self, api: Option<&Api>, exchanges: &[&Exchange], lines: &mut Vec<String>) {
        let mut by_route: BTreeMap<String, Vec<&Exchange>> = BTreeMap::new();
        for exchange in exchanges {
            by_route
                .entry(format!("{} {}", exchange.request.method, exchange.request.route))
                .or_default()
                .push(exchange);
        }
        let mut paths = Vec::new();
        let mut limits = BTreeSet::new();
        for (route, exchanges) in &by_route {
            let operation = exchanges[0].operation.as_str();
            if operation == "probing the service" {
                continue;
            }
            let call = api.and_then(|api| api.calls.iter().find(|call| !of(api, call, exchanges).is_empty()));
            let (successes, failures): (Vec<_>, Vec<_>) = exchanges.iter().copied().partition(|it| is_success(it));
            if successes.is_empty() {
                let status = failures.iter().filter_map(|exchange| exchange.status).next_back();
                let impact = if call.is_some_and(|call| call.is_optional) { Impact::Limits } else { Impact::Breaks };
                let (detail, line) =
                    failure(operation, status, api, call, failures.iter().any(|it| it.request.encrypted));
                self.push(impact, Kind::Removed, route, detail);
                paths.extend(call.and_then(|call| call.key).filter(|_| is_unknown_route(status)));
                lines.extend(line);
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
                self.push(
                    Impact::Breaks,
                    Kind::TypeChanged,
                    route,
                    format!("The response is not JSON: it has {media_type}."),
                );
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
        if !paths.is_empty() {
            lines.push("paths = {".to_owned());
            lines.extend(paths.iter().map(|key| format!("  {key} = \"METHOD /path\" # the route of your tenant")));
            lines.push("}".to_owned());
        }
        for (name, value) in limits {
            self.push(
                Impact::None,
                Kind::New,
                "all",
                format!("Responses have the header `{name}`: {value}. The provider keeps to it."),
            );
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

/// Whether a status says that there is no such route.
fn is_unknown_route(status: Option<u16>) -> bool {
    matches!(status, Some(404 | 405 | 501))
}

/// What a call that always failed means, and the line of a setting that may adapt to it.
fn failure(
    operation: &str,
    status: Option<u16>,
    api: Option<&Api>,
    call: Option<&Call>,
    encrypted: bool,
) -> (String, Option<String>) {
    let Some(status) = status else { return (format!("{operation}: there was no response."), None) };
    let is_token = operation.contains("access token");
    let token = api.and_then(|api| api.token_setting).filter(|_| is_token && is_unknown_route(Some(status)));
    let line = token.map(|setting| format!("{setting} = \"https://...\" # the address of the token endpoint"));
    let cause = match status {
        404 | 405 | 501 if line.is_some() => "The token endpoint has another address.",
        404 | 405 | 501 if call.is_some_and(|call| call.key.is_some()) => "The call has another route, or is gone.",
        404 | 405 | 501 => "The call is gone, or has another route, which no setting names.",
        400 | 415 | 422 if encrypted => {
            "The body was encrypted. If the service expects plain JSON, set `body_encryption` for this call to `plain`."
        }
        400 | 415 | 422 => "The vendor expects another request.",
        401 | 403 => "The credentials may not make this call.",
        _ => "The vendor could not answer.",
    };
    (format!("{operation} failed with {status}. {cause}"), line)
}

/// The schema of values of a shape. What the recording has not seen is not described.
fn schema(shape: &Shape) -> Json {
    match shape {
        Shape::Null | Shape::Deeper => json!({}),
        Shape::Boolean => json!({"type": "boolean"}),
        Shape::Number { integer: true, .. } => json!({"type": "integer"}),
        Shape::Number { .. } => json!({"type": "number"}),
        Shape::Text { .. } => json!({"type": "string"}),
        Shape::Array(items) => {
            let shapes: Vec<_> = items.items.iter().chain(items.rest.as_deref()).map(schema).collect();
            if shapes.is_empty() {
                json!({"type": "array"})
            } else {
                json!({"type": "array", "items": {"anyOf": shapes}})
            }
        }
        // One whose members have no known name lacks those that the client reads.
        Shape::Object(object) if object.members.is_empty() && object.unnamed == 0 => json!({"type": "object"}),
        Shape::Object(object) => {
            let members: Map<_, _> = object.members.iter().map(|(name, shape)| (name.clone(), schema(shape))).collect();
            let always: Vec<_> = object.members.keys().filter(|name| !object.sometimes.contains(name)).collect();
            json!({"type": "object", "properties": members, "required": always})
        }
        Shape::OneOf { shapes } => json!({"anyOf": shapes.iter().map(schema).collect::<Vec<_>>()}),
    }
}

impl fmt::Display for ContractReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, vendor) in self.vendors.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{vendor}")?;
        }
        Ok(())
    }
}

impl fmt::Display for VendorContract {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {} exchanges compared", self.title, self.exchanges)?;
        if !self.compares_fields {
            writeln!(f, "  The fields of its responses are not compared: statuses, errors, pages and encryption are.")?;
        }
        let mut differences: Vec<_> = self.differences.iter().collect();
        differences.sort_by(|left, right| left.operation.cmp(&right.operation).then(right.impact.cmp(&left.impact)));
        let mut operation = "";
        for difference in differences {
            if difference.operation != operation {
                operation = &difference.operation;
                writeln!(f, "\n{operation}")?;
            }
            let word = word(difference);
            writeln!(f, "  {word:<6}  {}", difference.detail)?;
        }
        if !self.settings.is_empty() {
            writeln!(f, "\nComplete and paste into the provider block:\n")?;
            self.settings.lines().try_for_each(|line| writeln!(f, "  {line}"))?;
        }
        if !self.not_recorded.is_empty() {
            writeln!(f, "\nNot in the recording, so not compared: {}", self.not_recorded.join(", "))?;
        }
        Ok(())
    }
}
