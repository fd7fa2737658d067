//! Settings of clients and users at a vendor that lists neither: their scopes are read from what names them.

use serde_json::{Value, json};

use super::{export, imports_all};
use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

/// The sets of a new tenant that are its own.
const OWN: usize = 24;

/// A tenant with requirements for a client that a webhook names, and for one of the client's users. A list without a scope
/// shows neither.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::start();
    sandbox.change_state(|state| {
        let vult = &mut state["vult"];
        vult["lists_own_requirements"] = json!(true);
        vult["webhooks"] =
            json!([{"id": "whk_1", "name": "events", "url": "https://x.example.com/", "client_id": "client-7"}]);
        let sets = vult["requirements"].as_array_mut().unwrap();
        let mut of_user = sets.last().unwrap().clone();
        of_user["user_id"] = json!("user-1");
        sets.push(of_user);
        assert_eq!(sets.len(), OWN + 3);
    });
    sandbox
}

fn deny_webhooks(sandbox: &Sandbox) {
    let fault: Value =
        json!({"vendor": "vult", "path": "/webhook/list", "kind": "status", "status": 403, "body": {}, "times": 99});
    sandbox.fault(&fault);
}

#[test]
fn export_lists_the_requirements_of_every_scope_that_is_named() {
    let sandbox = sandbox();
    let workspace = Workspace::new(&sandbox);
    let run = export(&workspace, &["--include", "vult_document_requirements"]).succeeded();
    assert!(run.stdout.contains(&format!("{} to import", OWN + 3)), "{}", run.stdout);
    assert!(!run.stdout.contains("Warning"), "{}", run.stdout);
    assert_eq!(sandbox.count("POST /webhook/list"), 1);
    // Of the tenant, of the client that a webhook names, and of the user that the client's sets name.
    assert_eq!(sandbox.count("GET /idv/requirements"), 3);
    imports_all(&workspace, OWN + 3);
}

#[test]
fn export_reports_scopes_that_denied_webhooks_hide() {
    let sandbox = sandbox();
    sandbox.change_state(|state| state["vult"]["lists_own_requirements"] = json!(false));
    deny_webhooks(&sandbox);
    let workspace = Workspace::new(&sandbox);
    let run = export(&workspace, &["--include", "vult_document_requirements,vult_weights"]).succeeded();
    let said = run.stdout.replace(sandbox.url("vult"), "https://kyc.example.com");
    expect_test::expect![[r#"
        Captured into tenant:

          idv_vult_document_requirements     27
          idv_vult_weights                    1

        Warning for idv_vult_document_requirements: Scopes of webhooks unknown: the document requirements
          VULT lists no clients and users, so their names are read from the webhooks and the document requirements. The webhooks could not be listed, so the document requirements of clients that only a webhook names are missing. Import these by their ids, or fix this and list again:
          VULT: listing the webhooks failed: the response was 403 Forbidden
          Request: POST https://kyc.example.com/webhook/list
          VULT accepts the credentials, but they lack a permission. Ask its administrator for it.
          The token may lack a scope. See `scopes` and `audience` in `vult = { ... }`.

        Warning for idv_vult_weights: Scopes of webhooks unknown: the weights
          VULT lists no clients and users, so their names are read from the webhooks and the document requirements. The webhooks could not be listed, so the weights of clients that only a webhook names are missing. Import these by their ids, or fix this and list again:
          VULT: listing the webhooks failed: the response was 403 Forbidden
          Request: POST https://kyc.example.com/webhook/list
          VULT accepts the credentials, but they lack a permission. Ask its administrator for it.
          The token may lack a scope. See `scopes` and `audience` in `vult = { ... }`.

        Limits:
          VULT lists no clients and users: the document requirements of one are found only if a webhook or a document requirement names it.
          VULT lists no clients and users: the weights of one are found only if a webhook or a document requirement names it.

        Next (OpenTofu's `tofu` works too; skip `init` with `dev_overrides`):

          terraform -chdir=tenant init
          terraform -chdir=tenant plan
          terraform -chdir=tenant apply

        The plan shows "28 to import, 0 to add, 0 to change, 0 to destroy". After the apply, imports.tf is no longer needed.
    "#]].assert_eq(&said);
    assert_eq!(sandbox.count("GET /idv/requirements"), 3);
    imports_all(&workspace, OWN + 3 + 1);
}

#[test]
fn query_warns_of_scopes_that_denied_webhooks_hide() {
    let sandbox = sandbox();
    deny_webhooks(&sandbox);
    let workspace = Workspace::new(&sandbox);
    workspace.configure("");
    let list = "list \"idv_vult_document_requirements\" \"all\" {\n  provider = idv\n  limit = 1000\n}\n";
    workspace.write("all.tfquery.hcl", list);
    let run = workspace.run(&["query", "-json"]).succeeded();
    assert_eq!(run.stdout.matches(r#""type":"list_resource_found""#).count(), OWN);
    assert!(run.warnings().contains("Scopes of webhooks unknown: the document requirements"), "{}", run.warnings());
}

#[test]
fn doctor_reads_requirements_and_weights_without_the_permission_for_webhooks() {
    let sandbox = sandbox();
    deny_webhooks(&sandbox);
    let run = Workspace::new(&sandbox).run_provider(&["doctor", "--json"]);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let text = report.to_string();
    assert!(text.contains("Can list `idv_vult_document_requirements`, `idv_vult_weights`."), "{text}");
    assert!(text.contains("Cannot list `idv_vult_webhook`"), "{text}");
    assert_eq!(sandbox.count("POST /webhook/list"), 1, "the permission for webhooks is checked once");
}
