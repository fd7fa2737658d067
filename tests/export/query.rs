//! A tenant is imported by `terraform query`, which Terraform has from 1.14 on.

use serde_json::json;

use super::{tenant, webhook_requests};
use crate::examples;
use crate::support::workspace::Workspace;

/// A part of Terraform's JSON line for each object that a list returns.
const FOUND: &str = r#""type":"list_resource_found""#;

/// A list block for a type.
fn list(kind: &str, arguments: &str) -> String {
    format!("list \"{kind}\" \"all\" {{\n  provider = idv\n{arguments}\n}}\n")
}

/// A list block for each type that the provider can list.
fn everything(workspace: &Workspace) -> String {
    let schemas = workspace.schemas();
    let kinds = schemas["list_resource_schemas"].as_object().unwrap().keys();
    kinds.map(|kind| list(kind, "  limit = 1000")).collect()
}

#[test]
fn query_imports_the_tenant_complete() {
    let sandbox = tenant::sandbox();
    let workspace = Workspace::new(&sandbox);
    workspace.configure("");
    workspace.write("all.tfquery.hcl", &everything(&workspace));
    sandbox.forget_requests();
    workspace.run(&["query", "-no-color", "-generate-config-out=generated.tf"]).succeeded();
    // Each list is a call of its own, but the calls of a run share their responses.
    assert_eq!(webhook_requests(&sandbox), 3);
    let planned = workspace.run(&["plan", "-no-color"]).succeeded();
    let summary = format!("Plan: {} to import, 0 to add, 0 to change, 0 to destroy.", tenant::listed(&sandbox));
    assert!(planned.stdout.contains(&summary));
    workspace.apply().succeeded();
    workspace.plan().assert_empty();
}

#[test]
fn limit_reads_no_further_page() {
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
fn failed_page_fails_the_query() {
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
fn list_of_another_api_generation_is_an_error() {
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
fn examples_return_objects() {
    let sandbox = tenant::sandbox();
    for folder in examples::folders("list-resources") {
        let workspace = Workspace::new(&sandbox);
        workspace.configure("");
        let example = std::fs::read_to_string(folder.join("list-resource.tfquery.hcl")).unwrap();
        workspace.write("example.tfquery.hcl", &example);
        workspace.run(&["fmt", "-check", "-diff"]).succeeded();
        let run = workspace.run(&["query", "-json"]).succeeded();
        assert!(run.stdout.contains(FOUND), "{} returns nothing", folder.display());
    }
}

#[test]
fn filters_are_sent_to_the_vendor() {
    let sandbox = tenant::sandbox();
    let workspace = Workspace::new(&sandbox);
    workspace.configure("");
    let filter = "  config {\n    search_term = \"say \\\"hello\\\"\"\n  }";
    workspace.write("webhooks.tfquery.hcl", &list("idv_vult_webhook", filter));
    let run = workspace.run(&["query", "-json"]).succeeded();
    assert_eq!(run.stdout.matches(FOUND).count(), tenant::WEBHOOKS / 12);
}
