//! Didit: versions, what the vendor does not return, lost responses, and both kinds of credentials.

use serde_json::{Value, json};

use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

const WORKFLOW: &str = "idv_didit_workflow.kyc";
const QUESTIONNAIRE: &str = "idv_didit_questionnaire.kyc";

/// A workflow with further lines.
fn workflow(label: &str, lines: &str) -> String {
    format!(
        "resource \"idv_didit_workflow\" \"kyc\" {{\n  workflow_label = \"{label}\"\n  features = [\n    {{ feature = \"OCR\", \
         config = jsonencode({{ duplicated_user_action = \"REVIEW\", score = 40 }}) }},\n    {{ feature = \"LIVENESS\" }},\n  \
         ]\n{lines}\n}}\n"
    )
}

/// A questionnaire, and a workflow that uses it.
fn asked(title: &str, question: &str) -> String {
    format!(
        r#"resource "idv_didit_questionnaire" "kyc" {{
          title         = "{title}"
          languages     = ["en"]
          form_elements = [{{ element_type = "short_text", label = {{ en = "{question}" }} }}]
        }}
        resource "idv_didit_workflow" "kyc" {{
          workflow_label = "kyc"
          features = [{{
            feature = "QUESTIONNAIRE"
            config  = jsonencode({{ questionnaire_uuid = idv_didit_questionnaire.kyc.questionnaire_id }})
          }}]
        }}"#
    )
}

fn bench(configuration: &str) -> (Sandbox, Workspace) {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(configuration);
    workspace.apply().succeeded();
    (sandbox, workspace)
}

fn versions(sandbox: &Sandbox, list: &str) -> Vec<Value> {
    sandbox.state()["didit"][list].as_array().unwrap().clone()
}

/// Changes the newest version of a workflow outside of Terraform.
fn change_newest(sandbox: &Sandbox, change: impl FnOnce(&mut Value)) {
    sandbox.change_state(|state| change(state["didit"]["workflows"].as_array_mut().unwrap().last_mut().unwrap()));
}

#[test]
fn a_change_of_a_published_workflow_keeps_its_id_and_publishes_a_version() {
    let (sandbox, workspace) = bench(&workflow("kyc", ""));
    let before = workspace.state()[WORKFLOW].clone();
    workspace.configure(&workflow("renamed", ""));
    let plan = workspace.plan();
    assert_eq!(plan.actions(WORKFLOW), ["update"]);
    let change = plan.change(WORKFLOW);
    assert_eq!(change["after"]["workflow_id"], before["workflow_id"]);
    assert_eq!(change["after_unknown"]["uuid"], true);
    workspace.apply_saved().succeeded();
    let after = workspace.state()[WORKFLOW].clone();
    assert_eq!(after["workflow_id"], before["workflow_id"]);
    assert_ne!(after["uuid"], before["uuid"]);
    assert_eq!((&before["version"], &after["version"]), (&json!(1), &json!(2)));
    workspace.plan().assert_empty();

    let all = versions(&sandbox, "workflows");
    assert_eq!(all.len(), 2, "the version before stays for its sessions");
    assert_eq!(all[0]["settings"]["workflow_label"], "kyc");
    assert_eq!(all[1]["settings"]["features"], all[0]["settings"]["features"], "a field that is not sent stays");
    workspace.destroy().succeeded();
    assert!(versions(&sandbox, "workflows").is_empty());
}

#[test]
fn a_draft_is_changed_in_place_and_then_published() {
    let (sandbox, workspace) = bench(&workflow("kyc", "status = \"draft\""));
    let uuid = workspace.state()[WORKFLOW]["uuid"].clone();
    for (lines, status) in
        [("status = \"draft\"\nmax_retry_attempts = 1", "draft"), ("max_retry_attempts = 1", "published")]
    {
        workspace.configure(&workflow("kyc", lines));
        workspace.apply().succeeded();
        workspace.plan().assert_empty();
        let all = versions(&sandbox, "workflows");
        assert_eq!(all.len(), 1, "{lines}");
        assert_eq!((&all[0]["status"], &all[0]["uuid"]), (&json!(status), &uuid));
    }
}

#[test]
fn a_version_that_is_published_elsewhere_is_drift_and_is_deleted_with_the_rest() {
    let (sandbox, workspace) = bench(&workflow("kyc", ""));
    sandbox.change_state(|state| {
        let workflows = state["didit"]["workflows"].as_array_mut().unwrap();
        let mut version = workflows[0].clone();
        version["uuid"] = json!("f1000000-0000-4000-8000-0000000000aa");
        version["version"] = json!(2);
        version["settings"]["workflow_label"] = json!("theirs");
        workflows.push(version);
    });
    let plan = workspace.plan();
    assert_eq!(plan.actions(WORKFLOW), ["update"]);
    assert_eq!(plan.change(WORKFLOW)["before"]["workflow_label"], "theirs");
    assert_eq!(plan.change(WORKFLOW)["before"]["uuid"], "f1000000-0000-4000-8000-0000000000aa");
    workspace.apply_saved().succeeded();
    let newest = versions(&sandbox, "workflows").pop().unwrap();
    assert_eq!((&newest["version"], &newest["settings"]["workflow_label"]), (&json!(3), &json!("kyc")));
    workspace.destroy().succeeded();
    assert!(versions(&sandbox, "workflows").is_empty());
}

#[test]
fn a_draft_beside_a_published_version_is_no_drift() {
    let (sandbox, workspace) = bench(&workflow("kyc", ""));
    sandbox.change_state(|state| {
        let workflows = state["didit"]["workflows"].as_array_mut().unwrap();
        let mut draft = workflows[0].clone();
        draft["uuid"] = json!("f1000000-0000-4000-8000-0000000000aa");
        draft["status"] = json!("draft");
        draft["settings"]["workflow_label"] = json!("not yet");
        workflows.push(draft);
    });
    workspace.plan().assert_empty();

    workspace.configure(&workflow("renamed", ""));
    let warnings = workspace.plan().warnings();
    assert!(warnings.contains("loses its draft"), "{warnings}");
    workspace.apply_saved().succeeded();
    assert!(versions(&sandbox, "workflows").iter().all(|version| version["status"] == "published"));
    workspace.configure(&workflow("renamed again", ""));
    assert_eq!(workspace.plan().warnings(), "");
}

#[test]
fn settings_of_features_that_the_response_has_can_drift_and_others_cannot() {
    let (sandbox, workspace) = bench(&workflow("kyc", ""));
    change_newest(&sandbox, |version| {
        version["settings"]["features"][0]["label"] = json!("never returned");
        version["settings"]["features"][1]["config"]["face_liveness_method"] = json!("passive");
    });
    workspace.plan().assert_empty();

    change_newest(&sandbox, |version| version["settings"]["features"][0]["config"]["score"] = json!(99));
    let plan = workspace.plan();
    assert_eq!(plan.actions(WORKFLOW), ["update"]);
    let config = plan.change(WORKFLOW)["before"]["features"][0]["config"].as_str().unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(config).unwrap(),
        json!({"duplicated_user_action": "REVIEW", "score": 99})
    );
    workspace.apply_saved().succeeded();
    workspace.plan().assert_empty();
    let newest = versions(&sandbox, "workflows").pop().unwrap();
    assert_eq!(newest["settings"]["features"][0]["config"]["score"], 40);

    change_newest(&sandbox, |version| drop(version["settings"]["features"].as_array_mut().unwrap().pop()));
    assert_eq!(workspace.plan().actions(WORKFLOW), ["update"]);
    workspace.apply_saved().succeeded();
    workspace.plan().assert_empty();
}

#[test]
fn the_apply_after_an_import_publishes_no_equal_version() {
    let (sandbox, workspace) = bench(&workflow("kyc", ""));
    let id = workspace.state()[WORKFLOW]["workflow_id"].as_str().unwrap().to_owned();
    let fresh = Workspace::new(&sandbox);
    fresh.configure(&workflow("kyc", ""));
    fresh.import(WORKFLOW, &id).succeeded();
    assert_eq!(fresh.plan().actions(WORKFLOW), ["update"], "to record what an import cannot know");
    fresh.apply_saved().succeeded();
    fresh.plan().assert_empty();
    assert_eq!(versions(&sandbox, "workflows").len(), 1);

    // From then on drift of the settings is detected.
    change_newest(&sandbox, |version| version["settings"]["features"][0]["config"]["score"] = json!(99));
    assert_eq!(fresh.plan().actions(WORKFLOW), ["update"]);
}

#[test]
fn a_change_that_resets_settings_of_an_imported_workflow_warns() {
    let (sandbox, workspace) = bench(&workflow("kyc", ""));
    let id = workspace.state()[WORKFLOW]["workflow_id"].as_str().unwrap().to_owned();
    let fresh = Workspace::new(&sandbox);
    let features = |names: &[&str], lines: &str| {
        let all: Vec<_> = names.iter().map(|name| format!("{{ feature = \"{name}\" }}")).collect();
        format!(
            "resource \"idv_didit_workflow\" \"kyc\" {{\n  workflow_label = \"kyc\"\n  features = [{}]\n{lines}\n}}\n",
            all.join(", ")
        )
    };
    fresh.configure(&features(&["OCR", "LIVENESS"], ""));
    fresh.import(WORKFLOW, &id).succeeded();
    fresh.plan().assert_empty();

    fresh.configure(&features(&["OCR", "LIVENESS"], "max_retry_attempts = 1"));
    assert_eq!(fresh.plan().warnings(), "");
    fresh.apply_saved().succeeded();
    let newest = versions(&sandbox, "workflows").pop().unwrap();
    assert_eq!(newest["settings"]["features"][0]["config"]["score"], 40, "features are sent only when they change");

    let imported = Workspace::new(&sandbox);
    imported.configure(&features(&["OCR", "LIVENESS"], "max_retry_attempts = 1"));
    imported.import(WORKFLOW, &id).succeeded();
    imported.configure(&features(&["OCR", "AML"], "max_retry_attempts = 1"));
    expect_test::expect![[r#"
        Warning: The workflow "f0000000-0000…-000000000001" may lose settings
          in resource "idv_didit_workflow" "kyc": `features = [{ feature = "OCR" }, { feature = "AML" }]`
        The workflow was imported, and Didit does not return the settings of its features. A change of `features` sends all of them, so settings that `config` leaves out return to Didit's defaults for OCR. Set `config` to keep them."#]].assert_eq(&imported.plan().warnings());
}

#[test]
fn questions_do_not_drift_and_workflows_move_to_the_published_version() {
    let (sandbox, workspace) = bench(&asked("Onboarding", "Occupation?"));
    sandbox.change_state(|state| {
        state["didit"]["questionnaires"][0]["content"]["form_elements"][0]["label"]["en"] = json!("Something else?");
    });
    workspace.plan().assert_empty();

    let before = workspace.state();
    workspace.configure(&asked("Onboarding", "What is your occupation?"));
    workspace.apply().succeeded();
    workspace.plan().assert_empty();
    let after = workspace.state();
    let group = "questionnaire_group_id";
    assert_eq!(after[QUESTIONNAIRE][group], before[QUESTIONNAIRE][group]);
    assert_ne!(after[QUESTIONNAIRE]["questionnaire_id"], before[QUESTIONNAIRE]["questionnaire_id"]);
    let newest = versions(&sandbox, "workflows").pop().unwrap();
    let asks = &newest["settings"]["features"][0]["config"]["questionnaire_uuid"];
    assert_eq!(*asks, after[QUESTIONNAIRE]["questionnaire_id"]);
    let newest = versions(&sandbox, "questionnaires").pop().unwrap();
    assert_eq!(newest["content"]["form_elements"][0]["label"]["en"], "What is your occupation?");

    let plan = workspace.plan_with(&["-destroy"]);
    assert!(plan.warnings().contains("loses its answers"), "{}", plan.warnings());
    workspace.apply_saved().succeeded();
    assert!(versions(&sandbox, "questionnaires").is_empty() && versions(&sandbox, "workflows").is_empty());
}

#[test]
fn an_object_whose_response_is_lost_is_found() {
    let destination = r#"resource "idv_didit_webhook_destination" "main" {
      label             = "events"
      url               = "https://hooks.example.com/didit"
      subscribed_events = ["status.updated"]
    }"#;
    for (path, list, configuration) in [
        ("/v3/webhook/destinations/", "webhook_destinations", destination.to_owned()),
        ("/v3/workflows/", "workflows", workflow("kyc", "")),
        ("/v3/questionnaires/", "questionnaires", asked("Onboarding", "Occupation?")),
    ] {
        for fault in [json!({"kind": "drop"}), json!({"kind": "status", "status": 502}), json!({"kind": "garbage"})] {
            let sandbox = Sandbox::start();
            let workspace = Workspace::new(&sandbox);
            workspace.configure(&configuration);
            let mut fault = fault.clone();
            fault.as_object_mut().unwrap().extend(
                [("vendor", json!("didit")), ("method", json!("POST")), ("path", json!(path)), ("after", json!(true))]
                    .map(|(name, value)| (name.to_owned(), value)),
            );
            sandbox.fault(&fault);
            let run = workspace.apply().succeeded();
            assert!(run.warnings().contains("was created despite an error"), "{fault}");
            assert_eq!(versions(&sandbox, list).len(), 1, "{fault}");
            workspace.plan().assert_empty();
        }
    }
}

/// Neither the object nor the version is created a second time.
#[test]
fn a_write_that_cannot_be_read_back_is_kept() {
    let fail_reads = |sandbox: &Sandbox| {
        let path = "/v3/workflows/f1000000-0000-4000-8000-00000000000*";
        sandbox.fault(&json!({
            "vendor": "didit", "method": "GET", "path": path, "kind": "status", "status": 500, "times": 2
        }));
    };
    let sandbox = Sandbox::start();
    let mut workspace = Workspace::new(&sandbox);
    workspace.set("IDV_MAX_RETRIES", "1");
    workspace.configure(&workflow("kyc", ""));
    fail_reads(&sandbox);
    assert!(workspace.apply().succeeded().warnings().contains("was written, not read"));
    workspace.plan().assert_empty();

    workspace.configure(&workflow("renamed", ""));
    workspace.plan();
    fail_reads(&sandbox);
    assert!(workspace.apply_saved().succeeded().warnings().contains("was written, not read"));
    workspace.plan().assert_empty();
    assert_eq!(versions(&sandbox, "workflows").len(), 2);
}

#[test]
fn a_change_whose_response_is_lost_is_found_by_its_new_version() {
    for (configurations, path, list) in [
        ([workflow("kyc", ""), workflow("renamed", "")], "/v3/workflows/", "workflows"),
        ([asked("a", "Occupation?"), asked("b", "Occupation?")], "/v3/questionnaires/", "questionnaires"),
    ] {
        let (sandbox, workspace) = bench(&configurations[0]);
        workspace.configure(&configurations[1]);
        sandbox.fault(&json!({"vendor": "didit", "method": "PATCH", "path": path, "kind": "drop", "after": true}));
        let warnings = workspace.apply().succeeded().warnings();
        assert!(warnings.contains("was updated despite an error"), "{warnings}");
        workspace.plan().assert_empty();
        assert_eq!(versions(&sandbox, list).len(), 2);

        // A change that was not applied is an error, and the next apply repeats it.
        workspace.configure(&configurations[0]);
        sandbox.fault(&json!({"vendor": "didit", "method": "PATCH", "path": path, "kind": "drop"}));
        assert!(workspace.apply().failed().errors().contains("the request may have been applied"));
        workspace.apply().succeeded();
        workspace.plan().assert_empty();
        assert_eq!(versions(&sandbox, list).len(), 3);
    }
}

#[test]
fn a_workflow_from_before_with_the_same_label_is_not_adopted() {
    let sandbox = Sandbox::start();
    let other = Workspace::new(&sandbox);
    other.configure(&workflow("kyc", ""));
    other.apply().succeeded();
    change_newest(&sandbox, |version| {
        version["created_at"] = json!("2026-01-01T00:00:00Z");
        version["updated_at"] = json!("2026-01-01T00:00:00Z");
    });
    let workspace = Workspace::new(&sandbox);
    workspace.configure(&workflow("kyc", ""));
    sandbox.fault(&json!({"vendor": "didit", "method": "POST", "path": "/v3/workflows/", "kind": "drop"}));
    let errors = workspace.apply().failed().errors();
    assert!(errors.contains("most likely it was not created. Apply again."), "{errors}");
    workspace.apply().succeeded();
    assert_eq!(versions(&sandbox, "workflows").len(), 2);
    assert_ne!(workspace.state()[WORKFLOW]["workflow_id"], other.state()[WORKFLOW]["workflow_id"]);
}

#[test]
fn a_key_and_a_client_manage_the_same_objects() {
    let (sandbox, mut workspace) = bench(&workflow("kyc", ""));
    assert_eq!(sandbox.count("POST /auth/"), 0, "a key needs no token");
    workspace.sign_in_at_didit_as_a_client(&sandbox);
    sandbox.forget_requests();
    workspace.plan().assert_empty();
    assert_eq!(sandbox.count("POST /auth/v2/token/ 200"), 1);

    // The vendor returns 403 for an expired token, and another one is requested.
    workspace.configure(&workflow("renamed", ""));
    workspace.plan();
    sandbox.fault(&json!({"vendor": "didit", "method": "PATCH", "path": "/v3/workflows/", "kind": "expire_token"}));
    workspace.apply_saved().succeeded();
    assert_eq!(versions(&sandbox, "workflows").len(), 2);
    workspace.plan().assert_empty();
}

/// Didit has null for a window without an end, and null in a configuration means that the attribute is left out.
#[test]
fn a_retry_window_can_be_without_an_end() {
    let window =
        |sandbox: &Sandbox| versions(sandbox, "workflows").last().unwrap()["settings"]["retry_window_days"].clone();
    let (sandbox, workspace) = bench(&workflow("kyc", "retry_window_days = 0"));
    assert_eq!(window(&sandbox), Value::Null);
    workspace.plan().assert_empty();
    workspace.configure(&workflow("kyc", "retry_window_days = 30"));
    workspace.apply().succeeded();
    assert_eq!(window(&sandbox), 30);
    workspace.configure(&workflow("kyc", "retry_window_days = 0"));
    workspace.apply().succeeded();
    assert_eq!(window(&sandbox), Value::Null);
    change_newest(&sandbox, |version| version["settings"]["retry_window_days"] = json!(7));
    assert_eq!(workspace.plan().actions(WORKFLOW), ["update"]);
}

/// The page joins id and secret without encoding, so characters with a meaning in a form stay.
#[test]
fn a_secret_with_special_characters_signs_in() {
    let secret = "a+b/c:d%41 e=&ü";
    let sandbox = Sandbox::start();
    sandbox.change_state(|state| state["didit"]["client_secret"] = json!(secret));
    let mut workspace = Workspace::new(&sandbox);
    workspace.sign_in_at_didit_as_a_client(&sandbox);
    workspace.configure(&workflow("kyc", ""));
    workspace.apply().succeeded();
    assert_eq!(sandbox.count("POST /auth/v2/token/ 200"), sandbox.count("POST /auth/"));
}

#[test]
fn destinations_are_read_by_one_request() {
    let destination = |n: usize| {
        format!(
            "resource \"idv_didit_webhook_destination\" \"d{n}\" {{\n  label = \"{n}\"\n  url = \"https://hooks.example.com/{n}\"\n  \
             subscribed_events = [\"status.updated\"]\n}}\n"
        )
    };
    let (sandbox, workspace) = bench(&(0..5).map(destination).collect::<String>());
    sandbox.forget_requests();
    workspace.plan().assert_empty();
    assert_eq!(sandbox.request_lines(), ["GET /v3/webhook/destinations/ 200"]);
}

#[test]
fn the_data_source_lists_every_page_and_each_workflow_once() {
    let (sandbox, workspace) = bench(&workflow("kyc", ""));
    sandbox.change_state(|state| {
        let first = state["didit"]["workflows"][0].clone();
        let row = |n: u32| {
            let mut row = first.clone();
            row["uuid"] = json!(format!("f1000000-0000-4000-8000-{n:012}"));
            row["workflow_id"] = json!(format!("f0000000-0000-4000-8000-{n:012}"));
            row["settings"]["workflow_label"] = json!(format!("workflow {n}"));
            row
        };
        state["didit"]["workflows"].as_array_mut().unwrap().extend((100..220).map(row));
    });
    workspace.configure(&format!("{}data \"idv_didit_workflows\" \"all\" {{}}\n", workflow("kyc", "")));
    sandbox.forget_requests();
    workspace.plan();
    assert_eq!(sandbox.count("GET /v3/workflows/?limit=50&offset="), 3, "{:?}", sandbox.request_lines());
    workspace.apply_saved().succeeded();
    let all = workspace.state()["data.idv_didit_workflows.all"]["workflows"].as_array().unwrap().clone();
    assert_eq!(all.len(), 121);
    assert_eq!(all[0]["features"], json!(["OCR", "LIVENESS"]));
}
