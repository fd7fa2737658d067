//! VULT Security's KYC API: weights, document requirements, webhooks, and the erasure of a person's data.
//!
//! The vendor's reference has the names of operations and fields, and no routes; see `operations`.

mod client;
mod document_requirements;
mod erasure;
mod operations;
mod scope;
mod service;
mod session_outcomes;
mod sessions;
mod settings;
mod table;
mod webhook;
mod weights;
mod wire;

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;

use async_trait::async_trait;
use serde::Deserialize;

use self::operations::{Mistake, Operations};
use super::shared::access_token::{AccessToken, HoldsToken};
use super::shared::{config, health, overrides};
use crate::framework::health::{CheckResult, HealthCheck};
use crate::framework::identity::{self, TenantIdentity};
use crate::framework::provider::{self, AnyClient, Common, Registration};
use crate::framework::{Attribute, Diagnostic, Diagnostics, Path, Rule, Secret, Type, Value, Vendor};
use crate::http::{self, ClientAuth, ClientCredentials, OAuth2ClientCredentials};
use crate::openapi::Api;

/// The path of the token endpoint below the address of a tenant.
const TOKEN_PATH: &str = "/oauth/token";

/// The vendor.
pub struct Vult;

#[async_trait]
impl HealthCheck for client::Client {
    async fn check_health(&self) -> Vec<CheckResult> {
        health::of(&self.http, Box::pin(async { vec![health::credentials(self.token().await)] })).await
    }

    async fn read_absent(&self, method: &str, path: &str, id: &str) -> Result<(), String> {
        health::read_absent(&self.http, method, path, id).await
    }
}

impl provider::Client for client::Client {
    const VENDOR: &'static str = "vult";

    fn tenant_identity(&self) -> TenantIdentity {
        [("base_url", self.address().to_owned())].into()
    }
}

#[async_trait]
impl HoldsToken for client::Client {
    const TYPE_NAME: &'static str = "vult_access_token";
    const API_OF: &'static str = "VULT";

    async fn access_token(&self) -> Result<Arc<http::Token>, http::Error> {
        self.token().await
    }
}

/// The identity attribute of the tenant that an object belongs to.
fn tenant() -> identity::IdentityAttribute {
    identity::optional(
        "base_url",
        "The address of the tenant's API. Taken from the provider block when it is left out.",
    )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    base_url: Option<String>,
    client_id: Option<String>,
    client_secret: Option<Secret>,
    token_url: Option<String>,
    scopes: Option<Vec<String>>,
    audience: Option<String>,
    client_auth: Option<String>,
    openapi_file: Option<String>,
    #[serde(skip)]
    paths: BTreeMap<String, String>,
    requests_per_minute: Option<NonZeroU32>,
    headroom: Option<u32>,
}

impl Vendor for Vult {
    fn name(&self) -> &'static str {
        "vult"
    }

    fn title(&self) -> &'static str {
        "VULT"
    }

    fn description(&self) -> &'static str {
        "VULT Security's KYC API. Needed by every type that begins with `idv_vult_`."
    }

    fn attributes(&self) -> Vec<Attribute> {
        let text = |name: &str| Attribute::string(name).optional().rule(Rule::Length(1, usize::MAX));
        let url = |name: &str| Attribute::string(name).optional().locates_tenant().rule(Rule::Url);
        vec![
            url("base_url").describe("The address of the tenant's API, such as `https://kyc.example.com`. Required."),
            text("client_id").rule(config::TRIMMED).describe("The id of the OAuth2 client that Terraform signs in with. Required."),
            text("client_secret").sensitive().rule(config::TRIMMED).describe("The secret of that client. Required."),
            url("token_url").describe(
                "The address of the token endpoint. The default is the one in `openapi_file`, or `{base_url}/oauth/token`.",
            ),
            Attribute::of("scopes", Type::list(Type::String)).optional().describe("The scopes of the access token."),
            text("audience").describe("The audience of the access token."),
            Attribute::string("client_auth").optional().rule(Rule::OneOf(&["basic", "post"])).describe(
                "How the client's credentials are sent: in an `Authorization: Basic` header, or in the form. The default is `basic`.",
            ),
            text("openapi_file").describe(
                "The path of the OpenAPI document, in JSON or YAML, that the vendor's documentation offers for download. Operations \
                 are found in it by their summary, such as \"update weights\".",
            ),
            Attribute::of("paths", Type::map(Type::String)).optional().describe(format!(
                "The routes of single operations, each `\"METHOD /path\"`. They take precedence over `openapi_file`. VULT does not \
                 publish its routes; without either, these assumptions are used: {}.",
                operations::defaults()
            )),
        ]
        .into_iter()
        .chain(config::rate_attributes())
        .chain(config::tls_attributes())
        .chain(overrides::attributes("get_weights_by_id", "webhook_list"))
        .collect()
    }

    fn connect(&self, config: Value, common: &Common) -> Result<AnyClient, Diagnostics> {
        let paths = config.get("paths").clone();
        let mut mistakes = Diagnostics::new();
        let (tenant, config) = config::take_tenant(self, config, &mut mistakes);
        let config = configuration(config, paths)?;
        let mut of_routes = Diagnostics::new();
        let operations = operations(&config, &mut of_routes);
        // The settings about single calls need the routes too, so these mistakes may be known.
        for mistake in of_routes.into_errors() {
            if !mistakes.iter().any(|known| *known == mistake) {
                mistakes.push(mistake);
            }
        }
        let base_url =
            required(config.base_url, "base_url", "Each tenant of VULT has an address of its own.", &mut mistakes);
        let client_id =
            required(config.client_id, "client_id", "VULT signs clients in by id and secret.", &mut mistakes);
        let client_secret =
            required(config.client_secret, "client_secret", "VULT signs clients in by id and secret.", &mut mistakes);
        let (Some(operations), Some(base_url), Some(client_id), Some(client_secret), false) =
            (operations, base_url, client_id, client_secret, mistakes.has_errors())
        else {
            return Err(mistakes);
        };
        let base_url = config::base_url("base_url", &base_url, &[TOKEN_PATH, "/oauth"])?;
        let token_url = config.token_url.or_else(|| operations.token_url.clone());
        let token_url = token_url.unwrap_or_else(|| format!("{}{TOKEN_PATH}", base_url.as_str().trim_end_matches('/')));
        let settings = config::settings(common, "VULT", base_url, tenant, config.requests_per_minute, config.headroom)?;
        let credentials = ClientCredentials {
            token_url: config::url("token_url", &token_url)?,
            documented_path: TOKEN_PATH.to_owned(),
            client_id,
            client_secret: client_secret.clone(),
            scopes: config.scopes.unwrap_or_default(),
            audience: config.audience,
            client_auth: if config.client_auth.as_deref() == Some("post") {
                ClientAuth::Post
            } else {
                ClientAuth::Basic
            },
        };
        let auth = Arc::new(OAuth2ClientCredentials::new(&settings, credentials)?);
        let http = http::Client::with_connections(settings, auth.clone(), auth.connections())?;
        Ok(Arc::new(client::Client::new(http, auth, operations)))
    }

    fn apis(&self, settings: &Value) -> Result<Vec<Api>, Diagnostics> {
        let config = configuration(config::own(settings.clone()), settings.get("paths").clone())?;
        let mut mistakes = Diagnostics::new();
        let operations = operations(&config, &mut mistakes);
        let api = operations.map(|operations| {
            // Another address of tokens is a difference only where the provider would use its default.
            let is_known = config.token_url.is_some() || operations.token_url.is_some();
            Api { token_setting: (!is_known).then_some("token_url"), ..operations.api() }
        });
        overrides::apply(self.name(), settings, vec![api.ok_or(mistakes)?])
    }

    fn objects(&self) -> Vec<Registration> {
        vec![
            Registration::listable(settings::Managed(weights::Weights)),
            Registration::data_source(weights::WeightsData),
            Registration::listable(settings::Managed(document_requirements::DocumentRequirements)),
            Registration::data_source(document_requirements::DocumentRequirementsData),
            Registration::listable(webhook::Webhook),
            Registration::data_source(webhook::Webhooks),
            Registration::data_source(service::Service),
            Registration::data_source(session_outcomes::SessionOutcomes),
            Registration::ephemeral(AccessToken::<client::Client>::new()),
            Registration::action(erasure::Erase(erasure::AnonymizeIdentity)),
            Registration::action(erasure::Erase(erasure::AnonymizeSession)),
            Registration::action(erasure::Erase(erasure::DeleteSession)),
        ]
    }
}

/// `paths` are those of the whole configuration, of which this client reads them itself.
fn configuration(config: Value, paths: Value) -> Result<Config, Diagnostic> {
    let paths = if paths.is_null() { BTreeMap::new() } else { provider::configuration("vult", paths)? };
    Ok(Config { paths, ..provider::configuration("vult", config)? })
}

fn required<T>(value: Option<T>, attribute: &str, why: &str, mistakes: &mut Diagnostics) -> Option<T> {
    if value.is_none() {
        mistakes.push(provider::missing("vult", attribute, why));
    }
    value
}

/// The routes of all operations; adds every mistake in their sources.
fn operations(config: &Config, mistakes: &mut Diagnostics) -> Option<Operations> {
    let document = config.openapi_file.as_ref().map(|path| (path, std::fs::read(path)));
    let document = match &document {
        Some((path, Err(error))) => {
            let detail = format!(
                "`openapi_file` is `{path}`, which cannot be read: {error}. Write the path relative to the folder in which Terraform \
                 runs, or use `${{path.module}}/...`."
            );
            mistakes
                .push(Diagnostic::error("The OpenAPI document cannot be read", detail).at(Path::to("openapi_file")));
            return None;
        }
        Some((_, Ok(bytes))) => Some(bytes.as_slice()),
        None => None,
    };
    Operations::new(&config.paths, document)
        .map_err(|found| {
            for mistake in found {
                mistakes.push(match mistake {
                    Mistake::Paths(key, problem) => {
                        Diagnostic::error("Wrong route in `paths`", format!("`paths[\"{key}\"]`: {problem}."))
                            .at(Path::to("paths").key(key))
                    }
                    Mistake::Document(problem) => {
                        let path = config.openapi_file.as_deref().unwrap_or_default();
                        Diagnostic::error("The OpenAPI document cannot be used", format!("`{path}`: {problem}."))
                            .at(Path::to("openapi_file"))
                    }
                });
            }
        })
        .ok()
}
