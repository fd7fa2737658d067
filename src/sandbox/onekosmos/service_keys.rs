//! Service keys. One of them is the ID Proofing service's own, so that resetting it changes `/publickeys` for everyone.

use axum::extract::Path;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    access::{Caller, Level},
    state::State,
};
use crate::sandbox::engine::{ApiError, Handle, Reply};

/// The tag of the service's own key.
const OWN: &str = "service";

/// A service key as it is stored and returned; `keySecret` is a private key.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct ServiceKey {
    tag: String,
    key_id: String,
    key_secret: String,
    #[serde(rename = "type")]
    kind: String,
}

impl ServiceKey {
    /// Five keys with counted ids; one is the service's own.
    pub(super) fn of_a_new_tenant() -> Vec<Self> {
        let key = |(index, tag): (usize, &str)| Self {
            tag: tag.to_owned(),
            key_id: format!("5e41ce00-0000-4000-8000-{index:012}"),
            key_secret: format!("5ec4e700-0000-4000-8000-{index:012}"),
            kind: "ecdsa".to_owned(),
        };
        [OWN, "pipeline", "mobile", "web", "reporting"].into_iter().enumerate().map(key).collect()
    }

    pub(super) fn is_the_services_own(&self) -> bool {
        self.tag == OWN
    }

    /// Replaces id and secret and keeps the tag.
    pub(super) fn renew(&mut self) {
        self.key_id = Uuid::new_v4().to_string();
        self.key_secret = Uuid::new_v4().to_string();
    }

    /// The key as a read returns it; the service's own key has the private key in use.
    fn response(&self, state: &State) -> Value {
        let mut response = json!(self);
        if self.is_the_services_own() {
            response["keySecret"] = json!(state.service_private_key);
        }
        response
    }
}

/// GET `/servicekeys`.
pub(super) async fn list(caller: Caller) -> Reply {
    caller.at_least(Level::System)?;
    let keys = caller.state.service_keys.iter().map(|key| key.response(&caller.state)).collect();
    caller.bare_response(keys)
}

/// DELETE `/servicekey/{keyId}`: despite its method it creates a new key; the response is a list of one.
pub(super) async fn reset(caller: Caller, handle: Handle, Path(key_id): Path<String>) -> Reply {
    caller.at_least(Level::System)?;
    let renewed = handle.update(|state: &mut State| {
        let index = state.service_keys.iter().position(|key| key.key_id == key_id);
        let index = index.ok_or_else(|| ApiError::bad_request(format!("there is no service key {key_id}")))?;
        if state.service_keys[index].is_the_services_own() {
            state.rotate();
        } else {
            state.service_keys[index].renew();
        }
        Ok::<_, ApiError>(state.service_keys[index].response(state))
    })?;
    caller.bare_response(json!([renewed]))
}
