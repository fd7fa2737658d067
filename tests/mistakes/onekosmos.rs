//! Mistakes with 1Kosmos: keys, clock, licenses, workflows.

use expect_test::{Expect, expect};
use serde_json::json;

use super::Bench;

/// A read that needs a license of level `system`.
const SERVICE_KEYS: &str = "data \"idv_onekosmos_service_keys\" \"all\" {}\n";

#[test]
fn license_is_missing() {
    Bench::new().variable("IDV_ONEKOSMOS_LICENSE_KEY", "").plan(SERVICE_KEYS, &expect![[r#"
        Error: 1Kosmos: signing the request in failed: this call needs a license, and none is configured
          in data "idv_onekosmos_service_keys" "all": `data "idv_onekosmos_service_keys" "all" {}`
        It was needed for listing the service keys.
        Nothing was sent.
        Set `license_key` in `onekosmos = { ... }` of the provider block, or the environment variable IDV_ONEKOSMOS_LICENSE_KEY."#]]);
}

#[test]
fn license_is_wrong() {
    Bench::new().variable("IDV_ONEKOSMOS_LICENSE_KEY", "wrong").plan(SERVICE_KEYS, &expect![[r#"
        Error: 1Kosmos: listing the service keys failed: the response was 401 Unauthorized (Unauthorized: the license is not valid)
          in data "idv_onekosmos_service_keys" "all": `data "idv_onekosmos_service_keys" "all" {}`
        Request: GET ONEKOSMOS_URL/idproofingapi/servicekeys
        Check the credentials for 1Kosmos: that they are current, complete and meant for this address.
        The license is `license_key` in `onekosmos = { ... }` of the provider block, or IDV_ONEKOSMOS_LICENSE_KEY."#]]);
}

#[test]
fn license_has_too_low_a_level() {
    let bench = Bench::new().variable("IDV_ONEKOSMOS_LICENSE_KEY", "sandbox-license-service-92ab");
    bench.plan(SERVICE_KEYS, &expect![[r#"
        Error: 1Kosmos: listing the service keys failed: the response was 403 Forbidden (Forbidden: the license does not permit this call)
          in data "idv_onekosmos_service_keys" "all": `data "idv_onekosmos_service_keys" "all" {}`
        Request: GET ONEKOSMOS_URL/idproofingapi/servicekeys
        1Kosmos accepts the credentials, but they lack a permission. Ask its administrator for it.
        The call needs a license of a higher level (`system` for service keys, `system` or `service` for the bucket and the list of sessions), or the license belongs to another tenant than `tenant_id` and `community_id`."#]]);
}

#[test]
fn clock_is_wrong() {
    let bench = Bench::new();
    bench.sandbox.advance_clock(600);
    bench.workspace.configure(SERVICE_KEYS);
    let errors = bench.workspace.try_plan().failed().errors();
    // The difference is measured, so its last digit is random.
    let (before, measured) = errors.split_once("clock is ").unwrap_or_else(|| panic!("{errors}"));
    let (seconds, after) = measured.split_once("s behind").unwrap_or_else(|| panic!("{errors}"));
    assert!((590..610).contains(&seconds.parse::<u32>().unwrap()), "{errors}");
    expect![[r#"
        Error: 1Kosmos: listing the service keys failed: the response was 401 Unauthorized (Unauthorized: requestid: ts is more than 60 seconds from now)
          in data "idv_onekosmos_service_keys" "all": `data "idv_onekosmos_service_keys" "all" {}`
        Request: GET ONEKOSMOS_URL/idproofingapi/servicekeys
        This machine's clock is SECONDS behind the vendor's; a request or token with a time in it may be refused.
        Check the clock first, then the credentials for 1Kosmos: that they are current, complete and meant for this address.
        Every request carries the time, and the service refuses a time that differs from its own clock by more than a minute. Set this machine's clock."#]].assert_eq(&format!("{before}clock is SECONDS behind{after}").replace(bench.sandbox.url("onekosmos"), "ONEKOSMOS_URL"));
}

#[test]
fn curve_is_not_that_of_the_deployment() {
    Bench::new().variable("IDV_ONEKOSMOS_CURVE", "prime256v1").plan(SERVICE_KEYS, &expect![[r#"
        Error: 1Kosmos: fetching the service's public key failed: the service's key is on secp256k1, and `curve` is set to prime256v1
          in data "idv_onekosmos_service_keys" "all": `data "idv_onekosmos_service_keys" "all" {}`
        It was needed for listing the service keys.
        Nothing was sent.
        Set `curve = "secp256k1"` in `onekosmos = { ... }` of the provider block (or IDV_ONEKOSMOS_CURVE), or omit it: `auto` detects the curve."#]]);
}

#[test]
fn curve_does_not_exist() {
    Bench::new().variable("IDV_ONEKOSMOS_CURVE", "p256").plan(
        SERVICE_KEYS,
        &expect![[r#"
        Error: Environment variable `IDV_ONEKOSMOS_CURVE` cannot be used
          in provider "idv": `provider "idv" {}`
        `IDV_ONEKOSMOS_CURVE` must be `auto`, `secp256k1` or `prime256v1`; found `p256`."#]],
    );
}

#[test]
fn private_key_is_not_base64() {
    Bench::new().variable("IDV_ONEKOSMOS_PRIVATE_KEY", "-----BEGIN").plan(SERVICE_KEYS, &expect![[r#"
        Error: `private_key` is malformed
          in provider "idv": `provider "idv" {}`
        `private_key` (or IDV_ONEKOSMOS_PRIVATE_KEY) cannot be used: it is not standard base64. Write the key's 32 bytes in standard base64, without the lines of a PEM file, such as from `openssl rand -base64 32`. Or omit it, and a key is generated for each run."#]]);
}

#[test]
fn private_key_has_the_wrong_length() {
    let long = "A".repeat(88);
    Bench::new().variable("IDV_ONEKOSMOS_PRIVATE_KEY", &long).plan(SERVICE_KEYS, &expect![[r#"
        Error: `private_key` is malformed
          in provider "idv": `provider "idv" {}`
        `private_key` (or IDV_ONEKOSMOS_PRIVATE_KEY) cannot be used: it has 66 bytes, and a key has 1 to 32 (33 with a leading zero). Write the key's 32 bytes in standard base64, without the lines of a PEM file, such as from `openssl rand -base64 32`. Or omit it, and a key is generated for each run."#]]);
}

#[test]
fn address_is_missing() {
    Bench::new().variable("IDV_ONEKOSMOS_BASE_URL", "").plan(SERVICE_KEYS, &expect![[r#"
        Error: `onekosmos.tenant_dns` is missing
          in provider "idv": `provider "idv" {}`
        Each tenant of 1Kosmos has its own host name. Set `tenant_dns` in `onekosmos = { ... }` of the provider block, or the environment variable `IDV_ONEKOSMOS_TENANT_DNS`."#]]);
}

#[test]
fn host_name_is_an_address() {
    let bench = Bench::new().variable("IDV_ONEKOSMOS_BASE_URL", "");
    bench.variable("IDV_ONEKOSMOS_TENANT_DNS", "https://acme.1kosmos.net").plan(SERVICE_KEYS, &expect![[r#"
        Error: `tenant_dns` is not a host name
          in provider "idv": `provider "idv" {}`
        `tenant_dns` is `https://acme.1kosmos.net`. Write only the host name, as in `acme.1kosmos.net`, or use `base_url`."#]]);
}

#[test]
fn community_does_not_exist() {
    let bench = Bench::new().variable("IDV_ONEKOSMOS_COMMUNITY_NAME", "defualt");
    bench.plan("data \"idv_onekosmos_community\" \"main\" {}\n", &expect![[r#"
        Error: 1Kosmos: looking up tenant and community failed: the response was 404 Not Found (404: community not found)
          in data "idv_onekosmos_community" "main": `data "idv_onekosmos_community" "main" {}`
        Request: POST ONEKOSMOS_URL/api/r1/system/community_info/fetch
        Check the id and the base URL: the object was deleted, never existed, or has another path.
        The address is `tenant_dns` or `base_url` in `onekosmos = { ... }`, or IDV_ONEKOSMOS_TENANT_DNS or IDV_ONEKOSMOS_BASE_URL.
        Check `tenant_dns`, `tenant_id`, `community_name` and `community_id` in `onekosmos = { ... }`: the names are those of the tenant's admin console. With both `tenant_id` and `community_id` set, nothing is looked up."#]]);
}

#[test]
fn body_encryption_has_an_unknown_endpoint() {
    let provider = "provider \"idv\" {\n  onekosmos = { body_encryption = { bucket_get = \"plain\", bucket_put = \"clear\" } }\n}\n";
    Bench::new().plan(&format!("{provider}{SERVICE_KEYS}"), &expect![[r#"
        Error: Unknown endpoint in `body_encryption`
          in provider "idv": `onekosmos = { body_encryption = { bucket_get = "plain", bucket_put = "clear" } }`
        `bucket_get` is not an endpoint with a body. Use `template_create`, `template_update`, `bucket_put`, `session_fetch` or `session_create`.

        Error: Wrong value in `body_encryption`
          in provider "idv": `onekosmos = { body_encryption = { bucket_get = "plain", bucket_put = "clear" } }`
        `bucket_put` is `clear`; it must be `plain` or `encrypted`."#]]);
}

#[test]
fn body_has_the_wrong_form_for_the_deployment() {
    let bench = Bench::new();
    bench.sandbox.change_state(|state| state["onekosmos"]["body_encryption"]["bucket_put"] = json!("plain"));
    bench.workspace.configure(&format!("provider \"idv\" {{}}\n{}", bucket("aws", "aws_credential")));
    let errors = bench.workspace.apply().failed().errors();
    // The sandbox's message comes first.
    let (_, advice) = errors.split_once("Change the value").unwrap();
    expect![[r#"
         that it names.
        The body was sent encrypted. If the deployment requires it plain, set `body_encryption = { bucket_put = "plain" }` in `onekosmos = { ... }` of the provider block."#]].assert_eq(advice);
}

fn bucket(kind: &str, credential: &str) -> String {
    format!(
        "resource \"idv_onekosmos_bucket\" \"main\" {{\n  type = \"{kind}\"\n  bucket_name = \"evidence\"\n  {credential} = {{ \
         access_key = \"AKIA1\", region = \"eu-central-1\", secret_key_wo = \"hush\" }}\n}}\n"
    )
}

#[test]
fn credentials_conflict_with_the_type() {
    Bench::new().validate(&bucket("gcp", "aws_credential"), &expect![[r#"
        Error: `aws_credential` conflicts with `type`
          in resource "idv_onekosmos_bucket" "main": `aws_credential = { access_key = "AKIA1", region = "eu-central-1", secret_key_wo = "hush" }`
        `type` is `gcp`. Remove `aws_credential`, or set `type = "aws"`.

        Error: `gcp_credential` is missing
          in resource "idv_onekosmos_bucket" "main": `resource "idv_onekosmos_bucket" "main" {`
        `type` is `gcp`, so the bucket needs `gcp_credential = { ... }`."#]]);
}

#[test]
fn secret_is_set_twice_and_version_is_set_alone() {
    let twice = bucket("aws", "aws_credential")
        .replace("secret_key_wo = \"hush\"", "secret_key_wo = \"a\", secret_key = \"b\"");
    Bench::new().validate(&twice, &expect![[r#"
        Error: `secret_key` and `secret_key_wo` exclude each other
          in resource "idv_onekosmos_bucket" "main": `aws_credential = { access_key = "AKIA1", region = "eu-central-1", secret_key_wo = "a", secret_key = "b" }`
        `aws_credential` sets both. Keep `secret_key_wo`, which leaves no trace in state, and remove `secret_key`."#]]);
    let unused = bucket("aws", "aws_credential")
        .replace("secret_key_wo = \"hush\"", "secret_key = \"a\", secret_key_wo_version = \"1\"");
    Bench::new().validate(&unused, &expect![[r#"
        Error: A version without `secret_key_wo`
          in resource "idv_onekosmos_bucket" "main": `aws_credential = { access_key = "AKIA1", region = "eu-central-1", secret_key = "a", secret_key_wo_version = "1" }`
        `secret_key_wo_version` says when to send `secret_key_wo`, and the configuration sets `secret_key`. Set `secret_key_wo` in its place, or remove the version."#]]);
}

/// The plan warns of it and the apply reports it: an imported object needs no secret until it changes.
#[test]
fn create_without_the_secret() {
    let bench = Bench::new();
    bench.workspace.configure(&bucket("aws", "aws_credential").replace(", secret_key_wo = \"hush\"", ""));
    expect![[r#"
        Warning: `secret_key` is missing for the bucket "evidence"
          in resource "idv_onekosmos_bucket" "main": `aws_credential = { access_key = "AKIA1", region = "eu-central-1" }`
        To create or change the bucket, the vendor needs `secret_key`, and the configuration sets neither `aws_credential.secret_key_wo` nor `secret_key`. The plan shows the change, and an apply fails. Set `aws_credential.secret_key_wo`, or `secret_key` on a Terraform before 1.11."#]].assert_eq(&bench.workspace.plan().warnings());
    bench.check(bench.workspace.apply_saved(), &expect![[r#"
        Error: `secret_key` is missing for the bucket "evidence"
          in resource "idv_onekosmos_bucket" "main": `resource "idv_onekosmos_bucket" "main" {`
        To create or change the bucket, the vendor needs `secret_key`, and the configuration sets neither `aws_credential.secret_key_wo` nor `secret_key`. The plan shows the change, and an apply fails. Set `aws_credential.secret_key_wo`, or `secret_key` on a Terraform before 1.11."#]]);
}

#[test]
fn template_without_a_dvc_id() {
    let template = "resource \"idv_onekosmos_proofing_template\" \"main\" {\n  document_type = \"dl_object\"\n  \
                    workflow = [{ name = \"front\", type = \"CAPTURE_FRONT\" }]\n}\n";
    Bench::new().plan(template, &expect![[r#"
        Error: `dvc_id` is missing
          in resource "idv_onekosmos_proofing_template" "main": `resource "idv_onekosmos_proofing_template" "main" {`
        1Kosmos creates a template for a device verification configuration. Set `dvc_id` to its id from the admin console."#]]);
}

#[test]
fn service_key_with_an_unknown_tag() {
    let bench = Bench::new();
    bench
        .workspace
        .configure("provider \"idv\" {}\nresource \"idv_onekosmos_service_key\" \"main\" {\n  tag = \"pipelnie\"\n}\n");
    bench.check(bench.workspace.apply(), &expect![[r#"
        Error: The service key "pipelnie" does not exist
          in resource "idv_onekosmos_service_key" "main": `tag = "pipelnie"`
        1Kosmos has no service key with the tag `pipelnie`, and its API cannot create one. The tags are `service`, `pipeline`, `mobile`, `web`, `reporting`."#]]);
}

#[test]
fn import_of_a_template_without_a_session() {
    let template = r#"
resource "idv_onekosmos_proofing_template" "main" {
  document_type = "dl_object"
  dvc_id        = "dvc_sandbox"
  workflow      = [{ name = "front", type = "CAPTURE_FRONT" }]
}
"#;
    let import =
        |id: &str| format!("import {{\n  to = idv_onekosmos_proofing_template.main\n  id = \"{id}\"\n}}\n{template}");
    let bench = Bench::new().variable("IDV_ONEKOSMOS_TEMPLATE_SESSION_ID", "");
    bench.plan(&import("dvc_sandbox/65f0c0ffee65f0c0ffee65f0"), &expect![[r#"
        Error: A template can be imported only with a session
        1Kosmos returns templates only through a live proofing session, so an import needs one. Start a session in the admin console and set `template_session_id` in `onekosmos = { ... }` of the provider block, or the environment variable IDV_ONEKOSMOS_TEMPLATE_SESSION_ID."#]]);
    Bench::new().plan(&import("a/b/c"), &expect![[r#"
        Error: Wrong import id
        `a/b/c` is not an import id of `idv_onekosmos_proofing_template`. It is `TEMPLATE_ID`, such as `65f0c0ffee65f0c0ffee65f0`, or `DVC_ID/TEMPLATE_ID` to have `dvc_id` in state. A `/` within a part is written as `%2F`, and a `%` as `%25`."#]]);
}

#[test]
fn session_has_expired() {
    let bench = Bench::new();
    bench.sandbox.change_state(|state| state["onekosmos"]["sessions"][0]["expiryTS"] = json!(1));
    bench.plan("data \"idv_onekosmos_proofing_templates\" \"all\" {}\n", &expect![[r#"
        Error: 1Kosmos: listing the proofing templates failed: the response was 400 Bad Request (Bad Request: Session has ended or expired)
          in data "idv_onekosmos_proofing_templates" "all": `data "idv_onekosmos_proofing_templates" "all" {}`
        Request: GET ONEKOSMOS_URL/idproofingapi/proofingtemplates/sandbox-session-live
        1Kosmos rejected the request. Change the value that it names.
        Templates are read through a live proofing session: check `template_session_id` in `onekosmos = { ... }` of the provider block; sessions expire."#]]);
}

#[test]
fn filters_of_sessions_have_wrong_values() {
    let list = "data \"idv_onekosmos_proofing_sessions\" \"all\" {\n  status = \"declined\"\n  start_date = \"2026-01-31\"\n  limit = 1.5\n}\n";
    Bench::new().validate(
        list,
        &expect![[r#"
        Error: Wrong value for `start_date`
          in data "idv_onekosmos_proofing_sessions" "all": `start_date = "2026-01-31"`
        `start_date` must be a date and a time such as `2026-01-31 00:00:00.000`; found `2026-01-31`.

        Error: Wrong value for `limit`
          in data "idv_onekosmos_proofing_sessions" "all": `limit = 1.5`
        `limit` must be a whole number; found `1.5`."#]],
    );
}

#[test]
fn license_for_sessions_has_too_low_a_level() {
    let bench = Bench::new().variable("IDV_ONEKOSMOS_LICENSE_KEY", "sandbox-license-service-ext-d05e");
    bench.plan("data \"idv_onekosmos_proofing_sessions\" \"all\" {}\n", &expect![[r#"
        Error: 1Kosmos: listing the proofing sessions failed: the response was 403 Forbidden (Forbidden: the license does not permit this call)
          in data "idv_onekosmos_proofing_sessions" "all": `data "idv_onekosmos_proofing_sessions" "all" {}`
        Request: POST ONEKOSMOS_URL/idproofingapi/proofingsession/fetch
        1Kosmos accepts the credentials, but they lack a permission. Ask its administrator for it.
        The call needs a license of a higher level (`system` for service keys, `system` or `service` for the bucket and the list of sessions), or the license belongs to another tenant than `tenant_id` and `community_id`."#]]);
}

/// Checks the errors of a workflow, which `terraform validate` reports without a request.
fn workflow(steps: &str, expected: &Expect) {
    let configuration = format!(
        "resource \"idv_onekosmos_proofing_template\" \"main\" {{\n  document_type = \"dl_object\"\n  dvc_id = \"dvc_1\"\n  \
         workflow = [\n{steps}\n  ]\n}}\n"
    );
    Bench::new().validate(&configuration, expected);
}

#[test]
fn jump_to_names_no_step() {
    workflow(
        r#"    { name = "front", type = "CAPTURE_FRONT", actions = [{ on = "captured", jump_to = "selfy" }] },
    { name = "selfie", type = "CAPTURE_SELFIE" },"#,
        &expect![[r#"
            Error: No step is named "selfy"
              in resource "idv_onekosmos_proofing_template" "main": `{ name = "front", type = "CAPTURE_FRONT", actions = [{ on = "captured", jump_to = "selfy" }] },`
            Step `front` jumps to `selfy`, but no step has that name. The steps are `front`, `selfie`."#]],
    );
}

#[test]
fn workflow_has_no_steps() {
    workflow(
        "",
        &expect![[r#"
        Error: The workflow is empty
          in resource "idv_onekosmos_proofing_template" "main": `workflow = [
          ]`
        A template needs at least one step. Add a step to `workflow`."#]],
    );
}

#[test]
fn steps_have_an_unknown_type_and_the_same_name() {
    workflow(
        r#"    { name = "front", type = "CAPTURE_FORNT" },
    { name = "front", type = "HTML", html_base64 = "<p>" },"#,
        &expect![[r#"
            Error: Two steps are named "front"
              in resource "idv_onekosmos_proofing_template" "main": `{ name = "front", type = "HTML", html_base64 = "<p>" },`
            `workflow[0]` and `workflow[1]` are both named `front`, so `jump_to` is ambiguous. Rename one of them.

            Error: `html_base64` is not base64
              in resource "idv_onekosmos_proofing_template" "main": `{ name = "front", type = "HTML", html_base64 = "<p>" },`
            `html_base64` of step `front` is not standard base64 (Invalid symbol 60, offset 0). If it is plain text, use `html`; else encode it with `base64encode` or `filebase64`."#]],
    );
}
