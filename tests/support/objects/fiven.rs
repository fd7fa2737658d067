//! 5N ID's objects.

use serde_json::{Value, json};

use super::{DataSource, Deletion, Object, Part, USUAL, distinct, reads, replaces, rows, rows_mut, text};

pub(super) const PART: Part = (
    &[CREDENTIALS_ACCESS_REQUEST],
    &[
        reads("idv_fiven_credentials", ""),
        reads("idv_fiven_credential", "party_id = \"bob::1220ef01\""),
        reads("idv_fiven_human_score", ""),
        reads("idv_fiven_verification_status", "token = \"verify_token_abc123\""),
        DataSource { type_name: "idv_fiven_user_counts", attributes: "", api: Some("institutions") },
    ],
);

const CREDENTIALS: &str = "/fiven/credentials";
const ALICE: &str = "alice::1220abcd";

/// The vendor cannot change a request, show one, or take one back: it shows the credentials that the party granted.
const CREDENTIALS_ACCESS_REQUEST: Object = Object {
    type_name: "idv_fiven_credentials_access_request",
    attributes: &[
        replaces("party_id", r#""alice::1220abcd""#, r#""carol::1220beef""#),
        replaces("providers", r#"["GOOGLE", "GITHUB"]"#, r#"["GITHUB"]"#),
    ],
    create_request: "POST /api/v1/credentials-access-request",
    import_id: |attributes| text(attributes, "party_id"),
    listed: Some(|state| distinct(rows(state, CREDENTIALS), &["partyId"])),
    is_recoverable: false,
    at_vendor: |state| {
        let credentials = rows(state, CREDENTIALS).iter();
        let granted: Vec<_> = credentials.filter(|credential| credential["partyId"] == ALICE).cloned().collect();
        if granted.is_empty() { Value::Null } else { Value::Array(granted) }
    },
    drift: |state| {
        let is_of_github =
            |credential: &&mut Value| credential["partyId"] == ALICE && credential["provider"] == "GITHUB";
        rows_mut(state, CREDENTIALS).iter_mut().find(is_of_github).unwrap()["status"] = json!("revoked");
    },
    repair: &["delete", "create"],
    deletion: Some(Deletion {
        delete: |state| rows_mut(state, CREDENTIALS).retain(|credential| credential["partyId"] != ALICE),
        warning: "The access request",
        is_created_again: true,
    }),
    after_destroy: Value::clone,
    ..USUAL
};
