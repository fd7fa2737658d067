//! `idv_didit_list_entry`: a value in a list of an application.
//!
//! Didit has no route to read or change one entry. So every change replaces it, and a refresh reads the pages of the list,
//! once for all entries of the list in a run.
//!
//! Didit normalizes a value. State keeps the spelling of the configuration beside the stored one: there is no drift as long
//! as the list has the stored one.

use async_trait::async_trait;
use celes::Country;
use serde::{Deserialize, Serialize};

use super::client::{Client, Collection};
use super::creates::Creation;
use super::json::{JSON_OBJECT, same_json};
use crate::framework::resource::{Context, Resource};
use crate::framework::{Attr, Attribute, Diagnostics, Effect, ListSink, Listable, Path, Rule, Schema, Value, identity};
use crate::http::CachePolicy;
use crate::openapi::Call;
use crate::vendors::shared::import_id;
use crate::vendors::shared::reconcile::{CreateFailure, IfPresent};

/// The calls about entries.
pub(super) fn calls() -> Vec<Call> {
    use wire::{Entry, EntryBody};
    let collection = Collection::entries("");
    vec![
        collection.list_call::<Entry>(),
        collection.create_call().sends::<EntryBody<'_>>().reads::<Entry>(),
        collection.object_call("DELETE"),
    ]
}

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

    /// The entry of a row, with the value as `self` spells it if Didit still stores the same one.
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

    fn to_wire(&self) -> wire::EntryBody<'_> {
        wire::EntryBody {
            value: self.value.as_str(),
            display_label: self.display_label.as_str(),
            comment: self.comment.as_str(),
            // The schema's rule has accepted the text.
            metadata: self.metadata.as_str().and_then(|text| serde_json::from_str(text).ok()),
        }
    }
}

#[async_trait]
impl Resource for ListEntry {
    type Client = Client;
    type Model = ListEntryModel;

    const NAME: &'static str = "didit_list_entry";

    const NATURAL_KEY: &'static [&'static str] = &["list_id", "value"];

    fn schema(&self) -> Schema {
        let text = |name: &str| Attribute::string(name).optional().requires_replace().rule(Rule::Length(1, usize::MAX));
        Schema::new(
            "An entry of a list: a value such as a phone number or a country, which blocks verifications, lets them through or \
             is a condition of a workflow. Didit cannot change an entry, so every change deletes it and creates another with \
             a new id. A refresh reads the list page by page, once for all of its entries.",
            vec![
                Attribute::string("id").computed().use_state_for_unknown().describe("The `uuid` of the entry."),
                Attribute::string("list_id").required().requires_replace().rule(Rule::Length(1, usize::MAX)).describe(
                    "The id of the list: of an `idv_didit_list`, or of a system list, which `idv_didit_lists` finds.",
                ),
                Attribute::string("value").required().requires_replace().rule(Rule::Length(1, usize::MAX)).semantic_equal(same_value).describe(
                    "The value, of the list's `entry_type`. Didit stores e-mail addresses and most others in lower case, \
                     phone numbers without spaces and marks (E.164), and countries as codes of three letters. Another \
                     spelling of the same value is no change.",
                ),
                Attribute::string("stored_value").computed().use_state_for_unknown().describe("The value as Didit stores it."),
                text("display_label").describe("The text that the Business Console shows in place of the value."),
                text("comment").describe("The reason why the value is in the list."),
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
            identity::required("id", "The `uuid` of the entry."),
            super::service(),
        ]
    }

    async fn create(
        &self,
        client: &Client,
        plan: ListEntryModel,
        ctx: &mut Context<ListEntryModel>,
    ) -> Result<ListEntryModel, Diagnostics> {
        let (list_id, body) = (plan.list_id(), plan.to_wire());
        let creation = Creation::<wire::Entry> {
            client,
            collection: &Collection::entries(list_id),
            type_name: Self::NAME,
            name: body.value.unwrap_or_default(),
            import_prefix: &import_id::join([list_id, ""]),
            if_present: IfPresent::Create,
            matches: &|row| body.matches(row),
        };
        match creation.send(&client.creates.entries(list_id), &body, ctx).await {
            Ok(row) => Ok(ListEntryModel { value: plan.value.clone(), ..plan.merged(row) }),
            // Didit stores a value once in a list.
            Err(CreateFailure::Rejected(error)) => {
                Err(match creation.find_duplicate(&error, "value", |row| body.has_value_of(row)).await {
                    Some(row) => creation.already_exists(&row.value, &row).at(Path::to("value")).into(),
                    None => error.into(),
                })
            }
            Err(failure) => Err(failure.into()),
        }
    }

    async fn read(
        &self,
        client: &Client,
        state: ListEntryModel,
        ctx: &mut Context<ListEntryModel>,
    ) -> Result<Option<ListEntryModel>, Diagnostics> {
        let row = match client.list::<wire::Entry>(&Collection::entries(state.list_id()), CachePolicy::UseCached).await
        {
            Ok(rows) => rows.get(state.id()).cloned(),
            Err(error) if error.is_not_found() => None,
            Err(error) => return Err(error.into()),
        };
        if row.is_none() {
            super::warn_gone(ctx, &Collection::entries(state.list_id()), state.id());
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
        if let [list_id, id] = &import_id::split(id)[..]
            && !list_id.is_empty()
            && !id.is_empty()
        {
            let (id, list_id) = (id.as_str().into(), list_id.as_str().into());
            return Ok(ListEntryModel { id, list_id, ..ListEntryModel::default() });
        }
        let forms = "`LIST_UUID/ENTRY_UUID`, such as \
                     `11111111-2222-3333-4444-555555555555/66666666-7777-8888-9999-000000000000`";
        Err(import_id::wrong_parts(Self::NAME, id, forms))
    }

    fn existence(&self, state: &Value, related: &dyn Fn(&str) -> Option<Value>) -> Option<Effect> {
        let list = related(state.get("list_id").as_str()?)?;
        match list.get("list_type").as_str()? {
            "allowlist" => Some(Effect::looser("the value passes", "the value no longer passes")),
            "blocklist" => Some(Effect::stricter("the value is blocked", "the value is no longer blocked")),
            _ => None,
        }
    }

    fn import_id(&self, state: &ListEntryModel) -> String {
        import_id::join([state.list_id(), state.id()])
    }
}

#[async_trait]
impl Listable for ListEntry {
    fn filters(&self) -> Schema {
        Schema::new(
            "The entries of a list, or of all lists of the application, system lists included.",
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
        let mut of_earlier_lists = 0;
        for list_id in lists {
            let collection = Collection::entries(&list_id);
            let of_list = ListEntryModel { list_id: list_id.into(), ..ListEntryModel::default() };
            let mut pages = client.pages::<wire::Entry>(&collection, CachePolicy::UseCached);
            while let Some(rows) = pages.next().await? {
                sink.expect(pages.total().map(|total| of_earlier_lists + total));
                for row in rows {
                    let label = row.display_label.clone().filter(|label| !label.is_empty());
                    let name = label.unwrap_or_else(|| row.value.clone());
                    sink.push(name, of_list.merged(row)).await;
                }
            }
            of_earlier_lists += pages.total().unwrap_or_default();
        }
        Ok(())
    }
}

/// Whether Didit stores two values alike, as far as its reference documents: letters in lower case, a phone number without
/// marks, and a country as its code of three capital letters.
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

/// Whether `stored` is a country as Didit stores it, and `given` its code of two letters. Only a stored country has capital
/// letters, so `usa` in another type of list is not a country.
fn names_country(stored: &Value, given: &Value) -> bool {
    let stored = stored.as_str().filter(|code| code.chars().all(|letter| letter.is_ascii_uppercase()));
    let given = given.as_str().and_then(|code| Country::from_alpha2(code.trim()).ok());
    stored.zip(given).is_some_and(|(stored, given)| given.alpha3 == stored)
}

pub(super) mod wire {
    //! The entry of the vendor's reference (docs.didit.me, "List Entries").

    use jiff::Timestamp;
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};
    use serde_json::{Map, Value as Json};

    use super::super::client::Row;
    use super::super::creates::parse_time;
    use super::super::json::equal;
    use super::same_value;
    use crate::framework::spelling::same_text;

    #[derive(Serialize, JsonSchema)]
    pub(super) struct EntryBody<'m> {
        pub(super) value: Option<&'m str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(super) display_label: Option<&'m str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(super) comment: Option<&'m str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schemars(with = "Map<String, Json>")]
        pub(super) metadata: Option<Json>,
    }

    impl EntryBody<'_> {
        /// Whether a row has the value, in any spelling.
        pub(super) fn has_value_of(&self, row: &Entry) -> bool {
            self.value.is_some_and(|value| same_value(&value.into(), &row.value.as_str().into()))
        }

        /// Whether a row has every field of the body.
        pub(super) fn matches(&self, row: &Entry) -> bool {
            let has_text = |sent: Option<&str>, stored: &Option<String>| {
                sent.is_none_or(|sent| stored.as_deref().is_some_and(|stored| same_text(sent, stored)))
            };
            let metadata = self.metadata.as_ref().filter(|sent| sent.as_object().is_some_and(|sent| !sent.is_empty()));
            self.has_value_of(row)
                && has_text(self.display_label, &row.display_label)
                && has_text(self.comment, &row.comment)
                && metadata.is_none_or(|sent| row.metadata.as_ref().is_some_and(|stored| equal(sent, stored)))
        }
    }

    #[derive(Clone, Deserialize, JsonSchema)]
    pub(in super::super) struct Entry {
        pub(super) uuid: String,
        pub(super) value: String,
        pub(super) display_label: Option<String>,
        pub(super) comment: Option<String>,
        #[serde(default, deserialize_with = "object")]
        #[schemars(with = "Option<Map<String, Json>>")]
        pub(super) metadata: Option<Json>,
        created_at: Option<String>,
    }

    impl Row for Entry {
        fn key(&self) -> &str {
            &self.uuid
        }

        fn created_at(&self) -> Option<Timestamp> {
            parse_time(self.created_at.as_deref())
        }
    }

    /// Reads an object. An empty one equals null.
    fn object<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Json>, D::Error> {
        let members = Option::<Map<String, Json>>::deserialize(deserializer)?;
        Ok(members.filter(|members| !members.is_empty()).map(Json::Object))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

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
