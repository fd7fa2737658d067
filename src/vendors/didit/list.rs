//! `idv_didit_list`: a list of values by which verifications are let through or told apart, as resource.
//!
//! Ten lists are Didit's own: they block, and can be neither created nor deleted. The resource leaves them alone; the
//! data source of `lists` has them, and entries may be put into them.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::client::{Client, Collection};
use super::creation::Creation;
use crate::framework::resource::{Change, Context, Resource};
use crate::framework::{
    Attr, Attribute, Diagnostic, Diagnostics, ListSink, Listable, Path, Private, Rule, Schema, Value, identity,
};
use crate::http::{CachePolicy, Error};

/// The types of lists that can be created, by the vendor's reference.
const LIST_TYPES: &[&str] = &["allowlist", "custom"];

/// The types of entries, by the vendor's reference.
pub(super) const ENTRY_TYPES: &[&str] = &[
    "face",
    "document",
    "phone",
    "email",
    "ip_address",
    "device_fingerprint",
    "wallet_address",
    "bank_account",
    "country",
    "user",
    "business",
    "key",
];

/// One list.
#[derive(Clone, Copy)]
pub(super) struct List;

/// The attributes of one list.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct ListModel {
    id: Attr<String>,
    name: Attr<String>,
    description: Attr<String>,
    list_type: Attr<String>,
    entry_type: Attr<String>,
}

impl ListModel {
    fn id(&self) -> &str {
        self.id.as_str().unwrap_or_default()
    }
}

impl From<wire::List> for ListModel {
    fn from(row: wire::List) -> Self {
        Self {
            id: row.uuid.into(),
            name: row.name.into(),
            description: row.description.unwrap_or_default().into(),
            list_type: row.list_type.into(),
            entry_type: row.entry_type.into(),
        }
    }
}

#[async_trait]
impl Resource for List {
    type Client = Client;
    type Model = ListModel;

    const NAME: &'static str = "didit_list";

    fn schema(&self) -> Schema {
        Schema::new(
            "A list of values, such as trusted phone numbers, on which the conditions of workflows can depend. Its values are \
             `idv_didit_list_entry`. Didit's own block lists cannot be managed; `idv_didit_lists` finds them, and entries can \
             be put into them. Destroying a list deletes whatever is in it.",
            vec![
                Attribute::string("id").computed().use_state_for_unknown().describe("The `uuid` that Didit gave the list."),
                Attribute::string("name")
                    .required()
                    .rule(Rule::Length(1, 255))
                    .describe("The name of the list. An application has a name once."),
                Attribute::string("description").default("").describe("What the list is for."),
                Attribute::string("list_type").required().requires_replace().rule(Rule::OneOf(LIST_TYPES)).describe(
                    "What a match is for: an `allowlist` lets through, a `custom` one does what a workflow makes of it.",
                ),
                Attribute::string("entry_type")
                    .required()
                    .requires_replace()
                    .rule(Rule::OneOf(ENTRY_TYPES))
                    .describe("What its values are."),
            ],
        )
    }

    fn identity(&self) -> Vec<identity::IdentityAttribute> {
        vec![identity::required("id", "The `uuid` that Didit gave the list."), super::service()]
    }

    fn plan_destroy(&self, prior: &ListModel, _: &Private) -> Diagnostics {
        let detail = format!(
            "With the list \"{}\" Didit deletes every entry in it, also those that Terraform does not manage.",
            prior.name.as_str().unwrap_or_default()
        );
        Diagnostic::warning("The entries are deleted with the list", detail).into()
    }

    async fn create(
        &self,
        client: &Client,
        plan: ListModel,
        ctx: &mut Context<ListModel>,
    ) -> Result<ListModel, Diagnostics> {
        let creation = Creation::<wire::List>::begin(client, Collection::lists()).await?;
        let same = |row: &wire::List| Some(row.name.as_str()) == plan.name.as_str();
        if let Some(row) = creation.before().iter().find(|row| same(row)) {
            return Err(exists(row).into());
        }
        let body = json!({
            "name": plan.name.as_str(),
            "description": plan.description.as_str(),
            "list_type": plan.list_type.as_str(),
            "entry_type": plan.entry_type.as_str(),
        });
        let name = plan.name.as_str().unwrap_or_default();
        Ok(creation.create(name, &body, same, ctx).await?.into())
    }

    async fn read(
        &self,
        client: &Client,
        state: ListModel,
        ctx: &mut Context<ListModel>,
    ) -> Result<Option<ListModel>, Diagnostics> {
        let rows = client.list::<wire::List>(&Collection::lists(), CachePolicy::UseCached).await?;
        match rows.into_iter().find(|row| row.uuid == state.id()) {
            Some(row) if row.is_system => Err(of_the_system(&row).into()),
            Some(row) => Ok(Some(row.into())),
            None => {
                super::warn_gone(ctx, "list", state.id());
                Ok(None)
            }
        }
    }

    async fn update(
        &self,
        client: &Client,
        change: Change<ListModel>,
        _: &mut Context<ListModel>,
    ) -> Result<ListModel, Diagnostics> {
        let body = json!({ "name": change.plan.name.as_str(), "description": change.plan.description.as_str() });
        let updated = client.update::<wire::List>(&Collection::lists(), change.prior.id(), &body).await;
        Ok(updated?.into())
    }

    async fn delete(&self, client: &Client, state: ListModel, _: &mut Context<ListModel>) -> Result<(), Diagnostics> {
        Ok(client.delete(&Collection::lists(), state.id()).await?)
    }

    fn import(&self, id: &str) -> Result<ListModel, Diagnostics> {
        let id = super::one_uuid(id, Self::NAME, "LIST_UUID")?;
        Ok(ListModel { id, ..ListModel::default() })
    }

    fn import_id(&self, state: &ListModel) -> String {
        state.id().to_owned()
    }
}

#[async_trait]
impl Listable for List {
    fn filters(&self) -> Schema {
        Schema::new("The lists of the application, without Didit's own.", Vec::new())
    }

    async fn list(&self, client: &Client, _: Value, sink: &mut ListSink<ListModel>) -> Result<(), Diagnostics> {
        for row in client.list::<wire::List>(&Collection::lists(), CachePolicy::UseCached).await? {
            if !row.is_system {
                sink.push(row.name.clone(), row.into()).await;
            }
        }
        Ok(())
    }
}

/// The ids of all lists, Didit's own included.
pub(super) async fn ids(client: &Client) -> Result<Vec<String>, Error> {
    let rows = client.list::<wire::List>(&Collection::lists(), CachePolicy::UseCached).await?;
    Ok(rows.into_iter().map(|row| row.uuid).collect())
}

fn exists(row: &wire::List) -> Diagnostic {
    let way_out = if row.is_system {
        "It is one of Didit's own, which can have entries and nothing else: give yours another name.".to_owned()
    } else {
        let import = format!("import {{\n  to = idv_didit_list.NAME\n  id = \"{}\"\n}}", row.uuid);
        format!("To manage it, add this beside the resource and apply again:\n\n{import}")
    };
    let detail = format!("The application has a list \"{}\" already. Nothing was created. {way_out}", row.name);
    Diagnostic::error("The list exists already", detail).at(Path::to("name"))
}

fn of_the_system(row: &wire::List) -> Diagnostic {
    let detail = format!(
        "The list \"{}\" (`{}`) is one of Didit's own, which every application has and nobody can delete. Manage its entries by \
         `idv_didit_list_entry` with this `list_id`, and no `idv_didit_list` for it.",
        row.name, row.uuid
    );
    Diagnostic::error("The list is one of Didit's own", detail)
}

pub(super) mod wire {
    //! The list of the vendor's reference (docs.didit.me, "List Lists").

    use serde::Deserialize;

    use super::super::client::Row;

    #[derive(Deserialize)]
    pub(in super::super) struct List {
        pub(in super::super) uuid: String,
        pub(in super::super) name: String,
        pub(in super::super) description: Option<String>,
        pub(in super::super) list_type: String,
        pub(in super::super) entry_type: String,
        #[serde(default)]
        pub(in super::super) is_system: bool,
        pub(in super::super) entry_count: Option<i64>,
    }

    impl Row for List {
        fn key(&self) -> &str {
            &self.uuid
        }
    }
}
