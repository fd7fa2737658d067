//! `idv_xident_blacklist_entry`: a face that Xident rejects.
//!
//! `v1` can only add an entry: its page has neither list nor delete, so state is what was sent, and a destroy removes the entry
//! from state only. `verify/v1` lists and deletes. Its create is asynchronous and returns no id, so the entry is found in the
//! list: a new entry of an image with the same reason. Entries with the same reason are added one after the other. If somebody
//! else adds one with the same reason at the same time, the result is an error that names both entries.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::blacklist::BlacklistRow;
use super::client::{Api, Client};
use super::{image, usage};
use crate::framework::impact::{Period, Reach};
use crate::framework::resource::{Change, Context, Planning, Resource};
use crate::framework::spelling::{same_text, text_key};
use crate::framework::{
    Attr, Attribute, Diagnostic, Diagnostics, Effect, ListSink, Listable, Private, Rule, Schema, Secret, Type, Value,
    identity,
};
use crate::http::{CachePolicy, List};
use crate::vendors::shared::import_id;
use crate::vendors::shared::reconcile::{IfPresent, Lookup, Noun};

/// The waits before each read of the list after a create. The first is long enough for most images to be processed: an earlier
/// read may show only an entry that somebody else added at the same time. Each read counts against the vendor's limit.
const WAITS: [Duration; 4] =
    [Duration::from_secs(3), Duration::from_secs(4), Duration::from_secs(8), Duration::from_secs(16)];

/// The resource of one entry.
#[derive(Clone, Copy)]
pub(super) struct BlacklistEntry;

/// The attributes of one entry. No `Debug`: it has the image.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct BlacklistEntryModel {
    id: Attr<String>,
    reason: Attr<String>,
    metadata: Attr<BTreeMap<String, Attr<String>>>,
    face_image: Attr<Secret>,
    face_image_wo: Attr<Secret>,
    face_image_wo_version: Attr<String>,
    created_at: Attr<String>,
}

impl BlacklistEntryModel {
    fn reason(&self) -> &str {
        self.reason.as_str().unwrap_or_default()
    }

    fn metadata(&self) -> BTreeMap<String, String> {
        let entries = self.metadata.known().into_iter().flatten();
        entries.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
    }

    /// The entry by its id, or by its reason before it has one.
    fn noun(&self) -> Noun<'_> {
        noun(self.id.as_str().unwrap_or_else(|| self.reason()))
    }

    /// This entry with the fields of its row. Attributes that the list does not have are kept.
    fn with(mut self, row: BlacklistRow) -> Self {
        self.id = row.id.to_string().into();
        if row.reason.is_some() {
            self.reason = row.reason.into();
        }
        self.created_at = row.created_at.into();
        self
    }
}

/// What an entry is called in messages.
fn noun(name: &str) -> Noun<'_> {
    Noun {
        vendor: "Xident",
        kind: "blacklist entry",
        name,
        type_name: BlacklistEntry::NAME,
        console: "Xident's dashboard",
    }
}

/// Finds the entry of a reason in the blacklist.
struct Search<'s> {
    client: &'s Client,
    reason: &'s str,
}

#[async_trait]
impl Lookup for Search<'_> {
    type Row = BlacklistRow;

    fn noun(&self) -> Noun<'_> {
        noun(self.reason)
    }

    async fn rows(&self, _: Option<&List<BlacklistRow>>) -> Result<Arc<List<BlacklistRow>>, Diagnostics> {
        Ok(self.client.blacklist(CachePolicy::RefreshAfterWrite).await?)
    }

    fn id(&self, row: &BlacklistRow) -> String {
        row.id.to_string()
    }

    fn matches(&self, row: &BlacklistRow) -> bool {
        row.is_of_image() && row.reason.as_deref().is_some_and(|reason| same_text(self.reason, reason))
    }

    fn created_at(&self, row: &BlacklistRow) -> Option<Timestamp> {
        row.created_at.as_deref()?.parse().ok()
    }

    fn vendor_time(&self) -> Option<Timestamp> {
        self.client.http.vendor_time()
    }

    fn waits(&self) -> &[Duration] {
        &WAITS
    }
}

#[async_trait]
impl Resource for BlacklistEntry {
    type Client = Client;
    type Model = BlacklistEntryModel;

    const NAME: &'static str = "xident_blacklist_entry";

    const NATURAL_KEY: &'static [&'static str] = &["reason"];

    const IS_PERSONAL: bool = true;

    fn schema(&self) -> Schema {
        let computed =
            |name: &str, what: &str| Attribute::string(name).computed().use_state_for_unknown().describe(what);
        let mut attributes = vec![
            computed("id", "The id that Xident chose for the entry: `bl_...` through `v1`, a number through `verify/v1`."),
            Attribute::string("reason")
                .required()
                .requires_replace()
                .rule(Rule::Length(1, 500))
                .describe("Why the face is rejected, such as `fraud`."),
            Attribute::of("metadata", Type::map(Type::String)).optional().requires_replace().describe(
                "Any texts that Xident stores with the entry. Only `v1` has it: through `verify/v1` it is only in Terraform's state.",
            ),
        ];
        attributes.extend(image::attributes());
        attributes
            .push(computed("created_at", "When the entry was added, as the vendor writes it. Null through `v1`."));
        Schema::new(
            "A face on the blacklist of the project. Xident cannot change an entry, and never returns the image. Through \
             `api = \"v1\"` entries can only be added: a destroy removes them from state only, and changes made elsewhere are not \
             found. Through `api = \"verify/v1\"` an image is processed for some seconds, and the response has no id: the entry is \
             found in the list by its reason. Entries with different reasons are added in parallel, those with the same reason one \
             after the other. If somebody else adds an entry with the same reason at the same time, the apply fails and names both.",
            attributes,
        )
    }

    fn identity(&self) -> Vec<identity::IdentityAttribute> {
        vec![identity::required("id", "The id that Xident chose for the entry."), super::service()]
    }

    fn validate(&self, config: &BlacklistEntryModel, diagnostics: &mut Diagnostics) {
        image::check(&config.face_image, &config.face_image_wo, &config.face_image_wo_version, diagnostics);
    }

    fn plan(&self, planning: &mut Planning<BlacklistEntryModel>) -> Result<(), Diagnostics> {
        image::adopt(planning)?;
        if let Some(prior) = &planning.prior {
            // An update sends nothing, so nothing new is returned.
            planning.plan.created_at.clone_from(&prior.created_at);
        }
        if planning.prior.is_none() || !planning.requires_replace.is_empty() {
            let (config, noun) = (&planning.config, planning.plan.noun());
            let missing = image::require(&config.face_image, &config.face_image_wo, &noun);
            planning.apply_errors.append(missing.into_iter().collect());
        }
        Ok(())
    }

    fn plan_destroy(&self, prior: &BlacklistEntryModel, private: &Private) -> Diagnostics {
        if image::seen_through(private, Api::VerifyV1) {
            return Diagnostics::new();
        }
        let id = prior.id.as_str().unwrap_or_default();
        let detail = format!(
            "Terraform stops managing the entry `{id}`, and the face stays on the blacklist: the API `v1` cannot remove an entry. \
             Remove it in Xident's dashboard, or use `api = \"verify/v1\"`."
        );
        Diagnostic::warning(prior.noun().summary("stays at Xident"), detail).into()
    }

    async fn create(
        &self,
        client: &Client,
        plan: BlacklistEntryModel,
        ctx: &mut Context<BlacklistEntryModel>,
    ) -> Result<BlacklistEntryModel, Diagnostics> {
        let config = ctx.config.clone().unwrap_or_default();
        let image = image::chosen(&config.face_image, &config.face_image_wo, &plan.noun())?;
        image::note_create(ctx, client.api())?;
        if client.api() == Api::V1 {
            let id = client.add_to_blacklist(image.expose(), plan.reason(), &plan.metadata()).await?;
            return Ok(BlacklistEntryModel { id: id.into(), created_at: Attr::Null, ..plan });
        }
        if !plan.metadata().is_empty() {
            ctx.warn(
                plan.noun().summary("keeps no `metadata`"),
                "The API `verify/v1` has no metadata of an entry. It is kept in Terraform's state and is not sent.",
            );
        }
        let search = Search { client, reason: plan.reason() };
        let send = client.add_image_to_blacklist(image.expose(), plan.reason());
        let under_way = &client.blacklist_creates;
        let key = text_key(plan.reason());
        let mut created = under_way.create_without_id(&search, &key, IfPresent::WarnRecent, send).await?;
        ctx.append(created.warnings());
        Ok(plan.with(created.row))
    }

    async fn read(
        &self,
        client: &Client,
        state: BlacklistEntryModel,
        ctx: &mut Context<BlacklistEntryModel>,
    ) -> Result<Option<BlacklistEntryModel>, Diagnostics> {
        let imported = image::note_read(ctx, client.api())?;
        let id = state.id.as_str().unwrap_or_default();
        if client.api() == Api::V1 {
            if imported {
                ctx.warn(
                    state.noun().summary("is not checked"),
                    format!("The API `v1` lists no entries, so it is not known whether `{id}` exists and which reason it has."),
                );
            }
            return Ok(Some(state));
        }
        let number = id.parse::<i64>().map_err(|_| of_the_other_generation(id))?;
        let row = client.blacklist(CachePolicy::UseCached).await?.get(&number.to_string()).cloned();
        if row.is_none() && !imported {
            ctx.warn(
                state.noun().summary("is gone"),
                format!(
                    "Xident no longer has the blacklist entry `{id}`. It was removed outside of Terraform and is planned for creation. \
                     To stop managing it instead, remove the resource and run `terraform apply`."
                ),
            );
        }
        Ok(row.map(|row| state.with(row)))
    }

    /// Sends nothing: only attributes that an import left null, and the attribute that has the image, change in place.
    async fn update(
        &self,
        _: &Client,
        change: Change<BlacklistEntryModel>,
        ctx: &mut Context<BlacklistEntryModel>,
    ) -> Result<BlacklistEntryModel, Diagnostics> {
        image::filled(ctx);
        Ok(change.plan)
    }

    async fn delete(
        &self,
        client: &Client,
        state: BlacklistEntryModel,
        _: &mut Context<BlacklistEntryModel>,
    ) -> Result<(), Diagnostics> {
        match client.api() {
            Api::V1 => Ok(()),
            Api::VerifyV1 => Ok(client.delete_from_blacklist(state.id.as_str().unwrap_or_default()).await?),
        }
    }

    fn import(&self, id: &str) -> Result<BlacklistEntryModel, Diagnostics> {
        if id.is_empty() || id.contains('/') {
            let forms = "the entry's id: a number such as `17` through `api = \"verify/v1\"`, or such as `bl_abc123` through `v1`";
            return Err(import_id::wrong(Self::NAME, id, forms));
        }
        Ok(BlacklistEntryModel { id: id.into(), ..BlacklistEntryModel::default() })
    }

    fn existence(&self, _: &Value, _: &dyn Fn(&str) -> Option<Value>) -> Option<Effect> {
        Some(Effect::stricter("the face is rejected", "the face is no longer rejected"))
    }

    async fn reach(&self, client: &Client, _: &Value, period: &Period) -> Result<Reach, Diagnostics> {
        usage::reach(client, period).await
    }

    fn import_id(&self, state: &BlacklistEntryModel) -> String {
        state.id.as_str().unwrap_or_default().to_owned()
    }
}

#[async_trait]
impl Listable for BlacklistEntry {
    fn filters(&self) -> Schema {
        let what = "Only entries with exactly this reason.";
        Schema::new(
            "The blacklist of the project. Needs `api = \"verify/v1\"`.",
            vec![Attribute::string("reason").optional().describe(what)],
        )
    }

    fn available(&self, client: &Client) -> Result<(), Diagnostic> {
        super::listed(client, "entries of the blacklist")
    }

    async fn list(
        &self,
        client: &Client,
        filter: Value,
        sink: &mut ListSink<BlacklistEntryModel>,
    ) -> Result<(), Diagnostics> {
        let wanted = filter.get("reason").as_str();
        for row in client.blacklist(CachePolicy::UseCached).await?.iter() {
            let reason = row.reason.clone().unwrap_or_default();
            if wanted.is_some_and(|wanted| wanted != reason) {
                continue;
            }
            let name = format!("{reason} ({})", row.id);
            sink.push(name, BlacklistEntryModel::default().with(row.clone())).await;
        }
        Ok(())
    }
}

fn of_the_other_generation(id: &str) -> Diagnostic {
    let detail = format!(
        "The blacklist entry `{id}` was added through the API `v1`, and `verify/v1` numbers entries differently, so it cannot be found \
         there. Set `api = \"v1\"` in `xident = {{ ... }}`, or remove the entry from state and import it by its number; \
         `terraform query` lists them."
    );
    Diagnostic::error(noun(id).summary("is of the other API"), detail)
}
