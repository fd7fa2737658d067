//! Mistakes with 5N ID.

use expect_test::expect;
use serde_json::json;

use super::Bench;

const ALL: &str = "data \"idv_fiven_credentials\" \"all\" {}\n";

fn request(providers: &str) -> String {
    format!(
        "resource \"idv_fiven_credentials_access_request\" \"main\" {{\n  party_id  = \"alice::1220abcd\"\n  providers = {providers}\n}}\n"
    )
}

#[test]
fn a_wrong_secret() {
    Bench::new().variable("IDV_FIVEN_CLIENT_SECRET", "wrong").plan(ALL, &expect![[r#"
        Error: 5N ID: requesting an access token failed: the response was 401 Unauthorized (unauthorized: client authentication failed)
          in data "idv_fiven_credentials" "all": `data "idv_fiven_credentials" "all" {}`
        Request: POST FIVEN_URL/oauth/token
        It was needed for listing the credentials.
        Check the credentials for 5N ID: that they are current, complete and meant for this address.
        They are `client_id` and `client_secret` in `fiven = { ... }` of the provider block, or IDV_FIVEN_CLIENT_ID and IDV_FIVEN_CLIENT_SECRET. Each environment has its own clients: check `environment` too, and `token_url` if tokens come from elsewhere."#]]);
}

#[test]
fn a_missing_permission() {
    let bench = Bench::new();
    bench.sandbox.fault(&json!({
        "vendor": "fiven", "path": "/api/v1/credentials", "kind": "status", "status": 403, "times": 9
    }));
    bench.plan(ALL, &expect![[r#"
        Error: 5N ID: listing the credentials failed: the response was 403 Forbidden (forbidden)
          in data "idv_fiven_credentials" "all": `data "idv_fiven_credentials" "all" {}`
        Request: GET FIVEN_URL/api/v1/credentials?limit=100&offset=0 (2 attempts)
        5N ID accepts the credentials, but they lack a permission. Ask its administrator for it.
        A new access token was tried as well. The client of `client_id` in `fiven = { ... }` may belong to another institution, or lack the permission. Ask 5N ID."#]]);
}

#[test]
fn the_other_generation_of_the_api() {
    let bench = Bench::new();
    bench.sandbox.fault(&json!({
        "vendor": "fiven", "path": "/api/v1/credentials", "kind": "status", "status": 404, "times": 9
    }));
    bench.plan(ALL, &expect![[r#"
        Error: 5N ID: listing the credentials failed: the response was 404 Not Found (not_found)
          in data "idv_fiven_credentials" "all": `data "idv_fiven_credentials" "all" {}`
        Request: GET FIVEN_URL/api/v1/credentials?limit=100&offset=0
        Check the id and the base URL: the object was deleted, never existed, or has another path.
        If the object exists, the address may be that of the other generation of the API: check `api` and `base_url` in `fiven = { ... }`."#]]);
}

#[test]
fn no_environment_and_no_credentials() {
    let bench = Bench::new().variable("IDV_FIVEN_BASE_URL", "").variable("IDV_FIVEN_CLIENT_ID", "");
    bench.plan(ALL, &expect![[r#"
        Error: `fiven.environment` is missing
          in provider "idv": `provider "idv" {}`
        5N ID has a test network, `devnet`, and a production network, `mainnet`; `base_url` is for any other address. Set `environment` in `fiven = { ... }` of the provider block, or the environment variable `IDV_FIVEN_ENVIRONMENT`.

        Error: `fiven.client_id` is missing
          in provider "idv": `provider "idv" {}`
        5N ID authenticates clients by id and secret. Set `client_id` in `fiven = { ... }` of the provider block, or the environment variable `IDV_FIVEN_CLIENT_ID`."#]]);
}

#[test]
fn an_environment_and_an_address() {
    Bench::new().variable("IDV_FIVEN_ENVIRONMENT", "mainnet").plan(ALL, &expect![[r#"
        Error: `environment` conflicts with `base_url`
          in provider "idv": `provider "idv" {}`
        `base_url` is `FIVEN_URL`, and `environment` selects an address too. Keep one of them. Each may come from the provider block or from IDV_FIVEN_ENVIRONMENT and IDV_FIVEN_BASE_URL."#]]);
}

#[test]
fn an_unknown_api() {
    Bench::new().variable("IDV_FIVEN_API", "v2").plan(
        ALL,
        &expect![[r#"
        Error: Environment variable `IDV_FIVEN_API` cannot be used
          in provider "idv": `provider "idv" {}`
        `IDV_FIVEN_API` must be `v1` or `institutions`; found `v2`. Did you mean `v1`?"#]],
    );
}

#[test]
fn unknown_providers() {
    Bench::new().warns(&request("[\"GOOGLE\", \"Github\"]"), &expect![[r#"
        Warning: Unknown value for `providers`
          in resource "idv_fiven_credentials_access_request" "main": `providers = ["GOOGLE", "Github"]`
        `providers` is `Github`, which this version of the provider does not know. It is sent as it is. Did you mean `GITHUB`? The known values are `GOOGLE`, `LINKEDIN`, `GITHUB`, `DISCORD`, `TWITTER` and `REDDIT`."#]]);
    Bench::new().validate(
        &request("[]"),
        &expect![[r#"
        Error: Wrong value for `providers`
          in resource "idv_fiven_credentials_access_request" "main": `providers = []`
        `providers` must have at least one element."#]],
    );
}

#[test]
fn arguments_that_only_the_other_api_has() {
    Bench::new()
        .plan("data \"idv_fiven_credentials\" \"some\" {\n  emails = [\"bob@example.com\"]\n}\n", &expect![[r#"
            Error: `emails` needs `api = "institutions"`
              in data "idv_fiven_credentials" "some": `emails = ["bob@example.com"]`
            Credentials cannot be filtered by e-mail address in `v1`. The provider is configured for another generation of 5N ID's API. Set `api = "institutions"` in `fiven = { ... }` of the provider block, or remove `emails`."#]]);
    Bench::new().plan("data \"idv_fiven_human_score\" \"bob\" {\n  party_id = \"bob::1220ef01\"\n}\n", &expect![[r#"
        Error: `party_id` needs `api = "institutions"`
          in data "idv_fiven_human_score" "bob": `party_id = "bob::1220ef01"`
        The score of a party cannot be read by `v1`. The provider is configured for another generation of 5N ID's API. Set `api = "institutions"` in `fiven = { ... }` of the provider block, or remove `party_id`."#]]);
}

#[test]
fn a_party_without_credentials() {
    Bench::new().plan("data \"idv_fiven_credential\" \"nobody\" {\n  party_id = \"nobody::1220\"\n}\n", &expect![[r#"
        Error: No credential of "nobody::1220"
          in data "idv_fiven_credential" "nobody": `party_id = "nobody::1220"`
        5N ID has no credential of `nobody::1220` that the institution may see. The party has to grant access first: see `idv_fiven_credentials_access_request`. `idv_fiven_credentials` lists the credentials that exist."#]]);
}

#[test]
fn an_object_that_is_not_unique() {
    let bench = Bench::new().variable("IDV_FIVEN_API", "institutions");
    bench.sandbox.change_state(|state| {
        let more = |contract: &str, party: &str| {
            json!({
                "contractId": contract, "partyId": party, "provider": "GITHUB", "status": "verified",
                "createdAt": "2024-01-01T00:00:00Z",
            })
        };
        let credentials = state["fiven"]["credentials"].as_array_mut().unwrap();
        credentials.push(more("contract_456", "bob::1220ef01"));
        credentials.push(more("contract_789", "carol::1220beef"));
    });
    bench.plan("data \"idv_fiven_credential\" \"bob\" {\n  party_id = \"bob::1220ef01\"\n}\n", &expect![[r#"
        Error: The party "bob::1220ef01" has several credentials
          in data "idv_fiven_credential" "bob": `data "idv_fiven_credential" "bob" {`
        `bob::1220ef01` has several: `contract_123` (GOOGLE), `contract_456` (GITHUB). Set `contract_id` to one of them."#]]);
    bench.plan(
        "data \"idv_fiven_human_score\" \"us\" {}\n",
        &expect![[r#"
        Error: The institution has several human scores
          in data "idv_fiven_human_score" "us": `data "idv_fiven_human_score" "us" {}`
        The institution has several users, each with a score. Set `party_id` to one of them."#]],
    );
}

#[test]
fn unknown_contracts() {
    let batch = "ephemeral \"idv_fiven_verification_links\" \"all\" {\n  contract_ids = [\"contract_123\", \"contract_bad\"]\n}\n";
    Bench::new().plan(batch, &expect![[r#"
        Error: No verification link for `contract_bad`
          in ephemeral "idv_fiven_verification_links" "all": `contract_ids = ["contract_123", "contract_bad"]`
        5N ID made no verification link for the contract `contract_bad`. The vendor refused the whole request because of it: there is no credential with this contract (contractId: contract_bad). Links that it made for others are not used and expire. Correct the id or remove it from `contract_ids`; the data source `idv_fiven_credentials` lists the contracts that exist."#]]);
    let bench = Bench::new();
    bench.sandbox.fault(&json!({
        "vendor": "fiven", "path": "/api/v1/generate-links-batch", "kind": "status", "status": 400,
        "body": {"error": "bad_request", "message": "Invalid request parameters", "details": {}}
    }));
    bench.plan(batch, &expect![[r#"
        Error: 5N ID: making verification links for 2 contracts, `contract_123` to `contract_bad` failed: the response was 400 Bad Request (bad_request: Invalid request parameters)
          in ephemeral "idv_fiven_verification_links" "all": `ephemeral "idv_fiven_verification_links" "all" {`
        Request: POST FIVEN_URL/api/v1/generate-links-batch
        5N ID rejected the request. Change the value that it names.
        5N ID refused the contracts together and does not return which of them is wrong. Request fewer at a time to find it."#]]);
    Bench::new().variable("IDV_FIVEN_API", "institutions").plan(batch, &expect![[r#"
        Error: No verification link for `contract_bad`
          in ephemeral "idv_fiven_verification_links" "all": `contract_ids = ["contract_123", "contract_bad"]`
        5N ID made no verification link for the contract `contract_bad`. The vendor says: there is no credential with this contract (NOT_FOUND). Links that it made for others are not used and expire. Correct the id or remove it from `contract_ids`; the data source `idv_fiven_credentials` lists the contracts that exist."#]]);
    let one = "ephemeral \"idv_fiven_verification_link\" \"one\" {\n  contract_id = \"contract_bad\"\n}\n";
    Bench::new().plan(one, &expect![[r#"
        Error: 5N ID: making a verification link for `contract_bad` failed: the response was 404 Not Found (not_found: there is no credential with this contract (contractId: contract_bad))
          in ephemeral "idv_fiven_verification_link" "one": `ephemeral "idv_fiven_verification_link" "one" {`
        Request: POST FIVEN_URL/api/v1/generate-link
        Check the id and the base URL: the object was deleted, never existed, or has another path.
        If the object exists, the address may be that of the other generation of the API: check `api` and `base_url` in `fiven = { ... }`."#]]);
}

#[test]
fn an_import_of_a_party_that_has_granted_nothing() {
    let block = "import {\n  to = idv_fiven_credentials_access_request.main\n  id = \"alice::1220abcd\"\n}\n";
    Bench::new().plan(&format!("{block}{}", request("[\"GOOGLE\"]")), &expect![[r#"
        Error: Cannot import non-existent remote object
        While attempting to import an existing object to "idv_fiven_credentials_access_request.main", the provider detected that no object exists with the given id. Only pre-existing objects can be imported; check that the id is correct and that it is associated with the provider's configured region or endpoint, or use "terraform apply" to create a new remote object for this resource."#]]);
}
