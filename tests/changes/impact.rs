//! How many verifications a plan concerns.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

/// Adds sessions of VULT, created some days ago.
fn add_sessions(sandbox: &Sandbox, count: usize, days: i64, fields: &Value) {
    let created = (Timestamp::now() - SignedDuration::from_hours(days * 24 + 1)).to_string();
    sandbox.change_state(|state| {
        let sessions = state["vult"]["sessions"].as_array_mut().unwrap();
        for _ in 0..count {
            let mut session = json!({
                "session_id": format!("session-no-{}", sessions.len()), "identity_id": "identity-4711", "created_at": created,
                "status_e": "complete", "verified": true, "first_name": "Ludmilla", "last_name": "Personal",
            });
            session.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            sessions.push(session);
        }
    });
}

/// Plans, and returns the document and the text of `impact`.
fn impact(workspace: &Workspace, arguments: &[&str]) -> (Value, String) {
    workspace.write("plan.json", &workspace.plan().json().to_string());
    let run = |format: &str| {
        let run = workspace.run_provider(&[&["impact", "plan.json", "--format", format], arguments].concat());
        assert_eq!(run.code, Some(2), "{}", run.stderr);
        run.stdout
    };
    (serde_json::from_str(&run("json")).unwrap(), run("text"))
}

/// The count and the sentence about an object.
fn of<'d>(document: &'d Value, address: &str) -> (&'d Value, &'d str) {
    let objects = document["objects"].as_array().unwrap();
    let object = objects.iter().find(|object| object["address"] == address).unwrap();
    (&object["impact"]["count"], object["impact"]["sentence"].as_str().unwrap())
}

fn vult(weight: u32, scope: &str) -> String {
    format!(
        "resource \"idv_vult_weights\" \"main\" {{\n  age_weight = {weight}\n  {scope}\n}}\n\
         resource \"idv_vult_document_requirements\" \"main\" {{\n  document_type = \"passport\"\n  data_source = \"ocr\"\n  \
         city_required = {}\n}}\n\
         resource \"idv_vult_webhook\" \"main\" {{\n  name = \"w{weight}\"\n  url = \"https://h.example.com\"\n}}\n",
        weight.is_multiple_of(2)
    )
}

#[test]
fn sessions_under_the_current_weights_and_for_the_document_are_counted() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(&vult(3, ""));
    workspace.apply().succeeded();
    add_sessions(&sandbox, 1204, 2, &json!({"idv_weights_id": "wgt_000001", "document_type_e": "passport"}));
    add_sessions(&sandbox, 10, 3, &json!({"idv_weights_id": "wgt_initial", "document_type_e": "driver_license"}));
    add_sessions(&sandbox, 7, 40, &json!({"idv_weights_id": "wgt_000001", "document_type_e": "passport"}));
    workspace.configure(&vult(4, ""));
    let (document, text) = impact(&workspace, &[]);
    assert_eq!((&document["command"], &document["version"]), (&json!("impact"), &json!(1)));
    let (count, sentence) = of(&document, "idv_vult_weights.main");
    assert_eq!(sentence, "1,204 sessions in the last 30 days ran under VULT weights `wgt_000001`");
    assert_eq!(count, &json!(1204));
    assert!(text.contains(sentence) && text.contains("VULT weights change"), "{text}");
    let (count, sentence) = of(&document, "idv_vult_document_requirements.main");
    assert_eq!(count, &json!(1204), "{sentence}");
    assert!(
        sentence.contains("were for a document of the type `passport`; VULT does not return what read it"),
        "{sentence}"
    );
    let (count, sentence) = of(&document, "idv_vult_webhook.main");
    assert!(count.is_null() && sentence.contains("is not known. The vendor does not link"), "{sentence}");
    for personal in ["Ludmilla", "Personal", "identity-4711", "session-no-"] {
        assert!(!text.contains(personal) && !document.to_string().contains(personal), "{personal}");
    }
    // The sessions of both objects are read once: 13 pages.
    sandbox.forget_requests();
    let (document, _) = impact(&workspace, &["--days", "60"]);
    assert_eq!(of(&document, "idv_vult_weights.main").0, &json!(1211));
    assert_eq!(sandbox.count("POST /idv/session/list"), 2 * 13, "a run for each format");
}

#[test]
fn a_client_without_weights_of_its_own_has_those_of_the_tenant() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    add_sessions(&sandbox, 5, 1, &json!({"client_id": "client-7", "idv_weights_id": "wgt_initial"}));
    add_sessions(&sandbox, 3, 1, &json!({"idv_weights_id": "wgt_initial"}));
    workspace.configure(&vult(3, "client_id = \"client-7\""));
    let (document, _) = impact(&workspace, &[]);
    let (count, sentence) = of(&document, "idv_vult_weights.main");
    assert_eq!(count, &json!(5), "{sentence}");
    workspace.configure(&vult(3, ""));
    let (document, _) = impact(&workspace, &[]);
    assert_eq!(of(&document, "idv_vult_weights.main").0, &json!(8));
}

#[test]
fn what_a_vendor_does_not_return_is_not_known_and_not_zero() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(&vult(3, ""));
    for (weights, expected) in
        [("", "VULT does not return which weights scored 4 sessions."), ("wgt_gone", "VULT has no weights `wgt_gone`")]
    {
        sandbox.change_state(|state| state["vult"]["sessions"] = json!([]));
        add_sessions(&sandbox, 4, 1, &json!({"idv_weights_id": weights}));
        let (document, text) = impact(&workspace, &[]);
        let (count, sentence) = of(&document, "idv_vult_weights.main");
        assert!(count.is_null() && sentence.contains(expected), "{sentence}");
        assert!(!text.contains("0 sessions"), "{text}");
        let (count, sentence) = of(&document, "idv_vult_document_requirements.main");
        assert!(count.is_null() && sentence.contains("does not return the documents"), "{sentence}");
    }
    sandbox
        .fault(&json!({"vendor": "vult", "path": "/idv/session/list", "kind": "status", "status": 403, "times": 99}));
    let (document, _) = impact(&workspace, &[]);
    let (count, sentence) = of(&document, "idv_vult_weights.main");
    assert!(count.is_null() && sentence.contains("403"), "{sentence}");
    sandbox.clear_faults();
    sandbox.change_state(|state| state["vult"]["sessions"] = json!([]));
    let (document, _) = impact(&workspace, &[]);
    assert_eq!(of(&document, "idv_vult_weights.main").0, &json!(0), "without a session it is known");
}

#[test]
fn other_vendors_are_counted_where_they_have_a_count() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    sandbox.change_state(|state| {
        let model = state["onekosmos"]["sessions"][0].clone();
        let session = |number: i64| {
            let mut session = model.clone();
            session["_id"] = json!(format!("65f1a0c0{number:016x}"));
            session["id"] = json!(format!("session-{number}"));
            session["createdTS"] = json!(Timestamp::now().as_millisecond() - number * 86_400_000 - 60_000);
            session
        };
        state["onekosmos"]["sessions"] = (0..50).map(session).collect();
    });
    workspace.configure(
        r#"
resource "idv_onekosmos_proofing_template" "used" {
  document_type = "dl_object"
  dvc_id        = "dvc_sandbox"
  workflow      = [{ name = "welcome", type = "HTML", html = "<p>Hello</p>" }]
}
resource "idv_onekosmos_proofing_template" "unused" {
  document_type = "ppt_object"
  dvc_id        = "dvc_other"
  workflow      = [{ name = "welcome", type = "HTML", html = "<p>Hello</p>" }]
}
resource "idv_onekosmos_bucket" "main" {
  type           = "aws"
  bucket_name    = "evidence"
  aws_credential = { access_key = "AKIA1", region = "eu", secret_key = "plain" }
}
resource "idv_xident_blacklist_entry" "main" {
  reason     = "fraud"
  face_image = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
}
resource "idv_didit_workflow" "main" {
  workflow_label = "kyc"
  features       = [{ feature = "OCR" }]
}
"#,
    );
    let (document, text) = impact(&workspace, &["--days", "7"]);
    assert_eq!(of(&document, "idv_onekosmos_proofing_template.used").0, &json!(7), "{text}");
    assert_eq!(of(&document, "idv_onekosmos_proofing_template.unused").0, &json!(0));
    assert_eq!(
        of(&document, "idv_onekosmos_bucket.main"),
        (&json!(7), "7 sessions in the last 7 days ran in the community")
    );
    let (count, sentence) = of(&document, "idv_xident_blacklist_entry.main");
    assert_eq!(count, &json!(1523));
    assert!(sentence.starts_with("1,523 verifications in the last 7 days ran in the project"), "{sentence}");
    let (count, sentence) = of(&document, "idv_didit_workflow.main");
    assert!(
        count.is_null() && sentence.ends_with("Didit documents no count of its sessions by workflow."),
        "{sentence}"
    );
    assert!(!document.to_string().contains("plain"), "{document}");
}

#[test]
fn report_has_the_counts_on_request_only() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    add_sessions(&sandbox, 2, 1, &json!({"idv_weights_id": "wgt_initial", "document_type_e": "passport"}));
    workspace.configure(&vult(3, ""));
    workspace.write("plan.json", &workspace.plan().json().to_string());
    sandbox.forget_requests();
    let plain = workspace.run_provider(&["report", "plan.json", "--format", "json"]);
    assert!(sandbox.request_lines().is_empty() && !plain.stdout.contains("impact"), "{}", plain.stdout);
    for (format, expected) in [
        ("text", "          2 sessions in the last 30 days ran under VULT weights `wgt_initial`\n"),
        ("markdown", "2 sessions in the last 30 days ran under VULT weights `wgt_initial` |"),
        ("html", "<p>2 sessions in the last 30 days ran under VULT weights <code>wgt_initial</code></p>"),
        ("json", "\"sentence\": \"2 sessions in the last 30 days ran under VULT weights `wgt_initial`\""),
    ] {
        let run = workspace.run_provider(&["report", "plan.json", "--impact", "--format", format]);
        assert_eq!(run.code, Some(2), "{}", run.stderr);
        assert!(run.stdout.contains(expected), "{}", run.stdout);
        assert!(run.stdout.contains("city"), "the report says what changes: {}", run.stdout);
    }
    let refused = workspace.run_provider(&["report", "plan.json", "--days", "7"]);
    assert!(refused.code == Some(1) && refused.stderr.contains("--impact"), "{}", refused.stderr);
}

#[test]
fn impact_needs_a_configured_vendor_and_a_plan() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(&vult(3, ""));
    let plan = workspace.plan().json().to_string();
    let without = Workspace::without_vendors();
    without.write("plan.json", &plan);
    let run = without.run_provider(&["impact", "plan.json"]);
    assert!(run.code == Some(1) && run.stderr.contains("no vendor is configured"), "{}", run.stderr);
    without.write("plan.json", "{}");
    let run = without.run_provider(&["impact", "plan.json"]);
    assert!(run.code == Some(1) && run.stderr.contains("is not the JSON of a plan"), "{}", run.stderr);
}
