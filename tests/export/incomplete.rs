//! An incomplete export is reported in the summary, in the file, and by the exit code.

use std::time::Duration;

use serde_json::json;

use super::{export, imports_all, tenant};
use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

fn read(workspace: &Workspace, file: &str) -> String {
    std::fs::read_to_string(workspace.path().join("tenant").join(file)).unwrap()
}

/// Returns two pages of webhooks, and rejects every request for the third.
fn reject_the_third_page(sandbox: &Sandbox) {
    sandbox.fault(&json!({"vendor": "vult", "path": "/webhook/list", "kind": "delay", "delay_ms": 1, "times": 2}));
    sandbox.fault(&json!({"vendor": "vult", "path": "/webhook/list", "kind": "status", "status": 500, "times": 99}));
}

#[test]
fn failed_page_leaves_the_list_incomplete() {
    let sandbox = tenant::sandbox();
    let mut workspace = Workspace::new(&sandbox);
    workspace.set("IDV_MAX_RETRIES", "1");
    reject_the_third_page(&sandbox);
    let run = export(&workspace, &["--vendor", "vult", "--exclude", "vult_weights"]).failed();
    let said = run.stdout.replace(sandbox.url("vult"), "https://kyc.example.com");
    expect_test::expect![[r#"
        Captured into tenant:

          idv_vult_document_requirements      9
          idv_vult_webhook                  200  NOT COMPLETE

        Warning for idv_vult_document_requirements: Scopes of webhooks unknown: the document requirements
          VULT lists no clients and users, so their names are read from the webhooks and the document requirements. The webhooks could not be listed, so the document requirements of clients that only a webhook names are missing. Import these by their ids, or fix this and list again:
          VULT: listing the webhooks failed: the response was 500 Internal Server Error (Internal Server Error)
          Request: POST https://kyc.example.com/webhook/list (2 attempts)
          VULT failed. Try again later; if it persists, send the time and the request to its support.

        Incomplete: idv_vult_webhook: VULT: listing the webhooks failed: the response was 500 Internal Server Error (Internal Server Error)
          Request: POST https://kyc.example.com/webhook/list (2 attempts)
          VULT failed. Try again later; if it persists, send the time and the request to its support.
          To export without it: --exclude idv_vult_webhook

        Limits:
          VULT lists no clients and users: the document requirements of one are found only if a webhook or a document requirement names it.

        Next (OpenTofu's `tofu` works too; skip `init` with `dev_overrides`):

          terraform -chdir=tenant init
          terraform -chdir=tenant plan
          terraform -chdir=tenant apply

        The plan shows "209 to import, 0 to add, 0 to change, 0 to destroy". After the apply, imports.tf is no longer needed.
    "#]].assert_eq(&said);
    assert_eq!(run.stderr, "Error: the export is incomplete; the summary says what is missing\n");
    assert!(read(&workspace, "vult_webhooks.tf").contains("\n\n# NOT COMPLETE: "));
    sandbox.clear_faults();
    imports_all(&workspace, 9 + 200);
}

#[test]
fn missing_permission_and_missing_session_are_reported() {
    let sandbox = tenant::sandbox();
    let mut workspace = Workspace::new(&sandbox);
    workspace.set("IDV_ONEKOSMOS_LICENSE_KEY", "sandbox-license-service-92ab");
    workspace.set("IDV_ONEKOSMOS_TEMPLATE_SESSION_ID", "");
    let run = export(&workspace, &["--vendor", "onekosmos"]).failed();
    let said = run.stdout.replace(sandbox.url("onekosmos"), "https://acme.1kosmos.net");
    expect_test::expect![[r#"
        Captured into tenant:

          idv_onekosmos_bucket                 1
          idv_onekosmos_proofing_template      0  NOT COMPLETE
          idv_onekosmos_service_key            0  NOT COMPLETE

        Incomplete: idv_onekosmos_proofing_template: Templates can be listed only with a session
          1Kosmos returns templates only through a live session. Set `session_id` here, or `template_session_id` in `onekosmos = { ... }` of the provider block (IDV_ONEKOSMOS_TEMPLATE_SESSION_ID).
          To export without it: --exclude idv_onekosmos_proofing_template

        Incomplete: idv_onekosmos_service_key: 1Kosmos: listing the service keys failed: the response was 403 Forbidden (Forbidden: the license does not permit this call)
          Request: GET https://acme.1kosmos.net/idproofingapi/servicekeys
          1Kosmos accepts the credentials, but they lack a permission. Ask its administrator for it.
          The call needs a license of a higher level (`system` for service keys, `system` or `service` for the bucket and the list of sessions), or the license belongs to another tenant than `tenant_id` and `community_id`.
          To export without it: --exclude idv_onekosmos_service_key

        Not returned by the vendor, so variables in variables.tf:
          acme_evidence_secret_key: for idv_onekosmos_bucket.acme_evidence, null until the object changes

        Next (OpenTofu's `tofu` works too; skip `init` with `dev_overrides`):

          terraform -chdir=tenant init
          terraform -chdir=tenant plan
          terraform -chdir=tenant apply

        The plan shows "1 to import, 0 to add, 0 to change, 0 to destroy". After the apply, imports.tf is no longer needed.
    "#]].assert_eq(&said);
    imports_all(&workspace, 1);
}

#[test]
fn list_of_another_api_generation_is_skipped() {
    let sandbox = tenant::sandbox();
    let mut workspace = Workspace::new(&sandbox);
    workspace.set("IDV_XIDENT_API", "v1");
    let run = export(&workspace, &["--vendor", "fiven,xident"]).succeeded();
    assert_eq!(run.stderr, "");
    expect_test::expect![[r#"
        Captured into tenant:

          idv_fiven_credentials_access_request      1

        Not captured, because the vendor has no list of them: idv_xident_face_enrollment. Import them one by one.

        Skipped idv_xident_api_key: Xident's API `v1` has no list of API keys
          `verify/v1` has it: set `api = "verify/v1"` in `xident = { ... }` of the provider block, or IDV_XIDENT_API.

        Skipped idv_xident_blacklist_entry: Xident's API `v1` has no list of entries of the blacklist
          `verify/v1` has it: set `api = "verify/v1"` in `xident = { ... }` of the provider block, or IDV_XIDENT_API.

        Next (OpenTofu's `tofu` works too; skip `init` with `dev_overrides`):

          terraform -chdir=tenant init
          terraform -chdir=tenant plan
          terraform -chdir=tenant apply

        The plan shows "1 to import, 0 to add, 0 to change, 0 to destroy". After the apply, imports.tf is no longer needed.
    "#]]
    .assert_eq(&run.stdout);
    imports_all(&workspace, 1);
    assert!(
        sandbox.request_lines().iter().all(|line| !line.contains("blacklist")),
        "no request that the API does not have"
    );
}

#[test]
fn included_list_of_another_api_generation_fails() {
    let sandbox = tenant::sandbox();
    let mut workspace = Workspace::new(&sandbox);
    workspace.set("IDV_XIDENT_API", "v1");
    let run = export(&workspace, &["--include", "xident_blacklist_entry"]).failed();
    expect_test::expect![[r#"
        Captured into tenant:

          idv_xident_blacklist_entry      0  NOT COMPLETE

        Incomplete: idv_xident_blacklist_entry: Xident's API `v1` has no list of entries of the blacklist
          `verify/v1` has it: set `api = "verify/v1"` in `xident = { ... }` of the provider block, or IDV_XIDENT_API.
          To export without it: --exclude idv_xident_blacklist_entry

        There is nothing to import.
    "#]]
    .assert_eq(&run.stdout);
}

#[test]
fn objects_with_the_same_import_id_are_left_out() {
    let sandbox = tenant::sandbox();
    sandbox.change_state(|state| state["onekosmos"]["service_keys"][1]["tag"] = json!("web"));
    let workspace = Workspace::new(&sandbox);
    let run = export(&workspace, &["--include", "onekosmos_service_key"]).failed();
    assert!(run.stdout.contains("2 objects with the import id `web`"));
    assert!(!read(&workspace, "imports.tf").contains("web"));
    imports_all(&workspace, 3);
}

/// Exports the webhooks while one of them is deleted, between the responses with the first and the second page.
fn export_during_a_deletion(workspace: &Workspace, sandbox: &Sandbox, index: usize) {
    sandbox.fault(&json!({"vendor": "vult", "path": "/webhook/list", "kind": "delay", "delay_ms": 1}));
    sandbox.fault(&json!({"vendor": "vult", "path": "/webhook/list", "kind": "delay", "delay_ms": 1500}));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while sandbox.request_lines().iter().filter(|line| line.contains("/webhook/list")).count() < 2 {
                std::thread::sleep(Duration::from_millis(20));
            }
            sandbox.change_state(|state| drop(state["vult"]["webhooks"].as_array_mut().unwrap().remove(index)));
        });
        export(workspace, &["--include", "idv_vult_webhook"]).succeeded();
    });
}

#[test]
fn webhook_deleted_during_the_list_is_skipped() {
    let sandbox = tenant::sandbox();
    let workspace = Workspace::new(&sandbox);
    export_during_a_deletion(&workspace, &sandbox, 150);
    imports_all(&workspace, tenant::WEBHOOKS - 1);
}

#[test]
fn webhook_deleted_during_the_list_hides_no_other() {
    let sandbox = tenant::sandbox();
    let workspace = Workspace::new(&sandbox);
    // All later webhooks move up, so the first of the second page is now on the first page, which was read before.
    export_during_a_deletion(&workspace, &sandbox, 50);
    let imports = read(&workspace, "imports.tf");
    let missing: Vec<_> = (0..tenant::WEBHOOKS).filter(|index| !imports.contains(&format!("whk_{index:06}"))).collect();
    assert_eq!(missing, Vec::<usize>::new());
}

/// The vendor has a destination without events, but rejects one, and so does the schema.
#[test]
fn object_that_the_schema_rejects_is_reported() {
    let sandbox = tenant::sandbox();
    sandbox.change_state(|state| state["didit"]["webhook_destinations"][1]["subscribed_events"] = json!([]));
    let workspace = Workspace::new(&sandbox);
    let run = export(&workspace, &["--include", "didit_webhook_destination"]).succeeded();
    expect_test::expect![[r#"
        Captured into tenant:

          idv_didit_webhook_destination      2

        Warning for idv_didit_webhook_destination: `idv_didit_webhook_destination.events_2` cannot be planned as it is
          `subscribed_events` must have at least one element.
          The vendor has the object like this, but a configuration may not. Correct the value in the file, and the plan shows the change; or remove the object and its `import` block.

        First fix what cannot be planned, as described above. The plan then shows it as a change.

        Next (OpenTofu's `tofu` works too; skip `init` with `dev_overrides`):

          terraform -chdir=tenant init
          terraform -chdir=tenant plan
          terraform -chdir=tenant apply

        The plan shows "2 to import, 0 to add, up to 1 to change, 0 to destroy". After the apply, imports.tf is no longer needed.
    "#]].assert_eq(&run.stdout);
    let file = "didit_webhook_destinations.tf";
    assert!(read(&workspace, file).contains("# CANNOT BE PLANNED: `subscribed_events`"));
    let plan = ["-chdir=tenant", "plan", "-no-color", "-input=false"];
    workspace.run(&plan).failed();
    let fixed = read(&workspace, file).replace("= []", "= [\"data.updated\"]");
    workspace.write(&format!("tenant/{file}"), &fixed);
    let planned = workspace.run(&plan).succeeded();
    assert!(planned.stdout.contains("Plan: 2 to import, 0 to add, 1 to change, 0 to destroy."));
}
