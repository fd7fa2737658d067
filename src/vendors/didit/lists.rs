//! `idv_didit_lists`: the data source of the lists of an application, system lists included.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::client::{Client, Collection};
use super::list::{ENTRY_TYPES, wire};
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
        let row = vec![
            text("id", "The `uuid` of the list."),
            text("name", "The name of the list."),
            text("description", "The purpose of the list."),
            text("list_type", "The effect of a match: `blocklist`, `allowlist` or `custom`."),
            text("entry_type", "The type of its values, such as `phone`."),
            Attribute::bool("is_system").computed().describe("Whether it is a system list of Didit, which blocks."),
            Attribute::number("entry_count")
                .computed()
                .describe("How many entries it has, if Didit returns the number."),
        ];
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
