//! 1Kosmos' ID Proofing API: proofing templates and sessions, the storage bucket, service keys.
//!
//! `client` has the calls of the API and `exchange` sends them. `crypto` and `session` encrypt the headers of each request for the
//! service, and the bodies that the table in `endpoints` names.

mod bucket;
mod bucket_credentials;
mod bucket_data;
mod client;
mod crypto;
mod endpoints;
mod exchange;
mod functions;
mod information;
mod proofing_session;
mod proofing_sessions;
mod proofing_template;
mod proofing_templates;
mod service_key;
mod service_key_secret;
mod session;
mod session_counts;
mod session_list;
mod steps;
mod template_wire;
mod workflow;

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;

use async_trait::async_trait;
use serde::Deserialize;
use serde::de::IgnoredAny;
use url::Url;

use self::client::{Client, Tenancy};
use self::crypto::{Curve, PrivateKey};
use self::endpoints::Endpoints;
use self::session::{Identity, Session};
use super::shared::{config, health, overrides};
use crate::framework::health::{CheckResult, HealthCheck};
use crate::framework::identity::{self, IdentitySchema, TenantIdentity};
use crate::framework::provider::{self, AnyClient, Common, Registration};
use crate::framework::rules::any_of;
use crate::framework::{Attribute, Diagnostic, Diagnostics, Path, Rule, Secret, Type, Value, Vendor};
use crate::http::{self, Anonymous, CachePolicy};
use crate::openapi::Api;

/// The path of the service below a tenant's host.
const SERVICE: &str = "/idproofingapi";

/// The vendor 1Kosmos.
pub struct OneKosmos;

#[async_trait]
impl HealthCheck for Client {
    async fn check_health(&self) -> Vec<CheckResult> {
        health::of(&self.http, Box::pin(curve_and_license(self))).await
    }
}

#[async_trait]
impl provider::Client for Client {
    const VENDOR: &'static str = "onekosmos";

    fn tenant_identity(&self) -> TenantIdentity {
        [("base_url", self.address().to_owned())].into()
    }

    /// Objects of a community are compared with the community of the provider, which is looked up once.
    async fn resolve_tenant(&self, identity: &IdentitySchema) -> Result<TenantIdentity, Diagnostics> {
        let mut tenant = provider::Client::tenant_identity(self);
        if identity.attributes().iter().any(|attribute| attribute.name == "community_id") {
            let community = self.community().await?;
            tenant.insert("tenant_id", community.tenant_id.clone());
            tenant.insert("community_id", community.community_id.clone());
        }
        Ok(tenant)
    }
}

/// Checks the curve, which encryption needs, and the license.
async fn curve_and_license(client: &Client) -> Vec<CheckResult> {
    let curve = match client.session.curve().await {
        Ok(curve) => CheckResult::ok("curve", format!("The service's key is on {}.", curve.name())),
        Err(error) => {
            let skipped = CheckResult::skipped("credentials", "Requests cannot be encrypted for the service.");
            return vec![CheckResult::failed("curve", error.to_string()), skipped];
        }
    };
    let license = if client.session.has_license() {
        health::credentials(client.bucket::<IgnoredAny>(CachePolicy::UseCached).await)
    } else {
        CheckResult::warning(
            "credentials",
            "No license is configured: the bucket, service keys and the list of sessions cannot be used. Set `license_key`, or \
             IDV_ONEKOSMOS_LICENSE_KEY.",
        )
    };
    vec![curve, license]
}

/// The attribute of every identity that names the deployment.
fn deployment() -> identity::IdentityAttribute {
    identity::optional("base_url", "The address of the service. Defaults to that of the provider block.")
}

/// The attributes of an identity that name the community.
fn community() -> [identity::IdentityAttribute; 2] {
    [
        identity::optional(
            "tenant_id",
            "The tenant that the object belongs to. Defaults to that of the provider block.",
        ),
        identity::optional(
            "community_id",
            "The community that the object belongs to. Defaults to that of the provider block.",
        ),
    ]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    tenant_dns: Option<String>,
    base_url: Option<String>,
    tenant_id: Option<String>,
    community_id: Option<String>,
    community_name: Option<String>,
    license_key: Option<Secret>,
    private_key: Option<Secret>,
    app_id: Option<String>,
    curve: Option<String>,
    template_session_id: Option<String>,
    body_encryption: Option<BTreeMap<String, String>>,
    requests_per_minute: Option<NonZeroU32>,
    headroom: Option<u32>,
}

impl Vendor for OneKosmos {
    fn name(&self) -> &'static str {
        "onekosmos"
    }

    fn title(&self) -> &'static str {
        "1Kosmos"
    }

    fn description(&self) -> &'static str {
        "The ID Proofing API of 1Kosmos. Required by every type that begins with `idv_onekosmos_`."
    }

    fn attributes(&self) -> Vec<Attribute> {
        let text = |name: &str| Attribute::string(name).optional().rule(Rule::Length(1, usize::MAX));
        vec![
            text("tenant_dns").locates_tenant().describe("The host name of the tenant, such as `acme.1kosmos.net`. Either this or `base_url` is required."),
            Attribute::string("base_url").optional().locates_tenant().rule(Rule::Url).describe(
                "The address of the service, if it is not `https://{tenant_dns}/idproofingapi`.",
            ),
            text("tenant_id").locates_tenant().rule(config::TRIMMED).describe("The id of the tenant. Looked up by default."),
            text("community_id").locates_tenant().rule(config::TRIMMED).describe("The id of the community. Looked up by `community_name` by default."),
            text("community_name").locates_tenant().rule(config::TRIMMED).describe("The name of the community. Defaults to `default` if `community_id` is not set."),
            text("license_key").sensitive().rule(config::TRIMMED).describe(
                "The license that authorizes requests. Its level decides what they may do: `system` for service keys, `system` or \
                 `service` for the bucket and the list of sessions.",
            ),
            text("private_key").sensitive().rule(config::TRIMMED).describe(
                "The private key of the provider, base64 of its number. It does not have to be registered. By default a key is \
                 generated for each run.",
            ),
            text("app_id").describe("The name of the caller in the vendor's logs. Defaults to `terraform`."),
            Attribute::string("curve").optional().rule(Rule::OneOf(&["auto", "secp256k1", "prime256v1"])).describe(
                "The elliptic curve of the deployment. `auto`, the default, detects it by the service's key.",
            ),
            text("template_session_id").rule(config::TRIMMED).describe(
                "The id of a live proofing session of the tenant. The vendor returns templates only through a session. With it, \
                 Terraform finds changes to templates made elsewhere, imports templates, and looks up a create without a response.",
            ),
            Attribute::of("body_encryption", Type::map(Type::String)).optional().describe(format!(
                "The form of each request body, by endpoint: `plain` or `encrypted`. The vendor does not document it for these \
                 endpoints, so the defaults are inferred: {}.",
                endpoints::defaults()
            )),
        ]
        .into_iter()
        .chain(config::rate_attributes())
        .chain(config::tls_attributes())
        .chain([overrides::paths_attribute("GET /proofingtemplates/{sessionId}")])
        .chain(overrides::attributes("GET /bucket/tenant/{tenantId}/community/{communityId}", "GET /proofingtemplates/{sessionId}"))
        .collect()
    }

    fn connect(&self, config: Value, common: &Common) -> Result<AnyClient, Diagnostics> {
        let mut mistakes = Diagnostics::new();
        let (tenant, config) = config::take_tenant(self, config, &mut mistakes);
        let config: Config = provider::configuration("onekosmos", config)?;
        let address = address(&config, &mut mistakes);
        let curve = config.curve.as_deref().and_then(Curve::named);
        let private_key = private_key(config.private_key.as_ref(), curve, &mut mistakes);
        let overrides = config.body_encryption.clone().unwrap_or_default();
        check_overrides(&overrides, &mut mistakes);
        let (Some((base_url, dns)), Some(private_key), false) = (address, private_key, mistakes.has_errors()) else {
            return Err(mistakes);
        };
        let mut settings =
            config::settings(common, "1Kosmos", base_url, tenant, config.requests_per_minute, config.headroom)?;
        settings.is_own_error = Some(exchange::is_own_error);
        let identity = Identity {
            license_key: config.license_key,
            private_key,
            configured_key: config.private_key,
            curve,
            app_id: config.app_id.unwrap_or_else(|| "terraform".to_owned()),
        };
        let anonymous = http::Client::new(settings.clone(), Arc::new(Anonymous))?;
        let connections = anonymous.connections();
        let session = Arc::new(Session::new(identity, anonymous));
        let http = http::Client::with_connections(settings, session.clone(), connections)?;
        let tenancy = Tenancy {
            dns,
            tenant_id: config.tenant_id,
            community_id: config.community_id,
            community_name: config.community_name,
        };
        let client = Client::new(http, session, Endpoints::new(&overrides), tenancy, config.template_session_id)?;
        Ok(Arc::new(client))
    }

    fn apis(&self, settings: &Value) -> Result<Vec<Api>, Diagnostics> {
        let calls = [
            client::calls(),
            session::calls(),
            session_list::calls(),
            bucket::calls().into(),
            service_key_secret::calls().into(),
            proofing_session::calls().into(),
            information::calls(),
        ];
        let mut calls = calls.concat();
        let entries = settings.get("body_encryption").as_map().into_iter().flatten();
        let entries = entries.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect();
        Endpoints::new(&entries).apply(&mut calls);
        overrides::apply(
            self.name(),
            settings,
            vec![Api { is_error: Some(exchange::is_own_error), ..Api::new(&session::HEADERS, calls) }],
        )
    }

    fn objects(&self) -> Vec<Registration> {
        vec![
            Registration::listable(proofing_template::ProofingTemplate),
            Registration::data_source(proofing_templates::ProofingTemplates),
            Registration::data_source(proofing_sessions::ProofingSessions),
            Registration::data_source(session_counts::SessionCounts),
            Registration::listable(bucket::Bucket),
            Registration::data_source(bucket_data::BucketData),
            Registration::listable(service_key::ServiceKey),
            Registration::data_source(service_key::ServiceKeys),
            Registration::data_source(information::CommunityData),
            Registration::data_source(information::Connectors),
            Registration::data_source(information::Service),
            Registration::ephemeral(service_key_secret::ServiceKeySecret),
            Registration::ephemeral(proofing_session::ProofingSession),
            Registration::action(service_key_secret::ResetServiceKey),
            Registration::function(functions::PublicKey),
            Registration::function(functions::FlowDiagram),
        ]
    }
}

/// The service's address, and the host name by which it knows the tenant.
fn address(config: &Config, mistakes: &mut Diagnostics) -> Option<(Url, String)> {
    let url = match (&config.base_url, &config.tenant_dns) {
        (Some(base_url), _) => config::base_url("base_url", base_url, &["/api/r1", "/api", "/publickeys"]),
        (None, Some(dns)) => Url::parse(&format!("https://{dns}{SERVICE}")).map_err(|error| {
            let detail = format!(
                "`tenant_dns` is `{dns}`, which is not a host name: {error}. Write it as in `acme.1kosmos.net`, without `https://` and \
                 without a path."
            );
            Diagnostic::error("Wrong value for `tenant_dns`", detail).at(Path::to("tenant_dns"))
        }),
        (None, None) => {
            Err(provider::missing("onekosmos", "tenant_dns", "Each tenant of 1Kosmos has its own host name."))
        }
    };
    let url = url.map_err(|mistake| mistakes.push(mistake)).ok()?;
    if let Some(dns) = config.tenant_dns.as_ref().filter(|dns| dns.contains('/')) {
        let detail =
            format!("`tenant_dns` is `{dns}`. Write only the host name, as in `acme.1kosmos.net`, or use `base_url`.");
        mistakes.error(Path::to("tenant_dns"), "`tenant_dns` is not a host name", detail);
        return None;
    }
    let host = match url.port() {
        Some(port) => format!("{}:{port}", url.host_str()?),
        None => url.host_str()?.to_owned(),
    };
    Some((url, config.tenant_dns.clone().unwrap_or(host)))
}

fn private_key(configured: Option<&Secret>, curve: Option<Curve>, mistakes: &mut Diagnostics) -> Option<PrivateKey> {
    let Some(configured) = configured else { return Some(PrivateKey::generate()) };
    let parsed = PrivateKey::parse(configured.expose()).and_then(|key| match curve {
        Some(curve) => key.public_key(curve).map(|_| key),
        None => Ok(key),
    });
    let parsed = parsed.map_err(|problem| {
        let detail = format!(
            "`private_key` (or IDV_ONEKOSMOS_PRIVATE_KEY) cannot be used: {problem}. Write the key's 32 bytes in standard base64, \
             without the lines of a PEM file, such as from `openssl rand -base64 32`. Or omit it, and a key is generated for each run."
        );
        mistakes.error(Path::to("private_key"), "`private_key` is malformed", detail);
    });
    parsed.ok()
}

fn check_overrides(overrides: &BTreeMap<String, String>, mistakes: &mut Diagnostics) {
    for (key, value) in overrides {
        let path = Path::to("body_encryption").key(key);
        if !endpoints::is_key(key) {
            let detail = format!("`{key}` is not an endpoint with a body. Use {}.", any_of(&endpoints::keys()));
            mistakes.error(path, "Unknown endpoint in `body_encryption`", detail);
        } else if !["plain", "encrypted"].contains(&value.as_str()) {
            let detail = format!("`{key}` is `{value}`; it must be `plain` or `encrypted`.");
            mistakes.error(path, "Wrong value in `body_encryption`", detail);
        }
    }
}
