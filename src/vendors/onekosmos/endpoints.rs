//! What each call wants of its caller, in one table.
//!
//! The vendor's page says of one body that it must be encrypted; of the others it is inferred from published helpers.
//! So it is a row for each endpoint, and the provider's `body_encryption` overrides it.

use std::collections::BTreeMap;

use super::session::Access;

/// A call with a body whose form is not certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    /// `PUT /proofingtemplates/tenant/{t}/community/{c}`
    TemplateCreate,
    /// `PATCH .../id/{id}`
    TemplateUpdate,
    /// `PATCH .../dvcId/{dvcId}`
    TemplateUpdateByDvcId,
    /// `PUT /bucket/tenant/{t}/community/{c}`
    BucketPut,
    /// `POST /proofingsession/fetch`
    SessionFetch,
    /// `POST /document_share_session/create`
    SessionCreate,
}

/// What one of them wants.
struct Row {
    /// Its key in `body_encryption`.
    key: &'static str,
    /// Whether the license goes with it.
    license: bool,
    /// Whether its body is encrypted unless the user says otherwise.
    encrypted: bool,
    /// Whether its plain form is `{"data": {...}}`, and not the object itself.
    enveloped: bool,
}

impl Endpoint {
    const ALL: [Self; 6] = [
        Self::TemplateCreate,
        Self::TemplateUpdate,
        Self::TemplateUpdateByDvcId,
        Self::BucketPut,
        Self::SessionFetch,
        Self::SessionCreate,
    ];

    /// Its row of the table.
    fn row(self) -> Row {
        let plain = |key| Row { key, license: false, encrypted: false, enveloped: false };
        let encrypted = |key| Row { key, license: true, encrypted: true, enveloped: true };
        match self {
            Self::TemplateCreate => plain("template_create"),
            Self::TemplateUpdate => plain("template_update"),
            // The page: "must be encrypted".
            Self::TemplateUpdateByDvcId => encrypted("template_update_by_dvc_id"),
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

/// The keys with their defaults, as the documentation lists them.
pub(super) fn defaults() -> String {
    let row = |row: Row| format!("`{}` = `{}`", row.key, if row.encrypted { "encrypted" } else { "plain" });
    Endpoint::ALL.iter().map(|endpoint| row(endpoint.row())).collect::<Vec<_>>().join(", ")
}

/// The table with the user's overrides, which say by key whether a body is encrypted.
pub(super) struct Endpoints(BTreeMap<String, bool>);

impl Endpoints {
    /// Reads `body_encryption`; its keys and values have been checked.
    pub(super) fn new(overrides: &BTreeMap<String, String>) -> Self {
        Self(overrides.iter().map(|(key, value)| (key.clone(), value == "encrypted")).collect())
    }

    /// What to try where a deployment refuses the body of a call: the other form.
    pub(super) fn other_form(&self, endpoint: Endpoint) -> String {
        let key = endpoint.row().key;
        let (sent, other) = if self.seals(endpoint) { ("encrypted", "plain") } else { ("plain", "encrypted") };
        format!(
            "The body was sent {sent}. If the deployment wants it {other}, set `body_encryption = {{ {key} = \"{other}\" }}` in \
             `onekosmos = {{ ... }}` of the provider block."
        )
    }

    /// What the call needs, and its body in the form that is then encrypted or sent.
    pub(super) fn prepare(&self, endpoint: Endpoint, body: serde_json::Value) -> (Access, serde_json::Value) {
        let Row { license, enveloped, .. } = endpoint.row();
        let sealed = self.seals(endpoint);
        let body = if enveloped && !sealed { serde_json::json!({ "data": body }) } else { body };
        (Access { license, sealed }, body)
    }

    fn seals(&self, endpoint: Endpoint) -> bool {
        let row = endpoint.row();
        self.0.get(row.key).copied().unwrap_or(row.encrypted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_overrides_the_table() {
        let body = serde_json::json!({"a": 1});
        let endpoints = Endpoints::new(&[("bucket_put".to_owned(), "plain".to_owned())].into());
        let (access, sent) = endpoints.prepare(Endpoint::BucketPut, body.clone());
        assert_eq!((access, sent["data"]["a"].as_i64()), (Access { license: true, sealed: false }, Some(1)));
        let (access, sent) = endpoints.prepare(Endpoint::SessionFetch, body.clone());
        assert_eq!((access.sealed, sent), (true, body.clone()));
        let (access, sent) = endpoints.prepare(Endpoint::TemplateCreate, body.clone());
        assert_eq!((access, sent), (Access { license: false, sealed: false }, body));
    }
}
