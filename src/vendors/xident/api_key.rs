//! `idv_xident_api_key`: a key by which somebody calls Xident, which `verify/v1` calls a token.
//!
//! The vendor documents neither the fields of a key nor its secret. Inferred: the fields of the request come back, with an id,
//! and the secret is told once, in the answer of the create. A secret that is told once can only be kept where it is told:
//! an ephemeral resource could not read it again, and a write-only attribute flows the other way. So it is a sensitive
//! attribute, its description says that it is in state, and no other call and no log has it.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::client::{Api, Client};
use crate::framework::resource::{Context, Resource};
use crate::framework::{
    Attr, Attribute, Diagnostic, Diagnostics, ListSink, Listable, Rule, Schema, Secret, Value, identity,
};
use crate::http::{CachePolicy, Error};
use crate::vendors::shared::errors::outcome_unknown;
use crate::vendors::shared::import_id;
use crate::vendors::shared::reconcile::retry_once;

/// One key.
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
    secret: Attr<Secret>,
}

impl ApiKeyModel {
    /// This key with what the vendor answered of it. What it does not answer stays.
    fn with(mut self, row: wire::Key) -> Self {
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
        self.settled()
    }

    /// Without what nobody will tell any more.
    fn settled(mut self) -> Self {
        if self.created_at.is_unknown() {
            self.created_at = Attr::Null;
        }
        if self.secret.is_unknown() {
            self.secret = Attr::Null;
        }
        self
    }
}

/// Whether two texts name the same moment.
fn same_time(a: &Value, b: &Value) -> bool {
    let time = |value: &Value| value.as_str()?.parse::<jiff::Timestamp>().ok();
    time(a).is_some() && time(a) == time(b)
}

const TIME: Rule = Rule::Custom {
    describe: "Must be an RFC 3339 time with a zone, such as `2027-01-01T00:00:00Z`.",
    check: |value| {
        let parsed = value.as_str().unwrap_or_default().parse::<jiff::Timestamp>();
        parsed.map(drop).map_err(|_| "is no RFC 3339 time with a zone, such as `2027-01-01T00:00:00Z`".to_owned())
    },
};

#[async_trait]
impl Resource for ApiKey {
    type Client = Client;
    type Model = ApiKeyModel;

    const NAME: &'static str = "xident_api_key";

    fn schema(&self) -> Schema {
        let given = |name: &str, what: &str| Attribute::string(name).computed().use_state_for_unknown().describe(what);
        Schema::new(
            "A key by which somebody calls Xident's API. Needs `api = \"verify/v1\"`. Xident cannot change a key, so every change deletes \
             it and creates another with a new secret: give whoever uses it the new one in the same apply, or create the new key \
             first with `create_before_destroy`.",
            vec![
                given("id", "The id that Xident gave the key."),
                Attribute::string("name").required().requires_replace().rule(Rule::Length(1, 255)).describe("The name of the key."),
                Attribute::string("callback_url")
                    .optional()
                    .requires_replace()
                    .rule(Rule::Url)
                    .describe("Where users are sent after a verification that was begun with the key."),
                Attribute::string("expires_at")
                    .optional()
                    .requires_replace()
                    .rule(TIME)
                    .semantic_equal(same_time)
                    .describe("When the key stops to work."),
                Attribute::number("rule_id")
                    .optional()
                    .requires_replace()
                    .rule(Rule::Whole)
                    .describe("The number of the verification rule that the key is for."),
                given("created_at", "When the key was created, as the vendor writes it."),
                given(
                    "secret",
                    "The secret of the key. Xident tells it once, after the create, so it is kept in state as a sensitive value: protect the \
                     state as you would the key. Null for a key that was imported.",
                )
                .sensitive(),
            ],
        )
    }

    fn identity(&self) -> Vec<identity::IdentityAttribute> {
        vec![identity::required("id", "The id that Xident gave the key."), super::service()]
    }

    async fn create(
        &self,
        client: &Client,
        plan: ApiKeyModel,
        ctx: &mut Context<ApiKeyModel>,
    ) -> Result<ApiKeyModel, Diagnostics> {
        client.only(Api::VerifyV1, "creating an API key")?;
        let mut body = json!({"name": plan.name.as_str()});
        let optional = [("callback_url", plan.callback_url.as_str()), ("expires_at", plan.expires_at.as_str())];
        for (field, value) in optional.into_iter().filter_map(|(field, value)| Some((field, value?))) {
            body[field] = value.into();
        }
        if let Some(rule_id) = plan.rule_id.known() {
            body["rule_id"] = (*rule_id).into();
        }
        let before = client.api_keys::<wire::Key>(CachePolicy::Refresh).await?;
        if let Some(twin) = before.iter().find(|row| row.name.as_deref() == plan.name.as_str()) {
            let detail = format!(
                "It has the id `{}`, and this is another one. If an apply that was cut off left it behind, nobody knows its secret: \
                 delete it in Xident's dashboard.",
                twin.id.0
            );
            ctx.warn("The project has an API key of the same name already", detail);
        }
        let mut row: wire::Key = match client.create_api_key(&body).await {
            Ok(row) => row,
            Err(error) if error.may_have_applied() => {
                return Err(left_behind(client, plan, &before, error, ctx).await);
            }
            Err(error) => return Err(error.into()),
        };
        let secret = row.take_secret();
        if secret.is_none() {
            ctx.warn(
                "The secret of the key is not known",
                "Xident created the key, and its answer has no secret under any name that the provider knows. Take it from the \
                 dashboard, or create another key there. Please report the names of the answer's fields.",
            );
        }
        Ok(ApiKeyModel { secret: secret.into(), ..plan }.with(row))
    }

    async fn read(
        &self,
        client: &Client,
        state: ApiKeyModel,
        ctx: &mut Context<ApiKeyModel>,
    ) -> Result<Option<ApiKeyModel>, Diagnostics> {
        let id = state.id.as_str().unwrap_or_default();
        let row = client.api_key::<wire::Key>(id).await?;
        if row.is_none() && !state.name.is_null() {
            ctx.warn(
                "An API key is gone",
                format!(
                    "Xident has no API key `{id}` any more. It was deleted outside of Terraform and is planned for creation, with a new \
                     secret. To stop managing it instead, remove the resource and run `terraform apply`."
                ),
            );
        }
        Ok(row.map(|row| state.with(row)))
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
        for row in client.api_keys::<wire::Key>(CachePolicy::UseCached).await? {
            let name = row.name.clone().unwrap_or_else(|| row.id.0.clone());
            sink.push(name, ApiKeyModel::default().with(row)).await;
        }
        Ok(())
    }
}

/// What is said after a create whose answer was lost, and the secret with it. The key, if it is there, is kept in state: it
/// counts as not wholly created there, so that the next apply deletes it and creates another.
async fn left_behind(
    client: &Client,
    plan: ApiKeyModel,
    before: &[wire::Key],
    error: Error,
    ctx: &mut Context<ApiKeyModel>,
) -> Diagnostics {
    let name = plan.name.as_str().unwrap_or_default().to_owned();
    let look = || client.api_keys::<wire::Key>(CachePolicy::RefreshAfterWrite);
    let mut rows = match retry_once(look).await {
        Ok(rows) => rows,
        Err(look) => {
            let way_out = "Nothing of it is in state. If Xident's dashboard shows the key, delete it there, because nobody knows its \
                           secret; then apply again.";
            return outcome_unknown(error, way_out, look);
        }
    };
    let was_there = |row: &wire::Key| before.iter().any(|earlier| earlier.id.0 == row.id.0);
    rows.retain(|row| row.name.as_deref() == Some(name.as_str()) && !was_there(row));
    match (rows.pop(), rows.len()) {
        (None, _) => error
            .with_observation(
                "The list of keys was read and does not show the key, so most likely it was not created. Apply again.",
            )
            .into(),
        (Some(row), 0) => {
            let detail = format!(
                "Xident created the key `{}`, and the answer with its secret was lost. The next apply deletes the key and creates \
                 another.\n{}",
                row.id.0,
                error.description()
            );
            ctx.save(&plan.with(row));
            Diagnostic::error("The secret of an API key was lost", detail).into()
        }
        (Some(row), _) => {
            let ids = rows.iter().chain([&row]).map(|row| format!("`{}`", row.id.0)).collect::<Vec<_>>().join(", ");
            let detail = format!(
                "The answer was lost, and there is more than one new API key with the name \"{name}\": {ids}. One of them may be of \
                 this create, and nobody knows its secret. Delete it in Xident's dashboard, then apply again.\n{}",
                error.description()
            );
            Diagnostic::error("An API key may be left behind", detail).into()
        }
    }
}

mod wire {
    //! A key as the vendor answers it. All but the fields of the request is inferred.

    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer};
    use serde_json::Value as Json;

    use super::super::client::Row;
    use crate::framework::Secret;

    /// Where a secret may be, the likeliest first.
    const SECRETS: [&str; 5] = ["token", "secret_key", "secret", "api_key", "key"];

    #[derive(Deserialize)]
    pub(super) struct Key {
        pub(super) id: Id,
        pub(super) name: Option<String>,
        pub(super) callback_url: Option<String>,
        pub(super) expires_at: Option<String>,
        pub(super) rule_id: Option<i64>,
        pub(super) created_at: Option<String>,
        /// Never printed: one of them is the secret.
        #[serde(flatten)]
        others: BTreeMap<String, Json>,
    }

    impl Row for Key {
        fn key(&self) -> String {
            self.id.0.clone()
        }
    }

    impl Key {
        /// The secret, which only the answer of a create has.
        pub(super) fn take_secret(&mut self) -> Option<Secret> {
            SECRETS.iter().find_map(|name| match self.others.remove(*name) {
                Some(Json::String(text)) if !text.is_empty() => Some(text.into()),
                _ => None,
            })
        }
    }

    /// An id, which may be a number.
    pub(super) struct Id(pub(super) String);

    impl<'de> Deserialize<'de> for Id {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            match Json::deserialize(deserializer)? {
                Json::String(text) if !text.is_empty() => Ok(Self(text)),
                Json::Number(number) => Ok(Self(number.to_string())),
                _ => Err(serde::de::Error::custom("an id is text or a number")),
            }
        }
    }
}
