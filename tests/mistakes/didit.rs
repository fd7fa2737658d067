//! Mistakes with Didit.

use expect_test::expect;
use serde_json::json;

use super::Bench;

const ALL: &str = "data \"idv_didit_workflows\" \"all\" {}\n";

fn workflow(features: &str, lines: &str) -> String {
    format!(
        "resource \"idv_didit_workflow\" \"main\" {{\n  workflow_label = \"kyc\"\n  features       = {features}\n{lines}\n}}\n"
    )
}

fn questionnaire(lines: &str) -> String {
    format!("resource \"idv_didit_questionnaire\" \"main\" {{\n  title = \"Onboarding\"\n{lines}\n}}\n")
}

#[test]
fn a_wrong_key() {
    Bench::new().variable("IDV_DIDIT_API_KEY", "wrong").plan(ALL, &expect![[r#"
        Error: Didit: listing the workflows failed: the response was 403 Forbidden (Invalid API key.)
          in data "idv_didit_workflows" "all": `data "idv_didit_workflows" "all" {}`
        Request: GET DIDIT_URL/v3/workflows/?limit=50&offset=0
        Check the credentials for Didit: that they are current, complete and meant for this address.
        It is `api_key` in `didit = { ... }` of the provider block, or IDV_DIDIT_API_KEY. Didit returns this for a wrong key, for the key of another application, and for one without the permission: compare it with the key that the Business Console shows for the application."#]]);
}

#[test]
fn a_wrong_secret() {
    let mut bench = Bench::new();
    bench.workspace.sign_in_at_didit_as_a_client(&bench.sandbox);
    bench.variable("IDV_DIDIT_CLIENT_SECRET", "wrong").plan(ALL, &expect![[r#"
        Error: Didit: requesting an access token failed: the response was 401 Unauthorized (Invalid authorization header)
          in data "idv_didit_workflows" "all": `data "idv_didit_workflows" "all" {}`
        Request: POST DIDIT_URL/auth/v2/token/
        It was needed for listing the workflows.
        Check the credentials for Didit: that they are current, complete and meant for this address.
        They are `client_id` and `client_secret` in `didit = { ... }` of the provider block, or IDV_DIDIT_CLIENT_ID and IDV_DIDIT_CLIENT_SECRET. Compare them with those that the Business Console shows for the application, and check `auth_url` if tokens come from another server."#]]);
}

#[test]
fn a_permission_that_a_client_lacks() {
    let mut bench = Bench::new();
    bench.workspace.sign_in_at_didit_as_a_client(&bench.sandbox);
    bench.sandbox.fault(&json!({"vendor": "didit", "path": "/v3/", "kind": "status", "status": 403, "times": 9}));
    bench.plan(ALL, &expect![[r#"
        Error: Didit: listing the workflows failed: the response was 403 Forbidden
          in data "idv_didit_workflows" "all": `data "idv_didit_workflows" "all" {}`
        Request: GET DIDIT_URL/v3/workflows/?limit=50&offset=0 (2 attempts)
        Check the credentials for Didit: that they are current, complete and meant for this address.
        They are `client_id` and `client_secret` in `didit = { ... }` of the provider block, or IDV_DIDIT_CLIENT_ID and IDV_DIDIT_CLIENT_SECRET. Compare them with those that the Business Console shows for the application, and check `auth_url` if tokens come from another server."#]]);
}

#[test]
fn no_credentials() {
    Bench::new().variable("IDV_DIDIT_API_KEY", "").plan(ALL, &expect![[r#"
        Error: `didit.api_key` is missing
          in provider "idv": `provider "idv" {}`
        A caller signs in by the key of an application, or by `client_id` and `client_secret` instead. Set `api_key` in `didit = { ... }` of the provider block, or the environment variable `IDV_DIDIT_API_KEY`."#]]);
}

#[test]
fn half_a_client() {
    let bench = Bench::new().variable("IDV_DIDIT_API_KEY", "").variable("IDV_DIDIT_CLIENT_ID", "app");
    bench.plan(ALL, &expect![[r#"
        Error: `didit.client_secret` is missing
          in provider "idv": `provider "idv" {}`
        A client signs in by its id and its secret. Set `client_secret` in `didit = { ... }` of the provider block, or the environment variable `IDV_DIDIT_CLIENT_SECRET`."#]]);
}

#[test]
fn two_kinds_of_credentials() {
    Bench::new().variable("IDV_DIDIT_CLIENT_SECRET", "hush").plan(ALL, &expect![[r#"
        Error: `api_key` conflicts with `client_secret`
          in provider "idv": `provider "idv" {}`
        Both `api_key` and `client_secret` are set, and only one kind of credentials can be used. Remove one of them. Each may come from the provider block or from IDV_DIDIT_API_KEY, IDV_DIDIT_CLIENT_ID and IDV_DIDIT_CLIENT_SECRET."#]]);
}

#[test]
fn a_token_with_an_api_key() {
    let bench = Bench::new();
    bench.plan("ephemeral \"idv_didit_access_token\" \"main\" {}\n", &expect![[r#"
        Error: Didit: requesting an access token failed: the provider signs in by `api_key`, and only a client has an access token
          in ephemeral "idv_didit_access_token" "main": `ephemeral "idv_didit_access_token" "main" {}`
        Nothing was sent.
        Set `client_id` and `client_secret` in `didit = { ... }` of the provider block instead of `api_key`, or IDV_DIDIT_CLIENT_ID and IDV_DIDIT_CLIENT_SECRET instead of IDV_DIDIT_API_KEY."#]]);
}

#[test]
fn features_in_an_order_that_the_vendor_rejects() {
    let features = r#"[{ feature = "FACE_MATCH" }, { feature = "OCR", config = "{" }, { feature = "FACEMATCH" }]"#;
    Bench::new().validate(&workflow(features, ""), &expect![[r#"
        Error: Wrong value for `config`
          in resource "idv_didit_workflow" "main": `features       = [{ feature = "FACE_MATCH" }, { feature = "OCR", config = "{" }, { feature = "FACEMATCH" }]`
        `features[1].config` is not a JSON object (EOF while parsing an object at line 1 column 1); write it with `jsonencode`.

        Error: `FACE_MATCH` has to come after `OCR`
          in resource "idv_didit_workflow" "main": `features       = [{ feature = "FACE_MATCH" }, { feature = "OCR", config = "{" }, { feature = "FACEMATCH" }]`
        `features[0]` compares a face with the one on a document, and no `OCR` before it reads a document. Put `{ feature = "OCR" }` before it, or remove it."#]]);
}

#[test]
fn numbers_out_of_range() {
    let lines =
        "max_retry_attempts = 11\nretry_window_days = 366\nface_match_max_attempts = 1.5\nsession_expiration_time = 60";
    Bench::new().validate(
        &workflow("[]", lines),
        &expect![[r#"
        Error: Wrong value for `features`
          in resource "idv_didit_workflow" "main": `features       = []`
        `features` must have at least one element.

        Error: Wrong value for `max_retry_attempts`
          in resource "idv_didit_workflow" "main": `max_retry_attempts = 11`
        `max_retry_attempts` must be between 0 and 10; found `11`.

        Error: Wrong value for `retry_window_days`
          in resource "idv_didit_workflow" "main": `retry_window_days = 366`
        `retry_window_days` must be between 0 and 365; found `366`.

        Error: Wrong value for `face_match_max_attempts`
          in resource "idv_didit_workflow" "main": `face_match_max_attempts = 1.5`
        `face_match_max_attempts` must be a whole number; found `1.5`.

        Error: Wrong value for `session_expiration_time`
          in resource "idv_didit_workflow" "main": `session_expiration_time = 60`
        `session_expiration_time` must be between 3600 and 2419200; found `60`."#]],
    );
}

#[test]
fn a_published_workflow_made_a_draft() {
    let bench = Bench::new();
    let features = "[{ feature = \"OCR\" }]";
    bench.workspace.configure(&workflow(features, ""));
    bench.workspace.apply().succeeded();
    bench.plan(&workflow(features, "status = \"draft\""), &expect![[r#"
        Error: The workflow "f0000000-0000-4…000-000000000001" is published
          in resource "idv_didit_workflow" "main": `status = "draft"`
        The workflow is published, and Didit cannot make a draft of it again. Set `status = "published"`; every change publishes another version. To try something out, create a second workflow with `status = "draft"`."#]]);
}

#[test]
fn labels_without_a_language() {
    let lines = r#"
      languages        = ["de", "es"]
      default_language = "fr"
      form_elements = [
        { id = "a", element_type = "dropdown", label = { de = "Beruf", es = "Profesión" } },
        { id = "a", element_type = "short_text", label = { de = "Beruf" }, max_files = 6 },
      ]"#;
    Bench::new().validate(&questionnaire(lines), &expect![[r#"
        Error: Wrong value for `max_files`
          in resource "idv_didit_questionnaire" "main": `{ id = "a", element_type = "short_text", label = { de = "Beruf" }, max_files = 6 },`
        `form_elements[1].max_files` must be between 1 and 5; found `6`.

        Error: `languages` of "Onboarding" lacks `en`
          in resource "idv_didit_questionnaire" "main": `languages        = ["de", "es"]`
        Didit requires English in every questionnaire. Add `en` to `languages`, and to each label.

        Error: `languages` of "Onboarding" lacks `fr`
          in resource "idv_didit_questionnaire" "main": `default_language = "fr"`
        `languages` does not have `fr`. Add it, or choose one of `languages`.

        Error: `form_elements[0]` has no choices
          in resource "idv_didit_questionnaire" "main": `{ id = "a", element_type = "dropdown", label = { de = "Beruf", es = "Profesión" } },`
        A question of the type `dropdown` has choices. Add `options`.

        Error: Two questions have the id "a"
          in resource "idv_didit_questionnaire" "main": `{ id = "a", element_type = "short_text", label = { de = "Beruf" }, max_files = 6 },`
        An earlier question has the id `a`, and answers refer to questions by their id.

        Error: `form_elements[1].label` is not translated
          in resource "idv_didit_questionnaire" "main": `{ id = "a", element_type = "short_text", label = { de = "Beruf" }, max_files = 6 },`
        `form_elements[1].label` has no text for `es`, which `languages` has. Add it, or remove the language."#]]);
}

#[test]
fn a_questionnaire_without_questions() {
    Bench::new().plan(&questionnaire("languages = [\"en\"]"), &expect![[r#"
        Error: `form_elements` is missing
          in resource "idv_didit_questionnaire" "main": `resource "idv_didit_questionnaire" "main" {`
        Didit requires at least one question to create a questionnaire. Add it to `form_elements`; only an imported questionnaire can leave it out."#]]);
}

#[test]
fn an_address_that_another_destination_has() {
    let bench = Bench::new();
    let destination = |name: &str, url: &str| {
        format!(
            "resource \"idv_didit_webhook_destination\" \"{name}\" {{\n  label = \"{name}\"\n  url = \"https://hooks.example.com/{url}\"\n  \
             subscribed_events = [\"status.updated\"]\n}}\n"
        )
    };
    bench.workspace.configure(&destination("one", "1"));
    bench.workspace.apply().succeeded();
    // A create is rejected by the vendor, and the list has the destination to import.
    bench.workspace.configure(&format!("{}{}", destination("one", "1"), destination("two", "1")));
    bench.check(bench.workspace.apply(), &expect![[r#"
        Error: The webhook destination "https://h…ple.com/1" already exists
          in resource "idv_didit_webhook_destination" "two": `url = "https://hooks.example.com/1"`
        Didit already has the webhook destination "https://hooks.example.com/1". Nothing was created. To manage the existing one, add this block beside the resource and apply again:

        import {
          to = idv_didit_webhook_destination.NAME
          id = "d0000000-0000-4000-8000-000000000001"
        }"#]]);
    // A change is rejected by the vendor, which names the field.
    bench.workspace.configure(&format!("{}{}", destination("one", "1"), destination("two", "2")));
    bench.workspace.apply().succeeded();
    bench.workspace.configure(&format!("{}{}", destination("one", "1"), destination("two", "1")));
    bench.check(bench.workspace.apply(), &expect![[r#"
        Error: Didit: changing the webhook destination `d0000000-0000-4000-8000-000000000002` failed: the response was 400 Bad Request (url: A webhook destination with this URL already exists.)
          in resource "idv_didit_webhook_destination" "two": `url = "https://hooks.example.com/1"`
        Request: PATCH DIDIT_URL/v3/webhook/destinations/d0000000-0000-4000-8000-000000000002/
        Didit rejected the request. Change the value that it names."#]]);
}

#[test]
fn a_destination_without_events_or_with_an_unknown_event() {
    for (events, expected) in [
        (
            "[]",
            expect![[r#"
        Error: Wrong value for `url`
          in resource "idv_didit_webhook_destination" "main": `url = "hooks.example.com"`
        `url` must be an absolute http or https URL, but it does not begin with `https://`; found `hooks.example.com`.

        Error: Wrong value for `subscribed_events`
          in resource "idv_didit_webhook_destination" "main": `subscribed_events = []`
        `subscribed_events` must have at least one element."#]],
        ),
        (
            "[\"status.update\"]",
            expect![[r#"
                Error: Wrong value for `url`
                  in resource "idv_didit_webhook_destination" "main": `url = "hooks.example.com"`
                `url` must be an absolute http or https URL, but it does not begin with `https://`; found `hooks.example.com`."#]],
        ),
    ] {
        let configuration = format!(
            "resource \"idv_didit_webhook_destination\" \"main\" {{\n  label = \"l\"\n  url = \"hooks.example.com\"\n  \
             subscribed_events = {events}\n}}\n"
        );
        Bench::new().validate(&configuration, &expected);
    }
}

#[test]
fn a_wrong_import_id() {
    let destination = "resource \"idv_didit_webhook_destination\" \"main\" {\n  label = \"l\"\n  url = \"https://h.example.com\"\n  \
                       subscribed_events = [\"data.updated\"]\n}\n";
    for (configuration, expected) in [
        (
            workflow("[{ feature = \"OCR\" }]", ""),
            expect![[r#"
            Error: Wrong import id
            `a/b` is not an import id of `idv_didit_workflow`. It is `WORKFLOW_ID`, such as `11111111-2222-3333-4444-555555555555`."#]],
        ),
        (
            questionnaire("languages = [\"en\"]"),
            expect![[r#"
            Error: Wrong import id
            `a/b` is not an import id of `idv_didit_questionnaire`. It is `QUESTIONNAIRE_GROUP_ID`, such as `11111111-2222-3333-4444-555555555555`."#]],
        ),
        (
            destination.to_owned(),
            expect![[r#"
            Error: Wrong import id
            `a/b` is not an import id of `idv_didit_webhook_destination`. It is `DESTINATION_UUID`, such as `11111111-2222-3333-4444-555555555555`."#]],
        ),
    ] {
        let kind = configuration.split('"').nth(1).unwrap();
        let import = format!("import {{\n  to = {kind}.main\n  id = \"a/b\"\n}}\n");
        Bench::new().plan(&format!("{configuration}{import}"), &expected);
    }
}
