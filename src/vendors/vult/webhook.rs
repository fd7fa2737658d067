//! `idv_vult_webhook`: where the tenant sends its events, as resource; `idv_vult_webhooks` lists them.
//!
//! The vendor's create answers no id, and nothing can be changed afterwards. So a create looks before and after: what is
//! new and matches is ours, and an identical webhook that was there before is the user's to import.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::client::{Client, WebhookFilter, WebhookRow};
use crate::framework::moved::RestObject;
use crate::framework::resource::{Context, Resource};
use crate::framework::{
    Attr, Attribute, DataSource, Diagnostic, Diagnostics, ListSink, Listable, Rule, Schema, Value, identity,
};
use crate::http::CachePolicy;
use crate::vendors::shared::errors::outcome_unknown;
use crate::vendors::shared::import_id;
use crate::vendors::shared::reconcile::retry_once;

/// How long a new webhook is looked for, one wait a try: the list may lag behind the create.
const WAITS: [Duration; 5] = [
    Duration::ZERO,
    Duration::from_millis(200),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
];

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

impl WebhookModel {
    /// Every webhook that a create of this one could be mistaken for, by asking anew: among those that the vendor finds by the
    /// name, or among all.
    async fn twins(&self, client: &Client, by_name: bool, policy: CachePolicy) -> Result<Vec<WebhookRow>, Diagnostics> {
        let search_term = self.name.as_str().filter(|_| by_name);
        let filter = WebhookFilter { client_id: self.client_id.as_str(), search_term, policy };
        let mut rows = client.webhooks(&filter).await?;
        let same = |row: &WebhookRow| {
            let of_client = row.client_id.as_deref().filter(|id| !id.is_empty());
            Some(row.name.as_str()) == self.name.as_str()
                && Some(row.url.as_str()) == self.url.as_str()
                && of_client == self.client_id.as_str()
        };
        rows.retain(same);
        Ok(rows)
    }

    fn words(&self) -> String {
        format!(
            "the webhook \"{}\" to {}",
            self.name.as_str().unwrap_or_default(),
            self.url.as_str().unwrap_or_default()
        )
    }
}

#[async_trait]
impl Resource for Webhook {
    type Client = Client;
    type Model = WebhookModel;

    const NAME: &'static str = "vult_webhook";

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
        // Two creates of the same webhook in one run would each find the other's.
        let _claim = client.claim_webhook(plan.client_id.as_str(), &plan.words()).ok_or_else(|| twice(&plan))?;
        let before = plan.twins(client, true, CachePolicy::Refresh).await?;
        if let Some(row) = before.first() {
            return Err(exists(&plan, &row.id));
        }
        let (name, url) = (plan.name.as_str().unwrap_or_default(), plan.url.as_str().unwrap_or_default());
        let answer = client.create_webhook(plan.client_id.as_str(), name, url).await;
        match &answer {
            Err(error) if !error.may_have_applied() => return Err(error.clone().into()),
            _ => {}
        }
        let found = find_new(client, &plan).await;
        match (found, answer) {
            (Ok(Some(row)), answer) => {
                if let Err(error) = answer {
                    ctx.warn(
                        "The webhook was created though VULT reported an error",
                        format!("It is in the list of webhooks and is kept in state.\n{}", error.description()),
                    );
                }
                Ok(row.into())
            }
            (Ok(None), Err(error)) => Err(error
                .with_observation(
                    "The list was asked and does not show the webhook, so most likely it was not created. Apply again.",
                )
                .into()),
            (Ok(None), Ok(())) => Err(not_listed(&plan)),
            (Err(diagnostics), Err(error)) => Err(outcome_unknown(
                error,
                "Nothing of it is in state. Once VULT answers, apply again: a webhook that is there is found then, and the message \
                 has the lines that import it.",
                diagnostics,
            )),
            (Err(mut diagnostics), Ok(())) => {
                diagnostics.append(not_listed(&plan));
                Err(diagnostics)
            }
        }
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
        let row = rows.into_iter().find(|row| Some(row.id.as_str()) == state.id.as_str());
        if row.is_none() {
            ctx.warn(
                "A webhook is gone",
                format!(
                    "VULT has no webhook with the id `{}` any more. It was deleted outside of Terraform and is planned for \
                     creation. To stop managing it instead, remove the resource and run `terraform apply`.",
                    state.id.as_str().unwrap_or_default()
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
            Err(error) if error.is_not_found() => error,
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
        let (client_id, id) = match id.split('/').collect::<Vec<_>>()[..] {
            [id] if !id.is_empty() => (Attr::Null, id),
            [client_id, id] if !client_id.is_empty() && !id.is_empty() => (client_id.into(), id),
            _ => {
                let forms = "`WEBHOOK_ID`, such as `wh_123`, or `CLIENT_ID/WEBHOOK_ID` for a webhook of a client, such as \
                             `client-7/wh_123`";
                return Err(import_id::wrong(Self::NAME, id, forms));
            }
        };
        Ok(WebhookModel { id: id.into(), name: Attr::Null, url: Attr::Null, client_id })
    }

    fn move_from(&self, object: RestObject) -> Result<WebhookModel, Diagnostics> {
        let text = |name| object.text(name).map(str::to_owned).into();
        Ok(WebhookModel { id: object.id()?.into(), name: text("name"), url: text("url"), client_id: text("client_id") })
    }

    fn import_id(&self, state: &WebhookModel) -> String {
        let id = state.id.as_str().unwrap_or_default();
        state.client_id.as_str().map_or_else(|| id.to_owned(), |client_id| format!("{client_id}/{id}"))
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

/// The webhook that is there now and was not before; none if it does not appear within the bound.
async fn find_new(client: &Client, plan: &WebhookModel) -> Result<Option<WebhookRow>, Diagnostics> {
    for (tries, wait) in WAITS.into_iter().enumerate() {
        tokio::time::sleep(wait).await;
        // How the vendor searches is not documented: the last try reads every page.
        let look = || plan.twins(client, tries + 1 < WAITS.len(), CachePolicy::RefreshAfterWrite);
        let mut rows = retry_once(look).await?;
        match rows.len() {
            0 => {}
            1 => return Ok(rows.pop()),
            _ => return Err(ambiguous(plan, &rows)),
        }
    }
    Ok(None)
}

fn import_line(plan: &WebhookModel, id: &str) -> String {
    let id = plan.client_id.as_str().map_or_else(|| id.to_owned(), |client_id| format!("{client_id}/{id}"));
    format!("import {{\n  to = idv_vult_webhook.NAME\n  id = \"{id}\"\n}}")
}

fn exists(plan: &WebhookModel, id: &str) -> Diagnostics {
    let detail = format!(
        "VULT has {} already, and a second one would receive every event twice. Nothing was created. To manage the one \
         that exists, add this beside the resource and apply again:\n\n{}",
        plan.words(),
        import_line(plan, id)
    );
    Diagnostic::error("The webhook exists already", detail).into()
}

fn twice(plan: &WebhookModel) -> Diagnostics {
    let detail = format!(
        "Two resources of this configuration declare {}. VULT tells webhooks apart by nothing but an id that it chooses, so \
         give one of them another name or remove it.",
        plan.words()
    );
    Diagnostic::error("The webhook is declared twice", detail).into()
}

fn not_listed(plan: &WebhookModel) -> Diagnostics {
    let detail = format!(
        "VULT accepted {}, and the list that has its id does not show it yet, or could not be read. It exists and is not in \
         state. Wait until the dashboard shows it, then import it:\n\n{}",
        plan.words(),
        import_line(plan, "WEBHOOK_ID")
    );
    Diagnostic::error("The webhook was created and cannot be found", detail).into()
}

fn ambiguous(plan: &WebhookModel, rows: &[WebhookRow]) -> Diagnostics {
    let ids = rows.iter().map(|row| format!("`{}`", row.id)).collect::<Vec<_>>().join(", ");
    let detail = format!(
        "After the create, VULT lists {} more than once, under the ids {ids}: somebody else created the same at the same \
         time. Delete all but one in the dashboard, then import the one that is left:\n\n{}",
        plan.words(),
        import_line(plan, "WEBHOOK_ID")
    );
    Diagnostic::error("The webhook exists more than once", detail).into()
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
        let webhooks = rows.into_iter().map(WebhookModel::from).collect::<Vec<_>>();
        Ok(WebhooksModel { webhooks: webhooks.into(), ..config })
    }
}
