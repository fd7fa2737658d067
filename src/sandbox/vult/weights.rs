//! Scoring weights: one current set per scope, and every former set by its id.

use axum::{Json, extract::Path};
use serde::{Deserialize, Serialize};

use super::{Authorized, done, fields::Numbers, state::State};
use crate::sandbox::engine::{ApiError, Body, Handle, Parameters, Reply, present};

/// One set of weights, current or historical.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct WeightSet {
    pub(super) id: String,
    #[serde(flatten)]
    weights: Weights,
}

/// The 29 fields of a response.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Weights {
    client_id: Option<String>,
    user_id: Option<String>,
    #[serde(flatten)]
    values: Numbers,
}

/// The scope of a set; neither field means the whole tenant.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scope {
    client_id: Option<String>,
    user_id: Option<String>,
}

/// The body of an update.
#[derive(Deserialize)]
pub(super) struct Update {
    #[serde(default, deserialize_with = "present")]
    client_id: Option<String>,
    #[serde(default, deserialize_with = "present")]
    user_id: Option<String>,
    #[serde(flatten)]
    values: Numbers,
}

impl WeightSet {
    /// The set of a new tenant.
    pub(super) fn of_a_new_tenant() -> Self {
        let weights = Weights { client_id: None, user_id: None, values: Numbers::default() };
        Self { id: "wgt_initial".to_owned(), weights }
    }
}

impl State {
    /// The current values of a scope: its own, otherwise the tenant's. `None` only if a seed has no set at all.
    fn weights_for(&self, scope: Scope) -> Option<Weights> {
        let current = |client_id: &Option<String>, user_id: &Option<String>| {
            let is_it = |set: &&WeightSet| set.weights.client_id == *client_id && set.weights.user_id == *user_id;
            self.weights.iter().rev().find(is_it)
        };
        let set = current(&scope.client_id, &scope.user_id).or_else(|| current(&None, &None))?;
        let Scope { client_id, user_id } = scope;
        Some(Weights { client_id, user_id, values: set.weights.values.clone() })
    }
}

/// GET `/idv/weights`.
pub(super) async fn current(
    _: Authorized,
    handle: Handle,
    Parameters(scope): Parameters<Scope>,
) -> Reply<Json<Weights>> {
    let state = handle.read::<State>()?;
    state.weights_for(scope).map(Json).ok_or_else(|| ApiError::not_found("the tenant has no weights"))
}

/// GET `/idv/weights/{id}`.
pub(super) async fn by_id(_: Authorized, handle: Handle, Path(id): Path<String>) -> Reply<Json<Weights>> {
    let state = handle.read::<State>()?;
    let set = state.weights.iter().find(|set| set.id == id);
    set.map(|set| Json(set.weights.clone())).ok_or_else(|| ApiError::not_found(format!("there are no weights {id}")))
}

/// POST `/idv/weights`.
pub(super) async fn update(
    _: Authorized,
    handle: Handle,
    Body(Update { client_id, user_id, values }): Body<Update>,
) -> Reply {
    handle.update(|state: &mut State| {
        let id = state.new_id("wgt");
        state.weights.push(WeightSet { id, weights: Weights { client_id, user_id, values } });
        Ok(done())
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn written(client_id: Option<&str>, user_id: Option<&str>, age_weight: u32) -> WeightSet {
        let mut set = serde_json::to_value(WeightSet::of_a_new_tenant()).unwrap();
        set["client_id"] = json!(client_id);
        set["user_id"] = json!(user_id);
        set["age_weight"] = json!(age_weight);
        serde_json::from_value(set).unwrap()
    }

    fn in_force(state: &State, client_id: Option<&str>, user_id: Option<&str>) -> Value {
        let scope = Scope { client_id: client_id.map(str::to_owned), user_id: user_id.map(str::to_owned) };
        serde_json::to_value(state.weights_for(scope).unwrap()).unwrap()
    }

    #[test]
    fn a_scope_uses_its_latest_set_or_the_tenants() {
        let sets = [(None, None, 1), (Some("a"), None, 2), (Some("a"), Some("u"), 3), (Some("a"), None, 4)];
        let mut state = State::default();
        state.weights = sets.map(|(client_id, user_id, value)| written(client_id, user_id, value)).into();
        for (client_id, user_id, expected) in [
            (None, None, 1),
            (Some("a"), None, 4),
            (Some("a"), Some("u"), 3),
            (Some("b"), None, 1),
            (None, Some("u"), 1),
        ] {
            assert_eq!(in_force(&state, client_id, user_id)["age_weight"], expected, "{client_id:?} {user_id:?}");
        }
    }

    #[test]
    fn a_response_has_29_fields_and_the_requested_scope() {
        let response = in_force(&State::default(), Some("b"), None);
        assert_eq!(response.as_object().unwrap().len(), 29);
        assert_eq!((&response["client_id"], &response["user_id"]), (&json!("b"), &Value::Null));
    }
}
