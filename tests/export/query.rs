//! The same by `terraform query`, which Terraform has from 1.14 on.

use serde_json::json;

use super::{tenant, webhook_requests};
use crate::examples;
use crate::support::workspace::Workspace;

/// What is in Terraform's JSON for each object that a list found.
const FOUND: &str = r#""type":"list_resource_found""#;

/// A list block for a type.
fn list(kind: &str, arguments: &str) -> String {
    format!("list \"{kind}\" \"all\" {{\n  provider = idv\n{arguments}\n}}\n")
}

/// The types that the provider can list, of which there is one list block each.
fn everything(workspace: &Workspace) -> String {
    let schemas = workspace.schemas();
    let kinds = schemas["list_resource_schemas"].as_object().unwrap().keys();
    kinds.map(|kind| list(kind, "  limit = 1000")).collect()
}

#[test]
fn a_tenant_is_captured_whole() {
    let sandbox = tenant::sandbox();
    let workspace = Workspace::new(&sandbox);
    workspace.configure("");
    workspace.write("all.tfquery.hcl", &everything(&workspace));
    sandbox.forget_requests();
    workspace.run(&["query", "-no-color", "-generate-config-out=generated.tf"]).succeeded();
    // Each list is a call of its own, but they share a run's answers.
    assert_eq!(webhook_requests(&sandbox), 3);
    let planned = workspace.run(&["plan", "-no-color"]).succeeded();
    assert!(
        planned.stdout.contains(&format!("Plan: {} to import, 0 to add, 0 to change, 0 to destroy.", tenant::OBJECTS))
    );
    workspace.apply().succeeded();
    workspace.plan().assert_empty();
}

#[test]
fn a_limit_reads_no_page_too_many() {
    let sandbox = tenant::sandbox();
    let workspace = Workspace::new(&sandbox);
    workspace.configure("");
    for (limit, pages) in [(10, 1), (100, 1), (101, 2)] {
        workspace.write("webhooks.tfquery.hcl", &list("idv_vult_webhook", &format!("  limit = {limit}")));
        sandbox.forget_requests();
        let found = workspace.run(&["query", "-json"]).succeeded().stdout.matches(FOUND).count();
        assert_eq!((found, webhook_requests(&sandbox)), (limit, pages));
    }
}

#[test]
fn an_error_on_page_3_is_told() {
    let sandbox = tenant::sandbox();
    let mut workspace = Workspace::new(&sandbox);
    workspace.set("IDV_MAX_RETRIES", "1");
    workspace.configure("");
    workspace.write("webhooks.tfquery.hcl", &list("idv_vult_webhook", "  limit = 1000"));
    sandbox.fault(&json!({"vendor": "vult", "path": "/webhook/list", "kind": "delay", "delay_ms": 1, "times": 2}));
    sandbox.fault(&json!({"vendor": "vult", "path": "/webhook/list", "kind": "status", "status": 500, "times": 99}));
    let run = workspace.run(&["query", "-json"]).failed();
    assert!(run.errors().contains("listing the webhooks"), "{}", run.errors());
}

#[test]
fn a_list_that_another_generation_of_the_api_has_is_an_error() {
    let sandbox = tenant::sandbox();
    let mut workspace = Workspace::new(&sandbox);
    workspace.set("IDV_XIDENT_API", "v1");
    workspace.configure("");
    workspace.write("keys.tfquery.hcl", &list("idv_xident_api_key", ""));
    let run = workspace.run(&["query", "-json"]).failed();
    expect_test::expect![[r#"
        Error: Xident's API `v1` has no list of API keys
          in list "idv_xident_api_key" "all": `list "idv_xident_api_key" "all" {`
        `verify/v1` has it: set `api = "verify/v1"` in `xident = { ... }` of the provider block, or IDV_XIDENT_API."#]]
    .assert_eq(&run.errors());
}

#[test]
fn the_examples_find_something() {
    let sandbox = tenant::sandbox();
    for folder in examples::folders("list-resources") {
        let workspace = Workspace::new(&sandbox);
        workspace.configure("");
        let example = std::fs::read_to_string(folder.join("list-resource.tfquery.hcl")).unwrap();
        workspace.write("example.tfquery.hcl", &example);
        workspace.run(&["fmt", "-check", "-diff"]).succeeded();
        let run = workspace.run(&["query", "-json"]).succeeded();
        assert!(run.stdout.contains(FOUND), "nothing is found by {}", folder.display());
    }
}

#[test]
fn filters_are_the_vendors() {
    let sandbox = tenant::sandbox();
    let workspace = Workspace::new(&sandbox);
    workspace.configure("");
    let filter = "  config {\n    search_term = \"say \\\"hello\\\"\"\n  }";
    workspace.write("webhooks.tfquery.hcl", &list("idv_vult_webhook", filter));
    let run = workspace.run(&["query", "-json"]).succeeded();
    assert_eq!(run.stdout.matches(FOUND).count(), tenant::WEBHOOKS / 12);
}
