//! `idv_xident_blacklist_entry`: a face that is to be turned away.
//!
//! `v1` can only add: its page has neither list nor delete, so state is what was sent, and destroy forgets. `verify/v1` lists
//! and deletes, and its create is asynchronous and answers no id. There the entry is found by looking before and after: what
//! is new, of an image, and for the same reason is ours. One at a time is added in a run, so that entries of one reason are
//! not taken for each other; whoever else adds in the same seconds for the same reason makes it ambiguous, and then nothing
//! is guessed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::blacklist::{Adding, BlacklistRow};
use super::client::{Api, Client};
use super::image;
use crate::framework::resource::{Change, Context, Planning, Resource};
use crate::framework::{
    Attr, Attribute, Diagnostic, Diagnostics, ListSink, Listable, Private, Rule, Schema, Secret, Type, Value, identity,
};
use crate::http::CachePolicy;
use crate::vendors::shared::errors::outcome_unknown;
use crate::vendors::shared::import_id;

/// How long a new entry is looked for, one wait a try. Each look counts against the vendor's limit.
const WAITS: [Duration; 6] = [
    Duration::ZERO,
    Duration::from_millis(1100),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(16),
];

/// One entry.
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

    /// This entry with what the vendor lists of it. What it does not give back stays.
    fn with(mut self, row: BlacklistRow) -> Self {
        self.id = row.id.to_string().into();
        if row.reason.is_some() {
            self.reason = row.reason.into();
        }
        self.created_at = row.created_at.into();
        self
    }
}

#[async_trait]
impl Resource for BlacklistEntry {
    type Client = Client;
    type Model = BlacklistEntryModel;

    const NAME: &'static str = "xident_blacklist_entry";

    fn schema(&self) -> Schema {
        let given = |name: &str, what: &str| Attribute::string(name).computed().use_state_for_unknown().describe(what);
        let mut attributes = vec![
            given("id", "The id that Xident gave the entry: `bl_...` through `v1`, a number through `verify/v1`."),
            Attribute::string("reason")
                .required()
                .requires_replace()
                .rule(Rule::Length(1, 500))
                .describe("Why the face is turned away, such as `fraud`."),
            Attribute::of("metadata", Type::map(Type::String)).optional().requires_replace().describe(
                "Any texts that Xident keeps with the entry. Only `v1` has it: through `verify/v1` it stays in Terraform's state.",
            ),
        ];
        attributes.extend(image::attributes());
        attributes.push(given("created_at", "When the entry was added, as the vendor writes it. Null through `v1`."));
        Schema::new(
            "A face on the blacklist of the project. Xident cannot change an entry, and never gives the image back. Through \
             `api = \"v1\"` entries can only be added: a destroy forgets them, and changes made elsewhere are not found. Through \
             `api = \"verify/v1\"` an image is processed for a while and answered without an id; the entry is found by its \
             reason, so entries are added one at a time.",
            attributes,
        )
    }

    fn identity(&self) -> Vec<identity::IdentityAttribute> {
        vec![identity::required("id", "The id that Xident gave the entry."), super::service()]
    }

    fn validate(&self, config: &BlacklistEntryModel, diagnostics: &mut Diagnostics) {
        image::check(&config.face_image, &config.face_image_wo, &config.face_image_wo_version, diagnostics);
    }

    fn plan(&self, planning: &mut Planning<BlacklistEntryModel>) -> Result<(), Diagnostics> {
        image::adopt(planning)?;
        if let Some(prior) = &planning.prior {
            // An update sends nothing, so it learns nothing.
            planning.plan.created_at.clone_from(&prior.created_at);
        }
        if planning.prior.is_none() || !planning.requires_replace.is_empty() {
            image::require(&planning.config.face_image, &planning.config.face_image_wo)?;
        }
        Ok(())
    }

    fn plan_destroy(&self, prior: &BlacklistEntryModel, private: &Private) -> Diagnostics {
        if image::seen_through(private, Api::VerifyV1) {
            return Diagnostics::new();
        }
        let detail = format!(
            "Terraform stops managing the entry `{}`, and the face stays on the blacklist: the API `v1` cannot remove one. Remove it \
             in Xident's dashboard, or use `api = \"verify/v1\"`.",
            prior.id.as_str().unwrap_or_default()
        );
        Diagnostic::warning("Destroy forgets the blacklist entry", detail).into()
    }

    async fn create(
        &self,
        client: &Client,
        plan: BlacklistEntryModel,
        ctx: &mut Context<BlacklistEntryModel>,
    ) -> Result<BlacklistEntryModel, Diagnostics> {
        let config = ctx.config.clone().unwrap_or_default();
        let image = image::chosen(&config.face_image, &config.face_image_wo)?;
        image::note_create(ctx, client.api())?;
        if client.api() == Api::V1 {
            let id = client.add_to_blacklist(image.expose(), plan.reason(), &plan.metadata()).await?;
            return Ok(BlacklistEntryModel { id: id.into(), created_at: Attr::Null, ..plan });
        }
        if !plan.metadata().is_empty() {
            ctx.warn(
                "Xident does not keep `metadata`",
                "The API `verify/v1` has no metadata of an entry. It is kept in Terraform's state and sent to nobody.",
            );
        }
        let mut adding = client.adding().await;
        let before = adding.before().await?;
        let answer = client.add_to_blacklist(image.expose(), plan.reason(), &BTreeMap::new()).await;
        if let Err(error) = &answer
            && !error.may_have_applied()
        {
            return Err(error.clone().into());
        }
        match (find_new(&mut adding, &plan, &before).await, answer) {
            (Ok(Some(row)), answer) => {
                if let Err(error) = answer {
                    ctx.warn(
                        "The entry was added though Xident reported an error",
                        format!("It is on the blacklist and is kept in state.\n{}", error.description()),
                    );
                }
                Ok(plan.with(row))
            }
            (Ok(None), Err(error)) => Err(error
                .with_observation(
                    "The blacklist was read and does not show the entry, so most likely it was not added. Apply again.",
                )
                .into()),
            (Ok(None), Ok(_)) => Err(not_listed(&plan).into()),
            (Err(look), Err(error)) => Err(outcome_unknown(
                error,
                "Nothing of it is in state. CachePolicy at the blacklist in Xident's dashboard before you apply again; an entry that is \
                 there can be imported by its number.",
                look,
            )),
            (Err(mut diagnostics), Ok(_)) => {
                diagnostics.push(not_listed(&plan));
                Err(diagnostics)
            }
        }
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
                    "The blacklist entry is taken on trust",
                    format!("The API `v1` shows no entries, so nobody has looked whether `{id}` exists, and why."),
                );
            }
            return Ok(Some(state));
        }
        let number = id.parse::<i64>().map_err(|_| of_the_other_generation(id))?;
        let row = client.blacklist(CachePolicy::UseCached).await?.into_iter().find(|row| row.id == number);
        if row.is_none() && !imported {
            ctx.warn(
                "A blacklist entry is gone",
                format!(
                    "Xident has no blacklist entry `{id}` any more. It was removed outside of Terraform and is planned for creation. \
                     To stop managing it instead, remove the resource and run `terraform apply`."
                ),
            );
        }
        Ok(row.map(|row| state.with(row)))
    }

    /// Nothing is sent: what can change in place are gaps that an import left, and how the image is given.
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
        for row in client.blacklist(CachePolicy::UseCached).await? {
            let reason = row.reason.clone().unwrap_or_default();
            if wanted.is_some_and(|wanted| wanted != reason) {
                continue;
            }
            let name = format!("{reason} ({})", row.id);
            sink.push(name, BlacklistEntryModel::default().with(row)).await;
        }
        Ok(())
    }
}

/// The entry that is there now and was not before; none if it does not appear within the bound.
async fn find_new(
    adding: &mut Adding<'_>,
    plan: &BlacklistEntryModel,
    before: &BTreeSet<i64>,
) -> Result<Option<BlacklistRow>, Diagnostics> {
    for wait in WAITS {
        tokio::time::sleep(wait).await;
        let mut rows = adding.after().await?;
        rows.retain(|row| {
            let of_image = row.source.as_deref().is_none_or(|source| source == "image");
            !before.contains(&row.id) && of_image && row.reason.as_deref() == plan.reason.as_str()
        });
        match rows.len() {
            0 => {}
            1 => return Ok(rows.pop()),
            _ => return Err(ambiguous(plan, &rows).into()),
        }
    }
    Ok(None)
}

fn of_the_other_generation(id: &str) -> Diagnostic {
    let detail = format!(
        "The blacklist entry `{id}` was added through the API `v1`, and `verify/v1` numbers entries differently, so it cannot be found \
         there. Set `api = \"v1\"` in `xident = {{ ... }}`, or remove the entry from state and import it by its number; \
         `terraform query` lists them."
    );
    Diagnostic::error("The entry belongs to the other generation of the API", detail)
}

const IMPORT: &str = "import {\n  to = idv_xident_blacklist_entry.NAME\n  id = \"NUMBER\"\n}";

fn not_listed(plan: &BlacklistEntryModel) -> Diagnostic {
    let detail = format!(
        "Xident accepted the image for the reason \"{}\", and its entry is not known yet. It may exist and is not in state. CachePolicy at \
         the blacklist, by `terraform query` or in the dashboard, before applying again; if it is there, import it:\n\n{IMPORT}",
        plan.reason()
    );
    Diagnostic::error("The blacklist entry cannot be found", detail)
}

fn ambiguous(plan: &BlacklistEntryModel, rows: &[BlacklistRow]) -> Diagnostic {
    let ids = rows.iter().map(|row| format!("`{}`", row.id)).collect::<Vec<_>>().join(", ");
    let detail = format!(
        "After the create, the blacklist has more than one new entry for the reason \"{}\": {ids}. Somebody else added one at the same \
         time, and the list does not say whose is whose. CachePolicy at them in the dashboard, and import the right one:\n\n{IMPORT}",
        plan.reason()
    );
    Diagnostic::error("More than one new blacklist entry", detail)
}
