//! 5N ID: access to the credentials of parties, links with which anybody can verify them, and human scores.
//!
//! The API has two generations, which `client` converts to the same structs; a configuration selects one with `api`.

mod access_request;
mod client;
mod credentials;
mod errors;
mod human_score;
mod links;
mod pages;
mod request_credentials;
mod user_counts;
mod verification_status;
mod wire;

use std::num::NonZeroU32;
use std::sync::Arc;

use async_trait::async_trait;
use serde::Deserialize;

use self::client::Api;
use self::pages::CredentialFilter;
use super::shared::access_token::{AccessToken, HoldsToken};
use super::shared::{config, health, overrides};
use crate::framework::health::{CheckResult, HealthCheck};
use crate::framework::identity::{self, TenantIdentity};
use crate::framework::provider::{self, AnyClient, Common, Registration};
use crate::framework::{Attribute, Diagnostic, Diagnostics, Path, Rule, Secret, Type, Value, Vendor};
use crate::http::{self, ClientAuth, ClientCredentials, OAuth2ClientCredentials};
use crate::openapi;

/// The identity providers of an access request, from the vendor's SDK. The page lists none.
const PROVIDERS: &[&str] = &["GOOGLE", "LINKEDIN", "GITHUB", "DISCORD", "TWITTER", "REDDIT"];

/// The vendor.
pub struct Fiven;

#[async_trait]
impl HealthCheck for client::Client {
    async fn check_health(&self) -> Vec<CheckResult> {
        let first_page = async {
            self.token().await?;
            self.pages(CredentialFilter::default()).next().await
        };
        health::of(&self.http, Box::pin(async { vec![health::credentials(first_page.await)] })).await
    }

    async fn read_absent(&self, method: &str, path: &str, id: &str) -> Result<(), String> {
        health::read_absent(&self.http, method, path, id).await
    }
}

impl provider::Client for client::Client {
    const VENDOR: &'static str = "fiven";

    fn tenant_identity(&self) -> TenantIdentity {
        [("base_url", self.address().to_owned())].into()
    }
}

#[async_trait]
impl HoldsToken for client::Client {
    const TYPE_NAME: &'static str = "fiven_access_token";
    const API_OF: &'static str = "5N ID";

    async fn access_token(&self) -> Result<Arc<http::Token>, http::Error> {
        self.token().await
    }
}

/// The attribute of every identity that says in which environment the object is.
fn environment() -> identity::IdentityAttribute {
    identity::optional("base_url", "The address of the API. Taken from the provider block when it is left out.")
}

/// The attribute for the party of an object.
fn party_id() -> Attribute {
    Attribute::string("party_id").rule(Rule::Length(1, usize::MAX))
}

/// The attribute for the identity providers whose credentials are requested.
fn providers() -> Attribute {
    static KNOWN: Rule = Rule::Known(PROVIDERS);
    let set = Attribute::of("providers", Type::set(Type::String));
    set.rule(Rule::Each(&KNOWN)).rule(config::NOT_EMPTY)
}

/// The error for an attribute that only the other generation of the API has.
fn only_in(api: Api, attribute: &str, what: &str) -> Diagnostic {
    let detail = format!(
        "{what} The provider is configured for another generation of 5N ID's API. Set `api = \"{}\"` in `fiven = {{ ... }}` of \
         the provider block, or remove `{attribute}`.",
        api.name()
    );
    Diagnostic::error(format!("`{attribute}` needs `api = \"{}\"`", api.name()), detail).at(Path::to(attribute))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    environment: Option<String>,
    base_url: Option<String>,
    token_url: Option<String>,
    client_id: Option<String>,
    client_secret: Option<Secret>,
    api: Option<String>,
    requests_per_minute: Option<NonZeroU32>,
    headroom: Option<u32>,
}

impl Config {
    fn api(&self) -> Api {
        self.api.as_deref().map_or(Api::V1, Api::named)
    }

    /// The address of the API: the page names one pair of addresses, the SDK another.
    fn address(&self, mistakes: &mut Diagnostics) -> Option<String> {
        let named = match (self.environment.as_deref(), self.api()) {
            (None, _) => None,
            (Some("mainnet"), Api::V1) => Some("https://id.mainnet.cantonloop.com"),
            (Some("mainnet"), Api::Institutions) => Some("https://id.cantonloop.com"),
            (Some(_), _) => Some("https://id.devnet.cantonloop.com"),
        };
        match (named, &self.base_url) {
            (Some(_), Some(base_url)) => {
                let detail = format!(
                    "`base_url` is `{base_url}`, and `environment` selects an address too. Keep one of them. Each may come from the \
                     provider block or from IDV_FIVEN_ENVIRONMENT and IDV_FIVEN_BASE_URL."
                );
                let summary = "`environment` conflicts with `base_url`";
                mistakes.push(Diagnostic::error(summary, detail).at(Path::to("base_url")));
                None
            }
            (None, None) => {
                let why = "5N ID has a test network, `devnet`, and a production network, `mainnet`; `base_url` is for any \
                           other address.";
                mistakes.push(provider::missing("fiven", "environment", why));
                None
            }
            (named, base_url) => base_url.clone().or(named.map(str::to_owned)),
        }
    }

    /// The documented address that tokens are requested at. The SDK's authorization server has a realm for each network.
    fn default_token_url(&self, address: &str) -> String {
        const SERVER: &str = "https://auth.console-dev.fivenorth.io/realms";
        const ENDPOINT: &str = "protocol/openid-connect/token";
        match (self.environment.as_deref(), self.api()) {
            (Some("mainnet"), Api::Institutions) => format!("{SERVER}/5n-apps-mainnet/{ENDPOINT}"),
            (Some(_), Api::Institutions) => format!("{SERVER}/5n-apps/{ENDPOINT}"),
            _ => format!("{}/oauth/token", address.trim_end_matches('/')),
        }
    }
}

impl Vendor for Fiven {
    fn name(&self) -> &'static str {
        "fiven"
    }

    fn title(&self) -> &'static str {
        "5N ID"
    }

    fn description(&self) -> &'static str {
        "5N ID. Needed by every type that begins with `idv_fiven_`."
    }

    fn attributes(&self) -> Vec<Attribute> {
        let text = |name: &str| Attribute::string(name).optional().rule(Rule::Length(1, usize::MAX));
        let url = |name: &str| Attribute::string(name).optional().locates_tenant().rule(Rule::Url);
        vec![
            Attribute::string("environment").optional().locates_tenant().rule(Rule::OneOf(&["devnet", "mainnet"])).describe(
                "The network whose API is used. Either this or `base_url` is required.",
            ),
            url("base_url").describe(
                "The address of the API without `/api/v1`, such as `https://id.devnet.cantonloop.com`. It replaces `environment`.",
            ),
            url("token_url").describe(
                "The address that access tokens are requested at. Without it `{base_url}/oauth/token`; with `api = \"institutions\"` and an \
                 `environment`, the vendor's authorization server.",
            ),
            text("client_id").rule(config::TRIMMED).describe("The id of the OAuth2 client. Required."),
            text("client_secret").sensitive().rule(config::TRIMMED).describe("The secret of that client. Required."),
            Attribute::string("api").optional().rule(Rule::OneOf(&["v1", "institutions"])).describe(
                "The generation of the API: `v1` as in the vendor's reference, or `institutions` as in its SDK. The same \
                 configuration works on both if both have the object. `v1` if it is left out.",
            ),
        ]
        .into_iter()
        .chain(config::rate_attributes())
        .chain(config::tls_attributes())
        .chain([overrides::paths_attribute("GET /api/v1/credentials")])
        .chain(overrides::attributes("GET /api/v1/credentials/{partyId}", "GET /api/v1/credentials"))
        .collect()
    }

    fn connect(&self, config: Value, common: &Common) -> Result<AnyClient, Diagnostics> {
        let mut mistakes = Diagnostics::new();
        let (tenant, config) = config::take_tenant(self, config, &mut mistakes);
        let config: Config = provider::configuration("fiven", config)?;
        let address = config.address(&mut mistakes);
        for (attribute, absent) in
            [("client_id", config.client_id.is_none()), ("client_secret", config.client_secret.is_none())]
        {
            if absent {
                mistakes.push(provider::missing("fiven", attribute, "5N ID authenticates clients by id and secret."));
            }
        }
        let (Some(address), Some(client_id), Some(client_secret), false) =
            (address, config.client_id.clone(), &config.client_secret, mistakes.has_errors())
        else {
            return Err(mistakes);
        };
        let mut settings = config::settings(
            common,
            "5N ID",
            config::base_url("base_url", &address, &["/api/v1", "/api"])?,
            tenant,
            config.requests_per_minute,
            config.headroom,
        )?;
        settings.parse_error = errors::parse_error;
        settings.is_own_error = Some(errors::is_own_error);
        let documented = config.default_token_url(&address);
        let credentials = ClientCredentials {
            token_url: config::url("token_url", config.token_url.as_ref().unwrap_or(&documented))?,
            documented_path: config::url("token_url", &documented)?.path().to_owned(),
            client_id,
            client_secret: client_secret.clone(),
            scopes: Vec::new(),
            audience: None,
            // The page lists id and secret among the parameters of the form.
            client_auth: ClientAuth::Post,
        };
        // The vendor's SDK renews the token after a 403.
        let auth = Arc::new(OAuth2ClientCredentials::new(&settings, credentials)?.renewing_on_forbidden());
        let http = http::Client::with_connections(settings, auth.clone(), auth.connections())?;
        Ok(Arc::new(client::Client::new(http, auth, config.api())))
    }

    /// Each generation that may be configured.
    fn apis(&self, settings: &Value) -> Result<Vec<openapi::Api>, Diagnostics> {
        let configured = settings.get("api").as_str().map(Api::named);
        let apis = [(Api::V1, "api = \"v1\""), (Api::Institutions, "api = \"institutions\"")];
        let apis = apis.into_iter().filter(|(api, _)| configured.is_none_or(|configured| configured == *api));
        // Another address of tokens is a difference only where the provider would use its default.
        let token_setting = settings.get("token_url").is_null().then_some("token_url");
        let apis = apis
            .map(|(api, setting)| {
                let calls = [client::calls(api), pages::calls(api), user_counts::calls(api)].concat();
                openapi::Api {
                    setting: Some(setting),
                    token_setting,
                    is_error: Some(errors::is_own_error),
                    ..openapi::Api::new(&[], calls)
                }
            })
            .collect();
        overrides::apply(self.name(), settings, apis)
    }

    fn objects(&self) -> Vec<Registration> {
        vec![
            Registration::listable(access_request::AccessRequest),
            Registration::data_source(credentials::Credentials),
            Registration::data_source(credentials::OneCredential),
            Registration::data_source(human_score::HumanScore),
            Registration::data_source(user_counts::UserCounts),
            Registration::data_source(verification_status::VerificationStatus),
            Registration::ephemeral(AccessToken::<client::Client>::new()),
            Registration::ephemeral(links::VerificationLink),
            Registration::ephemeral(links::VerificationLinks),
            Registration::action(request_credentials::RequestCredentials),
        ]
    }
}
