//! `idv_didit_list_entry`: a value in a list of an application.
//!
//! Didit reads and changes no entry by its id. So every change replaces it, and a refresh walks the pages of the list,
//! once for all entries of the list that a run refreshes.
//!
//! Didit stores a value in a spelling of its own. The state keeps the spelling of the configuration beside the stored
//! one: as long as the latter is what the list shows, nothing has changed.

use async_trait::async_trait;
use celes::Country;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::client::{Client, Collection};
use super::json::{JSON_OBJECT, same_json};
use crate::framework::resource::{Context, Resource};
use crate::framework::{
    Attr, Attribute, Diagnostic, Diagnostics, ListSink, Listable, Path, Rule, Schema, Value, identity,
};
use crate::http::{CachePolicy, Error};
use crate::vendors::shared::errors::outcome_unknown;
use crate::vendors::shared::import_id;
use crate::vendors::shared::reconcile::retry_once;

/// One entry.
#[derive(Clone, Copy)]
pub(super) struct ListEntry;

/// The attributes of one entry.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct ListEntryModel {
    id: Attr<String>,
    list_id: Attr<String>,
    value: Attr<String>,
    stored_value: Attr<String>,
    display_label: Attr<String>,
    comment: Attr<String>,
    metadata: Attr<String>,
}

impl ListEntryModel {
    fn id(&self) -> &str {
        self.id.as_str().unwrap_or_default()
    }

    fn list_id(&self) -> &str {
        self.list_id.as_str().unwrap_or_default()
    }

    /// What a row says of an entry, in the spelling of `self` where that is how Didit stores it still.
    fn merged(&self, row: wire::Entry) -> Self {
        let text = |text: Option<String>| Attr::from(text.filter(|text| !text.is_empty()));
        let stored = Attr::Known(row.value);
        Self {
            id: row.uuid.into(),
            list_id: self.list_id.clone(),
            value: if self.stored_value == stored { self.value.clone() } else { stored.clone() },
            stored_value: stored,
            display_label: text(row.display_label),
            comment: text(row.comment),
            metadata: row.metadata.map(|metadata| metadata.to_string()).into(),
        }
    }

    fn to_wire(&self) -> serde_json::Value {
        let mut body = json!({ "value": self.value.as_str() });
        for (name, text) in [("display_label", &self.display_label), ("comment", &self.comment)] {
            if let Some(text) = text.as_str() {
                body[name] = text.into();
            }
        }
        // The schema's rule has accepted the text.
        if let Some(metadata) = self.metadata.as_str().and_then(|text| serde_json::from_str(text).ok()) {
            body["metadata"] = metadata;
        }
        body
    }
}

#[async_trait]
impl Resource for ListEntry {
    type Client = Client;
    type Model = ListEntryModel;

    const NAME: &'static str = "didit_list_entry";

    fn schema(&self) -> Schema {
        let text = |name: &str| Attribute::string(name).optional().requires_replace().rule(Rule::Length(1, usize::MAX));
        Schema::new(
            "An entry of a list: a value such as a phone number or a country, by which verifications are blocked, let \
             through or told apart. Didit cannot change an entry, so every change deletes it and creates another with a \
             new id. However many entries a list has, a refresh reads it page by page and none of them alone.",
            vec![
                Attribute::string("id").computed().use_state_for_unknown().describe("The `uuid` that Didit gave the entry."),
                Attribute::string("list_id").required().requires_replace().rule(Rule::Length(1, usize::MAX)).describe(
                    "The id of the list: of an `idv_didit_list`, or of one of Didit's own, which `idv_didit_lists` finds.",
                ),
                Attribute::string("value").required().requires_replace().rule(Rule::Length(1, usize::MAX)).semantic_equal(same_value).describe(
                    "The value, of the list's `entry_type`. Didit stores e-mail addresses and most others in lower case, \
                     phone numbers without spaces and marks (E.164), and countries as codes of three letters. Another \
                     spelling of the same value is no change.",
                ),
                Attribute::string("stored_value").computed().use_state_for_unknown().describe("The value as Didit stores it."),
                text("display_label").describe("What the Business Console shows in place of the value."),
                text("comment").describe("Why the value is in the list."),
                Attribute::string("metadata")
                    .optional()
                    .requires_replace()
                    .rule(JSON_OBJECT)
                    .semantic_equal(same_json)
                    .describe("Further data as JSON, such as `jsonencode({ full_name = \"Jane Doe\" })`."),
            ],
        )
    }

    fn identity(&self) -> Vec<identity::IdentityAttribute> {
        vec![
            identity::required("list_id", "The id of the list."),
            identity::required("id", "The `uuid` that Didit gave the entry."),
            super::service(),
        ]
    }

    async fn create(
        &self,
        client: &Client,
        plan: ListEntryModel,
        ctx: &mut Context<ListEntryModel>,
    ) -> Result<ListEntryModel, Diagnostics> {
        let collection = Collection::entries(plan.list_id());
        let name = plan.value.as_str().unwrap_or_default();
        let row: wire::Entry = match client.create(&collection, name, &plan.to_wire()).await {
            Ok(row) => row,
            Err(error) if error.may_have_applied() => {
                let look = || twin(client, &plan, CachePolicy::RefreshAfterWrite);
                let row = match retry_once(look).await {
                    Ok(row) => row.ok_or_else(|| not_listed(error.clone()))?,
                    Err(look) => return Err(outcome_unknown(error, NOT_LOOKED_UP, look)),
                };
                let detail =
                    format!("The list shows it as `{}`, and it is kept in state.\n{}", row.uuid, error.description());
                ctx.warn("The list entry was created though Didit gave no clear answer", detail);
                row
            }
            Err(error) => return Err(refused(client, &plan, error).await.into()),
        };
        Ok(ListEntryModel { value: plan.value.clone(), ..plan.merged(row) })
    }

    async fn read(
        &self,
        client: &Client,
        state: ListEntryModel,
        ctx: &mut Context<ListEntryModel>,
    ) -> Result<Option<ListEntryModel>, Diagnostics> {
        let row = match client.list::<wire::Entry>(&Collection::entries(state.list_id()), CachePolicy::UseCached).await
        {
            Ok(rows) => rows.into_iter().find(|row| row.uuid == state.id()),
            Err(error) if error.is_not_found() => None,
            Err(error) => return Err(error.into()),
        };
        if row.is_none() {
            super::warn_gone(ctx, "list entry", state.id());
        }
        Ok(row.map(|row| state.merged(row)))
    }

    async fn delete(
        &self,
        client: &Client,
        state: ListEntryModel,
        _: &mut Context<ListEntryModel>,
    ) -> Result<(), Diagnostics> {
        Ok(client.delete(&Collection::entries(state.list_id()), state.id()).await?)
    }

    fn import(&self, id: &str) -> Result<ListEntryModel, Diagnostics> {
        if let [list_id, id] = id.split('/').collect::<Vec<_>>()[..]
            && !list_id.is_empty()
            && !id.is_empty()
        {
            return Ok(ListEntryModel { id: id.into(), list_id: list_id.into(), ..ListEntryModel::default() });
        }
        let forms = "`LIST_UUID/ENTRY_UUID`, such as \
                     `11111111-2222-3333-4444-555555555555/66666666-7777-8888-9999-000000000000`";
        Err(import_id::wrong(Self::NAME, id, forms))
    }

    fn import_id(&self, state: &ListEntryModel) -> String {
        format!("{}/{}", state.list_id(), state.id())
    }
}

#[async_trait]
impl Listable for ListEntry {
    fn filters(&self) -> Schema {
        Schema::new(
            "The entries of a list, or of all lists of the application, Didit's own included.",
            vec![Attribute::string("list_id").optional().describe("Only entries of this list.")],
        )
    }

    async fn list(
        &self,
        client: &Client,
        filter: Value,
        sink: &mut ListSink<ListEntryModel>,
    ) -> Result<(), Diagnostics> {
        let lists = match filter.get("list_id").as_str() {
            Some(list_id) => vec![list_id.to_owned()],
            None => super::list::ids(client).await?,
        };
        for list_id in lists {
            let collection = Collection::entries(&list_id);
            let of_list = ListEntryModel { list_id: list_id.into(), ..ListEntryModel::default() };
            let mut pages = client.pages::<wire::Entry>(&collection, CachePolicy::UseCached);
            while let Some(rows) = pages.next().await? {
                for row in rows {
                    let label = row.display_label.clone().filter(|label| !label.is_empty());
                    let name = label.unwrap_or_else(|| row.value.clone());
                    sink.push(name, of_list.merged(row)).await;
                }
            }
        }
        Ok(())
    }
}

/// Whether Didit stores two values alike, as far as its reference says how: letters in one case, of a phone number the
/// digits alone, and a country by its code of three capital letters.
fn same_value(a: &Value, b: &Value) -> bool {
    if names_country(a, b) || names_country(b, a) {
        return true;
    }
    let folded = |value: &Value| {
        let text = value.as_str()?.trim().to_lowercase();
        let phone = text.starts_with('+') && !text.contains(char::is_alphabetic);
        Some(if phone { text.replace([' ', '-', '.', '(', ')'], "") } else { text })
    };
    matches!((folded(a), folded(b)), (Some(a), Some(b)) if a == b)
}

/// Whether the one is a country as Didit stores it, and the other its code of two letters. Only what is stored of a country
/// has capital letters, so the `usa` of another kind of list is not taken for a country.
fn names_country(stored: &Value, given: &Value) -> bool {
    let stored = stored.as_str().filter(|code| code.chars().all(|letter| letter.is_ascii_uppercase()));
    let given = given.as_str().and_then(|code| Country::from_alpha2(code.trim()).ok());
    stored.zip(given).is_some_and(|(stored, given)| given.alpha3 == stored)
}

/// The entry of the list that has the value of this one. Didit takes a value once.
async fn twin(client: &Client, plan: &ListEntryModel, policy: CachePolicy) -> Result<Option<wire::Entry>, Error> {
    let wanted: Value = plan.value.as_str().unwrap_or_default().into();
    let rows: Vec<wire::Entry> = client.list(&Collection::entries(plan.list_id()), policy).await?;
    Ok(rows.into_iter().find(|row| same_value(&row.value.as_str().into(), &wanted)))
}

const NOT_LOOKED_UP: &str = "Nothing of it is in state. Apply again once Didit answers: it takes a value once, so a value that is in the list is \
                             found then, and the message has the lines that import it.";

fn not_listed(error: Error) -> Error {
    error.with_observation(
        "The list was asked and does not show the value, so most likely it was not created. Apply again; where Didit then says that \
         it has the value, import the entry.",
    )
}

/// Why an entry was refused; one that is there already can be imported.
async fn refused(client: &Client, plan: &ListEntryModel, error: Error) -> Diagnostic {
    let about_value = error.fields().iter().any(|field| field.path.first().is_some_and(|name| name == "value"));
    // A failure of this second look would hide the first one.
    let known = if about_value { twin(client, plan, CachePolicy::Refresh).await.ok().flatten() } else { None };
    let Some(row) = known else { return error.into() };
    let detail = format!(
        "The list has this value already, as `{}`, and takes a value once. Nothing was created. To manage the entry that exists, \
         add this beside the resource and apply again:\n\nimport {{\n  to = idv_didit_list_entry.NAME\n  id = \"{}/{}\"\n}}",
        row.value,
        plan.list_id(),
        row.uuid
    );
    Diagnostic::error("The list entry exists already", detail).at(Path::to("value"))
}

mod wire {
    //! The entry of the vendor's reference (docs.didit.me, "List Entries").

    use serde::Deserialize;
    use serde_json::{Map, Value as Json};

    use super::super::client::Row;

    #[derive(Deserialize)]
    pub(super) struct Entry {
        pub(super) uuid: String,
        pub(super) value: String,
        pub(super) display_label: Option<String>,
        pub(super) comment: Option<String>,
        #[serde(default, deserialize_with = "object")]
        pub(super) metadata: Option<Json>,
    }

    impl Row for Entry {
        fn key(&self) -> &str {
            &self.uuid
        }
    }

    /// An object; one without members says as much as null.
    fn object<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Json>, D::Error> {
        let members = Option::<Map<String, Json>>::deserialize(deserializer)?;
        Ok(members.filter(|members| !members.is_empty()).map(Json::Object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_value() {
        for (a, b, same) in [
            ("User@Example.COM", "user@example.com", true),
            ("+49 (151) 000-000", "+49151000000", true),
            ("+49 151 000000", "+49151000001", false),
            ("10.0.0.1", "1000.1", false),
            ("a-b", "ab", false),
            ("+a-b@example.com", "+ab@example.com", false),
            ("us", "USA", true),
            ("CHE", "Ch", true),
            ("us", "usa", false),
            ("us", "GBR", false),
            ("uk", "GBR", false),
        ] {
            assert_eq!(same_value(&a.into(), &b.into()), same, "{a} {b}");
        }
    }

    #[test]
    fn the_configured_spelling_stays_while_the_stored_one_does() {
        let row = |value: &str| {
            serde_json::from_value::<wire::Entry>(json!({"uuid": "e", "value": value, "metadata": {}})).unwrap()
        };
        let state = ListEntryModel { value: "us".into(), stored_value: "USA".into(), ..ListEntryModel::default() };
        let kept = state.merged(row("USA"));
        assert_eq!((kept.value.as_str(), kept.metadata), (Some("us"), Attr::Null));
        assert_eq!(state.merged(row("GBR")).value.as_str(), Some("GBR"));
    }
}
