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

/// One row of the table.
struct Row {
    endpoint: Endpoint,
    /// Its key in `body_encryption`.
    key: &'static str,
    /// Whether the license goes with it.
    license: bool,
    /// Whether its body is encrypted unless the user says otherwise.
    encrypted: bool,
    /// Whether its plain form is `{"data": {...}}`, and not the object itself.
    enveloped: bool,
}

const TABLE: [Row; 6] = [
    Row {
        endpoint: Endpoint::TemplateCreate,
        key: "template_create",
        license: false,
        encrypted: false,
        enveloped: false,
    },
    Row {
        endpoint: Endpoint::TemplateUpdate,
        key: "template_update",
        license: false,
        encrypted: false,
        enveloped: false,
    },
    Row {
        endpoint: Endpoint::TemplateUpdateByDvcId,
        key: "template_update_by_dvc_id",
        license: true,
        encrypted: true, // the page: "must be encrypted"
        enveloped: true,
    },
    Row { endpoint: Endpoint::BucketPut, key: "bucket_put", license: true, encrypted: true, enveloped: true },
    Row { endpoint: Endpoint::SessionFetch, key: "session_fetch", license: true, encrypted: true, enveloped: true },
    Row { endpoint: Endpoint::SessionCreate, key: "session_create", license: true, encrypted: false, enveloped: false },
];

/// The keys of `body_encryption`.
pub(super) fn keys() -> Vec<&'static str> {
    TABLE.iter().map(|row| row.key).collect()
}

/// The keys with their defaults, as the documentation lists them.
pub(super) fn defaults() -> String {
    let row = |row: &Row| format!("`{}` = `{}`", row.key, if row.encrypted { "encrypted" } else { "plain" });
    TABLE.iter().map(row).collect::<Vec<_>>().join(", ")
}

/// The table with the user's overrides.
pub(super) struct Endpoints(BTreeMap<&'static str, bool>);

impl Endpoints {
    /// Reads `body_encryption`; its keys and values have been checked.
    pub(super) fn new(overrides: &BTreeMap<String, String>) -> Self {
        let encrypted = |row: &Row| overrides.get(row.key).map_or(row.encrypted, |value| value == "encrypted");
        Self(TABLE.iter().map(|row| (row.key, encrypted(row))).collect())
    }

    /// What to try where a deployment refuses the body of a call: the other form.
    pub(super) fn other_form(&self, endpoint: Endpoint) -> String {
        let (access, _) = self.prepare(endpoint, serde_json::Value::Null);
        let key = TABLE.iter().find(|row| row.endpoint == endpoint).map_or("?", |row| row.key);
        let (sent, other) = if access.sealed { ("encrypted", "plain") } else { ("plain", "encrypted") };
        format!(
            "The body was sent {sent}. If the deployment wants it {other}, set `body_encryption = {{ {key} = \"{other}\" }}` in \
             `onekosmos = {{ ... }}` of the provider block."
        )
    }

    /// What the call needs, and its body in the form that is then encrypted or sent.
    pub(super) fn prepare(&self, endpoint: Endpoint, body: serde_json::Value) -> (Access, serde_json::Value) {
        let Some(row) = TABLE.iter().find(|row| row.endpoint == endpoint) else {
            return (Access { license: true, sealed: true }, body);
        };
        let sealed = self.0.get(row.key).copied().unwrap_or(row.encrypted);
        let body = if row.enveloped && !sealed { serde_json::json!({ "data": body }) } else { body };
        (Access { license: row.license, sealed }, body)
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
