//! The command: what it prints, its exit codes, and the lines to paste.

use std::io::{Read, Write};
use std::net::TcpListener;

use expect_test::{Expect, expect};
use serde_json::{Value as Json, json};

use super::SUBJECTS;
use crate::support::sandbox::Sandbox;
use crate::support::terraform::Run;
use crate::support::workspace::Workspace;

/// The document of VULT, in which three routes and two fields differ.
fn changed() -> Json {
    let mut document = SUBJECTS[0].document();
    let paths = document["paths"].as_object_mut().unwrap();
    let weights = paths.remove("/idv/weights").unwrap();
    paths.insert("/v3/weights".to_owned(), weights);
    let delete = &mut paths["/webhook/delete"];
    let operation = delete["post"].take();
    *delete = json!({"delete": operation});
    let list = "/paths/~1webhook~1list/post/responses/200/content/application~1json/schema/properties/webhooks/items";
    let row = document.pointer_mut(list).unwrap();
    row["properties"]["webhook_id"] = row["properties"].as_object_mut().unwrap().remove("id").unwrap();
    let create = "/paths/~1webhook~1create/post/requestBody/content/application~1json/schema";
    document.pointer_mut(create).unwrap()["required"] = json!(["name", "url", "secret"]);
    document["paths"]["/new"] = json!({"get": {"summary": "Something new"}});
    document
}

/// The routes of [`changed`] alone.
fn moved() -> Json {
    let mut document = changed();
    for (path, method) in [("/webhook/list", "post"), ("/webhook/create", "post")] {
        document["paths"][path][method] = SUBJECTS[0].document()["paths"][path][method].clone();
    }
    document
}

fn compare(workspace: &Workspace, arguments: &[&str]) -> Run {
    workspace.run_provider(&[&["doctor", "--openapi"], arguments].concat())
}

#[track_caller]
fn check_failure(workspace: &Workspace, arguments: &[&str], expected: &Expect) {
    let run = compare(workspace, arguments);
    assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""), "{}", run.transcript());
    expected.assert_eq(&run.stderr);
}

#[test]
fn a_report_names_each_difference_and_the_lines_to_paste() {
    let workspace = Workspace::without_vendors();
    workspace.write("kyc.json", &changed().to_string());
    let run = compare(&workspace, &["kyc.json"]);
    assert_eq!(run.code, Some(2));
    expect![[r#"
        VULT: KYC API 2.10.15 (OpenAPI 3.0.3), compared with 16 operations of the provider

        GET /idv/weights
          BREAKS  The operation is at GET /v3/weights.

        POST /idv/weights
          BREAKS  The operation is at POST /v3/weights.

        POST /webhook/create
          BREAKS  `request.secret` is required, and the provider does not send it.

        POST /webhook/list
          BREAKS  `response.webhooks[].id` is gone, probably renamed to `webhook_id`.

        POST /webhook/delete
          BREAKS  The operation is at DELETE /webhook/delete.

        Paste into the provider block, or set `openapi_file` to the document:

          vult = {
            paths = {
              get_weights    = "GET /v3/weights"
              update_weights = "POST /v3/weights"
              webhook_delete = "DELETE /webhook/delete"
            }
            token_url = "https://id.example.com/oauth/token"
          }

        Operations of the document that the provider does not use: 1
          GET /new

        Differences that break a call: 5. Differences that limit what can be managed: 0. No setting adapts to 2 of these: they need a version of the provider that knows the change.
    "#]].assert_eq(&run.stdout);
}

#[test]
fn the_report_as_json_has_the_same() {
    let workspace = Workspace::without_vendors();
    workspace.write("kyc.json", &changed().to_string());
    let run = compare(&workspace, &["kyc.json", "--json", "--vendor", "vult"]);
    assert_eq!(run.code, Some(2));
    let report: Json = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["vendor"], "vult");
    assert_eq!(report["matters"], true);
    assert_eq!(report["unused"], json!(["GET /new"]));
    let differences = report["differences"].as_array().unwrap();
    let renamed = differences.iter().find(|found| found["field"] == "response.webhooks[].id").unwrap();
    assert_eq!(
        (&renamed["kind"], &renamed["to"], &renamed["impact"]),
        (&json!("renamed"), &json!("webhook_id"), &json!("breaks"))
    );
}

#[test]
fn what_a_report_says_to_set_adapts_to_the_document() {
    let mut workspace = Workspace::without_vendors();
    workspace.write("kyc.json", &moved().to_string());
    let report: Json = serde_json::from_str(&compare(&workspace, &["kyc.json", "--json"]).stdout).unwrap();
    assert_eq!((&report["matters"], &report["openapi_file_adapts"]), (&json!(true), &json!(true)));
    workspace.set("IDV_VULT_OPENAPI_FILE", "kyc.json");
    let run = compare(&workspace, &["kyc.json"]);
    assert_eq!(run.code, Some(0), "{}", run.transcript());
    workspace.set("IDV_VULT_OPENAPI_FILE", "");
    let settings = report["settings"].as_str().unwrap();
    let paths =
        settings.lines().filter_map(|line| line.split_once(" = \"")).filter(|(name, _)| name.starts_with("    "));
    let paths: serde_json::Map<_, _> =
        paths.map(|(name, route)| (name.trim().to_owned(), json!(route.trim_end_matches('"')))).collect();
    assert_eq!(paths.len(), 3);
    workspace.set("IDV_VULT_PATHS", &Json::Object(paths).to_string());
    let run = compare(&workspace, &["kyc.json"]);
    assert_eq!(run.code, Some(0), "{}", run.transcript());
}

#[test]
fn a_plan_works_with_the_lines_of_a_report() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    // In the routes of the sandbox, whose names of parameters and summaries are those of the vendor.
    let mut document: Json =
        sandbox.http().get(format!("{}/openapi.json", sandbox.url("vult"))).send().unwrap().json().unwrap();
    for item in document["paths"].as_object_mut().unwrap().values_mut() {
        item.as_object_mut().unwrap().values_mut().for_each(|operation| operation["summary"] = json!("None"));
    }
    workspace.write("kyc.json", &document.to_string());
    let report: Json =
        serde_json::from_str(&compare(&workspace, &["kyc.json", "--json", "--vendor", "vult"]).stdout).unwrap();
    assert_eq!(report["openapi_file_adapts"], false);
    let webhook =
        "resource \"idv_vult_webhook\" \"events\" {\n  name = \"events\"\n  url  = \"https://hooks.example.com\"\n}\n";
    workspace.configure(&format!("provider \"idv\" {{\n{}}}\n{webhook}", report["settings"].as_str().unwrap()));
    workspace.apply();
    assert_eq!(workspace.state().len(), 1);
}

#[test]
fn a_document_is_read_from_an_address_without_credentials() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    let run = compare(&workspace, &[&format!("{}/openapi.json?version=1#top", sandbox.url("vult"))]);
    assert_eq!(run.code, Some(0), "{}", run.transcript());
    assert!(run.stdout.starts_with("VULT: KYC API 2.10.15 (OpenAPI 3.0.3), compared with "), "{}", run.stdout);
    let requests = sandbox.requests();
    assert_eq!(requests.len(), 1, "no token is requested: {requests:#?}");
    assert!(!requests[0].to_string().to_lowercase().contains("authorization"), "{requests:#?}");
}

#[test]
fn what_is_no_document_is_an_error() {
    let workspace = Workspace::without_vendors();
    workspace.write("page.html", "<html></html>");
    workspace.write("swagger.yaml", "swagger: '2.0'\npaths: {}\n");
    workspace.write("other.yaml", "openapi: 3.1.0\npaths: {/pets: {get: {}}, /healthz: {get: {}}}\n");
    check_failure(
        &workspace,
        &["absent.json"],
        &expect![[r#"
        Error: absent.json cannot be read: No such file or directory (os error 2)
    "#]],
    );
    check_failure(
        &workspace,
        &["page.html"],
        &expect![[r#"
        Error: page.html: it is not an OpenAPI document: it has no text `openapi`
    "#]],
    );
    check_failure(
        &workspace,
        &["swagger.yaml"],
        &expect![[r#"
        Error: swagger.yaml: it is of Swagger 2.0, and OpenAPI 3.0 and 3.1 are read; convert it first
    "#]],
    );
    check_failure(
        &workspace,
        &["other.yaml"],
        &expect![[r#"
        Error: other.yaml has no operation that the provider uses of any vendor; name the vendor by `--vendor`, which is one of `vult`, `onekosmos`, `fiven`, `xident`, `didit`
    "#]],
    );
    check_failure(
        &workspace,
        &["other.yaml", "--vendor", "acme"],
        &expect![[r#"
        Error: `--vendor acme` is not a vendor; the vendors with a description of their calls are `vult`, `onekosmos`, `fiven`, `xident`, `didit`
    "#]],
    );
    check_failure(
        &workspace,
        &["https://"],
        &expect![[r#"
        Error: https:// is not an address: empty host
    "#]],
    );
    check_failure(
        &workspace,
        &["https://user:word@example.test/kyc.json"],
        &expect![[r#"
        Error: The document's server: setting up the client failed: the URL `https://example.test/kyc.json` cannot be used: it contains a user name or password
        Nothing was sent.
        Write it as `https://host` or `https://host/path`; credentials have settings of their own.
    "#]],
    );
}

#[test]
fn a_setting_with_a_mistake_is_an_error_for_its_vendor_only() {
    let mut workspace = Workspace::without_vendors();
    workspace.set("IDV_VULT_PATHS", r#"{"get_wieghts": "GET /x"}"#);
    for (name, subject) in [("vult.yaml", &SUBJECTS[0]), ("didit.yaml", &SUBJECTS[1])] {
        workspace.write(name, subject.text);
    }
    let run = compare(&workspace, &["vult.yaml", "--vendor", "vult"]);
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("get_wieghts"), "{}", run.stderr);
    assert_eq!(compare(&workspace, &["didit.yaml"]).code, Some(0));
}

/// Answers each request with a response.
fn serve(response: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/openapi.json", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            // The reader hangs up when it has read enough.
            let _ = stream.write_all(&response);
        }
    });
    address
}

#[test]
fn a_server_that_returns_no_document_is_an_error() {
    let workspace = Workspace::without_vendors();
    let large = 32 * 1024 * 1024 + 1;
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {large}\r\n\r\n");
    let too_large = [head.into_bytes(), vec![b' '; large]].concat();
    for (response, words) in [
        (b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_vec(), "the response was 404"),
        (b"HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n".to_vec(), "which is not followed"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n<html>".to_vec(), "is not an OpenAPI document"),
        (too_large, "larger than 32 MiB"),
    ] {
        let run = compare(&workspace, &[&serve(response), "--vendor", "vult"]);
        assert_eq!(run.code, Some(1), "{}", run.transcript());
        assert!(run.stderr.contains(words), "{}", run.stderr);
    }
}
