//! `idv_vult_webhook`: where the tenant sends its events, as resource; `idv_vult_webhooks` lists them.
//!
//! The response to a create has no id, and a webhook cannot be changed. So a list before and a list after are compared, which
//! all creates under way share. An identical webhook that was there before is an error with the lines that import it.

use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::client::{Client, WebhookFilter, WebhookRow};
use crate::framework::moved::RestObject;
use crate::framework::resource::{Context, Resource};
use crate::framework::spelling::{same_text, same_url, text_key, url_key};
use crate::framework::{Attr, Attribute, DataSource, Diagnostics, ListSink, Listable, Rule, Schema, Value, identity};
use crate::http::{CachePolicy, List};
use crate::vendors::shared::import_id;
use crate::vendors::shared::reconcile::{IfPresent, Lookup, Noun};

/// One webhook.
#[derive(Clone, Copy)]
pub(super) struct Webhook;

/// The attributes of one webhook.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct WebhookModel {
    id: Attr<String>,
    name: Attr<String>,
    url: Attr<String>,
    client_id: Attr<String>,
}

impl From<WebhookRow> for WebhookModel {
    fn from(row: WebhookRow) -> Self {
        let client_id = row.client_id.filter(|id| !id.is_empty());
        Self { id: row.id.into(), name: row.name.into(), url: row.url.into(), client_id: client_id.into() }
    }
}

/// Finds the webhook of a plan among those that VULT lists.
struct Search<'s> {
    client: &'s Client,
    plan: &'s WebhookModel,
    /// What a message calls the webhook: its name and its address.
    name: String,
}

impl<'s> Search<'s> {
    fn new(client: &'s Client, plan: &'s WebhookModel) -> Self {
        Self { client, plan, name: plan.name.as_str().unwrap_or_default().to_owned() }
    }

    /// Webhooks with the same key cannot be told apart.
    fn key(&self) -> String {
        let WebhookModel { client_id, name, url, .. } = self.plan;
        let client_id = client_id.as_str().unwrap_or_default().to_owned();
        let (name, url) = (text_key(name.as_str().unwrap_or_default()), url_key(url.as_str().unwrap_or_default()));
        [client_id, name, url].join("\n")
    }
}

/// What a webhook is called in messages.
fn noun(name: &str) -> Noun<'_> {
    Noun { vendor: "VULT", kind: "webhook", name, type_name: Webhook::NAME, console: "the dashboard" }
}

#[async_trait]
impl Lookup for Search<'_> {
    type Row = WebhookRow;

    fn noun(&self) -> Noun<'_> {
        noun(&self.name)
    }

    /// Reads all webhooks of the client, because the read is shared with creates of other names.
    async fn rows(&self, known: Option<&List<WebhookRow>>) -> Result<Arc<List<WebhookRow>>, Diagnostics> {
        let filter = WebhookFilter { client_id: self.plan.client_id.as_str(), ..WebhookFilter::default() };
        Ok(self.client.webhooks_after_create(&filter, known).await?)
    }

    fn id(&self, row: &WebhookRow) -> String {
        row.id.clone()
    }

    fn matches(&self, row: &WebhookRow) -> bool {
        let of_client = row.client_id.as_deref().filter(|id| !id.is_empty());
        self.plan.name.as_str().is_some_and(|name| same_text(name, &row.name))
            && self.plan.url.as_str().is_some_and(|url| same_url(url, &row.url))
            && of_client == self.plan.client_id.as_str()
    }

    fn import_id(&self, row: &WebhookRow) -> String {
        import_id_of(self.plan.client_id.as_str(), &row.id)
    }
}

#[async_trait]
impl Resource for Webhook {
    type Client = Client;
    type Model = WebhookModel;

    const NAME: &'static str = "vult_webhook";

    const NATURAL_KEY: &'static [&'static str] = &["client_id", "name", "url"];

    const MOVES_FROM: &'static [&'static str] = &["/webhook/create", "/webhook/list", "/webhook"];

    fn schema(&self) -> Schema {
        let id =
            Attribute::string("id").computed().use_state_for_unknown().describe("The id that VULT gave the webhook.");
        let client_id = Attribute::string("client_id")
            .optional()
            .requires_replace()
            .rule(Rule::Length(1, usize::MAX))
            .describe("The client of the tenant whose events are sent. Without it they are the tenant's own.");
        Schema::new(
            "A webhook: an address to which VULT sends the tenant's events. VULT cannot change a webhook, so every change \
             deletes it and creates another with a new id.",
            vec![
                id,
                Attribute::string("name")
                    .required()
                    .requires_replace()
                    .rule(Rule::Length(1, usize::MAX))
                    .describe("The name of the webhook, as the dashboard shows it."),
                Attribute::string("url")
                    .required()
                    .requires_replace()
                    .rule(Rule::Url)
                    .describe("The address that events are sent to."),
                client_id,
            ],
        )
    }

    fn identity(&self) -> Vec<identity::IdentityAttribute> {
        vec![
            identity::required("id", "The id that VULT gave the webhook."),
            identity::optional("client_id", "The client whose events are sent; the tenant itself without it."),
            super::tenant(),
        ]
    }

    async fn create(
        &self,
        client: &Client,
        plan: WebhookModel,
        ctx: &mut Context<WebhookModel>,
    ) -> Result<WebhookModel, Diagnostics> {
        let (name, url) = (plan.name.as_str().unwrap_or_default(), plan.url.as_str().unwrap_or_default());
        let (client_id, search) = (plan.client_id.as_str(), Search::new(client, &plan));
        let under_way = client.webhook_creates.of(client_id.unwrap_or_default());
        let send = client.create_webhook(client_id, name, url);
        let mut created = under_way.create_without_id(&search, &search.key(), IfPresent::Refuse, send).await?;
        ctx.append(created.warnings());
        Ok(created.row.into())
    }

    async fn read(
        &self,
        client: &Client,
        state: WebhookModel,
        ctx: &mut Context<WebhookModel>,
    ) -> Result<Option<WebhookModel>, Diagnostics> {
        // The whole list, because one request then serves every webhook of the run.
        let filter = WebhookFilter { client_id: state.client_id.as_str(), ..WebhookFilter::default() };
        let rows = client.webhooks(&filter).await?;
        let id = state.id.as_str().unwrap_or_default();
        let row = rows.get(id).cloned();
        if row.is_none() {
            ctx.warn(
                noun(id).summary("is gone"),
                format!(
                    "VULT no longer has a webhook with the id `{id}`. It was deleted outside of Terraform and is planned for \
                     creation. To stop managing it instead, remove the resource and run `terraform apply`."
                ),
            );
        }
        Ok(row.map(WebhookModel::from))
    }

    async fn delete(
        &self,
        client: &Client,
        state: WebhookModel,
        _: &mut Context<WebhookModel>,
    ) -> Result<(), Diagnostics> {
        let id = state.id.as_str().unwrap_or_default();
        let error = match client.delete_webhook(id).await {
            Err(error) if error.is_not_found() || error.is_wrong_route() => error,
            result => return Ok(result?),
        };
        // The route is an assumption: where it is another one, the webhook would go on receiving and nobody would know.
        let filter = WebhookFilter {
            client_id: state.client_id.as_str(),
            policy: CachePolicy::Refresh,
            ..WebhookFilter::default()
        };
        if client.webhooks(&filter).await?.iter().any(|row| row.id == id) {
            return Err(error.with_hint("VULT still lists the webhook, so it was not deleted.").into());
        }
        Ok(())
    }

    fn import(&self, id: &str) -> Result<WebhookModel, Diagnostics> {
        let parts = import_id::split(id);
        let (client_id, id) = match &parts[..] {
            [id] if !id.is_empty() => (Attr::Null, id.as_str()),
            [client_id, id] if !client_id.is_empty() && !id.is_empty() => (client_id.as_str().into(), id.as_str()),
            _ => {
                let forms = "`WEBHOOK_ID`, such as `wh_123`, or `CLIENT_ID/WEBHOOK_ID` for a webhook of a client, such as \
                             `client-7/wh_123`";
                return Err(import_id::wrong_parts(Self::NAME, id, forms));
            }
        };
        Ok(WebhookModel { id: id.into(), name: Attr::Null, url: Attr::Null, client_id })
    }

    fn move_from(&self, object: RestObject) -> Result<WebhookModel, Diagnostics> {
        let text = |name| object.text(name).map(str::to_owned).into();
        Ok(WebhookModel { id: object.id()?.into(), name: text("name"), url: text("url"), client_id: text("client_id") })
    }

    fn import_id(&self, state: &WebhookModel) -> String {
        import_id_of(state.client_id.as_str(), state.id.as_str().unwrap_or_default())
    }
}

#[async_trait]
impl Listable for Webhook {
    fn filters(&self) -> Schema {
        Schema::new("The webhooks of the tenant.", filters())
    }

    async fn list(&self, client: &Client, filter: Value, sink: &mut ListSink<WebhookModel>) -> Result<(), Diagnostics> {
        let filter = WebhookFilter {
            client_id: filter.get("client_id").as_str(),
            search_term: filter.get("search_term").as_str(),
            policy: CachePolicy::UseCached,
        };
        let mut pages = client.webhook_pages(filter);
        while let Some(rows) = pages.next().await? {
            sink.expect(pages.total());
            for row in rows {
                sink.push(row.name.clone(), row.into()).await;
            }
        }
        Ok(())
    }
}

/// What a list of webhooks can be narrowed by.
fn filters() -> Vec<Attribute> {
    let filter = |name: &str, what: &str| Attribute::string(name).optional().describe(what);
    vec![
        filter("client_id", "Only webhooks of this client."),
        filter("search_term", "Only webhooks in which VULT finds this text."),
    ]
}

/// The import id of a webhook of the tenant, or of one of its clients.
fn import_id_of(client_id: Option<&str>, id: &str) -> String {
    client_id.map_or_else(|| import_id::join([id]), |client_id| import_id::join([client_id, id]))
}

/// The tenant's webhooks.
pub(super) struct Webhooks;

/// The attributes of the list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct WebhooksModel {
    client_id: Attr<String>,
    search_term: Attr<String>,
    webhooks: Attr<Vec<WebhookModel>>,
}

#[async_trait]
impl DataSource for Webhooks {
    type Client = Client;
    type Model = WebhooksModel;

    const NAME: &'static str = "vult_webhooks";

    fn schema(&self) -> Schema {
        let column = |name: &str, what: &str| Attribute::string(name).computed().describe(what);
        let row = vec![
            column("id", "The id that VULT gave the webhook."),
            column("name", "The name of the webhook."),
            column("url", "The address that events are sent to."),
            column("client_id", "The client whose events are sent; null for the tenant's own."),
        ];
        Schema::new(
            "Lists the webhooks of the tenant, all pages of them.",
            filters()
                .into_iter()
                .chain([Attribute::objects("webhooks", row)
                    .computed()
                    .describe("The webhooks that match, in the vendor's order.")])
                .collect(),
        )
    }

    async fn read(
        &self,
        client: &Client,
        config: WebhooksModel,
        _: &mut Diagnostics,
    ) -> Result<WebhooksModel, Diagnostics> {
        let filter = WebhookFilter {
            client_id: config.client_id.as_str(),
            search_term: config.search_term.as_str(),
            policy: CachePolicy::UseCached,
        };
        let rows = client.webhooks(&filter).await?;
        let webhooks = rows.iter().cloned().map(WebhookModel::from).collect::<Vec<_>>();
        Ok(WebhooksModel { webhooks: webhooks.into(), ..config })
    }
}
