//! Didit: workflows, questionnaires, webhook destinations, lists and the customization of an application.
//!
//! The vendor's reference page describes only access tokens. The management API and its key are from the vendor's OpenAPI
//! document. See `client`.

mod client;
mod creates;
mod customization;
mod features;
mod field;
mod form_elements;
mod json;
mod list;
mod list_entry;
mod lists;
mod lookup;
mod questionnaire;
mod questionnaire_data;
mod versions;
mod webhook_destination;
mod workflow;
mod workflows;

use std::num::NonZeroU32;
use std::sync::Arc;

use async_trait::async_trait;
use serde::Deserialize;
use url::Url;

use self::client::{Client, Collection, SignIn};
use self::versions::Version;
use super::shared::access_token::{AccessToken, HoldsToken};
use super::shared::{config, health, import_id, overrides};
use crate::framework::health::{CheckResult, HealthCheck};
use crate::framework::identity::{self, TenantIdentity};
use crate::framework::provider::{self, AnyClient, Common, Registration};
use crate::framework::{Attr, Attribute, Context, Diagnostic, Diagnostics, Model, Path, Rule, Secret, Value, Vendor};
use crate::http::{
    self, Authenticate, CachePolicy, ClientAuth, ClientCredentials, Connections, HeaderName, OAuth2ClientCredentials,
    StaticHeader,
};
use crate::openapi::Api;

/// The address of the management API in the vendor's OpenAPI document.
const ADDRESS: &str = "https://verification.didit.me";

/// The header of the key of an application.
const API_KEY: &str = "x-api-key";

/// The address of the token endpoint on the vendor's page.
const AUTH_URL: &str = "https://apx.didit.me/auth/v2/token/";

/// The vendor.
pub struct Didit;

#[async_trait]
impl HealthCheck for Client {
    async fn check_health(&self) -> Vec<CheckResult> {
        let first_page = async { self.pages::<Version>(&Collection::workflows(), CachePolicy::UseCached).next().await };
        health::of(&self.http, Box::pin(async { vec![health::credentials(first_page.await)] })).await
    }

    async fn read_absent(&self, method: &str, path: &str, id: &str) -> Result<(), String> {
        health::read_absent(&self.http, method, path, id).await
    }
}

impl provider::Client for Client {
    const VENDOR: &'static str = "didit";

    fn tenant_identity(&self) -> TenantIdentity {
        [("base_url", self.address().to_owned())].into()
    }
}

#[async_trait]
impl HoldsToken for Client {
    const TYPE_NAME: &'static str = "didit_access_token";
    const API_OF: &'static str = "Didit";

    async fn access_token(&self) -> Result<Arc<http::Token>, http::Error> {
        self.token().await
    }
}

/// The part of every identity that names the service of the object.
fn service() -> identity::IdentityAttribute {
    identity::optional("base_url", "The address of the API. Taken from the provider block if it is left out.")
}

/// Warns that an object no longer exists.
fn warn_gone<M: Model>(ctx: &mut Context<M>, collection: &Collection, id: &str) {
    let one = collection.one();
    let detail = format!(
        "Didit no longer has the {one} `{id}`. It was deleted outside of Terraform and is planned for creation. To stop managing it \
         instead, remove the resource and run `terraform apply`."
    );
    ctx.warn(collection.summary(id, "is gone"), detail);
}

/// Reads an import id that is one uuid. `form` is its name in the documentation.
fn one_uuid(id: &str, type_name: &str, form: &str) -> Result<Attr<String>, Diagnostics> {
    if !id.is_empty() && !id.contains('/') {
        return Ok(id.into());
    }
    let forms = format!("`{form}`, such as `11111111-2222-3333-4444-555555555555`");
    Err(import_id::wrong(type_name, id, &forms))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    client_id: Option<String>,
    client_secret: Option<Secret>,
    auth_url: Option<String>,
    api_key: Option<Secret>,
    base_url: Option<String>,
    requests_per_minute: Option<NonZeroU32>,
    headroom: Option<u32>,
}

/// The credentials of a configuration.
enum Credentials<'c> {
    ApiKey(&'c Secret),
    Client(&'c str, &'c Secret),
}

impl Config {
    fn credentials(&self) -> Result<Credentials<'_>, Diagnostic> {
        const WHY: &str = "A client signs in by its id and its secret.";
        match (&self.api_key, &self.client_id, &self.client_secret) {
            (Some(key), None, None) => Ok(Credentials::ApiKey(key)),
            (None, Some(id), Some(secret)) => Ok(Credentials::Client(id, secret)),
            (None, Some(_), None) => Err(provider::missing("didit", "client_secret", WHY)),
            (None, None, Some(_)) => Err(provider::missing("didit", "client_id", WHY)),
            (None, None, None) => Err(provider::missing(
                "didit",
                "api_key",
                "A caller signs in by the key of an application, or by `client_id` and `client_secret` instead.",
            )),
            (Some(_), id, _) => {
                let other = if id.is_some() { "client_id" } else { "client_secret" };
                let detail = format!(
                    "Both `api_key` and `{other}` are set, and only one kind of credentials can be used. Remove one of them. Each may \
                     come from the provider block or from IDV_DIDIT_API_KEY, IDV_DIDIT_CLIENT_ID and IDV_DIDIT_CLIENT_SECRET."
                );
                let summary = format!("`api_key` conflicts with `{other}`");
                Err(Diagnostic::error(summary, detail).at(Path::to("api_key")))
            }
        }
    }
}

/// The token endpoint. Like all routes of the vendor it has a slash at its end, and is not found without it.
fn auth_url(text: &str) -> Result<Url, Diagnostic> {
    let mut url = config::url("auth_url", text)?;
    url.set_path(&format!("{}/", url.path().trim_end_matches('/')));
    Ok(url)
}

impl Vendor for Didit {
    fn name(&self) -> &'static str {
        "didit"
    }

    fn title(&self) -> &'static str {
        "Didit"
    }

    fn description(&self) -> &'static str {
        "An application at Didit. Needed by every type that begins with `idv_didit_`."
    }

    fn attributes(&self) -> Vec<Attribute> {
        let text = |name: &str| Attribute::string(name).optional().rule(Rule::Length(1, usize::MAX));
        let url = |name: &str| Attribute::string(name).optional().locates_tenant().rule(Rule::Url);
        vec![
            text("client_id").rule(config::TRIMMED).describe("The id of the client that Terraform signs in as, instead of by `api_key`."),
            text("client_secret").sensitive().rule(config::TRIMMED).describe("The secret of that client."),
            url("auth_url").describe(format!("The address of the token endpoint. `{AUTH_URL}` if it is left out.")),
            text("api_key").sensitive().rule(config::TRIMMED).describe(
                "The key of the application, sent with every request. Either this or `client_id` and `client_secret` is required.",
            ),
            url("base_url").describe(format!("The address of the API, without `/v3`. `{ADDRESS}` if it is left out.")),
        ]
        .into_iter()
        .chain(config::rate_attributes())
        .chain(config::tls_attributes())
        .chain([overrides::paths_attribute("GET /v3/lists/")])
        .chain(overrides::attributes("GET /v3/lists/{uuid}/", "GET /v3/lists/"))
        .collect()
    }

    fn connect(&self, config: Value, common: &Common) -> Result<AnyClient, Diagnostics> {
        let mut mistakes = Diagnostics::new();
        let (tenant, config) = config::take_tenant(self, config, &mut mistakes);
        let config: Config = provider::configuration("didit", config)?;
        let credentials = config.credentials().map_err(|mistake| mistakes.push(mistake));
        let (Ok(credentials), false) = (credentials, mistakes.has_errors()) else { return Err(mistakes) };
        let base_url = config::base_url("base_url", config.base_url.as_deref().unwrap_or(ADDRESS), &["/v3"])?;
        let mut settings =
            config::settings(common, "Didit", base_url, tenant, config.requests_per_minute, config.headroom)?;
        settings.parse_error = client::parse_error;
        settings.is_own_error = Some(client::is_own_error);
        let (auth, connections, sign_in): (Arc<dyn Authenticate>, _, _) = match credentials {
            Credentials::ApiKey(key) => {
                let header = StaticHeader::new("Didit", HeaderName::from_static(API_KEY), key)?;
                (Arc::new(header), Connections::new(settings.tls.clone()), SignIn::ApiKey)
            }
            Credentials::Client(id, secret) => {
                let credentials = ClientCredentials {
                    token_url: auth_url(config.auth_url.as_deref().unwrap_or(AUTH_URL))?,
                    documented_path: auth_url(AUTH_URL)?.path().to_owned(),
                    client_id: id.to_owned(),
                    client_secret: secret.clone(),
                    scopes: Vec::new(),
                    audience: None,
                    // The page joins id and secret without encoding, and so do its samples.
                    client_auth: ClientAuth::BasicVerbatim,
                };
                // The API returns 403 for credentials that it does not accept, also for an expired token.
                let auth = Arc::new(OAuth2ClientCredentials::new(&settings, credentials)?.renewing_on_forbidden());
                (auth.clone(), auth.connections(), SignIn::Token(auth))
            }
        };
        Ok(Arc::new(Client::new(http::Client::with_connections(settings, auth, connections)?, sign_in)))
    }

    fn apis(&self, settings: &Value) -> Result<Vec<Api>, Diagnostics> {
        let calls = [
            webhook_destination::calls(),
            workflow::calls(),
            questionnaire::calls(),
            list::calls(),
            list_entry::calls(),
            customization::calls().into(),
        ];
        // Another address of tokens is a difference only where the provider would use its default.
        let has_default = settings.get("auth_url").is_null() && !settings.get("client_id").is_null();
        let token_setting = has_default.then_some("auth_url");
        overrides::apply(
            self.name(),
            settings,
            vec![Api { token_setting, is_error: Some(client::is_own_error), ..Api::new(&[API_KEY], calls.concat()) }],
        )
    }

    fn objects(&self) -> Vec<Registration> {
        vec![
            Registration::listable(workflow::Workflow),
            Registration::listable(questionnaire::Questionnaire),
            Registration::listable(webhook_destination::WebhookDestination),
            Registration::listable(list::List),
            Registration::listable(list_entry::ListEntry),
            Registration::listable(customization::Customization),
            Registration::data_source(workflows::Workflows),
            Registration::data_source(workflows::OneWorkflow),
            Registration::data_source(questionnaire_data::OneQuestionnaire),
            Registration::data_source(lists::Lists),
            Registration::data_source(lists::OneList),
            Registration::ephemeral(AccessToken::<Client>::new()),
            Registration::ephemeral(webhook_destination::WebhookSecret),
        ]
    }
}
