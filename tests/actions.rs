//! Actions: performed once when invoked or triggered, with progress messages, and without a trace in state.

use serde_json::json;

use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

const DELETE: &str =
    "action \"idv_vult_delete_session\" \"first\" {\n  config {\n    session_id = \"ses_000001\"\n  }\n}\n";

/// The ids of the sessions at the vendor.
fn sessions(sandbox: &Sandbox) -> Vec<String> {
    let state = sandbox.state();
    let sessions = state["vult"]["sessions"].as_array().unwrap();
    sessions.iter().map(|session| session["session_id"].as_str().unwrap().to_owned()).collect()
}

/// The last names of one of the vendor's lists of people.
fn last_names(sandbox: &Sandbox, list: &str) -> Vec<String> {
    let state = sandbox.state();
    let people = state["vult"][list].as_array().unwrap();
    people.iter().map(|person| person["last_name"].as_str().unwrap().to_owned()).collect()
}

fn key_id(sandbox: &Sandbox, tag: &str) -> String {
    let state = sandbox.state();
    let keys = state["onekosmos"]["service_keys"].as_array().unwrap();
    keys.iter().find(|key| key["tag"] == tag).unwrap()["keyId"].as_str().unwrap().to_owned()
}

#[test]
fn action_is_invoked_by_the_command_line_and_streams_progress() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(DELETE);
    workspace.apply().succeeded();
    assert_eq!(sessions(&sandbox).len(), 3, "a configuration alone does nothing");
    let run = workspace
        .run(&["apply", "-auto-approve", "-no-color", "-invoke=action.idv_vult_delete_session.first"])
        .succeeded();
    for line in [
        "Warning: This will delete the session for good",
        "Asking VULT to delete the session `ses_000001`",
        "Done. This cannot be undone.",
    ] {
        assert!(run.stdout.contains(line), "no `{line}` in {}", run.stdout);
    }
    assert_eq!(sessions(&sandbox), ["ses_000002", "ses_000003"]);
    assert!(workspace.state().is_empty());
}

#[test]
fn each_action_changes_the_object() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(
        r#"
        action "idv_vult_anonymize_identity" "it" {
          config {
            identity_id = "idn_000002"
          }
        }
        action "idv_vult_anonymize_session" "it" {
          config {
            session_id = "ses_000003"
          }
        }
        action "idv_onekosmos_reset_service_key" "it" {
          config {
            tag = "service"
          }
        }
        "#,
    );
    let before = key_id(&sandbox, "service");
    for (action, warning) in [
        ("idv_vult_anonymize_identity", "This will anonymize the identity for good"),
        ("idv_vult_anonymize_session", "This will anonymize the session for good"),
        ("idv_onekosmos_reset_service_key", "This will reset a service key for everyone"),
    ] {
        let invoke = format!("-invoke=action.{action}.it");
        assert!(workspace.plan_with(&[&invoke]).warnings().contains(warning), "{action}");
        workspace.apply_saved().succeeded();
    }
    assert_eq!(last_names(&sandbox, "identities"), ["Lovelace", "", "Hopper"]);
    assert_eq!(last_names(&sandbox, "sessions"), ["Lovelace", "Turing", ""]);
    assert_ne!(key_id(&sandbox, "service"), before);
}

#[test]
fn action_is_triggered_by_a_resource() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    let configuration = |weight: u32| {
        format!(
            r#"{DELETE}
            action "idv_onekosmos_reset_service_key" "pipeline" {{
              config {{
                tag = "pipeline"
              }}
            }}
            resource "idv_vult_weights" "main" {{
              age_weight = {weight}
              lifecycle {{
                action_trigger {{
                  events  = [after_create]
                  actions = [action.idv_vult_delete_session.first]
                }}
                action_trigger {{
                  events  = [before_update]
                  actions = [action.idv_onekosmos_reset_service_key.pipeline]
                }}
              }}
            }}"#
        )
    };
    let before = key_id(&sandbox, "pipeline");
    workspace.configure(&configuration(2));
    assert!(workspace.plan().warnings().contains("This will delete the session for good"));
    let run = workspace.run(&["apply", "-no-color", "saved.tfplan"]).succeeded();
    assert!(run.stdout.contains("Asking VULT to delete the session `ses_000001`"), "{}", run.stdout);
    assert_eq!((sessions(&sandbox).len(), key_id(&sandbox, "pipeline")), (2, before.clone()));
    workspace.plan().assert_empty();
    workspace.configure(&configuration(3));
    workspace.apply().succeeded();
    assert_eq!(sessions(&sandbox).len(), 2, "once");
    assert_ne!(key_id(&sandbox, "pipeline"), before);
    workspace.plan().assert_empty();
}

#[test]
fn failed_action_leaves_the_state_unchanged() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    let weights = |trigger: &str| format!("resource \"idv_vult_weights\" \"main\" {{\n  age_weight = 2\n{trigger}}}\n");
    workspace.configure(&format!("{DELETE}{}", weights("")).replace("ses_000001", "nobody"));
    workspace.apply().succeeded();
    let before = workspace.state();
    let errors = workspace
        .run(&["apply", "-auto-approve", "-json", "-invoke=action.idv_vult_delete_session.first"])
        .failed()
        .errors();
    let port = sandbox.url("vult");
    expect_test::expect![[r#"
        Error: Error when invoking action
        VULT: sending the request to delete the session failed: the response was 404 Not Found (Not Found: there is no session nobody): Request: POST http://vult/idv/session/delete
        Check the id and the base URL: the object was deleted, never existed, or has another path.
        The vendor does not publish its routes, so the provider's are assumptions. If no object is missing, set `openapi_file` or `paths` in `vult = { ... }`."#]].assert_eq(&errors.replace(port, "http://vult"));
    assert_eq!(workspace.state(), before);
    assert_eq!(sessions(&sandbox).len(), 3);
}

#[test]
fn create_is_in_state_although_its_action_fails() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    sandbox.fault(&json!({
        "vendor": "vult", "method": "POST", "path": "/idv/session/delete", "kind": "status", "status": 403, "times": 9,
    }));
    workspace.configure(&format!(
        r#"{DELETE}
        resource "idv_vult_webhook" "main" {{
          name = "events"
          url  = "https://h.example.com"
          lifecycle {{
            action_trigger {{
              events  = [after_create]
              actions = [action.idv_vult_delete_session.first]
            }}
          }}
        }}"#
    ));
    let errors = workspace.apply().failed().errors();
    assert!(errors.contains("403"), "{errors}");
    sandbox.clear_faults();
    assert_eq!(workspace.state()["idv_vult_webhook.main"]["name"], "events");
    workspace.plan().assert_empty();
    assert_eq!(sandbox.state()["vult"]["webhooks"].as_array().unwrap().len(), 1);
}

#[test]
fn action_with_a_lost_response_succeeds() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(DELETE);
    sandbox.fault(&json!({
        "vendor": "vult", "method": "POST", "path": "/idv/session/delete", "kind": "drop", "after": true,
    }));
    workspace.run(&["apply", "-auto-approve", "-json", "-invoke=action.idv_vult_delete_session.first"]).succeeded();
    assert_eq!(sessions(&sandbox), ["ses_000002", "ses_000003"]);
}

/// A 404 of the token endpoint does not mean that the session is deleted.
#[test]
fn action_without_a_token_fails() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(DELETE);
    for mut fault in [
        json!({"path": "/oauth/token", "kind": "delay", "delay_ms": 0}),
        json!({"path": "/oauth/token", "kind": "status", "status": 404, "times": 9}),
        json!({"path": "/idv/session/delete", "kind": "status", "status": 502}),
        json!({"path": "/idv/session/delete", "kind": "expire_token"}),
    ] {
        fault["vendor"] = json!("vult");
        sandbox.fault(&fault);
    }
    let run = workspace.run(&["apply", "-auto-approve", "-json", "-invoke=action.idv_vult_delete_session.first"]);
    let errors = run.failed().errors();
    assert!(errors.contains("there is no token endpoint at it"), "{errors}");
    assert_eq!(sessions(&sandbox).len(), 3);
}

#[test]
fn mistake_is_reported_before_the_action_runs() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(&DELETE.replace("ses_000001", ""));
    let errors = workspace.validate().failed().errors();
    expect_test::expect![[r#"
        Error: Wrong value for `session_id`
          in action "idv_vult_delete_session" "first": `session_id = ""`
        `session_id` must not be empty; found 0."#]]
    .assert_eq(&errors);
    let workspace = Workspace::without_vendors();
    workspace.configure(DELETE);
    let errors = workspace.run(&["plan", "-json", "-invoke=action.idv_vult_delete_session.first"]).failed().errors();
    assert!(errors.contains("`vult` is not configured"), "{errors}");
}
