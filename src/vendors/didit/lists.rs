//! Data sources of lists, system lists included: `idv_didit_lists` has all of them, `idv_didit_list` one by its id or its name.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::client::{Client, Collection};
use super::list::{ENTRY_TYPES, wire};
use super::lookup::{Candidate, Lookup};
use crate::framework::{Attr, Attribute, DataSource, Diagnostics, Rule, Schema};
use crate::http::CachePolicy;

/// All lists of the application.
pub(super) struct Lists;

/// The attributes of all lists.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct ListsModel {
    list_type: Attr<String>,
    entry_type: Attr<String>,
    lists: Attr<Vec<ListRow>>,
}

/// One of them.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct ListRow {
    id: Attr<String>,
    name: Attr<String>,
    description: Attr<String>,
    list_type: Attr<String>,
    entry_type: Attr<String>,
    is_system: Attr<bool>,
    entry_count: Attr<i64>,
}

/// What a list is, beside its id and its name.
fn columns() -> Vec<Attribute> {
    let text = |name: &str, what: &str| Attribute::string(name).computed().describe(what);
    vec![
        text("description", "The purpose of the list."),
        text("list_type", "The effect of a match: `blocklist`, `allowlist` or `custom`."),
        text("entry_type", "The type of its values, such as `phone`."),
        Attribute::bool("is_system").computed().describe("Whether it is a system list of Didit, which blocks."),
        Attribute::number("entry_count").computed().describe("How many entries it has, if Didit returns the number."),
    ]
}

/// A text of a row; none if the response has none.
fn filled(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

impl From<wire::List> for ListRow {
    fn from(row: wire::List) -> Self {
        Self {
            id: row.uuid.into(),
            name: filled(row.name).into(),
            description: row.description.unwrap_or_default().into(),
            list_type: filled(row.list_type).into(),
            entry_type: filled(row.entry_type).into(),
            is_system: row.is_system.into(),
            entry_count: row.entry_count.into(),
        }
    }
}

#[async_trait]
impl DataSource for Lists {
    type Client = Client;
    type Model = ListsModel;

    const NAME: &'static str = "didit_lists";

    fn schema(&self) -> Schema {
        let filter = |name: &str, what: &str| Attribute::string(name).optional().describe(what);
        let text = |name: &str, what: &str| Attribute::string(name).computed().describe(what);
        let names = [text("id", "The `uuid` of the list."), text("name", "The name of the list.")];
        let row = names.into_iter().chain(columns()).collect();
        Schema::new(
            "Lists all lists of an application, the system lists of Didit included.",
            vec![
                filter("list_type", "Only lists of this type.").rule(Rule::Known(&[
                    "blocklist",
                    "allowlist",
                    "custom",
                ])),
                filter("entry_type", "Only lists of values of this type.").rule(Rule::Known(ENTRY_TYPES)),
                Attribute::objects("lists", row).computed().describe("The lists that match, in the vendor's order."),
            ],
        )
    }

    async fn read(&self, client: &Client, config: ListsModel, _: &mut Diagnostics) -> Result<ListsModel, Diagnostics> {
        let passes = |filter: &Attr<String>, value: &str| filter.as_str().is_none_or(|wanted| wanted == value);
        let rows = client.list::<wire::List>(&Collection::lists(), CachePolicy::UseCached).await?;
        let wanted = |row: &&wire::List| {
            passes(&config.list_type, &row.list_type) && passes(&config.entry_type, &row.entry_type)
        };
        let lists = rows.iter().filter(wanted).cloned().map(ListRow::from).collect::<Vec<_>>();
        Ok(ListsModel { lists: lists.into(), ..config })
    }
}

/// One list of the application. Its attributes are those of a row.
pub(super) struct OneList;

impl ListRow {
    fn lookup(&self) -> Lookup<'_> {
        Lookup { collection: Collection::lists(), id: ("id", &self.id), name: ("name", &self.name) }
    }
}

#[async_trait]
impl DataSource for OneList {
    type Client = Client;
    type Model = ListRow;

    const NAME: &'static str = "didit_list";

    fn schema(&self) -> Schema {
        let choice = |name: &str, what: &str| Attribute::string(name).optional().computed().describe(what);
        let choices = [
            choice("id", "The `uuid` of the list. Set either this or `name`."),
            choice("name", "The name of the list. Set either this or `id`."),
        ];
        Schema::new(
            "Reads one list of an application by its id or its name. A system list of Didit is one of them, so its values can be managed \
             with `idv_didit_list_entry`.",
            choices.into_iter().chain(columns()).collect(),
        )
    }

    fn validate(&self, config: &ListRow, diagnostics: &mut Diagnostics) {
        config.lookup().check(diagnostics);
    }

    async fn read(&self, client: &Client, config: ListRow, _: &mut Diagnostics) -> Result<ListRow, Diagnostics> {
        let rows = client.list::<wire::List>(&Collection::lists(), CachePolicy::UseCached).await?;
        let found = config.lookup().find(rows.iter().map(|row| Candidate { id: &row.uuid, name: &row.name, row }))?;
        let row = ListRow::from(found.row.clone());
        // The configured spelling of the name stays.
        Ok(ListRow { name: config.name.into_known().or_else(|| row.name.into_known()).into(), ..row })
    }
}
