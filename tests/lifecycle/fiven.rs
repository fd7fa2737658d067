//! 5N ID's resources.

use serde_json::{Value, json};

use super::Case;

const ALICE: &str = "alice::1220abcd";

/// What a party has granted; null for nothing.
fn granted(state: &Value) -> Value {
    let credentials = state["fiven"]["credentials"].as_array().unwrap().iter();
    let of_alice: Vec<_> = credentials.filter(|credential| credential["partyId"] == ALICE).cloned().collect();
    if of_alice.is_empty() { Value::Null } else { Value::Array(of_alice) }
}

fn credentials(state: &mut Value) -> &mut Vec<Value> {
    state["fiven"]["credentials"].as_array_mut().unwrap()
}

#[test]
fn access_requests_are_forgotten() {
    Case {
        address: "idv_fiven_credentials_access_request.main",
        created: r#"resource "idv_fiven_credentials_access_request" "main" {
            party_id  = "alice::1220abcd"
            providers = ["GOOGLE", "GITHUB"]
        }"#,
        updated: None,
        replaced: &[
            (
                "party_id",
                r#"resource "idv_fiven_credentials_access_request" "main" {
                    party_id  = "carol::1220beef"
                    providers = ["GOOGLE", "GITHUB"]
                }"#,
            ),
            (
                "providers",
                r#"resource "idv_fiven_credentials_access_request" "main" {
                    party_id  = "alice::1220abcd"
                    providers = ["GITHUB"]
                }"#,
            ),
        ],
        import_id: |attributes| attributes["party_id"].as_str().unwrap().to_owned(),
        at_vendor: granted,
        drift: |state| {
            let of_github =
                |credential: &&mut Value| credential["partyId"] == ALICE && credential["provider"] == "GITHUB";
            credentials(state).iter_mut().find(of_github).unwrap()["status"] = json!("revoked");
        },
        // The vendor cannot change a request: the party is asked anew.
        repair: &["delete", "create"],
        delete: |state| credentials(state).retain(|credential| credential["partyId"] != ALICE),
        gone: "Access to the credentials of a party is gone",
        created_anew: true,
        destroyed: Value::clone,
    }
    .run();
}
