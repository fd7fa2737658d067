//! What could not be captured is said: in the summary, in the file, and by the exit code.

use std::time::Duration;

use serde_json::json;

use super::{export, takes_over, tenant};
use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

fn read(workspace: &Workspace, file: &str) -> String {
    std::fs::read_to_string(workspace.path().join("tenant").join(file)).unwrap()
}

/// Lets two pages of webhooks through and refuses the third for good.
fn refuse_the_third_page(sandbox: &Sandbox) {
    sandbox.fault(&json!({"vendor": "vult", "path": "/webhook/list", "kind": "delay", "delay_ms": 1, "times": 2}));
    sandbox.fault(&json!({"vendor": "vult", "path": "/webhook/list", "kind": "status", "status": 500, "times": 99}));
}

#[test]
fn an_error_on_page_3_leaves_the_list_incomplete() {
    let sandbox = tenant::sandbox();
    let mut workspace = Workspace::new(&sandbox);
    workspace.set("IDV_MAX_RETRIES", "1");
    refuse_the_third_page(&sandbox);
    let run = export(&workspace, &["--vendor", "vult", "--exclude", "vult_weights"]).failed();
    let said = run.stdout.replace(sandbox.url("vult"), "https://kyc.example.com");
    expect_test::expect![[r#"
        Captured into tenant:

          idv_vult_document_requirements      9
          idv_vult_webhook                  200  NOT COMPLETE

        Not everything of idv_vult_webhook: VULT: listing the webhooks failed: the answer was 500 Internal Server Error (Internal Server Error)
          Request: POST https://kyc.example.com/webhook/list (2 attempts)
          It is VULT's move. Try again later; if it stays, give its support the time and the request.
          To export without it: --exclude idv_vult_webhook

        Next, where OpenTofu's `tofu` does as well, and `init` is not needed with `dev_overrides`:

          terraform -chdir=tenant init
          terraform -chdir=tenant plan
          terraform -chdir=tenant apply

        The plan says "209 to import, 0 to add, 0 to change, 0 to destroy". After the apply, imports.tf has done its work.
    "#]].assert_eq(&said);
    assert_eq!(run.stderr, "Error: not everything was captured; what is missing is told above\n");
    assert!(read(&workspace, "vult_webhooks.tf").starts_with("# NOT COMPLETE: "));
    sandbox.clear_faults();
    takes_over(&workspace, 9 + 200);
}

#[test]
fn what_a_license_does_not_allow_and_what_needs_a_session() {
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

        Not everything of idv_onekosmos_proofing_template: A session is needed
          1Kosmos shows templates only through a live session. Set `session_id` here, or `template_session_id` in `onekosmos = { ... }` of the provider block (IDV_ONEKOSMOS_TEMPLATE_SESSION_ID).
          To export without it: --exclude idv_onekosmos_proofing_template

        Not everything of idv_onekosmos_service_key: 1Kosmos: listing the service keys failed: the answer was 403 Forbidden (Forbidden: the license does not permit this call)
          Request: GET https://acme.1kosmos.net/idproofingapi/servicekeys
          The credentials are known to 1Kosmos and do not suffice. Ask its administrator for the permission.
          The call needs a license of a higher level (`system` for service keys, `system` or `service` for the bucket and the list of sessions), or the license belongs to another tenant than `tenant_id` and `community_id` say.
          To export without it: --exclude idv_onekosmos_service_key

        Not told by the vendor, and variables in variables.tf:
          acme_evidence_secret_key: for idv_onekosmos_bucket.acme_evidence, null until the object changes

        Next, where OpenTofu's `tofu` does as well, and `init` is not needed with `dev_overrides`:

          terraform -chdir=tenant init
          terraform -chdir=tenant plan
          terraform -chdir=tenant apply

        The plan says "1 to import, 0 to add, 0 to change, 0 to destroy". After the apply, imports.tf has done its work.
    "#]].assert_eq(&said);
    takes_over(&workspace, 1);
}

#[test]
fn what_another_generation_of_the_api_lists_is_told_and_does_not_fail() {
    let sandbox = tenant::sandbox();
    let mut workspace = Workspace::new(&sandbox);
    workspace.set("IDV_XIDENT_API", "v1");
    let run = export(&workspace, &["--vendor", "fiven,xident"]).succeeded();
    assert_eq!(run.stderr, "");
    expect_test::expect![[r#"
        Captured into tenant:

          idv_fiven_credentials_access_request      1

        Not captured, because the vendor lists no such objects: idv_xident_face_enrollment. Import them one by one.

        Nothing of idv_xident_api_key: Xident's API `v1` has no list of API keys
          `verify/v1` has it: set `api = "verify/v1"` in `xident = { ... }` of the provider block, or IDV_XIDENT_API.

        Nothing of idv_xident_blacklist_entry: Xident's API `v1` has no list of entries of the blacklist
          `verify/v1` has it: set `api = "verify/v1"` in `xident = { ... }` of the provider block, or IDV_XIDENT_API.

        Next, where OpenTofu's `tofu` does as well, and `init` is not needed with `dev_overrides`:

          terraform -chdir=tenant init
          terraform -chdir=tenant plan
          terraform -chdir=tenant apply

        The plan says "1 to import, 0 to add, 0 to change, 0 to destroy". After the apply, imports.tf has done its work.
    "#]]
    .assert_eq(&run.stdout);
    takes_over(&workspace, 1);
    assert!(sandbox.request_lines().iter().all(|line| !line.contains("blacklist")), "nobody was asked in vain");
}

#[test]
fn what_another_generation_of_the_api_lists_fails_where_it_is_asked_for() {
    let sandbox = tenant::sandbox();
    let mut workspace = Workspace::new(&sandbox);
    workspace.set("IDV_XIDENT_API", "v1");
    let run = export(&workspace, &["--include", "xident_blacklist_entry"]).failed();
    expect_test::expect![[r#"
        Captured into tenant:

          idv_xident_blacklist_entry      0  NOT COMPLETE

        Not everything of idv_xident_blacklist_entry: Xident's API `v1` has no list of entries of the blacklist
          `verify/v1` has it: set `api = "verify/v1"` in `xident = { ... }` of the provider block, or IDV_XIDENT_API.
          To export without it: --exclude idv_xident_blacklist_entry

        There is nothing to import.
    "#]]
    .assert_eq(&run.stdout);
}

#[test]
fn objects_that_share_an_id_are_left_out() {
    let sandbox = tenant::sandbox();
    sandbox.change_state(|state| state["onekosmos"]["service_keys"][1]["tag"] = json!("web"));
    let workspace = Workspace::new(&sandbox);
    let run = export(&workspace, &["--include", "onekosmos_service_key"]).failed();
    assert!(run.stdout.contains("2 objects with the import id `web`"));
    assert!(!read(&workspace, "imports.tf").contains("web"));
    takes_over(&workspace, 3);
}

/// Exports the webhooks while one of them is deleted: after the first page was answered, and before the second is read.
fn export_while_one_vanishes(workspace: &Workspace, sandbox: &Sandbox, index: usize) {
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
fn a_webhook_that_vanishes_while_listed_is_skipped() {
    let sandbox = tenant::sandbox();
    let workspace = Workspace::new(&sandbox);
    export_while_one_vanishes(&workspace, &sandbox, 150);
    takes_over(&workspace, tenant::WEBHOOKS - 1);
}

#[test]
fn a_webhook_that_vanishes_hides_no_other() {
    let sandbox = tenant::sandbox();
    let workspace = Workspace::new(&sandbox);
    // Behind it all move up, and the first of the second page is on the first page now, which was read before.
    export_while_one_vanishes(&workspace, &sandbox, 50);
    let imports = read(&workspace, "imports.tf");
    let missing: Vec<_> = (0..tenant::WEBHOOKS).filter(|index| !imports.contains(&format!("whk_{index:06}"))).collect();
    assert_eq!(missing, Vec::<usize>::new());
}

/// The vendor has a destination without events, and refuses one: the configuration may not say so either.
#[test]
fn an_object_that_no_configuration_may_describe_is_told() {
    let sandbox = tenant::sandbox();
    sandbox.change_state(|state| state["didit"]["webhook_destinations"][1]["subscribed_events"] = json!([]));
    let workspace = Workspace::new(&sandbox);
    let run = export(&workspace, &["--include", "didit_webhook_destination"]).succeeded();
    expect_test::expect![[r#"
        Captured into tenant:

          idv_didit_webhook_destination      2

        A warning of idv_didit_webhook_destination: `idv_didit_webhook_destination.events_2` cannot be planned as it is
          `subscribed_events` must have at least one element.
          The vendor has it so, and no configuration may say so. Write in the file how it should be, and the plan shows the change; or take the object and its `import` block out.

        First mend what cannot be planned, as told above; the plan then shows a change of it.

        Next, where OpenTofu's `tofu` does as well, and `init` is not needed with `dev_overrides`:

          terraform -chdir=tenant init
          terraform -chdir=tenant plan
          terraform -chdir=tenant apply

        The plan says "2 to import, 0 to add, up to 1 to change, 0 to destroy". After the apply, imports.tf has done its work.
    "#]].assert_eq(&run.stdout);
    let file = "didit_webhook_destinations.tf";
    assert!(read(&workspace, file).contains("# CANNOT BE PLANNED: `subscribed_events`"));
    let plan = ["-chdir=tenant", "plan", "-no-color", "-input=false"];
    workspace.run(&plan).failed();
    let mended = read(&workspace, file).replace("= []", "= [\"data.updated\"]");
    workspace.write(&format!("tenant/{file}"), &mended);
    let planned = workspace.run(&plan).succeeded();
    assert!(planned.stdout.contains("Plan: 2 to import, 0 to add, 1 to change, 0 to destroy."));
}
