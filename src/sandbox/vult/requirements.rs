//! Requirements: which fields a document must have, by document type and data source.

use axum::Json;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Authorized, done, fields::Flags, state::State};
use crate::sandbox::engine::{ApiError, Body, Handle, Parameters, Reply, present};

/// The page's enumeration for `type_e`.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum DocumentType {
    Unknown,
    DriverLicense,
    IdentificationCard,
    Passport,
    PassportCard,
}

/// One set: its four keys and 25 booleans.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct RequirementSet {
    #[serde(default)]
    client_id: Option<String>,
    #[serde(default)]
    user_id: Option<String>,
    type_e: DocumentType,
    data_source_e: String,
    #[serde(flatten)]
    required: Flags,
}

impl RequirementSet {
    /// 26 sets: four document types by six sources, and two sets of one client.
    pub(super) fn of_a_new_tenant() -> Vec<Self> {
        let types = [
            DocumentType::DriverLicense,
            DocumentType::IdentificationCard,
            DocumentType::Passport,
            DocumentType::PassportCard,
        ];
        let sources = ["barcode", "dmv", "manual", "mrz", "nfc", "ocr"];
        let tenant = types.into_iter().flat_map(|kind| sources.map(|source| Self::new(None, kind, source)));
        let client =
            [DocumentType::DriverLicense, DocumentType::Passport].map(|kind| Self::new(Some("client-7"), kind, "ocr"));
        tenant.chain(client).collect()
    }

    fn new(client_id: Option<&str>, type_e: DocumentType, source: &str) -> Self {
        let required = Flags::where_required(|field| match field {
            "document_number_required" | "expires_at_required" | "first_name_required" | "last_name_required" => true,
            "birth_date_required" => source != "manual",
            "raw_barcode_required" => source == "barcode",
            "face_encoding_required" => source == "nfc",
            _ => false,
        });
        Self {
            client_id: client_id.map(str::to_owned),
            user_id: None,
            type_e,
            data_source_e: source.to_owned(),
            required,
        }
    }

    fn has_keys_of(&self, other: &Self) -> bool {
        (&self.client_id, &self.user_id, self.type_e, &self.data_source_e)
            == (&other.client_id, &other.user_id, other.type_e, &other.data_source_e)
    }
}

/// The filters of a list; a set matches if it equals each filter that is given.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Filter {
    client_id: Option<String>,
    user_id: Option<String>,
    type_e: Option<DocumentType>,
    data_source_e: Option<String>,
}

impl Filter {
    /// `own` is whether a list without a scope shows the tenant's own sets only.
    fn matches(&self, set: &RequirementSet, own: bool) -> bool {
        let has_scope = self.client_id.is_some() || self.user_id.is_some();
        (has_scope || !own || (set.client_id.is_none() && set.user_id.is_none()))
            && (self.client_id.is_none() || self.client_id == set.client_id)
            && (self.user_id.is_none() || self.user_id == set.user_id)
            && self.type_e.is_none_or(|wanted| wanted == set.type_e)
            && self.data_source_e.as_ref().is_none_or(|wanted| *wanted == set.data_source_e)
    }
}

/// The body of an update.
#[derive(Deserialize)]
pub(super) struct Update {
    #[serde(default, deserialize_with = "present")]
    client_id: Option<String>,
    #[serde(default, deserialize_with = "present")]
    user_id: Option<String>,
    type_e: DocumentType,
    data_source_e: String,
    #[serde(flatten)]
    required: Flags,
}

/// GET `/idv/requirements`.
pub(super) async fn list(_: Authorized, handle: Handle, Parameters(filter): Parameters<Filter>) -> Reply {
    let state = handle.read::<State>()?;
    let sets: Vec<_> =
        state.requirements.iter().filter(|set| filter.matches(set, state.lists_own_requirements)).collect();
    Ok(Json(json!({"requirements": sets})))
}

/// POST `/idv/requirements`.
pub(super) async fn update(
    _: Authorized,
    handle: Handle,
    Body(Update { client_id, user_id, type_e, data_source_e, required }): Body<Update>,
) -> Reply {
    if data_source_e.is_empty() {
        return Err(ApiError::bad_request("data_source_e must not be empty"));
    }
    let written = RequirementSet { client_id, user_id, type_e, data_source_e, required };
    handle.update(|state: &mut State| {
        match state.requirements.iter_mut().find(|set| set.has_keys_of(&written)) {
            Some(set) => *set = written,
            None => state.requirements.push(written),
        }
        Ok(done())
    })
}
