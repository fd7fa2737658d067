//! Objects that come in versions: workflows and questionnaires.
//!
//! A change of a published one publishes another version with an id of its own; the id of the group stays, and is what
//! Terraform knows the object by. A draft is changed in place. The list shows the versions that count today; which others
//! there are is known only of those that Terraform has seen, and it remembers them, because a delete takes one version.
//! Source: the vendor's documentation of the two PATCH routes.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};

use super::client::{Client, Collection, Row};
use crate::framework::{Attr, Context, Diagnostic, Diagnostics, Model, Path, Private};
use crate::http::{CachePolicy, Error, Kind};
use crate::vendors::shared::errors::outcome_unknown;
use crate::vendors::shared::reconcile::retry_once;

/// The statuses that a version may have.
pub(super) const STATUSES: &[&str] = &["draft", "published"];

/// The ids of the versions that Terraform has seen, in private state.
const SEEN: &str = "versions";

/// The member by which an answer tells of a draft beside the version.
const HAS_DRAFT: &str = "has_draft";

/// Whether somebody has begun a draft beside the published version, in private state.
const DRAFT: &str = "draft";

/// The object that is changed or deleted.
#[derive(Clone, Copy)]
pub(super) struct Target<'t> {
    /// The id of the group.
    pub group: &'t str,
    /// The version that counted last, as far as it is known.
    pub last: Option<&'t str>,
}

/// A version as a list or an answer shows it. Questionnaires have `questionnaire_id` and `questionnaire_group_id` where
/// workflows have `uuid` and `workflow_id`; the list of questionnaires has `uuid` too.
#[derive(Clone, Default, Deserialize)]
#[serde(try_from = "Map<String, Json>")]
pub(super) struct Version {
    /// What the version is read, changed and deleted by.
    pub id: String,
    /// What stays the same through all versions; the id itself where an answer tells no other.
    pub group: String,
    /// All members of the answer.
    pub told: Map<String, Json>,
}

impl TryFrom<Map<String, Json>> for Version {
    type Error = &'static str;

    fn try_from(told: Map<String, Json>) -> Result<Self, &'static str> {
        let text = |names: [&str; 2]| names.into_iter().find_map(|name| told.get(name)?.as_str()).map(str::to_owned);
        let id = text(["questionnaire_id", "uuid"]).ok_or("an object has neither `uuid` nor `questionnaire_id`")?;
        let group = text(["questionnaire_group_id", "workflow_id"]).unwrap_or_else(|| id.clone());
        Ok(Self { id, group, told })
    }
}

impl Row for Version {
    fn key(&self) -> &str {
        &self.id
    }
}

impl Version {
    /// What an attribute becomes by this answer: what it tells, null where it says so, and what is kept where it is silent.
    pub(super) fn tell<T: Clone + DeserializeOwned>(&self, name: &str, kept: &Attr<T>) -> Result<Attr<T>, Error> {
        match (self.told.get(name), kept) {
            (None, Attr::Unknown) => Ok(Attr::Null),
            (None, kept) => Ok(kept.clone()),
            (Some(value), _) => serde_json::from_value::<Option<T>>(value.clone()).map(Attr::from).map_err(|error| {
                let failure = format!("`{name}` of the response is not what is expected: {error}");
                Error::new(Kind::Decode, "Didit", format!("reading the version `{}`", self.id), failure)
            }),
        }
    }

    fn is_draft(&self) -> bool {
        self.told.get("status").and_then(Json::as_str) == Some("draft")
    }

    /// A draft that somebody began beside a published version is not in use yet, so the published one goes first.
    fn rank(&self) -> (bool, i64) {
        (!self.is_draft(), self.told.get("version").and_then(Json::as_i64).unwrap_or_default())
    }
}

/// The version of a group that counts today.
fn current<'v>(versions: &'v [Version], group: &str) -> Option<&'v Version> {
    // The vendor lists the newest first, and of equals the last would be taken.
    versions.iter().rev().filter(|version| version.group == group).max_by_key(|version| version.rank())
}

/// The version of each group that counts today, in the order of the list.
pub(super) fn all_current(versions: &[Version]) -> Vec<&Version> {
    versions.iter().filter(|version| current(versions, &version.group).is_some_and(|it| it.id == version.id)).collect()
}

/// The version of a group that counts today, in full; `None` where there is none. `last` is the one that counted last, for
/// a list that does not tell groups.
pub(super) async fn find(
    client: &Client,
    collection: &Collection,
    target: Target<'_>,
) -> Result<Option<Version>, Error> {
    let versions: Vec<Version> = client.list(collection, CachePolicy::UseCached).await?;
    let Some(id) = current(&versions, target.group).map(|version| version.id.as_str()).or(target.last) else {
        return Ok(None);
    };
    let found = full(client, collection, id, CachePolicy::UseCached).await?;
    Ok(found.map(|found| Version { group: target.group.to_owned(), ..found }))
}

/// A version with all that the list and the answer about it alone tell: they do not have the same members.
pub(super) async fn full(
    client: &Client,
    collection: &Collection,
    id: &str,
    policy: CachePolicy,
) -> Result<Option<Version>, Error> {
    let Some(found) = client.get::<Version>(collection, id, policy).await? else { return Ok(None) };
    let versions: Vec<Version> = client.list(collection, policy).await?;
    let listed = versions.iter().find(|version| version.id == id);
    let group = listed.map_or(found.group, |listed| listed.group.clone());
    let mut told = listed.map(|listed| listed.told.clone()).unwrap_or_default();
    told.extend(found.told);
    // Where the list has all versions it shows the draft, else a member tells of one.
    let beside = |version: &Version| version.group == group && version.id != id && version.is_draft();
    if versions.iter().any(beside) {
        told.insert(HAS_DRAFT.to_owned(), true.into());
    }
    Ok(Some(Version { group, told, ..found }))
}

/// What was written, in full. Where it cannot be read back it is what the answer to the write tells: the write has happened.
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
            let detail =
                format!("The state has what was planned, and the next plan reads the rest.\n{}", error.detail());
            ctx.warn(format!("The {} was written and cannot be read back", collection.one()), detail);
            Ok(written)
        }
    }
}

/// The body of a change: the members that differ, and the status. Without a status a draft would be published, and a published
/// version changed in place.
pub(super) fn difference(before: &Map<String, Json>, mut after: Map<String, Json>) -> Map<String, Json> {
    after.retain(|name, value| name == "status" || before.get(name) != Some(value));
    after
}

/// Sends a change, and returns the version that counts from then on, in full.
pub(super) async fn change<M: Model>(
    client: &Client,
    collection: &Collection,
    target: Target<'_>,
    body: &Json,
    ctx: &mut Context<M>,
) -> Result<Version, Diagnostics> {
    let Target { group, last } = target;
    let before: Vec<Version> = client.list(collection, CachePolicy::UseCached).await?;
    let id = current(&before, group).map(|version| version.id.as_str()).or(last).unwrap_or_default().to_owned();
    let written = match client.update::<Json>(collection, &id, body).await {
        Ok(answer) => match serde_json::from_value::<Version>(answer) {
            Ok(version) => version,
            // Some pages of the vendor show an empty answer; then the list knows.
            Err(_) => now(client, collection, group).await?.unwrap_or(Version { id, ..Version::default() }),
        },
        Err(error) if error.may_have_applied() => match now(client, collection, group).await {
            Ok(Some(version)) if version.id != id => {
                let summary = format!("The {} was changed though Didit gave no clear answer", collection.one());
                let detail = format!("Its version is `{}` now.\n{}", version.id, error.description());
                ctx.warn(summary, detail);
                version
            }
            Ok(_) => {
                let seen = format!(
                    "The list was asked and shows no other version of the {}. The next plan reads what Didit has; apply again.",
                    collection.one()
                );
                return Err(error.with_observation(seen).into());
            }
            Err(look) => {
                let way_out = "State has what was there before. The next plan reads what Didit has then.";
                return Err(outcome_unknown(error, way_out, look));
            }
        },
        Err(error) => return Err(error.into()),
    };
    read_back(client, collection, Version { group: group.to_owned(), ..written }, ctx).await
}

/// The version of a group that the list shows at this moment.
async fn now(client: &Client, collection: &Collection, group: &str) -> Result<Option<Version>, Error> {
    let look = || client.list(collection, CachePolicy::RefreshAfterWrite);
    let versions: Vec<Version> = retry_once(look).await?;
    Ok(current(&versions, group).cloned())
}

/// Keeps the id of a version for the delete, and whether there is a draft beside it for the plan.
pub(super) fn keep(private: &mut Private, version: &Version) -> Result<(), Diagnostics> {
    let mut seen = seen(private);
    seen.insert(version.id.clone());
    private.set(SEEN, &seen)?;
    let has_draft = !version.is_draft() && version.told.get(HAS_DRAFT) == Some(&Json::Bool(true));
    private.set(DRAFT, &has_draft)
}

fn seen(private: &Private) -> BTreeSet<String> {
    private.get(SEEN).unwrap_or_default()
}

/// Deletes every version of a group that the list shows, and those that Terraform has seen. The list may show an older
/// version once the newer is gone, so it is asked until it shows none.
pub(super) async fn delete_all(
    client: &Client,
    collection: &Collection,
    target: Target<'_>,
    private: &Private,
) -> Result<(), Diagnostics> {
    let Target { group, last } = target;
    let mut left: BTreeSet<String> = seen(private).into_iter().chain(last.map(str::to_owned)).collect();
    let mut deleted = BTreeSet::new();
    loop {
        let versions: Vec<Version> = client.list(collection, CachePolicy::Refresh).await?;
        let listed = versions.into_iter().filter(|version| version.group == group).map(|version| version.id);
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

/// That a change drops the draft that somebody has begun beside the published version, as the vendor's documentation says.
pub(super) fn warn_of_draft(collection: &Collection, private: &Private, diagnostics: &mut Diagnostics) {
    if private.get::<bool>(DRAFT) != Some(true) {
        return;
    }
    let detail = format!(
        "Somebody has begun a draft of this {} in the Business Console. Didit deletes it when another version is published. Publish \
         it there first, or write down what it changes.",
        collection.one()
    );
    diagnostics.push(Diagnostic::warning("A draft is lost by this change", detail));
}

/// That a published version cannot become a draft again.
pub(super) fn check_status(
    collection: &Collection,
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
    Err(Diagnostic::error("A published version cannot become a draft", detail).at(Path::to("status")).into())
}
