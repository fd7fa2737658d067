//! What the stand-in remembers of a Xident project, and what a new project has.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{api_keys::ApiKey, blacklist::Entry, faces::Face, project::Requirements};

/// A project of Xident.
#[derive(Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct State {
    pub(super) secret_key: String,
    pub(super) publishable_key: String,
    /// What the secret key may do, by the first part of the path.
    pub(super) scopes: BTreeSet<String>,
    /// How many paid calls are left; null for no end.
    pub(super) allowance: Option<u64>,
    /// The limits, by the first part of the path.
    pub(super) limits: BTreeMap<String, Limit>,
    /// How long an image takes until the list shows it.
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
    /// The number of the last id that was made up.
    last_id: u64,
}

/// A limit and how much of it is used in the minute that is running.
#[derive(Serialize, Deserialize)]
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
            last_id: 0,
        }
    }
}

impl State {
    /// Makes up an id that nothing has yet: counted, not random, so that a run can be repeated to the letter.
    pub(super) fn next_id(&mut self) -> u64 {
        loop {
            self.last_id += 1;
            let id = self.last_id;
            if !self.blacklist.iter().any(|entry| entry.id == id) && !self.api_keys.iter().any(|key| key.id == id) {
                return id;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::engine::read;

    #[test]
    fn an_id_that_a_seed_took_is_passed_over() {
        let document =
            serde_json::json!({"blacklist": [{"id": 1, "reason": "fraud", "image": "AA==", "created_at": 0}]});
        assert_eq!(read::<State>(&document).unwrap().next_id(), 2);
    }
}
