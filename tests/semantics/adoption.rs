//! What the plan of a create says about settings that the vendor has already.

use expect_test::{Expect, expect};
use serde_json::json;

use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

const WEIGHTS: &str = "resource \"idv_vult_weights\" \"main\" {\n  gender_weight = 3\n  age_weight = 7\n}\n";

const REQUIREMENTS: &str = r#"resource "idv_vult_document_requirements" "main" {
  document_type = "passport"
  data_source   = "ocr"
  city_required = true
  on_destroy    = "restore"
}"#;

const CUSTOMIZATION: &str = r##"resource "idv_didit_customization" "main" {
  color_panel     = "#101010"
  app_public_name = "Acme"
}"##;

const BUCKET: &str = r#"resource "idv_onekosmos_bucket" "main" {
  type           = "aws"
  bucket_name    = "evidence"
  aws_credential = { access_key = "AKIA2", region = "eu-west-1", secret_key_wo = "hush", secret_key_wo_version = "1" }
}"#;

/// The warnings of a plan.
fn check(workspace: &Workspace, configuration: &str, expected: &Expect) {
    workspace.configure(configuration);
    expected.assert_eq(&workspace.plan().warnings());
}

fn set_bucket(sandbox: &Sandbox, name: &str) {
    sandbox.change_state(|state| {
        state["onekosmos"]["buckets"] = json!([{
            "_id": "65f1a0c05eed000000000009",
            "tenantId": "65f1a0c05eed000000000001",
            "communityId": "65f1a0c05eed000000000002",
            "type": "aws",
            "bucketName": name,
            "isEnabled": true,
            "createdBy": "admin",
            "createdTS": "2026-01-01T00:00:00Z",
            "updatedTS": "2026-01-01T00:00:00Z",
            "aws_credential": {"accessKey": "AKIA1", "region": "eu-central-1", "secretKey": "theirs"},
        }]);
    });
}

#[test]
fn plan_lists_what_a_create_overwrites() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    check(
        &workspace,
        WEIGHTS,
        &expect![[r#"
        Warning: Overwrites the weights
          in resource "idv_vult_weights" "main": `resource "idv_vult_weights" "main" {`
        VULT has the weights already. The create changes them:

          age_weight: 1.1 -> 7
          gender_weight: 2.2 -> 3

        The other 25 weights stay as they are.
        To write the present values back on destroy, set `on_destroy = "restore"`."#]],
    );
    check(
        &workspace,
        REQUIREMENTS,
        &expect![[r#"
            Warning: Overwrites the document requirements "passport by ocr"
              in resource "idv_vult_document_requirements" "main": `resource "idv_vult_document_requirements" "main" {`
            VULT has the document requirements already. The create changes them:

              city_required: false -> true

            The other 24 document requirements stay as they are.
            A destroy writes the present values back."#]],
    );
    check(
        &workspace,
        CUSTOMIZATION,
        &expect![[r##"
        Warning: Overwrites the settings of the customization
          in resource "idv_didit_customization" "main": `resource "idv_didit_customization" "main" {`
        Didit has the settings of the customization already. The create changes them:

          app_public_name: "" -> "Acme"
          color_panel: "#2567FF" -> "#101010"

        The other 21 settings of the customization stay as they are.
        To write the present values back on destroy, set `on_destroy = "restore"`."##]],
    );
    set_bucket(&sandbox, "evidence");
    check(
        &workspace,
        BUCKET,
        &expect![[r#"
        Warning: Overwrites the bucket "evidence"
          in resource "idv_onekosmos_bucket" "main": `resource "idv_onekosmos_bucket" "main" {`
        The community has the bucket `evidence` already. The create adopts it and changes its settings:

          aws_credential.access_key: "AKIA1" -> "AKIA2"
          aws_credential.region: "eu-central-1" -> "eu-west-1"
          aws_credential.secret_key: (not shown) -> (sensitive)
          created_by: "admin" -> "terraform"

        Its content does not change. The present settings cannot be restored: 1Kosmos does not show the secret."#]],
    );
    assert!(sandbox.count("POST /idv") + sandbox.count("PATCH") + sandbox.count("PUT") == 0, "a plan only reads");
}

#[test]
fn plan_says_at_once_that_the_bucket_is_another_one() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    set_bucket(&sandbox, "theirs");
    workspace.configure(BUCKET);
    let errors = workspace.try_plan().failed().errors();
    assert!(errors.contains("Error: The community has a bucket: \"theirs\""), "{errors}");
    assert!(errors.contains("65f1a0c05eed000000000001/65f1a0c05eed000000000002"), "{errors}");
}

#[test]
fn nothing_is_said_if_nothing_changes_or_there_is_none() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    let gender_weight = super::weights::current(&sandbox)["gender_weight"];
    sandbox.change_state(|state| state["vult"]["requirements"] = json!([]));
    check(
        &workspace,
        &format!(
            "resource \"idv_vult_weights\" \"main\" {{\n  gender_weight = {gender_weight}\n}}\n{REQUIREMENTS}\n{BUCKET}"
        ),
        &expect![[""]],
    );
}

#[test]
fn a_plan_whose_read_fails_warns_and_succeeds() {
    let sandbox = Sandbox::start().with_variable("IDV_MAX_RETRIES", "0");
    let workspace = Workspace::new(&sandbox);
    sandbox.fault(&json!({"vendor": "vult", "path": "/idv/weights", "kind": "status", "status": 500, "times": 9}));
    workspace.configure(WEIGHTS);
    let plan = workspace.plan();
    assert_eq!(plan.actions("idv_vult_weights.main"), ["create"]);
    let warnings = plan.warnings().replace(sandbox.url("vult"), "VULT_URL");
    expect![[r#"
        Warning: No preview of the weights
          in resource "idv_vult_weights" "main": `resource "idv_vult_weights" "main" {`
        The values that VULT has now cannot be read, so this plan does not show what the create overwrites.
        VULT: reading the weights failed: the response was 500 Internal Server Error (Internal Server Error)
        Request: GET VULT_URL/idv/weights
        VULT failed. Try again later; if it persists, send the time and the request to its support."#]]
    .assert_eq(&warnings);
}

#[test]
fn a_replacement_says_what_it_overwrites_in_its_new_scope() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(WEIGHTS);
    workspace.apply().succeeded();
    workspace.configure(&WEIGHTS.replace("age_weight", "client_id = \"client-7\"\n  age_weight"));
    let plan = workspace.plan();
    assert_eq!(plan.actions("idv_vult_weights.main"), ["delete", "create"]);
    let warnings = plan.warnings();
    assert!(!warnings.contains("Overwrites"), "the client has none of its own: {warnings}");
    sandbox.change_state(|state| {
        let mut own = state["vult"]["weights"][0].clone();
        own["client_id"] = json!("client-7");
        own["gender_weight"] = json!(77);
        state["vult"]["weights"].as_array_mut().unwrap().insert(0, own);
    });
    let warnings = workspace.plan().warnings();
    assert!(warnings.contains("Overwrites the weights \"client-7\""), "{warnings}");
    assert!(warnings.contains("  gender_weight: 77 -> 3\n"), "{warnings}");
}

#[test]
fn a_key_that_is_not_known_yet_is_not_read() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(&format!(
        "resource \"terraform_data\" \"client\" {{\n  input = \"client-7\"\n}}\n{}",
        WEIGHTS.replace("age_weight", "client_id = terraform_data.client.output\n  age_weight")
    ));
    assert_eq!(workspace.plan().warnings(), "");
    assert_eq!(sandbox.count("GET /idv/weights"), 0, "{:?}", sandbox.request_lines());
    workspace.apply_saved().succeeded();
    workspace.plan().assert_empty();
}

/// A hundred sets of requirements are one list.
#[test]
fn plan_reads_a_list_once_for_all_creates() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(
        "resource \"idv_vult_document_requirements\" \"main\" {\n  for_each = toset([\"passport\", \"driver_license\", \
         \"passport_card\"])\n  document_type = each.key\n  data_source = \"ocr\"\n  city_required = true\n}\n",
    );
    workspace.plan();
    assert_eq!(sandbox.count("GET /idv/requirements"), 1, "{:?}", sandbox.request_lines());
}
