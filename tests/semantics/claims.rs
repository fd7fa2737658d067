//! Two resources that manage the same settings are refused, and nothing else is.

use expect_test::expect;
use serde_json::json;

use crate::support::sandbox::Sandbox;
use crate::support::terraform;
use crate::support::workspace::Workspace;

fn weights(name: &str, more: &str) -> String {
    format!("resource \"idv_vult_weights\" \"{name}\" {{\n  {more}\n}}\n")
}

fn bucket(name: &str) -> String {
    format!(
        "resource \"idv_onekosmos_bucket\" \"{name}\" {{\n  type = \"aws\"\n  bucket_name = \"evidence\"\n  aws_credential = {{ \
         access_key = \"AKIA1\", region = \"eu-central-1\", secret_key = \"{name}\" }}\n}}\n"
    )
}

#[track_caller]
fn assert_refused(workspace: &Workspace, configuration: &str, summary: &str) {
    workspace.configure(configuration);
    let errors = workspace.try_plan().failed().errors();
    assert!(errors.contains(&format!("Error: {summary}\n")), "{errors}");
}

#[test]
fn second_resource_for_the_same_settings_is_refused_at_plan() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    let requirements = |name: &str| {
        format!(
            "resource \"idv_vult_document_requirements\" \"{name}\" {{\n  document_type = \"passport\"\n  data_source = \"ocr\"\n}}\n"
        )
    };
    let customization = |name: &str| format!("resource \"idv_didit_customization\" \"{name}\" {{\n}}\n");
    let key = |name: &str| format!("resource \"idv_onekosmos_service_key\" \"{name}\" {{\n  tag = \"pipeline\"\n}}\n");
    let face = |name: &str| {
        format!(
            "resource \"idv_xident_face_enrollment\" \"{name}\" {{\n  user_id = \"user-1\"\n  face_image_wo = \"aGk=\"\n}}\n"
        )
    };
    let pair = |one: &dyn Fn(&str) -> String| format!("{}{}", one("one"), one("other"));
    let client = |name: &str| weights(name, "client_id = \"client-7\"");
    for (configuration, summary) in [
        (pair(&client), "Two resources manage the weights \"client-7\""),
        (pair(&requirements), "Two resources manage the document requirements \"passp…y ocr\""),
        (pair(&customization), "Two resources manage the settings of the customization"),
        (pair(&bucket), "Two resources manage the bucket \"evidence\""),
        (pair(&key), "The service key \"pipeline\" has two resources"),
        (pair(&face), "The enrollment \"user-1\" has two resources"),
    ] {
        assert_refused(&workspace, &configuration, summary);
    }
}

#[test]
fn second_resource_is_refused_although_the_first_is_in_state() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(&weights("main", "age_weight = 5"));
    workspace.apply().succeeded();
    workspace.configure(&format!("{}{}", weights("main", "age_weight = 5"), weights("other", "age_weight = 6")));
    let errors = workspace.try_plan().failed().errors();
    // Which of the two is planned first is not certain.
    let errors = errors.replace("main", "other").replace("(`5` here, `6` there)", "(`6` here, `5` there)");
    expect![[r#"
        Error: Two resources manage the weights
          in resource "idv_vult_weights" "other": `resource "idv_vult_weights" "other" {`
        Another resource of this configuration manages the weights too, and each apply would overwrite what the other one wrote. They differ in `age_weight` (`6` here, `5` there). Keep one `idv_vult_weights` for it. If both are in state, remove the other one by a `removed` block with `destroy = false`, or by `terraform state rm`."#]].assert_eq(&errors);
}

#[test]
fn key_that_is_known_at_apply_is_refused_there() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    let data = "resource \"terraform_data\" \"client\" {\n  input = \"client-7\"\n}\n";
    let of_client = |name: &str, weight: u32| {
        weights(name, &format!("client_id = terraform_data.client.output\n  age_weight = {weight}"))
    };
    workspace.configure(&format!("{data}{}{}", of_client("one", 5), of_client("other", 6)));
    workspace.plan();
    let errors = workspace.apply_saved().failed().errors();
    assert!(errors.contains("Two resources manage the weights \"client-7\""), "{errors}");
    let managed = workspace.state().keys().filter(|address| address.starts_with("idv_vult_weights")).count();
    assert_eq!(managed, 1);
}

/// Applies a configuration after another one, with this Terraform.
#[track_caller]
fn assert_accepted(workspace: &Workspace, before: &str, after: &str) {
    workspace.configure(before);
    workspace.apply().succeeded();
    workspace.configure(after);
    workspace.apply().succeeded();
    workspace.plan().assert_empty();
}

#[test]
fn one_owner_at_a_time_is_accepted_with_the_newest_and_the_oldest_terraform() {
    for terraform in [terraform::pinned(), terraform::oldest()] {
        let sandbox = Sandbox::start();
        let workspace = Workspace::new(&sandbox).with_terraform(terraform);
        // A rename with and without a block, and one to `count`.
        assert_accepted(&workspace, &weights("a", "age_weight = 5"), &weights("b", "age_weight = 5"));
        let moved = "moved {\n  from = idv_vult_weights.b\n  to = idv_vult_weights.c\n}\n";
        assert_accepted(
            &workspace,
            &weights("b", "age_weight = 5"),
            &format!("{moved}{}", weights("c", "age_weight = 6")),
        );
        // A replacement for a new key, before and after the destroy.
        let first = "lifecycle {\n    create_before_destroy = true\n  }";
        assert_accepted(&workspace, &weights("c", "age_weight = 6"), &weights("c", "client_id = \"client-7\""));
        assert_accepted(
            &workspace,
            &weights("c", &format!("client_id = \"client-7\"\n  {first}")),
            &weights("c", &format!("client_id = \"client-8\"\n  {first}")),
        );
        // A replacement of the same key, which nothing in the configuration asks for.
        workspace.run(&["apply", "-json", "-auto-approve", "-replace=idv_vult_weights.c"]).succeeded();
        workspace.run(&["taint", "idv_vult_weights.c"]).succeeded();
        workspace.apply().succeeded();
        workspace.plan_with(&["-refresh=false", "-replace=idv_vult_weights.c"]);
        // Two resources swap their keys.
        let pair = |one: &str, other: &str| {
            let of = |name: &str, client: &str| weights(name, &format!("client_id = \"{client}\""));
            format!("{}{}", of("one", one), of("other", other))
        };
        assert_accepted(&workspace, &pair("client-1", "client-2"), &pair("client-2", "client-1"));
        // A bucket, whose identity is known only after the create.
        assert_accepted(&workspace, &bucket("a"), &bucket("b"));
        workspace.run(&["apply", "-json", "-auto-approve", "-replace=idv_onekosmos_bucket.b"]).succeeded();
        workspace.run(&["apply", "-json", "-auto-approve", "-refresh-only"]).succeeded();
        workspace.destroy().succeeded();
    }
}

/// Old state has neither identities nor private state.
#[test]
fn replacement_of_an_object_of_old_state_is_accepted() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox).with_terraform(terraform::oldest());
    workspace.configure(&weights("main", "age_weight = 5"));
    workspace.apply().succeeded();
    let path = workspace.path().join("terraform.tfstate");
    let mut state: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    state["resources"][0]["instances"][0].as_object_mut().unwrap().remove("private");
    state["serial"] = json!(99);
    workspace.write("terraform.tfstate", &state.to_string());
    workspace.plan_with(&["-refresh=false", "-replace=idv_vult_weights.main"]);
    workspace.apply_saved().succeeded();
    workspace.plan().assert_empty();
}
