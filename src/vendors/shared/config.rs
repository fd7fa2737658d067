//! The settings that all vendors share, and their conversion to the settings of the transport.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use url::Url;

use super::overrides;
use crate::framework::provider::{self, Common, RECORD};
use crate::framework::{Attribute, Diagnostic, Diagnostics, Path, Rule, Secret, Type, Value, Vendor, value};
use crate::http::{self, Overrides, Settings, TlsSettings};

/// The attributes of the provider block beside those of the vendors.
pub(crate) fn provider_attributes() -> Vec<Attribute> {
    vec![
        Attribute::number("request_timeout").optional().rule(Rule::Whole).rule(Rule::Range(1, 600)).describe(
            "How many seconds one attempt of a request may take, from connecting to the last byte of the response. \
             The default is 30.",
        ),
        Attribute::number("max_retries").optional().rule(Rule::Whole).rule(Rule::Range(0, 20)).describe(
            "How often a request is retried after a transient failure, such as 429 or 503. A write that may have been applied is \
             not retried unless it is idempotent. A request that is rejected with 429, without a wait in the response, is retried \
             for 70 seconds, unless this is 0. The default is 4.",
        ),
        Attribute::number("max_concurrent_requests").optional().rule(Rule::Whole).rule(Rule::Range(1, 100)).describe(
            "How many requests to one vendor may be in flight at once. The default is 10, as many operations as Terraform runs at a time.",
        ),
        Attribute::string("shared_budget").optional().rule(Rule::OneOf(&[ON, OFF])).describe(
            "Whether the processes of this machine that use the same credential share the vendor's rate limit, its pauses and the \
             access token: `on`, the default, or `off`. The guide on rate limits describes it.",
        ),
        Attribute::of("former_addresses", Type::list(Type::String)).optional().rule(Rule::Each(&Rule::Url)).describe(
            "Addresses that a tenant had before, such as `https://kyc.old.example.com`. An object whose state names another address \
             than the provider's is an error, unless the address is one of these. Set it for one `terraform apply -refresh-only` \
             after a vendor has moved the tenant.",
        ),
        Attribute::string(RECORD).optional().rule(Rule::Length(1, 4096)).describe(
            "A file to which every exchange with a vendor is appended: routes, statuses, names of fields and their types, and no \
             secret or personal data. The guide on the first contact describes it.",
        ),
        Attribute::string("user_agent_suffix").optional().rule(Rule::Length(1, 100)).describe(
            "Text at the end of the `User-Agent` header of every request, such as the name of a pipeline.",
        ),
    ]
}

/// The values of `shared_budget`.
const ON: &str = "on";
const OFF: &str = "off";

/// The attributes of a vendor's rate limit.
pub(in crate::vendors) fn rate_attributes() -> [Attribute; 2] {
    let number = |name: &str| Attribute::number(name).optional().rule(Rule::Whole);
    [
        number("requests_per_minute").rule(Rule::Range(1, 100_000)).describe(
            "How many requests may start in any minute. Without it only the vendor's own limit applies: a request that it rejects \
             with 429 is retried later.",
        ),
        number("headroom").rule(Rule::Range(0, 90)).describe(
            "The percentage of the vendor's own limit that is left to production traffic with the same credential: of the limits that \
             the vendor documents or returns in `X-RateLimit-*` headers, and of the rate that it shows by 429s. It does not lower \
             `requests_per_minute`. The default is 0.",
        ),
    ]
}

/// The rule that a list or set has at least one element.
pub(in crate::vendors) const NOT_EMPTY: Rule = Rule::Custom {
    describe: "Must have at least one element.",
    check: |value| match value {
        Value::List(elements) if elements.is_empty() => Err("must have at least one element".to_owned()),
        _ => Ok(()),
    },
};

/// The attributes of a vendor for gateways with mutual TLS, and for private certificate authorities.
pub(in crate::vendors) fn tls_attributes() -> [Attribute; 3] {
    let pem = |name: &str| Attribute::string(name).optional().rule(Rule::Length(1, usize::MAX));
    [
        pem(CLIENT_CERTIFICATE).describe(
            "The client certificate that a gateway with mutual TLS asks for, followed by its chain: PEM text, or the path of a PEM \
             file. Needs `client_key`, unless the key is in the same text.",
        ),
        pem(CLIENT_KEY).sensitive().describe("The private key of that certificate: PEM text, or the path of a PEM file."),
        pem(CA_CERTIFICATE).describe(
            "Certificate authorities that are trusted in addition to those of this machine: PEM text, or the path of a PEM file.",
        ),
    ]
}

const CLIENT_CERTIFICATE: &str = "client_certificate";
const CLIENT_KEY: &str = "client_key";
const CA_CERTIFICATE: &str = "ca_certificate";

/// What the settings say about the connection to a tenant and about its API, whatever the vendor is.
#[derive(Default)]
pub(in crate::vendors) struct Tenant {
    tls: TlsSettings,
    overrides: Overrides,
}

/// Takes the values of [`tls_attributes`] and of [`overrides`] out of a vendor's configuration, and adds every mistake in them.
pub(in crate::vendors) fn take_tenant(
    vendor: &dyn Vendor,
    config: Value,
    mistakes: &mut Diagnostics,
) -> (Tenant, Value) {
    let overrides = overrides::of(vendor, &config);
    let tls = tls(vendor.name(), &config);
    let tenant = Tenant {
        tls: tls.unwrap_or_else(|found| reported(mistakes, found)),
        overrides: overrides.unwrap_or_else(|found| reported(mistakes, found)),
    };
    (tenant, own(config))
}

/// Adds mistakes, and returns a value that is not used.
fn reported<T: Default>(mistakes: &mut Diagnostics, found: Diagnostics) -> T {
    mistakes.append(found);
    T::default()
}

/// The part of a vendor's configuration that only this vendor has.
pub(in crate::vendors) fn own(mut config: Value) -> Value {
    if let Value::Map(attributes) = &mut config {
        let shared = [CLIENT_CERTIFICATE, CLIENT_KEY, CA_CERTIFICATE].into_iter().chain(overrides::NAMES);
        shared.for_each(|name| drop(attributes.remove(name)));
    }
    config
}

/// The values of [`tls_attributes`].
fn tls(vendor: &str, config: &Value) -> Result<TlsSettings, Diagnostics> {
    let mut mistakes = Diagnostics::new();
    let mut take = |name: &str| {
        let text = Secret::from(config.get(name).as_str()?);
        pem(name, &text).map_err(|mistake| mistakes.push(mistake)).ok()
    };
    let (certificate, key, authorities) = (take(CLIENT_CERTIFICATE), take(CLIENT_KEY), take(CA_CERTIFICATE));
    if mistakes.has_errors() {
        return Err(mistakes);
    }
    let mut tls = TlsSettings::default();
    let wrong =
        |name: &str, text: String| Diagnostic::error(format!("Wrong value for `{name}`"), text).at(Path::to(name));
    let has_key = |text: &Secret| text.expose().contains("PRIVATE KEY-----");
    match (certificate, key) {
        (None, None) => {}
        (None, Some(_)) => {
            let why = "`client_key` is set, and a key is of use only with its certificate.";
            return Err(provider::missing(vendor, CLIENT_CERTIFICATE, why).into());
        }
        (Some(certificate), None) if !has_key(&certificate) => {
            let why = "`client_certificate` is set, and a certificate is of use only with its private key.";
            return Err(provider::missing(vendor, CLIENT_KEY, why).into());
        }
        (Some(certificate), key) => {
            let shown = tls.show(certificate.expose(), key.as_ref().unwrap_or(&Secret::from("")));
            shown.map_err(|problem| {
                wrong(CLIENT_CERTIFICATE, format!("`{CLIENT_CERTIFICATE}` and `{CLIENT_KEY}` {problem}."))
            })?;
        }
    }
    if let Some(authorities) = authorities {
        let trusted = tls.trust(authorities.expose());
        trusted.map_err(|problem| wrong(CA_CERTIFICATE, format!("`{CA_CERTIFICATE}` {problem}.")))?;
    }
    Ok(tls)
}

/// The PEM text of an attribute, whose value may be the path of a file.
fn pem(attribute: &str, value: &Secret) -> Result<Secret, Diagnostic> {
    if value.expose().contains("-----BEGIN ") {
        return Ok(value.clone());
    }
    // A value that is no path may be a key without its first line, so it is not shown.
    std::fs::read_to_string(value.expose()).map(Secret::from).map_err(|error| {
        let detail = format!(
            "`{attribute}` is neither PEM text nor the path of a file that can be read: {error}. A PEM text has a line \
             `-----BEGIN ...-----`. Write a path relative to the folder in which Terraform runs, or use `${{path.module}}/...`."
        );
        Diagnostic::error(format!("`{attribute}` cannot be read"), detail).at(Path::to(attribute))
    })
}

/// The rule of a credential or an id: nothing before and after it. A file ends with a line break, which an `echo` or a
/// `file(...)` passes on, and the vendor then refuses the credential without a reason.
pub(in crate::vendors) const TRIMMED: Rule = Rule::Custom {
    describe: "Must not begin or end with white space.",
    check: |value| {
        let text = value.as_str().unwrap_or_default();
        let (place, rest) = match (text.trim_start() == text, text.trim_end() == text) {
            (true, true) => return Ok(()),
            (true, false) => ("ends", &text[text.trim_end().len()..]),
            (false, _) => ("begins", &text[..text.len() - text.trim_start().len()]),
        };
        let what = if rest.contains(['\n', '\r']) { "a line break" } else { "a blank" };
        Err(format!(
            "{place} with {what}, which is not part of it: remove it, such as with `trimspace(file(...))` in Terraform, or \
             `$(cat file)` in a shell"
        ))
    },
};

#[derive(Deserialize)]
struct Config {
    request_timeout: Option<u64>,
    max_retries: Option<u32>,
    max_concurrent_requests: Option<NonZeroU32>,
    shared_budget: Option<String>,
}

/// The settings of the transport for a vendor at a base URL.
pub(in crate::vendors) fn settings(
    common: &Common,
    vendor: &'static str,
    base_url: Url,
    tenant: Tenant,
    requests_per_minute: Option<NonZeroU32>,
    headroom: Option<u32>,
) -> Result<Settings, Diagnostics> {
    let config: Config = value::from_value(common.config.clone())
        .map_err(|error| Diagnostic::error("The provider's settings cannot be used", error.to_string()))?;
    let mut settings = Settings::new(vendor, base_url);
    if let Some(seconds) = config.request_timeout {
        settings.timeout = Duration::from_secs(seconds);
    }
    settings.max_retries = config.max_retries.unwrap_or(settings.max_retries);
    settings.max_concurrent_requests = config.max_concurrent_requests.unwrap_or(settings.max_concurrent_requests);
    settings.requests_per_minute = requests_per_minute;
    settings.headroom = headroom.unwrap_or(settings.headroom);
    settings.shared_folder = (config.shared_budget.as_deref() != Some(OFF)).then(http::shared_folder);
    settings.user_agent.clone_from(&common.user_agent);
    settings.tls = tenant.tls;
    settings.overrides = Arc::new(tenant.overrides);
    settings.recorder.clone_from(&common.recorder);
    settings.cancel = common.stop.clone();
    Ok(settings)
}

/// Parses a URL that the schema's rule has accepted already, without its trailing slash.
pub(in crate::vendors) fn url(attribute: &str, text: &str) -> Result<Url, Diagnostic> {
    // Every path begins with a slash.
    Url::parse(text.trim_end_matches('/')).map_err(|error| {
        Diagnostic::error(format!("Wrong value for `{attribute}`"), format!("`{text}` is no URL: {error}."))
            .at(Path::to(attribute))
    })
}

/// The base URL of a vendor's API. `added` are the ends that the vendor's paths, or this provider, add themselves: an
/// address that has one already would have it twice.
pub(in crate::vendors) fn base_url(attribute: &str, text: &str, added: &[&str]) -> Result<Url, Diagnostic> {
    let url = url(attribute, text)?;
    let path = url.path().trim_end_matches('/');
    match added.iter().find(|end| path.ends_with(**end)) {
        None => Ok(url),
        Some(end) => {
            let mut correct = url.clone();
            correct.set_path(&path[..path.len() - end.len()]);
            let detail = format!(
                "`{attribute}` is `{}`. Its end, `{end}`, is part of every path that the provider adds to it. Write `{}`.",
                url.as_str().trim_end_matches('/'),
                correct.as_str().trim_end_matches('/')
            );
            Err(Diagnostic::error(format!("`{attribute}` must not end with `{end}`"), detail).at(Path::to(attribute)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio_util::sync::CancellationToken;

    fn of(config: &[(&str, Value)], headroom: Option<u32>) -> Settings {
        let config = Value::Map(config.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect());
        let common =
            Common { config, user_agent: "Terraform/1".to_owned(), recorder: None, stop: CancellationToken::new() };
        let url = Url::parse("https://api.example.test").unwrap();
        settings(&common, "Acme", url, Tenant::default(), NonZeroU32::new(120), headroom).unwrap()
    }

    #[test]
    fn the_budget_is_shared_unless_it_is_switched_off() {
        assert!(of(&[], None).shared_folder.is_some());
        assert!(of(&[("shared_budget", ON.into())], None).shared_folder.is_some());
        assert!(of(&[("shared_budget", OFF.into())], None).shared_folder.is_none());
    }

    #[test]
    fn the_headroom_does_not_lower_what_the_user_grants() {
        let settings = of(&[], Some(30));
        assert_eq!((settings.headroom, settings.requests_per_minute), (30, NonZeroU32::new(120)));
        assert_eq!(of(&[], None).headroom, 0);
    }
}
