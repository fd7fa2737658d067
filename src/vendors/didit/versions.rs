//! Objects that come in versions: workflows and questionnaires.
//!
//! A change of a published one publishes another version with an id of its own. The id of the group stays, and Terraform knows
//! the object by it. A draft is changed in place. The list has the current versions. Terraform keeps the ids of the other
//! versions that it has read in private state, because a delete removes one version.
//! Source: the vendor's documentation of the two PATCH routes.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::marker::PhantomData;

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use super::client::{Client, Collection, Row};
use super::creates::parse_time;
use super::features;
use super::json::equal;
use super::lookup::{Candidate, Lookup};
use crate::framework::spelling::same_text;
use crate::framework::{Attr, Context, Diagnostic, Diagnostics, Model, Path, Private};
use crate::http::{CachePolicy, Error, Kind};
use crate::openapi::{ALSO_NAMED, Call, MAY_BE_ABSENT};
use crate::vendors::shared::reconcile::{Confirmed, confirm, retry_once};

/// The statuses that a version may have.
pub(super) const STATUSES: &[&str] = &["draft", "published"];

/// The key in private state of the ids of the versions that Terraform has read.
const SEEN: &str = "versions";

/// The id of a version of a workflow.
pub(super) const WORKFLOW_ID: &str = "uuid";

/// The id that all versions of a workflow share.
pub(super) const WORKFLOW_GROUP: &str = "workflow_id";

/// The id of a version of a questionnaire.
pub(super) const QUESTIONNAIRE_ID: &str = "questionnaire_id";

/// The id that all versions of a questionnaire share.
pub(super) const QUESTIONNAIRE_GROUP: &str = "questionnaire_group_id";

const CREATED_AT: &str = "created_at";

const UPDATED_AT: &str = "updated_at";

/// The field of a response that says whether there is a draft beside the version.
const HAS_DRAFT: &str = "has_draft";

/// The key in private state of whether there is a draft beside the published version.
const DRAFT: &str = "draft";

/// The object that is changed or deleted.
#[derive(Clone, Copy)]
pub(super) struct Target<'t> {
    /// The id of the group.
    pub group: &'t str,
    /// The last known current version, if there is one.
    pub last: Option<&'t str>,
    /// The name of the object, for messages.
    pub name: &'t str,
    /// The type's name after the provider's prefix.
    pub type_name: &'static str,
}

/// The fields of a kind of version, beside those that every [`Version`] has.
pub(super) trait VersionFields: JsonSchema {
    /// The id of a version.
    const ID: &'static str;
    /// The id that all versions share.
    const GROUP: &'static str;

    /// Further members that are read, as schemas.
    fn others() -> Json {
        json!({})
    }
}

/// The schema of the response about one version.
pub(super) struct FullVersion<T>(PhantomData<T>);

/// The schema of a version in a list, which may have the id alone.
pub(super) struct ListedVersion<T>(PhantomData<T>);

impl<T: VersionFields> JsonSchema for FullVersion<T> {
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let of_every_version = json!({
            "type": "object",
            "properties": {
                (T::ID): {"type": "string", (ALSO_NAMED): [QUESTIONNAIRE_ID, WORKFLOW_ID]},
                (T::GROUP): {"type": "string", (ALSO_NAMED): [QUESTIONNAIRE_GROUP, WORKFLOW_GROUP]},
                (CREATED_AT): {"type": ["string", "null"], (MAY_BE_ABSENT): true},
                (UPDATED_AT): {"type": ["string", "null"], (MAY_BE_ABSENT): true},
                (HAS_DRAFT): {"type": ["boolean", "null"], (MAY_BE_ABSENT): true},
            },
            "required": [T::ID],
        });
        let others = json!({"type": "object", "properties": T::others()});
        json_schema!({"allOf": [of_every_version, others, T::json_schema(generator)]})
    }
}

impl<T: VersionFields> JsonSchema for ListedVersion<T> {
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = FullVersion::<T>::json_schema(generator);
        let parts = schema.get_mut("allOf").and_then(Json::as_array_mut).into_iter().flatten();
        let members = parts.filter_map(|part| part.get_mut("properties")?.as_object_mut());
        for (_, member) in members.flatten().filter(|(name, _)| *name != T::ID && *name != T::GROUP) {
            member[MAY_BE_ABSENT] = true.into();
        }
        schema
    }
}

/// The calls about a kind of version, whose bodies are `B`.
pub(super) fn calls<T: VersionFields, B: JsonSchema>(collection: &Collection) -> Vec<Call> {
    vec![
        collection.list_call::<ListedVersion<T>>(),
        collection.create_call().sends::<B>().reads::<ListedVersion<T>>(),
        collection.object_call("GET").reads::<FullVersion<T>>(),
        collection.object_call("PATCH").sends::<B>().reads::<ListedVersion<T>>(),
        collection.object_call("DELETE"),
    ]
}

/// A version in a list or in a response. Questionnaires have `questionnaire_id` and `questionnaire_group_id` where
/// workflows have `uuid` and `workflow_id`; the list of questionnaires has `uuid` too.
#[derive(Clone, Default, Deserialize)]
#[serde(try_from = "Map<String, Json>")]
pub(super) struct Version {
    /// The id by which the version is read, changed and deleted.
    pub id: String,
    /// The id that all versions share; the id itself if a response has no other.
    pub group: String,
    /// The fields of the response. They stay a map because the settings of features are among them, under names that no
    /// document lists; [`Version::parse`] reads the others.
    pub fields: Map<String, Json>,
}

impl TryFrom<Map<String, Json>> for Version {
    type Error = &'static str;

    fn try_from(fields: Map<String, Json>) -> Result<Self, &'static str> {
        let text = |names: [&str; 2]| names.into_iter().find_map(|name| fields.get(name)?.as_str()).map(str::to_owned);
        let id = text([QUESTIONNAIRE_ID, WORKFLOW_ID]).ok_or("an object has neither `uuid` nor `questionnaire_id`")?;
        let group = text([QUESTIONNAIRE_GROUP, WORKFLOW_GROUP]).unwrap_or_else(|| id.clone());
        Ok(Self { id, group, fields })
    }
}

impl Row for Version {
    fn key(&self) -> &str {
        &self.id
    }

    fn stable_id(&self) -> &str {
        &self.group
    }

    fn created_at(&self) -> Option<Timestamp> {
        parse_time(self.text(CREATED_AT))
    }

    fn updated_at(&self) -> Option<Timestamp> {
        parse_time(self.text(UPDATED_AT))
    }

    fn extend(&mut self, full: Self) {
        self.fields.extend(full.fields);
    }
}

impl Version {
    /// Reads the fields of the response into a struct.
    pub(super) fn parse<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_path_to_error::deserialize(Json::Object(self.fields.clone())).map_err(|error| {
            let failure = format!("`{}` of the response is not of the expected type: {}", error.path(), error.inner());
            Error::new(Kind::Decode, "Didit", format!("reading the version `{}`", self.id), failure)
        })
    }

    /// Whether this is the first version of its object and has every field of the body of a create.
    pub(super) fn is_created_by(&self, body: &Map<String, Json>) -> bool {
        let number = self.fields.get("version").and_then(Json::as_i64);
        number.is_none_or(|number| number == 1) && self.matches(body)
    }

    /// Whether the response has the values of a request. A field that the response does not have counts as equal.
    fn matches(&self, body: &Map<String, Json>) -> bool {
        body.iter().all(|(name, sent)| match (name.as_str(), sent, self.fields.get(name)) {
            // Questions are not returned as they were sent.
            (_, _, None) | ("form_elements", ..) => true,
            // The settings of a feature are returned in another spelling, which is not documented.
            ("features", sent, Some(_)) => features::same_names(sent, &self.fields),
            ("languages", Json::Array(sent), Some(Json::Array(stored))) => {
                sent.len() == stored.len() && sent.iter().all(|language| stored.contains(language))
            }
            (_, Json::String(sent), Some(Json::String(stored))) => same_text(sent, stored),
            (_, sent, Some(stored)) => equal(sent, stored),
        })
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name)?.as_str()
    }

    fn is_draft(&self) -> bool {
        self.text("status") == Some("draft")
    }

    /// Orders the versions of a group: a draft beside a published version is not in use yet, so the published one is current.
    fn rank(&self) -> (bool, i64) {
        (!self.is_draft(), self.fields.get("version").and_then(Json::as_i64).unwrap_or_default())
    }
}

/// The current version of a group.
fn current<'v>(versions: &'v [Version], group: &str) -> Option<&'v Version> {
    // The vendor lists the newest first, and `max_by_key` returns the last of several equal ones.
    versions.iter().rev().filter(|version| version.group == group).max_by_key(|version| version.rank())
}

/// The current version of each group, in the order of the list.
pub(super) fn all_current(versions: &[Version]) -> Vec<&Version> {
    versions.iter().filter(|version| current(versions, &version.group).is_some_and(|it| it.id == version.id)).collect()
}

/// Reads the current version of a group in full; `None` if it does not exist. The last known version of the target is for a list
/// without groups.
pub(super) async fn find(
    client: &Client,
    collection: &Collection,
    target: Target<'_>,
) -> Result<Option<Version>, Error> {
    let versions = client.list::<Version>(collection, CachePolicy::UseCached).await?;
    let Some(id) = current(&versions, target.group).map(|version| version.id.as_str()).or(target.last) else {
        return Ok(None);
    };
    let found = full(client, collection, id, CachePolicy::UseCached).await?;
    Ok(found.map(|found| Version { group: target.group.to_owned(), ..found }))
}

/// Reads in full the current version of the object that a data source names. `name_field` is the field of the response with
/// the name.
pub(super) async fn read_one(client: &Client, lookup: &Lookup<'_>, name_field: &str) -> Result<Version, Diagnostics> {
    let versions = client.list::<Version>(&lookup.collection, CachePolicy::UseCached).await?;
    let candidates = all_current(&versions).into_iter().map(|version| Candidate {
        id: &version.group,
        name: version.text(name_field).unwrap_or_default(),
        row: version,
    });
    let listed = lookup.find(candidates)?.row;
    let found = full(client, &lookup.collection, &listed.id, CachePolicy::UseCached).await?;
    // Deleted between the two requests, or not readable by its id: the list has it.
    Ok(found.unwrap_or_else(|| listed.clone()))
}

/// Reads a version with the fields of the list and those of the response about it alone, which differ.
pub(super) async fn full(
    client: &Client,
    collection: &Collection,
    id: &str,
    policy: CachePolicy,
) -> Result<Option<Version>, Error> {
    let Some(found) = client.get::<Version>(collection, id, policy).await? else { return Ok(None) };
    let versions = client.list::<Version>(collection, policy).await?;
    let listed = versions.get(id);
    let group = listed.map_or(found.group, |listed| listed.group.clone());
    let mut fields = listed.map(|listed| listed.fields.clone()).unwrap_or_default();
    fields.extend(found.fields);
    // A list of all versions has the draft itself; otherwise a field says that there is one.
    let beside = |version: &Version| version.group == group && version.id != id && version.is_draft();
    if versions.iter().any(beside) {
        fields.insert(HAS_DRAFT.to_owned(), true.into());
    }
    Ok(Some(Version { group, fields, ..found }))
}

/// Reads in full what was written. If that fails it returns the response to the write, which was applied.
pub(super) async fn read_back<M: Model>(
    client: &Client,
    collection: &Collection,
    written: Version,
    ctx: &mut Context<M>,
) -> Result<Version, Diagnostics> {
    keep(&mut ctx.private, &written)?;
    match full(client, collection, &written.id, CachePolicy::RefreshAfterWrite).await {
        Ok(Some(found)) => {
            let found = Version { group: written.group, ..found };
            keep(&mut ctx.private, &found)?;
            Ok(found)
        }
        Ok(None) => Ok(written),
        Err(error) => {
            let detail = format!("State has the planned values, and the next plan reads the rest.\n{}", error.detail());
            ctx.warn(collection.summary(&written.group, "was written, not read"), detail);
            Ok(written)
        }
    }
}

/// The fields of a request that are set.
pub(super) fn body(request: &impl Serialize) -> Map<String, Json> {
    // A struct of texts, flags, numbers and lists is always an object.
    serde_json::to_value(request).ok().and_then(|body| serde_json::from_value(body).ok()).unwrap_or_default()
}

/// The body of a change: the fields that differ, and the status. Without a status a draft would be published, and a published
/// version changed in place.
pub(super) fn difference(before: &Map<String, Json>, mut after: Map<String, Json>) -> Map<String, Json> {
    after.retain(|name, value| name == "status" || before.get(name) != Some(value));
    after
}

/// Sends a change, and returns the version that is current from then on, in full.
pub(super) async fn change<M: Model>(
    client: &Client,
    collection: &Collection,
    target: Target<'_>,
    body: &Map<String, Json>,
    ctx: &mut Context<M>,
) -> Result<Version, Diagnostics> {
    let Target { group, last, name, type_name } = target;
    let before = client.list::<Version>(collection, CachePolicy::UseCached).await?;
    let id = current(&before, group).map(|version| version.id.as_str()).or(last).unwrap_or_default().to_owned();
    let read = || current_after_write(client, collection, group);
    let written = match client.update::<Json>(collection, &id, body).await {
        Ok(response) => match serde_json::from_value::<Version>(response) {
            Ok(version) => Some(version),
            // Some pages of the vendor's documentation show an empty response; then the list has the version.
            Err(_) => retry_once(read).await?,
        },
        Err(error) => {
            let is_new = |version: &Version| version.id != id && version.matches(body);
            let applied = |found: &Option<Version>| found.as_ref().is_some_and(is_new);
            let recovery = "State has the values from before. The next plan reads what Didit has then.";
            let noun = collection.noun(type_name, name);
            let Confirmed { value, warning } = confirm(&noun, "updated", error, read, applied, recovery).await?;
            ctx.append([warning]);
            value
        }
    };
    let written = written.unwrap_or(Version { id, ..Version::default() });
    read_back(client, collection, Version { group: group.to_owned(), ..written }, ctx).await
}

/// Reads the current version of a group again, after a write.
async fn current_after_write(client: &Client, collection: &Collection, group: &str) -> Result<Option<Version>, Error> {
    let versions = client.list::<Version>(collection, CachePolicy::RefreshAfterWrite).await?;
    Ok(current(&versions, group).cloned())
}

/// Keeps the id of a version for the delete, and whether there is a draft beside it for the plan.
pub(super) fn keep(private: &mut Private, version: &Version) -> Result<(), Diagnostics> {
    let mut seen = seen(private);
    seen.insert(version.id.clone());
    private.set(SEEN, &seen)?;
    let has_draft = !version.is_draft() && version.fields.get(HAS_DRAFT) == Some(&Json::Bool(true));
    private.set(DRAFT, &has_draft)
}

fn seen(private: &Private) -> BTreeSet<String> {
    private.get(SEEN).unwrap_or_default()
}

/// Deletes every version of a group that the list has, and those that Terraform has read. The list may have an older version
/// once the newer one is deleted, so it is read until it has none.
pub(super) async fn delete_all(
    client: &Client,
    collection: &Collection,
    target: Target<'_>,
    private: &Private,
) -> Result<(), Diagnostics> {
    let Target { group, last, .. } = target;
    let mut left: BTreeSet<String> = seen(private).into_iter().chain(last.map(str::to_owned)).collect();
    let mut deleted = BTreeSet::new();
    loop {
        let versions = client.list::<Version>(collection, CachePolicy::Refresh).await?;
        let listed = versions.iter().filter(|version| version.group == group).map(|version| version.id.clone());
        left.extend(listed);
        left.retain(|id| !deleted.contains(id));
        if left.is_empty() {
            return Ok(());
        }
        for id in std::mem::take(&mut left) {
            client.delete(collection, &id).await?;
            deleted.insert(id);
        }
    }
}

/// Warns that a change deletes the draft beside the published version, as the vendor's documentation says.
pub(super) fn warn_of_draft(collection: &Collection, group: &str, private: &Private, diagnostics: &mut Diagnostics) {
    if private.get::<bool>(DRAFT) != Some(true) {
        return;
    }
    let detail = format!(
        "This {} has a draft in the Business Console. Didit deletes the draft when another version is published. Publish it there \
         first, or write down what it changes.",
        collection.one()
    );
    diagnostics.push(Diagnostic::warning(collection.summary(group, "loses its draft"), detail));
}

/// Checks that a published version does not become a draft again.
pub(super) fn check_status(
    collection: &Collection,
    group: &str,
    prior: &Attr<String>,
    plan: &Attr<String>,
) -> Result<(), Diagnostics> {
    if (prior.as_str(), plan.as_str()) != (Some("published"), Some("draft")) {
        return Ok(());
    }
    let detail = format!(
        "The {0} is published, and Didit cannot make a draft of it again. Set `status = \"published\"`; every change publishes \
         another version. To try something out, create a second {0} with `status = \"draft\"`.",
        collection.one()
    );
    Err(Diagnostic::error(collection.summary(group, "is published"), detail).at(Path::to("status")).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(response: &Json, expected: bool) {
        let body = versions_body();
        let version: Version = serde_json::from_value(response.clone()).unwrap();
        assert_eq!(version.is_created_by(&body), expected, "{response}");
    }

    fn versions_body() -> Map<String, Json> {
        body(&json!({
            "title": "a ", "max_retry_attempts": 3, "languages": ["de", "en"], "features": [{"feature": "OCR"}],
            "form_elements": [{"element_type": "email"}],
        }))
    }

    #[test]
    fn a_version_is_created_by_a_request_if_every_field_is_equal() {
        check(&json!({"uuid": "1"}), true);
        check(&json!({"uuid": "1", "version": 1, "title": "a", "max_retry_attempts": 3.0, "form_elements": []}), true);
        check(&json!({"uuid": "1", "languages": ["en", "de"], "features": "OCR"}), true);
        check(&json!({"uuid": "1", "version": 2, "title": "a"}), false);
        check(&json!({"uuid": "1", "title": "b"}), false);
        check(&json!({"uuid": "1", "max_retry_attempts": 4}), false);
        check(&json!({"uuid": "1", "languages": ["en"]}), false);
        check(&json!({"uuid": "1", "features": "OCR + AML"}), false);
    }
}
