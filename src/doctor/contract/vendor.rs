//! Compares the exchanges with one vendor: which API was called, and at which routes.

use std::collections::{BTreeMap, BTreeSet};

use url::Url;

use super::VendorContract;
use super::lines::Lines;
use crate::doctor::openapi::apis;
use crate::framework::health::READING_ABSENT;
use crate::framework::provider::declared_apis;
use crate::framework::{Diagnostics, Provider, Vendor};
use crate::http::REQUESTING_TOKEN;
use crate::openapi::{self, Api, Call, Difference, Impact, Kind};
use crate::recording::{Exchange, Recording};

/// What is known of one vendor while it is compared.
pub(super) struct Comparison<'r> {
    pub(super) api: &'r Api,
    pub(super) exchanges: Vec<&'r Exchange>,
    /// The exchanges whose response was encrypted.
    encrypted: BTreeSet<(&'r str, u64)>,
    /// The address of the tenant, if a setting has it.
    address: Option<Url>,
    pub(super) differences: Vec<Difference>,
    pub(super) lines: Lines,
    pub(super) not_recorded: Vec<String>,
    pub(super) empty_lists: Vec<String>,
}

/// Another generation of the API.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Other {
    /// The recording has its calls.
    Recorded,
    /// None of the calls that are configured is served.
    Possible,
}

/// Compares one vendor; `None` if the recording has nothing of it.
pub(super) fn compare(
    provider: &Provider,
    vendor: &'static dyn Vendor,
    recording: &Recording,
) -> Result<Option<VendorContract>, Diagnostics> {
    let of_vendor = |(_, exchange): &(usize, &Exchange)| exchange.vendor == vendor.title();
    let recorded: Vec<(usize, &Exchange)> = recording.exchanges.iter().enumerate().filter(of_vendor).collect();
    let exchanges: Vec<&Exchange> = recorded.iter().map(|(_, exchange)| *exchange).collect();
    let configured = apis(provider, vendor)?;
    let Some(api) = configured.first().filter(|_| !exchanges.is_empty()) else { return Ok(None) };
    let encrypted = recorded.iter().filter(|(index, _)| recording.encrypted.contains(index));
    let encrypted = encrypted.map(|(_, exchange)| (exchange.process.as_str(), exchange.exchange)).collect();
    let address = provider.settings(vendor).into_iter().find(|(attribute, _)| attribute.name == "base_url");
    let address = address.and_then(|(_, value)| Url::parse(value.as_str()?).ok());
    let (differences, lines, not_recorded, empty_lists) = Default::default();
    let mut comparison =
        Comparison { api, exchanges, encrypted, address, differences, lines, not_recorded, empty_lists };
    let other = comparison.other_generation(&declared_apis(vendor));
    if other != Some(Other::Recorded) {
        comparison.routes();
        comparison.tokens();
        comparison.responses();
        comparison.absent_objects();
        comparison.calls();
        comparison.encryption();
    }
    if other.is_some() {
        comparison.lines.remove("paths");
    }
    let Comparison { exchanges, mut differences, lines, not_recorded, empty_lists, .. } = comparison;
    let mut known = BTreeSet::new();
    differences.retain(|found| known.insert((found.operation.clone(), found.detail.clone())));
    Ok(Some(VendorContract {
        vendor: vendor.name(),
        title: vendor.title(),
        exchanges: exchanges.len(),
        differences,
        settings: lines.render(vendor.name()),
        settings_are_complete: !lines.is_incomplete(),
        not_recorded,
        empty_lists,
    }))
}

/// The exchanges of a call. What is before its path is the path of the vendor's address.
pub(super) fn of<'e>(api: &Api, call: &Call, exchanges: &[&'e Exchange]) -> Vec<&'e Exchange> {
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

pub(super) fn is_success(exchange: &Exchange) -> bool {
    exchange.status.is_some_and(|status| (200..300).contains(&status))
}

/// What the failure of a call does.
pub(super) fn impact(call: Option<&Call>) -> Impact {
    if call.is_some_and(|call| call.is_optional) { Impact::Limits } else { Impact::Breaks }
}

/// Whether a request was for an object that the vendor may have.
pub(super) fn is_ordinary(exchange: &Exchange) -> bool {
    exchange.operation != READING_ABSENT
}

/// Whether a status says that there is no such route.
pub(super) fn is_unknown_route(status: u16) -> bool {
    matches!(status, 300..=399 | 404 | 405 | 410 | 501)
}

impl<'r> Comparison<'r> {
    pub(super) fn push(&mut self, impact: Impact, kind: Kind, operation: &str, detail: String) {
        let (operation, field, to) = (operation.to_owned(), None, None);
        self.differences.push(Difference { impact, kind, operation, field, to, detail });
    }

    /// The exchanges of a call.
    pub(super) fn of(&self, call: &Call) -> Vec<&'r Exchange> {
        of(self.api, call, &self.exchanges)
    }

    /// The call of exchanges with one route, if the client declares it, and the operation under which differences are reported.
    pub(super) fn operation(&self, exchanges: &[&Exchange]) -> (Option<&'r Call>, String) {
        let call = self.api.calls.iter().find(|call| !of(self.api, call, exchanges).is_empty());
        let request = &exchanges[0].request;
        (call, call.map_or_else(|| format!("{} {}", request.method, request.route), Call::route))
    }

    /// Whether the response of an exchange was encrypted.
    pub(super) fn is_encrypted(&self, exchange: &Exchange) -> bool {
        self.encrypted.contains(&(exchange.process.as_str(), exchange.exchange))
    }

    /// Whether another generation of the API is to be configured, and adds its line.
    fn other_generation(&mut self, generations: &[Api]) -> Option<Other> {
        let served = |exchange: &&Exchange| exchange.status.is_some_and(|status| !is_unknown_route(status));
        let count = |api: &Api| {
            let calls = api.calls.iter().filter(|call| of(api, call, &self.exchanges).iter().any(served));
            calls.count()
        };
        let own = count(self.api);
        let others = generations.iter().filter(|other| other.setting != self.api.setting);
        let (fits, setting) = others.filter_map(|other| Some((count(other), other.setting?))).max()?;
        let was_called = self.api.calls.iter().any(|call| !self.of(call).is_empty());
        let (other, detail) = match fits > own {
            true => (Other::Recorded, "The calls are those of another generation of the API."),
            false if own == 0 && was_called => {
                (Other::Possible, "No call of this generation of the API is served. Another one may be.")
            }
            false => return None,
        };
        self.push(Impact::Breaks, Kind::Renamed, "all", detail.to_owned());
        let (name, value) = setting.split_once(" = ").unwrap_or((setting, ""));
        self.lines.value(name, value);
        Some(other)
    }

    /// Names the calls that another configuration has made at another route.
    fn routes(&mut self) {
        let mut found: BTreeMap<String, (String, String)> = BTreeMap::new();
        for call in &self.api.calls {
            for exchange in self.of(call) {
                let is_here = base(self.api, call, &exchange.request.method, &exchange.request.route).is_some();
                if let (false, Some(route)) = (is_here, moved(self.api, call, exchange)) {
                    found.insert(call.name(), (call.route(), route));
                }
            }
        }
        for (name, (route, moved)) in found {
            self.push(Impact::Breaks, Kind::Renamed, &route, format!("The call is at {moved}."));
            self.lines.entry("paths", name, moved);
        }
        let is_moved_token =
            |it: &&&Exchange| it.operation == REQUESTING_TOKEN && it.request.call.is_some() && is_success(it);
        let token = self.exchanges.iter().find(is_moved_token);
        if let (Some(exchange), Some(setting)) = (token.copied(), self.api.token_setting) {
            let path = &exchange.request.route;
            self.push(
                Impact::Breaks,
                Kind::Renamed,
                REQUESTING_TOKEN,
                format!("Tokens are requested at the path {path}."),
            );
            let url = self.address.clone().and_then(|address| address.join(path).ok());
            let url = url.map_or_else(|| format!("https://...{path}"), |url| url.to_string());
            self.lines.incomplete(setting, &url, "the host is that of your tenant's token endpoint");
        }
    }
}
