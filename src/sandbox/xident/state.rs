//! The state of a Xident project, and the state of a new one.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{api_keys::ApiKey, blacklist::Entry, faces::Face, project::Requirements};
use crate::sandbox::engine::{self, IdSource, Ids};

/// A project of Xident.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct State {
    pub(super) secret_key: String,
    pub(super) publishable_key: String,
    /// The scopes of the secret key: the first parts of the paths that it may call.
    pub(super) scopes: BTreeSet<String>,
    /// How many paid calls are left; null for no limit.
    pub(super) allowance: Option<u64>,
    /// The rate limits, by the first part of the path.
    pub(super) limits: BTreeMap<String, Limit>,
    /// How many seconds pass until the list shows an image.
    pub(super) processing_seconds: i64,
    pub(super) project_name: String,
    pub(super) requirements: Requirements,
    /// In order of creation.
    pub(super) blacklist: Vec<Entry>,
    /// By user.
    pub(super) faces: BTreeMap<String, Face>,
    /// In order of creation.
    pub(super) api_keys: Vec<ApiKey>,
    /// The most rows of a page, whatever is asked for; null for the vendor's own limit.
    pub(super) page_cap: Option<usize>,
    last_ids: Ids,
}

/// A rate limit and its use in the current minute.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Limit {
    pub(super) per_minute: u64,
    #[serde(default)]
    pub(super) used: u64,
    /// When the minute began, in seconds since 1970.
    #[serde(default)]
    pub(super) began_at: i64,
}

impl Default for State {
    fn default() -> Self {
        let limit = |(path, per_minute): (&str, u64)| (path.to_owned(), Limit { per_minute, used: 0, began_at: 0 });
        Self {
            secret_key: "sk_test_sandbox_5c1e77".to_owned(),
            publishable_key: "pk_test_sandbox_a40d92".to_owned(),
            scopes: ["blacklist", "face-2fa", "2fa", "tokens", "usage"].map(str::to_owned).into(),
            allowance: None,
            limits: [("blacklist", 30), ("face-2fa", 60), ("2fa", 60), ("usage", 10)].map(limit).into(),
            processing_seconds: 1,
            project_name: "Sandbox".to_owned(),
            requirements: Requirements::default(),
            blacklist: Vec::new(),
            faces: BTreeMap::new(),
            api_keys: Vec::new(),
            page_cap: None,
            last_ids: Ids::default(),
        }
    }
}

impl engine::State for State {
    fn of_tenant(&self, name: &str, _: usize) -> Self {
        Self {
            secret_key: format!("sk_test_{name}_7f31a8"),
            publishable_key: format!("pk_test_{name}_20c6de"),
            project_name: name.to_owned(),
            ..Self::default()
        }
    }
}

impl State {
    /// Returns the next number, which the ids of all kinds share.
    pub(super) fn new_id(&mut self) -> u64 {
        self.next_id("object", |number| number)
    }
}

impl IdSource for State {
    type Id = u64;

    fn ids(&mut self) -> &mut Ids {
        &mut self.last_ids
    }

    fn has_id(&self, id: &u64) -> bool {
        self.blacklist.iter().any(|entry| entry.id == *id) || self.api_keys.iter().any(|key| key.id == *id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_a_seed_has_set_is_skipped() {
        let document =
            serde_json::json!({"blacklist": [{"id": 1, "reason": "fraud", "image": "AA==", "created_at": 0}]});
        assert_eq!(serde_json::from_value::<State>(document).unwrap().new_id(), 2);
    }
}
