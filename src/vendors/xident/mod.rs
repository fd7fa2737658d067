//! Xident: the blacklist, faces as a second factor, API keys, requirements, usage, and the signatures of webhooks.
//!
//! The vendor's reference page describes an older API (`v1`) than its OpenAPI document (`verify/v1`); see `client`.

mod api_key;
mod api_key_secret;
mod api_keys;
mod blacklist;
mod blacklist_entry;
mod client;
mod face_enrollment;
mod faces;
mod hints;
mod image;
mod project;
mod requirements;
mod usage;
mod webhook_signature;

use std::num::NonZeroU32;
use std::sync::Arc;

use async_trait::async_trait;
use serde::Deserialize;
use serde::de::IgnoredAny;

use self::client::{Api, Client, Keys};
use super::shared::{config, health, overrides};
use crate::framework::health::{CheckResult, HealthCheck};
use crate::framework::identity::{self, TenantIdentity};
use crate::framework::provider::{self, AnyClient, Common, Registration};
use crate::framework::{Attribute, Diagnostic, Diagnostics, Rule, Secret, Value, Vendor};
use crate::http::{self, EndpointLimit, HeaderName, Kind, StaticHeader};
use crate::openapi;

/// The header of the key on `verify/v1`.
const API_KEY: &str = "x-api-key";

/// The default address of the service.
const ADDRESS: &str = "https://api.xident.io";

/// The limits of the vendor's page. The newer document has none, so the same limits are assumed for its paths. The headers of
/// responses override them in both generations.
const LIMITS: [(&str, NonZeroU32); 5] = [
    ("/tokens/verify", per_minute(100)),
    ("/face-2fa", per_minute(60)),
    ("/2fa", per_minute(60)),
    ("/blacklist", per_minute(30)),
    ("/usage", per_minute(10)),
];

const fn per_minute(count: u32) -> NonZeroU32 {
    NonZeroU32::MIN.saturating_add(count - 1)
}

/// The vendor.
pub struct Xident;

#[async_trait]
impl HealthCheck for Client {
    async fn check_health(&self) -> Vec<CheckResult> {
        health::of(&self.http, Box::pin(async { vec![secret_key(self).await] })).await
    }

    async fn read_absent(&self, method: &str, path: &str, id: &str) -> Result<(), String> {
        health::read_absent(&self.http, method, path, id).await
    }
}

impl provider::Client for Client {
    const VENDOR: &'static str = "xident";

    fn tenant_identity(&self) -> TenantIdentity {
        [("base_url", self.address().to_owned())].into()
    }
}

/// Checks the secret key with a call that each generation has.
async fn secret_key(client: &Client) -> CheckResult {
    let result = match client.api() {
        Api::V1 => client.usage::<IgnoredAny>(None, None).await.map(drop),
        Api::VerifyV1 => client.check_api_keys().await,
    };
    match result {
        // No secret key is configured, which is no mistake if only the publishable key is needed.
        Err(error) if error.kind() == Kind::Request => CheckResult::warning("credentials", error.to_string()),
        result => health::credentials(result),
    }
}

/// The attribute of every identity that says which service the object is at.
fn service() -> identity::IdentityAttribute {
    identity::optional("base_url", "The address of the service. Taken from the provider block when it is left out.")
}

/// Fails if the configured generation is not `verify/v1`, the only one with lists.
fn listed(client: &Client, what: &str) -> Result<(), Diagnostic> {
    if client.api() == Api::VerifyV1 {
        return Ok(());
    }
    Err(Diagnostic::error(format!("Xident's API `v1` has no list of {what}"), Api::VerifyV1.how_to_configure()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    base_url: Option<String>,
    secret_key: Option<Secret>,
    publishable_key: Option<Secret>,
    api: Option<String>,
    requests_per_minute: Option<NonZeroU32>,
    headroom: Option<u32>,
}

impl Vendor for Xident {
    fn name(&self) -> &'static str {
        "xident"
    }

    fn title(&self) -> &'static str {
        "Xident"
    }

    fn description(&self) -> &'static str {
        "The API of Xident. Needed by every type that begins with `idv_xident_`."
    }

    fn attributes(&self) -> Vec<Attribute> {
        let secret = |name: &str| Attribute::string(name).optional().sensitive().rule(config::TRIMMED);
        vec![
            Attribute::string("base_url").optional().locates_tenant().rule(Rule::Url).describe(format!(
                "The address of the service, without the path that `api` names. `{ADDRESS}` if it is left out."
            )),
            secret("secret_key").rule(NOT_PUBLISHABLE).describe(
                "The secret key of the project, which all resources need. Either this or `publishable_key` is required.",
            ),
            secret("publishable_key").rule(NOT_SECRET).describe(
                "The publishable key of the project. Only `idv_xident_requirements` uses it, and never sends the secret key.",
            ),
            Attribute::string("api").optional().rule(Rule::OneOf(&["v1", "verify/v1"])).describe(
                "The generation of the API: `v1` as on the vendor's reference page, or `verify/v1` as in its newer OpenAPI document. \
                 Each lacks some objects of the other; an error then says which generation has the object. `v1` if it is left out.",
            ),
        ]
        .into_iter()
        .chain(config::rate_attributes())
        .chain(config::tls_attributes())
        .chain([overrides::paths_attribute("GET /blacklist")])
        .chain(overrides::attributes("GET /tokens/{id}", "GET /blacklist"))
        .collect()
    }

    fn connect(&self, config: Value, common: &Common) -> Result<AnyClient, Diagnostics> {
        let mut mistakes = Diagnostics::new();
        let (tenant, config) = config::take_tenant(self, config, &mut mistakes);
        let config: Config = provider::configuration("xident", config)?;
        if config.secret_key.is_none() && config.publishable_key.is_none() {
            let why = "Xident authenticates callers by the key of their project.";
            mistakes.push(provider::missing("xident", "secret_key", why));
        }
        if mistakes.has_errors() {
            return Err(mistakes);
        }
        let api = Api::named(config.api.as_deref());
        let address = config.base_url.as_deref().unwrap_or(ADDRESS);
        let address = config::base_url("base_url", address, &["/verify/v1", "/verify", "/v1"])?;
        let address = address.as_str().trim_end_matches('/').to_owned();
        let base_url = config::url("base_url", &format!("{address}/{}", api.name()))?;
        let mut settings =
            config::settings(common, "Xident", base_url, tenant, config.requests_per_minute, config.headroom)?;
        settings.is_own_error = Some(hints::is_own_error);
        settings.endpoint_limits = LIMITS.map(|(path, per_minute)| EndpointLimit { path, per_minute }).into();
        let header = |key: &Secret| match api {
            Api::V1 => StaticHeader::bearer("Xident", key),
            Api::VerifyV1 => StaticHeader::new("Xident", HeaderName::from_static(API_KEY), key),
        };
        let keys = Keys {
            secret: config.secret_key.as_ref().map(header).transpose()?,
            publishable: config.publishable_key.as_ref().map(header).transpose()?,
        };
        let http = http::Client::new(settings, Arc::new(keys))?;
        Ok(Arc::new(Client::new(http, address, api, config.publishable_key)))
    }

    /// Each generation that may be configured.
    fn apis(&self, settings: &Value) -> Result<Vec<openapi::Api>, Diagnostics> {
        let configured = settings.get("api").as_str().map(|name| Api::named(Some(name)));
        let apis = [(Api::V1, "api = \"v1\""), (Api::VerifyV1, "api = \"verify/v1\"")];
        let apis = apis.into_iter().filter(|(api, _)| configured.is_none_or(|configured| configured == *api));
        let apis = apis
            .map(|(api, setting)| {
                let keys = if api == Api::VerifyV1 { api_keys::calls() } else { Vec::new() };
                let calls = [blacklist::calls(api), faces::calls(api), keys, project::calls(api)].concat();
                let (base, setting) = (format!("/{}", api.name()), Some(setting));
                openapi::Api {
                    setting,
                    base,
                    is_error: Some(hints::is_own_error),
                    ..openapi::Api::new(&[API_KEY], calls)
                }
            })
            .collect();
        overrides::apply(self.name(), settings, apis)
    }

    fn objects(&self) -> Vec<Registration> {
        vec![
            Registration::listable(blacklist_entry::BlacklistEntry),
            Registration::resource(face_enrollment::FaceEnrollment),
            Registration::listable(api_key::ApiKey),
            Registration::data_source(requirements::Requirements),
            Registration::data_source(usage::Usage),
            Registration::function(webhook_signature::WebhookSignature),
            Registration::function(webhook_signature::WebhookIsAuthentic),
        ]
    }
}

/// The two keys are easily swapped, and a secret key that is sent in place of the publishable key has leaked.
const NOT_PUBLISHABLE: Rule = Rule::Custom {
    describe: "Begins with `sk_`.",
    check: |value| refuse_prefix(value, "pk_", "is a publishable key: set it in `publishable_key`"),
};

const NOT_SECRET: Rule = Rule::Custom {
    describe: "Begins with `pk_`.",
    check: |value| refuse_prefix(value, "sk_", "is a secret key: set it in `secret_key`"),
};

fn refuse_prefix(value: &Value, prefix: &str, problem: &str) -> Result<(), String> {
    match value.as_str() {
        Some("") => Err("is empty".to_owned()),
        Some(text) if text.starts_with(prefix) => Err(problem.to_owned()),
        _ => Ok(()),
    }
}
