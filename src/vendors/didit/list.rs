//! `idv_didit_list`: the resource of a list of values on which the conditions of workflows can depend.
//!
//! Every application has ten system lists: they block, and can be neither created nor deleted. The resource does not manage
//! them. The data source of `lists` has them, and entries can be added to them.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::client::{Client, Collection};
use super::creates::Creation;
use crate::framework::resource::{Change, Context, Resource};
use crate::framework::spelling::same_text;
use crate::framework::{
    Attr, Attribute, Diagnostic, Diagnostics, ListSink, Listable, Path, Private, Rule, Schema, Value, identity,
};
use crate::http::{CachePolicy, Error};
use crate::openapi::Call;
use crate::vendors::shared::reconcile::{CreateFailure, IfPresent};

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

/// The calls about lists.
pub(super) fn calls() -> Vec<Call> {
    use wire::{List, ListBody, ListChange};
    let collection = Collection::lists();
    vec![
        collection.list_call::<List>(),
        collection.create_call().sends::<ListBody<'_>>().reads::<List>(),
        collection.object_call("PATCH").sends::<ListChange<'_>>().reads::<List>(),
        collection.object_call("DELETE"),
    ]
}

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

    fn to_wire(&self) -> wire::ListBody<'_> {
        wire::ListBody {
            name: self.name.as_str(),
            description: self.description.as_str(),
            list_type: self.list_type.as_str(),
            entry_type: self.entry_type.as_str(),
        }
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

    const NATURAL_KEY: &'static [&'static str] = &["list_type", "entry_type", "name"];

    fn schema(&self) -> Schema {
        Schema::new(
            "A list of values, such as trusted phone numbers, on which the conditions of workflows can depend. Its values are \
             `idv_didit_list_entry`. The system lists of Didit, which block, cannot be managed; `idv_didit_lists` finds them, \
             and entries can be added to them. Destroying a list deletes its entries.",
            vec![
                Attribute::string("id").computed().use_state_for_unknown().describe("The `uuid` of the list."),
                Attribute::string("name")
                    .required()
                    .rule(Rule::Length(1, 255))
                    .describe("The name of the list, unique in the application."),
                Attribute::string("description").default("").describe("The purpose of the list."),
                Attribute::string("list_type").required().requires_replace().rule(Rule::OneOf(LIST_TYPES)).describe(
                    "The effect of a match: an `allowlist` lets a verification through, a `custom` list has the effect that a workflow gives it.",
                ),
                Attribute::string("entry_type")
                    .required()
                    .requires_replace()
                    .rule(Rule::Known(ENTRY_TYPES))
                    .describe("The type of its values."),
            ],
        )
    }

    fn identity(&self) -> Vec<identity::IdentityAttribute> {
        vec![identity::required("id", "The `uuid` of the list."), super::service()]
    }

    fn plan_destroy(&self, prior: &ListModel, _: &Private) -> Diagnostics {
        let detail = format!(
            "With the list \"{}\" Didit deletes every entry in it, including those that Terraform does not manage.",
            prior.name.as_str().unwrap_or_default()
        );
        let name = prior.name.as_str().unwrap_or_default();
        Diagnostic::warning(Collection::lists().summary(name, "loses its entries"), detail).into()
    }

    async fn create(
        &self,
        client: &Client,
        plan: ListModel,
        ctx: &mut Context<ListModel>,
    ) -> Result<ListModel, Diagnostics> {
        let (collection, body) = (Collection::lists(), plan.to_wire());
        let creation = Creation::<wire::List> {
            client,
            collection: &collection,
            type_name: Self::NAME,
            name: plan.name.as_str().unwrap_or_default(),
            import_prefix: "",
            if_present: IfPresent::Create,
            matches: &|row| body.matches(row),
        };
        match creation.send(&client.creates.lists, &body, ctx).await {
            Ok(row) => Ok(row.into()),
            Err(CreateFailure::Rejected(error)) => {
                let same_name = |row: &wire::List| body.name.is_some_and(|name| same_text(name, &row.name));
                let path = Path::to("name");
                Err(match creation.find_duplicate(&error, "name", same_name).await {
                    Some(row) if row.is_system => name_of_system_list(&row).at(path).into(),
                    Some(row) => creation.already_exists(&row.name, &row).at(path).into(),
                    None => error.into(),
                })
            }
            Err(failure) => Err(failure.into()),
        }
    }

    async fn read(
        &self,
        client: &Client,
        state: ListModel,
        ctx: &mut Context<ListModel>,
    ) -> Result<Option<ListModel>, Diagnostics> {
        let rows = client.list::<wire::List>(&Collection::lists(), CachePolicy::UseCached).await?;
        match rows.get(state.id()) {
            Some(row) if row.is_system => Err(is_system_list(row).into()),
            Some(row) => Ok(Some(row.clone().into())),
            None => {
                super::warn_gone(ctx, &Collection::lists(), state.id());
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
        let body = wire::ListChange { name: change.plan.name.as_str(), description: change.plan.description.as_str() };
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
        Schema::new("The lists of the application, without the system lists.", Vec::new())
    }

    async fn built_in(&self, client: &Client) -> Result<Vec<ListModel>, Diagnostics> {
        let rows = client.list::<wire::List>(&Collection::lists(), CachePolicy::UseCached).await?;
        Ok(rows.iter().filter(|row| row.is_system).cloned().map(ListModel::from).collect())
    }

    async fn list(&self, client: &Client, _: Value, sink: &mut ListSink<ListModel>) -> Result<(), Diagnostics> {
        for row in client.list::<wire::List>(&Collection::lists(), CachePolicy::UseCached).await?.iter() {
            if !row.is_system {
                sink.push(row.name.clone(), row.clone().into()).await;
            }
        }
        Ok(())
    }
}

/// The ids of all lists, system lists included.
pub(super) async fn ids(client: &Client) -> Result<Vec<String>, Error> {
    let rows = client.list::<wire::List>(&Collection::lists(), CachePolicy::UseCached).await?;
    Ok(rows.iter().map(|row| row.uuid.clone()).collect())
}

fn name_of_system_list(row: &wire::List) -> Diagnostic {
    let detail = format!(
        "The application has the system list \"{}\", and a name can be used once. Nothing was created. A system list is one of \
         Didit's own, to which only entries can be added: give your list another name.",
        row.name
    );
    Diagnostic::error(Collection::lists().summary(&row.name, "is a system list"), detail)
}

fn is_system_list(row: &wire::List) -> Diagnostic {
    let detail = format!(
        "The list \"{}\" (`{}`) is one of Didit's own, which every application has and nobody can delete. Manage its entries with \
         `idv_didit_list_entry` and this `list_id`, without an `idv_didit_list` for it.",
        row.name, row.uuid
    );
    Diagnostic::error(Collection::lists().summary(&row.name, "is one of Didit's own"), detail)
}

pub(super) mod wire {
    //! The list of the vendor's reference (docs.didit.me, "List Lists").

    use jiff::Timestamp;
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    use super::super::client::Row;
    use super::super::creates::parse_time;
    use crate::framework::spelling::same_text;
    use crate::vendors::shared::loose::{self, LooseText, Whole};

    #[derive(Serialize, JsonSchema)]
    pub(super) struct ListBody<'m> {
        pub(super) name: Option<&'m str>,
        pub(super) description: Option<&'m str>,
        pub(super) list_type: Option<&'m str>,
        pub(super) entry_type: Option<&'m str>,
    }

    impl ListBody<'_> {
        /// Whether a row has every field of the body.
        pub(super) fn matches(&self, row: &List) -> bool {
            self.name.is_some_and(|name| same_text(name, &row.name))
                && same_text(self.description.unwrap_or_default(), row.description.as_deref().unwrap_or_default())
                && self.list_type == Some(row.list_type.as_str())
                && self.entry_type == Some(row.entry_type.as_str())
        }
    }

    /// The fields that can be changed.
    #[derive(Serialize, JsonSchema)]
    pub(super) struct ListChange<'m> {
        pub(super) name: Option<&'m str>,
        pub(super) description: Option<&'m str>,
    }

    #[derive(Clone, Deserialize, JsonSchema)]
    pub(in super::super) struct List {
        pub(in super::super) uuid: String,
        #[serde(default, deserialize_with = "loose::text_or_empty")]
        #[schemars(with = "LooseText")]
        pub(in super::super) name: String,
        #[serde(default, deserialize_with = "loose::text")]
        #[schemars(with = "LooseText")]
        pub(in super::super) description: Option<String>,
        #[serde(default, deserialize_with = "loose::text_or_empty")]
        #[schemars(with = "LooseText")]
        pub(in super::super) list_type: String,
        #[serde(default, deserialize_with = "loose::text_or_empty")]
        #[schemars(with = "LooseText")]
        pub(in super::super) entry_type: String,
        #[serde(default, deserialize_with = "loose::or_default")]
        #[schemars(with = "Option<bool>")]
        pub(in super::super) is_system: bool,
        #[serde(default, deserialize_with = "loose::whole_or_null")]
        #[schemars(with = "Option<Whole>")]
        pub(in super::super) entry_count: Option<i64>,
        created_at: Option<String>,
    }

    impl Row for List {
        fn key(&self) -> &str {
            &self.uuid
        }

        fn created_at(&self) -> Option<Timestamp> {
            parse_time(self.created_at.as_deref())
        }
    }
}
