//! Invalid OpenAPI documents.

use expect_test::{Expect, expect};

use super::{Bench, WEBHOOK};

/// Checks the errors of a plan with this document; `None` for a file that does not exist.
fn check(document: Option<&str>, expected: &Expect) {
    let bench = Bench::new();
    if let Some(document) = document {
        bench.workspace.write("kyc.json", document);
    }
    let provider = "provider \"idv\" {\n  vult = { openapi_file = \"kyc.json\" }\n}\n";
    bench.plan(&format!("{provider}{WEBHOOK}"), expected);
}

#[test]
fn document_does_not_exist() {
    check(
        None,
        &expect![[r#"
            Error: The OpenAPI document cannot be read
              in provider "idv": `vult = { openapi_file = "kyc.json" }`
            `openapi_file` is `kyc.json`, which cannot be read: No such file or directory (os error 2). Write the path relative to the folder in which Terraform runs, or use `${path.module}/...`."#]],
    );
}

#[test]
fn document_is_of_another_version() {
    check(
        Some("swagger: '2.0'\npaths: {}\n"),
        &expect![[r#"
        Error: The OpenAPI document cannot be used
          in provider "idv": `vult = { openapi_file = "kyc.json" }`
        `kyc.json`: it is of Swagger 2.0, and OpenAPI 3.0 and 3.1 are read; convert it first."#]],
    );
}

#[test]
fn document_is_truncated() {
    check(
        Some("{\"openapi\": \"3.0.3\", \"paths\": {"),
        &expect![[r#"
        Error: The OpenAPI document cannot be used
          in provider "idv": `vult = { openapi_file = "kyc.json" }`
        `kyc.json`: it is not an OpenAPI document in JSON (EOF while parsing an object at line 1 column 31)."#]],
    );
}

#[test]
fn document_lacks_operations() {
    let operations = [
        ("get", "get weights"),
        ("put", "update weights"),
        ("patch", "get weights by id"),
        ("post", "get requirements"),
        ("delete", "webhook delete"),
    ];
    let entry = |(method, summary): (&str, &str)| (method.to_owned(), serde_json::json!({"summary": summary}));
    let methods: serde_json::Map<_, _> = operations.into_iter().map(entry).collect();
    check(
        Some(&serde_json::json!({"openapi": "3.0.3", "paths": {"/x": methods}}).to_string()),
        &expect![[r#"
        Error: The OpenAPI document cannot be used
          in provider "idv": `vult = { openapi_file = "kyc.json" }`
        `kyc.json`: no operation in it has the summary "update requirements"; download the document again, or name the route with `paths = { update_requirements = "METHOD /path" }`.

        Error: The OpenAPI document cannot be used
          in provider "idv": `vult = { openapi_file = "kyc.json" }`
        `kyc.json`: no operation in it has the summary "webhook create"; download the document again, or name the route with `paths = { webhook_create = "METHOD /path" }`.

        Error: The OpenAPI document cannot be used
          in provider "idv": `vult = { openapi_file = "kyc.json" }`
        `kyc.json`: no operation in it has the summary "webhook list"; download the document again, or name the route with `paths = { webhook_list = "METHOD /path" }`."#]],
    );
}
