//! The bucket of a community, whose secrets are sent and never read back.

use serde_json::{Value, json};

use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

fn bucket(secret: &str) -> String {
    format!(
        "resource \"idv_onekosmos_bucket\" \"main\" {{\n  type = \"aws\"\n  bucket_name = \"evidence\"\n  aws_credential = {{ \
         access_key = \"AKIA1\", region = \"eu-central-1\", {secret} }}\n}}\n"
    )
}

fn kept(sandbox: &Sandbox) -> Value {
    sandbox.state()["onekosmos"]["buckets"][0].clone()
}

#[test]
fn a_write_only_secret_is_sent_when_its_version_changes() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(&bucket("secret_key_wo = \"one\", secret_key_wo_version = \"1\""));
    workspace.apply().succeeded();
    assert_eq!(kept(&sandbox)["aws_credential"]["secretKey"], "one");
    // Terraform cannot see this change.
    workspace.configure(&bucket("secret_key_wo = \"two\", secret_key_wo_version = \"1\""));
    workspace.plan().assert_empty();
    workspace.configure(&bucket("secret_key_wo = \"two\", secret_key_wo_version = \"2\""));
    assert_eq!(workspace.plan().actions("idv_onekosmos_bucket.main"), ["update"]);
    sandbox.forget_requests();
    workspace.apply_saved().succeeded();
    assert_eq!(kept(&sandbox)["aws_credential"]["secretKey"], "two");
    workspace.apply().succeeded();
    assert_eq!(sandbox.count("PUT /idproofingapi/bucket"), 1, "it is sent once");
    assert!(!serde_json::to_string(&workspace.state()).unwrap().contains("two"));
}

#[test]
fn disable_keeps_the_settings_if_the_secret_is_known() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(&bucket("secret_key = \"hush\""));
    workspace.apply().succeeded();
    let mut expected = kept(&sandbox);
    expected["isEnabled"] = json!(false);
    workspace.destroy().succeeded();
    expected["updatedTS"] = kept(&sandbox)["updatedTS"].clone();
    assert_eq!(kept(&sandbox), expected);
}

#[test]
fn a_bucket_that_exists_is_an_error_with_its_import_block() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(&bucket("secret_key_wo = \"one\""));
    workspace.apply().succeeded();
    let before = kept(&sandbox);
    let other = Workspace::new(&sandbox);
    other.configure(&bucket("secret_key_wo = \"two\"").replace("evidence", "another"));
    let errors = other.apply().failed().errors();
    expect_test::expect![[r#"
        Error: The community has a bucket: "evidence"
          in resource "idv_onekosmos_bucket" "main": `resource "idv_onekosmos_bucket" "main" {`
        The community stores its images in the bucket `evidence` already, and a create would replace its settings. Nothing was changed. To manage it, add this block beside the resource and apply again:

        import {
          to = idv_onekosmos_bucket.NAME
          id = "65f1a0c05eed000000000001/65f1a0c05eed000000000002"
        }"#]].assert_eq(&errors);
    assert_eq!(kept(&sandbox), before);
}

/// The secret comes from the configuration, since a plan has no write-only value; all else comes from the plan.
#[test]
fn an_ignored_part_of_the_credentials_that_drifted_is_not_overwritten() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    let configuration = |secret: &str, version: u32| {
        let bucket = bucket(&format!("secret_key_wo = \"{secret}\", secret_key_wo_version = \"{version}\""));
        bucket.replacen("{\n", "{\n  lifecycle { ignore_changes = [aws_credential.region] }\n", 1)
    };
    workspace.configure(&configuration("one", 1));
    workspace.apply().succeeded();
    sandbox.change_state(|state| {
        state["onekosmos"]["buckets"][0]["aws_credential"]["region"] = json!("eu-west-1");
    });
    workspace.configure(&configuration("two", 2));
    workspace.apply().succeeded();
    let credential = &kept(&sandbox)["aws_credential"];
    assert_eq!((&credential["region"], &credential["secretKey"]), (&json!("eu-west-1"), &json!("two")));
}
