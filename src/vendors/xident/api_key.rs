//! `idv_xident_api_key`: a key that authenticates a caller of Xident, which `verify/v1` calls a token.
//!
//! The vendor returns the secret once, in the response to the create. So the secret is a sensitive attribute and is kept in
//! state, or is encrypted for a recipient (`api_key_secret`): an ephemeral resource cannot read it again, and a write-only
//! attribute is an input. No other call and no log has it.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::api_key_secret::{self, Planned, Stored};
use super::api_keys::{ApiKeyRow, NewApiKey};
use super::client::{Api, Client};
use crate::framework::age::CryptoError;
use crate::framework::plan::is_same_returned;
use crate::framework::resource::{Change, Context, Planning, Resource};
use crate::framework::{
    Attr, Attribute, Diagnostic, Diagnostics, ListSink, Listable, Rule, Schema, Secret, Value, identity,
};
use crate::http::{CachePolicy, List};
use crate::vendors::shared::import_id;
use crate::vendors::shared::reconcile::{IfPresent, Lookup, Noun};

/// The attributes that a create sends.
const SENT: [&str; 4] = ["name", "callback_url", "expires_at", "rule_id"];

/// The resource of one key.
#[derive(Clone, Copy)]
pub(super) struct ApiKey;

/// The attributes of one key.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct ApiKeyModel {
    id: Attr<String>,
    name: Attr<String>,
    callback_url: Attr<String>,
    expires_at: Attr<String>,
    rule_id: Attr<i64>,
    created_at: Attr<String>,
    secret_recipient: Attr<String>,
    secret: Attr<Secret>,
    encrypted_secret: Attr<String>,
}

impl ApiKeyModel {
    fn to_wire(&self) -> NewApiKey<'_> {
        NewApiKey {
            name: self.name.as_str().unwrap_or_default(),
            callback_url: self.callback_url.as_str(),
            expires_at: self.expires_at.as_str(),
            rule_id: self.rule_id.known().copied(),
        }
    }

    /// This key with the fields that the vendor returned. A field that is absent is kept.
    fn with(mut self, row: ApiKeyRow) -> Self {
        fn take<T>(into: &mut Attr<T>, found: Option<T>) {
            if let Some(found) = found {
                *into = found.into();
            }
        }
        self.id = row.id.0.into();
        take(&mut self.name, row.name);
        take(&mut self.callback_url, row.callback_url.filter(|url| !url.is_empty()));
        take(&mut self.expires_at, row.expires_at);
        take(&mut self.rule_id, row.rule_id);
        take(&mut self.created_at, row.created_at);
        self.without_unknowns()
    }

    /// Sets attributes to null that no later response will have.
    fn without_unknowns(mut self) -> Self {
        if self.created_at.is_unknown() {
            self.created_at = Attr::Null;
        }
        if self.secret.is_unknown() {
            self.secret = Attr::Null;
        }
        if self.encrypted_secret.is_unknown() {
            self.encrypted_secret = Attr::Null;
        }
        self
    }

    /// The secret as it is in state.
    fn stored(&self) -> Stored {
        Stored { plain: self.secret.clone(), encrypted: self.encrypted_secret.clone() }
    }

    /// This key with its secret in another form.
    fn storing(self, stored: Stored) -> Self {
        Self { secret: stored.plain, encrypted_secret: stored.encrypted, ..self }
    }
}

/// Finds the key of a plan among those that Xident lists.
struct Search<'s> {
    client: &'s Client,
    plan: &'s ApiKeyModel,
}

/// What a key is called in messages: by its id, or by its name before it has one.
fn noun(name: &str) -> Noun<'_> {
    Noun { vendor: "Xident", kind: "API key", name, type_name: ApiKey::NAME, console: "Xident's dashboard" }
}

#[async_trait]
impl Lookup for Search<'_> {
    type Row = ApiKeyRow;

    fn noun(&self) -> Noun<'_> {
        noun(self.plan.name.as_str().unwrap_or_default())
    }

    async fn rows(&self, _: Option<&List<ApiKeyRow>>) -> Result<Arc<List<ApiKeyRow>>, Diagnostics> {
        Ok(self.client.api_keys(CachePolicy::RefreshAfterWrite).await?)
    }

    fn has_list(&self) -> bool {
        self.client.api() == Api::VerifyV1
    }

    fn id(&self, row: &ApiKeyRow) -> String {
        row.id.0.clone()
    }

    fn matches(&self, row: &ApiKeyRow) -> bool {
        // A field that the row does not have is that of the plan.
        let found = self.plan.clone().with(row.clone());
        row.name.is_some() && is_same_returned(&ApiKey.schema(), &SENT, self.plan, &found)
    }

    fn created_at(&self, row: &ApiKeyRow) -> Option<Timestamp> {
        row.created_at.as_deref()?.parse().ok()
    }

    fn vendor_time(&self) -> Option<Timestamp> {
        self.client.http.vendor_time()
    }
}

/// Whether two texts name the same moment.
fn is_same_time(a: &str, b: &str) -> bool {
    let time = |text: &str| text.parse::<Timestamp>().ok();
    a == b || (time(a).is_some() && time(a) == time(b))
}

const TIME: Rule = Rule::Custom {
    describe: "Must be an RFC 3339 time with a zone, such as `2027-01-01T00:00:00Z`.",
    check: |value| {
        let parsed = value.as_str().unwrap_or_default().parse::<Timestamp>();
        parsed.map(drop).map_err(|_| "is no RFC 3339 time with a zone, such as `2027-01-01T00:00:00Z`".to_owned())
    },
};

#[async_trait]
impl Resource for ApiKey {
    type Client = Client;
    type Model = ApiKeyModel;

    const NAME: &'static str = "xident_api_key";

    const NATURAL_KEY: &'static [&'static str] = &["name"];

    fn schema(&self) -> Schema {
        let computed =
            |name: &str, what: &str| Attribute::string(name).computed().use_state_for_unknown().describe(what);
        let mut attributes = vec![
            computed("id", "The id that Xident chose for the key."),
            Attribute::string("name")
                .required()
                .requires_replace()
                .rule(Rule::Length(1, 255))
                .describe("The name of the key."),
            Attribute::string("callback_url")
                .optional()
                .requires_replace()
                .rule(Rule::Url)
                .describe("Where users are sent after a verification that was started with the key."),
            Attribute::string("expires_at")
                .optional()
                .requires_replace()
                .rule(TIME)
                .semantic_equal(|a, b| a.as_str().zip(b.as_str()).is_some_and(|(a, b)| is_same_time(a, b)))
                .describe("When the key expires."),
            Attribute::number("rule_id")
                .optional()
                .requires_replace()
                .rule(Rule::Whole)
                .describe("The number of the verification rule that the key is for."),
            computed("created_at", "When the key was created, as the vendor writes it."),
        ];
        attributes.extend(api_key_secret::attributes());
        Schema::new(
            "An API key that authenticates a caller of Xident. Needs `api = \"verify/v1\"`. Xident cannot change a key, so each \
             change deletes it and creates another with a new secret: give its users the new secret in the same apply, or create \
             the new key first with `create_before_destroy`.",
            attributes,
        )
    }

    fn identity(&self) -> Vec<identity::IdentityAttribute> {
        vec![identity::required("id", "The id that Xident chose for the key."), super::service()]
    }

    fn validate(&self, config: &ApiKeyModel, diagnostics: &mut Diagnostics) {
        diagnostics.append(api_key_secret::check(&config.secret_recipient).into_iter().collect());
    }

    fn plan(&self, planning: &mut Planning<ApiKeyModel>) -> Result<(), Diagnostics> {
        let prior = planning.prior.as_ref();
        let prior = prior.map(|prior| (prior.id.as_str().unwrap_or_default(), &prior.secret_recipient, prior.stored()));
        match api_key_secret::plan(prior, &planning.plan.secret_recipient) {
            Planned::Kept => {}
            Planned::Replaced(path) => planning.requires_replace.push(path),
            Planned::Stored(stored, warning) => {
                planning.plan = planning.plan.clone().storing(stored);
                planning.diagnostics.append(warning.into_iter().collect());
            }
        }
        Ok(())
    }

    async fn create(
        &self,
        client: &Client,
        plan: ApiKeyModel,
        ctx: &mut Context<ApiKeyModel>,
    ) -> Result<ApiKeyModel, Diagnostics> {
        // Before anything is sent: a secret that nobody can read is lost.
        let recipient = api_key_secret::recipient(&plan.secret_recipient)?;
        let body = plan.to_wire();
        let search = Search { client, plan: &plan };
        let created =
            client.api_key_creates.create(&search, IfPresent::WarnRecent, client.create_api_key(&body)).await?;
        ctx.append(created.present);
        let mut row = created.row;
        if let Some(warning) = created.warning {
            // The next apply deletes a key that is in state after a failed create, and creates another.
            let lost = secret_lost(&row.id.0, &warning);
            ctx.save(&plan.with(row));
            return Err(lost.into());
        }
        let secret = row.take_secret();
        if secret.is_none() {
            ctx.warn(
                noun(&row.id.0).summary("has an unknown secret"),
                "Xident created the key, and its response has no secret under any name that the provider knows. Take it from the \
                 dashboard, or create another key there. Please report the names of the response's fields.",
            );
        }
        let key = plan.with(row);
        match Stored::of(secret, recipient.as_ref()) {
            Ok(stored) => Ok(key.storing(stored)),
            Err(error) => {
                ctx.save(&key);
                Err(not_encrypted(key.id.as_str().unwrap_or_default(), error).into())
            }
        }
    }

    async fn read(
        &self,
        client: &Client,
        state: ApiKeyModel,
        ctx: &mut Context<ApiKeyModel>,
    ) -> Result<Option<ApiKeyModel>, Diagnostics> {
        let id = state.id.as_str().unwrap_or_default();
        let mut row = client.api_key(id).await?;
        if row.as_ref().is_some_and(ApiKeyRow::is_inactive) {
            ctx.warn(
                noun(id).summary("was deactivated"),
                format!(
                    "Xident still lists the API key `{id}` and no longer accepts it. It was deactivated outside of Terraform, and a new \
                     key with a new secret is planned. The deactivated key stays listed: delete it in Xident's dashboard."
                ),
            );
            row = None;
        } else if row.is_none() && !state.name.is_null() {
            ctx.warn(
                noun(id).summary("is gone"),
                format!(
                    "Xident no longer has the API key `{id}`. It was deleted outside of Terraform and is planned for creation, with a \
                     new secret. To stop managing it instead, remove the resource and run `terraform apply`."
                ),
            );
        }
        Ok(row.map(|row| state.with(row)))
    }

    /// Sends nothing: only the form of the secret in state changes in place.
    async fn update(
        &self,
        _: &Client,
        change: Change<ApiKeyModel>,
        _: &mut Context<ApiKeyModel>,
    ) -> Result<ApiKeyModel, Diagnostics> {
        let Change { prior, plan } = change;
        let recipient = api_key_secret::recipient(&plan.secret_recipient)?;
        let id = prior.id.as_str().unwrap_or_default();
        let stored = Stored::of(prior.secret.clone().into_known(), recipient.as_ref());
        Ok(plan.storing(stored.map_err(|error| not_encrypted(id, error))?))
    }

    async fn delete(
        &self,
        client: &Client,
        state: ApiKeyModel,
        _: &mut Context<ApiKeyModel>,
    ) -> Result<(), Diagnostics> {
        Ok(client.delete_api_key(state.id.as_str().unwrap_or_default()).await?)
    }

    fn import(&self, id: &str) -> Result<ApiKeyModel, Diagnostics> {
        if id.is_empty() || id.contains('/') {
            return Err(import_id::wrong(Self::NAME, id, "the key's id, such as `17`, and not the key itself"));
        }
        Ok(ApiKeyModel { id: id.into(), ..ApiKeyModel::default() })
    }

    fn import_id(&self, state: &ApiKeyModel) -> String {
        state.id.as_str().unwrap_or_default().to_owned()
    }
}

#[async_trait]
impl Listable for ApiKey {
    fn filters(&self) -> Schema {
        Schema::new("The API keys of the project. Needs `api = \"verify/v1\"`.", Vec::new())
    }

    fn available(&self, client: &Client) -> Result<(), Diagnostic> {
        super::listed(client, "API keys")
    }

    async fn list(&self, client: &Client, _: Value, sink: &mut ListSink<ApiKeyModel>) -> Result<(), Diagnostics> {
        for row in client.api_keys(CachePolicy::UseCached).await?.iter().filter(|row| !row.is_inactive()) {
            let name = row.name.clone().unwrap_or_else(|| row.id.0.clone());
            sink.push(name, ApiKeyModel::default().with(row.clone())).await;
        }
        Ok(())
    }
}

/// The error of a create whose response was lost. `warning` says which key the list has.
fn secret_lost(id: &str, warning: &Diagnostic) -> Diagnostic {
    let detail = format!(
        "Xident created the key, and the response that has its secret was lost. The next apply deletes the key and creates \
         another. {}",
        warning.detail
    );
    Diagnostic::error(noun(id).summary("lost its secret"), detail)
}

fn not_encrypted(id: &str, error: CryptoError) -> Diagnostic {
    let detail = format!("{error}. Please report it. Without `secret_recipient` the secret is kept in state as it is.");
    Diagnostic::error(format!("The secret of the API key `{id}` is not encrypted"), detail)
}

#[cfg(test)]
mod tests {
    use super::is_same_time;

    #[test]
    fn times_are_compared_as_moments() {
        assert!(is_same_time("2027-01-01T00:00:00Z", "2027-01-01T01:00:00+01:00"));
        assert!(!is_same_time("2027-01-01T00:00:00Z", "2027-01-01T00:00:01Z"));
        assert!(!is_same_time("soon", "later"));
    }
}
