//! What a plan changes.

use expect_test::expect;
use serde_json::json;

use super::{change_by_hand, demo, drift, headlines, report};
use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

#[test]
fn report_of_the_plan_that_repairs_says_stricter_or_looser_for_each() {
    let sandbox = Sandbox::start();
    let workspace = demo(&sandbox);
    sandbox.change_state(change_by_hand);
    let (document, text) = report(&workspace, "text");
    expect![[r#"
        stricter Didit workflow kyc changes
        stricter 1Kosmos bucket changes
        stricter VULT weights change
        neutral VULT webhook audit, https://hooks.example.com/idv/audit is created"#]]
    .assert_eq(&headlines(&text).join("\n"));
    assert_eq!(document["version"], 1);
    let weights =
        document["objects"].as_array().unwrap().iter().find(|it| it["type_name"] == "idv_vult_weights").unwrap();
    assert_eq!(weights["address"], "idv_vult_weights.tenant");
    assert_eq!(weights["fields"][0]["path"], "ofac_fuzzy_match_weight");
    assert_eq!((&weights["fields"][0]["before"], &weights["fields"][0]["after"]), (&"1".into(), &"15".into()));
}

#[test]
fn a_jump_that_skips_the_selfie_is_a_lost_path_in_every_form() {
    let sandbox = Sandbox::start();
    let workspace = demo(&sandbox);
    let file = workspace.path().join("onekosmos.tf");
    let changed = std::fs::read_to_string(&file).unwrap().replace("jump_to = \"selfie\"", "jump_to = \"wait\"");
    std::fs::write(&file, changed).unwrap();
    let (document, text) = report(&workspace, "text");
    let lost = "a path skips the step \"selfie\" (CAPTURE_SELFIE): welcome → front → wait";
    assert!(text.contains(lost) && text.contains("looser: people can finish without this step"), "{text}");
    assert!(text.contains("step \"front\": action \"next\": jump to changes from selfie to wait"), "{text}");
    let flow = &document["objects"][0]["flow"];
    assert_eq!(flow["lost"][0]["step"], "selfie");
    let (_, markdown) = report(&workspace, "markdown");
    assert!(markdown.contains("```mermaid") && markdown.contains("s1 --> s3"), "{markdown}");
    let (_, html) = report(&workspace, "html");
    assert!(html.contains("class=\"lost\"") && html.contains("A path skips selfie: welcome, front, wait"), "{html}");
}

#[test]
fn a_plan_from_nothing_adopts_settings_and_creates_objects() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(
        "resource \"idv_vult_weights\" \"main\" {\n  age_weight = 3\n}\n\
         resource \"idv_vult_document_requirements\" \"main\" {\n  document_type = \"passport\"\n  data_source = \"ocr\"\n  \
         city_required = true\n}\n",
    );
    let (_, text) = report(&workspace, "text");
    assert!(text.contains("VULT weights are adopted: the vendor has them already"), "{text}");
    assert!(text.contains("VULT document requirements Passport, OCR are adopted"), "{text}");
    workspace.apply().succeeded();
    workspace.configure(
        "resource \"idv_vult_document_requirements\" \"main\" {\n  document_type = \"passport\"\n  data_source = \"ocr\"\n  \
         city_required = false\n  middle_name_required = true\n}\n",
    );
    let (_, text) = report(&workspace, "text");
    for expected in [
        "middle name becomes required",
        "stricter: documents without it are rejected",
        "city is no longer required",
        "looser: documents without it are accepted",
        "affects everybody in the tenant who shows a document of the type `passport`",
        "VULT weights are no longer managed",
        "the values stay as they are",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
}

#[test]
fn sensitive_values_are_in_no_form() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    let configuration = |secret: &str, name: &str| {
        format!(
            "variable \"url\" {{\n  default   = \"https://h.example.com/{secret}\"\n  sensitive = true\n}}\n\
             resource \"idv_vult_webhook\" \"main\" {{\n  name = \"{name}\"\n  url  = var.url\n}}\n\
             resource \"idv_onekosmos_bucket\" \"main\" {{\n  type = \"aws\"\n  bucket_name = \"{name}\"\n  aws_credential = {{ access_key = \
             \"AKIA1\", region = \"eu\", secret_key = \"plain-{secret}\" }}\n}}\n"
        )
    };
    workspace.configure(&configuration("token-51ab", "a"));
    for (secret, name) in [("token-51ab", "a"), ("token-77cd", "b")] {
        workspace.configure(&configuration(secret, name));
        for format in ["text", "markdown", "html", "json"] {
            let (document, text) = report(&workspace, format);
            assert!(!text.contains("token-") && !document.to_string().contains("token-"), "{format}: {text}");
        }
        workspace.apply().succeeded();
        sandbox.change_state(|state| state["vult"]["webhooks"].as_array_mut().unwrap().clear());
        for format in ["text", "json"] {
            let run = drift(&workspace, format);
            assert!(run.code == Some(2) && !run.stdout.contains("token-"), "{}", run.stdout);
        }
        workspace.apply().succeeded();
    }
}

#[test]
fn an_empty_plan_changes_nothing_and_another_document_is_an_error() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace
        .configure("resource \"idv_vult_webhook\" \"main\" {\n  name = \"a\"\n  url  = \"https://h.example.com\"\n}\n");
    workspace.apply().succeeded();
    let plan = workspace.plan();
    workspace.write("plan.json", &plan.json().to_string());
    let run = workspace.run_provider(&["report", "plan.json"]);
    assert_eq!(run.code, Some(0));
    assert!(run.stdout.contains("Nothing changes."), "{}", run.stdout);
    let run = workspace.run_provider(&["report", "terraform.tfstate"]);
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("is not the JSON of a plan"), "{}", run.stderr);
}

/// A replacement of a webhook, as Terraform 1.16 plans it with `destroy = false` in the `lifecycle`.
#[test]
fn an_object_that_is_created_again_and_forgotten_is_not_a_replacement() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    let webhook = |name: &str| {
        format!(
            "resource \"idv_vult_webhook\" \"main\" {{\n  name = \"{name}\"\n  url = \"https://h.example.com\"\n}}\n"
        )
    };
    workspace.configure(&webhook("old"));
    workspace.apply().succeeded();
    workspace.configure(&webhook("new"));
    let mut plan = workspace.plan().json().clone();
    let change = &mut plan["resource_changes"][0]["change"];
    assert_eq!(change["actions"], json!(["delete", "create"]));
    change["actions"] = json!(["create", "forget"]);
    workspace.write("plan.json", &plan.to_string());
    let text = workspace.run_provider(&["report", "plan.json"]).stdout;
    let headline = "VULT webhook new, https://h.example.com is created again, and the old one stays without Terraform";
    assert!(text.contains(headline), "{text}");
    let run = workspace.run_provider(&["report", "plan.json", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((run.code, &document["objects"][0]["action"]), (Some(2), &json!("create_and_forget")));
}
