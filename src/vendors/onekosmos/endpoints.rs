//! The form of each request body: plain or encrypted, with or without the license.
//!
//! The vendor's page requires encryption of one body that the provider does not send. For the others the form is inferred
//! from the vendor's published helpers, so `body_encryption` in the provider block overrides it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::session::Access;
use crate::openapi::Call;

/// A key of `body_encryption` without effect: earlier versions sent an update by `dvcID`. It stays accepted.
const WITHOUT_EFFECT: &str = "template_update_by_dvc_id";

/// A call with a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    /// `PUT /proofingtemplates/tenant/{t}/community/{c}`
    TemplateCreate,
    /// `PATCH .../id/{id}`
    TemplateUpdate,
    /// `PUT /bucket/tenant/{t}/community/{c}`
    BucketPut,
    /// `POST /proofingsession/fetch`
    SessionFetch,
    /// `POST /document_share_session/create`
    SessionCreate,
}

/// The form of one body.
struct Row {
    /// The key in `body_encryption`.
    key: &'static str,
    /// Whether the request has the license.
    license: bool,
    /// Whether the body is encrypted by default.
    encrypted: bool,
    /// Whether the plain form is `{"data": {...}}`, and not the object itself.
    enveloped: bool,
}

/// A body as it is encrypted or sent.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Body<'b, T> {
    /// The object in an envelope.
    Enveloped { data: &'b T },
    /// The object itself.
    Bare(&'b T),
}

impl Endpoint {
    const ALL: [Self; 5] =
        [Self::TemplateCreate, Self::TemplateUpdate, Self::BucketPut, Self::SessionFetch, Self::SessionCreate];

    /// Adds to a call how its body is sent by default.
    pub(super) fn declare(self, call: Call) -> Call {
        let Row { key, encrypted, .. } = self.row();
        Call { encryption: Some((key, encrypted)), ..call }
    }

    fn row(self) -> Row {
        let plain = |key| Row { key, license: false, encrypted: false, enveloped: false };
        let encrypted = |key| Row { key, license: true, encrypted: true, enveloped: true };
        match self {
            Self::TemplateCreate => plain("template_create"),
            Self::TemplateUpdate => plain("template_update"),
            Self::BucketPut => encrypted("bucket_put"),
            Self::SessionFetch => encrypted("session_fetch"),
            Self::SessionCreate => Row { license: true, ..plain("session_create") },
        }
    }
}

/// The keys of `body_encryption`.
pub(super) fn keys() -> Vec<&'static str> {
    Endpoint::ALL.iter().map(|endpoint| endpoint.row().key).collect()
}

/// Whether `body_encryption` may have this key.
pub(super) fn is_key(key: &str) -> bool {
    key == WITHOUT_EFFECT || keys().contains(&key)
}

/// The keys with their defaults, for the documentation.
pub(super) fn defaults() -> String {
    let row = |row: Row| format!("`{}` = `{}`", row.key, if row.encrypted { "encrypted" } else { "plain" });
    Endpoint::ALL.iter().map(|endpoint| row(endpoint.row())).collect::<Vec<_>>().join(", ")
}

/// The table with the user's overrides: whether the body is encrypted, by key.
pub(super) struct Endpoints(BTreeMap<String, bool>);

impl Endpoints {
    /// Reads `body_encryption`, whose keys and values have been checked.
    pub(super) fn new(overrides: &BTreeMap<String, String>) -> Self {
        Self(overrides.iter().map(|(key, value)| (key.clone(), value == "encrypted")).collect())
    }

    /// Corrects how the bodies of calls are sent.
    pub(super) fn apply(&self, calls: &mut [Call]) {
        for (key, encrypted) in calls.iter_mut().filter_map(|call| call.encryption.as_mut()) {
            *encrypted = self.0.get(*key).copied().unwrap_or(*encrypted);
        }
    }

    /// The hint for a deployment that refuses the body of a call: the other form.
    pub(super) fn other_form(&self, endpoint: Endpoint) -> String {
        let key = endpoint.row().key;
        let (sent, other) = if self.is_encrypted(endpoint) { ("encrypted", "plain") } else { ("plain", "encrypted") };
        format!(
            "The body was sent {sent}. If the deployment requires it {other}, set `body_encryption = {{ {key} = \"{other}\" }}` in \
             `onekosmos = {{ ... }}` of the provider block."
        )
    }

    /// What the request needs, and its body in the form that is then encrypted or sent.
    pub(super) fn prepare<'b, T>(&self, endpoint: Endpoint, body: &'b T) -> (Access, Body<'b, T>) {
        let Row { license, enveloped, .. } = endpoint.row();
        let sealed = self.is_encrypted(endpoint);
        let body = if enveloped && !sealed { Body::Enveloped { data: body } } else { Body::Bare(body) };
        (Access { license, sealed }, body)
    }

    fn is_encrypted(&self, endpoint: Endpoint) -> bool {
        let row = endpoint.row();
        self.0.get(row.key).copied().unwrap_or(row.encrypted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overrides_win_over_the_table() {
        let endpoints = Endpoints::new(&[("bucket_put".to_owned(), "plain".to_owned())].into());
        let prepared = |endpoint| {
            let (access, body) = endpoints.prepare(endpoint, &1);
            (access.license, access.sealed, serde_json::to_string(&body).unwrap())
        };
        assert_eq!(prepared(Endpoint::BucketPut), (true, false, r#"{"data":1}"#.to_owned()));
        assert_eq!(prepared(Endpoint::SessionFetch), (true, true, "1".to_owned()));
        assert_eq!(prepared(Endpoint::TemplateCreate), (false, false, "1".to_owned()));
    }

    #[test]
    fn key_of_an_earlier_version_stays_accepted() {
        assert!(is_key("template_update_by_dvc_id") && is_key("bucket_put") && !is_key("bucket_get"));
        assert!(!keys().contains(&"template_update_by_dvc_id"));
    }
}
