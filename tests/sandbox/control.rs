//! State, log, clock and ports: the contract of the control port and the command line.

use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::{Command, Output},
};

use reqwest::header::DATE;
use serde_json::{Value, json};

use super::{send, vult_token};
use crate::support::sandbox::{BINARY, Sandbox};

fn start_and_fail(arguments: &[&str]) -> Output {
    let output = Command::new(BINARY).arg("sandbox").args(arguments).output().unwrap();
    assert!(!output.status.success());
    output
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn every_request_is_logged_with_its_query_and_status() {
    let sandbox = Sandbox::start();
    let url = sandbox.url("vult").to_owned();
    send(sandbox.http().get(format!("{url}/ping?a=1")));
    send(sandbox.http().get(format!("{url}/idv/weights")));
    assert_eq!(sandbox.request_lines(), ["GET /ping?a=1 200", "GET /idv/weights 401"]);
    let first = &sandbox.requests()[0];
    assert_eq!(first["vendor"], "vult");
    assert!(first["at"].as_str().unwrap().ends_with('Z'), "{first}");
    sandbox.forget_requests();
    assert_eq!(sandbox.requests(), Vec::<Value>::new());
}

#[test]
fn the_response_to_an_unknown_path_or_method_lists_what_exists() {
    let sandbox = Sandbox::start();
    for (vendor, known) in
        [("vult", "POST /webhook/list"), ("onekosmos", "GET /idproofingapi/publickeys"), ("control", "POST /faults")]
    {
        let (status, body) = send(sandbox.http().get(format!("{}/no/such/path", sandbox.url(vendor))));
        assert_eq!(status, 404);
        assert!(body["message"].as_str().unwrap().contains("GET /no/such/path"), "{body}");
        assert!(body["exists"][known].is_string(), "{body}");
    }
    let (status, body) = send(sandbox.http().delete(format!("{}/ping", sandbox.url("vult"))));
    assert_eq!(status, 405);
    assert!(body["exists"]["GET /ping"].is_string());
}

#[test]
fn the_state_survives_a_restart_and_overrides_the_seed() {
    let folder = tempfile::tempdir().unwrap();
    let (state, seed) = (folder.path().join("state.json"), folder.path().join("seed.json"));
    fs::write(&seed, r#"{"vult": {"client_id": "seeded", "requirements": []}}"#).unwrap();
    let arguments = ["--state", text(&state), "--seed", text(&seed)];

    let sandbox = Sandbox::start_with(&arguments);
    assert_eq!(sandbox.env()["IDV_VULT_CLIENT_ID"], "seeded");
    let token = vult_token(&sandbox);
    let create = |sandbox: &Sandbox| {
        let hook = json!({"name": "kept", "url": "https://a.example"});
        send(sandbox.http().post(format!("{}/webhook/create", sandbox.url("vult"))).bearer_auth(&token).json(&hook)).0
    };
    assert_eq!(create(&sandbox), 200);
    let before = sandbox.state();
    assert_eq!(before, serde_json::from_slice::<Value>(&fs::read(&state).unwrap()).unwrap());
    assert!(sandbox.stop().success());

    let sandbox = Sandbox::start_with(&arguments);
    assert_eq!(sandbox.state(), before, "keys included");
    assert_eq!(create(&sandbox), 200, "its tokens are still valid");
}

#[test]
fn a_state_that_does_not_fit_is_rejected_with_its_path() {
    let sandbox = Sandbox::start();
    let before = sandbox.state();
    for (path, body, place) in [
        ("/state", json!({"vult": {"webhoks": []}}), "vult.webhoks"),
        ("/state", json!({"vulture": {}}), "vulture"),
        ("/state/vult", json!({"webhooks": [{"id": "1"}]}), "webhooks[0]"),
        ("/state/onekosmos", json!({"curve": "ed25519"}), "curve"),
        ("/state/onekosmos", json!({"service_private_key": "!"}), "service_private_key"),
    ] {
        let (status, response) = send(sandbox.http().put(format!("{}{path}", sandbox.control())).json(&body));
        assert_eq!(status, 400, "{response}");
        assert!(response["message"].as_str().unwrap().contains(place), "{response}");
    }
    assert_eq!(sandbox.state(), before);
}

/// JSON as text, since a document of `serde_json::json!` cannot have such numbers.
#[test]
fn a_state_that_breaks_later_requests_is_rejected_with_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::start();
    let zero = format!("{}=", "A".repeat(43));
    for (vendor, part, place) in [
        (
            "vult",
            r#"{"weights": [{"id": "w", "client_id": null, "user_id": null, "age_weight": 1e999}]}"#,
            "weights[0].age_weight",
        ),
        ("vult", r#"{"token_lifetime_seconds": 9223372036854775807}"#, "token_lifetime_seconds"),
        ("xident", r#"{"processing_seconds": -9223372036854775808}"#, "processing_seconds"),
        ("didit", r#"{"customization": {"x": [0, {"y": -1e400}]}}"#, "customization.x[1].y"),
        ("onekosmos", &format!(r#"{{"service_private_key": "{zero}"}}"#), "service_private_key"),
        ("onekosmos", &format!(r#"{{"community_private_key": "{zero}"}}"#), "community_private_key"),
    ] {
        let before = sandbox.state();
        let whole = format!(r#"{{"{vendor}": {part}}}"#);
        for (path, body) in [("/state".to_owned(), &whole), (format!("/state/{vendor}"), &part.to_owned())] {
            let put = sandbox.http().put(format!("{}{path}", sandbox.control()));
            let (status, response) = send(put.header("content-type", "application/json").body(body.clone()));
            assert_eq!(status, 400, "{body}: {response}");
            assert!(response["message"].as_str().unwrap().contains(place), "{response}");
        }
        assert_eq!(sandbox.state(), before);
        let seed = folder.path().join("seed.json");
        fs::write(&seed, whole).unwrap();
        let error = String::from_utf8(start_and_fail(&["--seed", text(&seed)]).stderr).unwrap();
        assert!(error.contains(&format!("`{vendor}.{place}`")), "{error}");
    }
}

#[test]
fn web_pages_are_kept_out() {
    let sandbox = Sandbox::start();
    let port = |name: &str| sandbox.url(name).rsplit(':').next().unwrap().to_owned();
    let faults = format!("{}/faults", sandbox.control());
    let fault = json!({"vendor": "vult", "kind": "drop"});
    let own = format!("http://127.0.0.1:{}", port("control"));
    let request = |host: &str, origin: Option<&str>| {
        let addition = sandbox.http().post(&faults).json(&fault).header("host", host);
        send(origin.into_iter().fold(addition, |addition, origin| addition.header("origin", origin))).0
    };
    // The names by which a page reaches a port after DNS rebinding, and pages of other sites.
    for host in ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example"] {
        for (vendor, path) in [("control", "/state"), ("vult", "/ping"), ("didit", "/v3/lists/")] {
            let get = sandbox.http().get(format!("{}{path}", sandbox.url(vendor))).header("host", host);
            let (status, body) = send(get);
            assert_eq!(status, 403, "{body}");
            assert!(body["message"].as_str().unwrap().contains(host), "{body}");
        }
        assert_eq!(request(host, None), 403);
    }
    for origin in ["https://evil.example", "http://localhost:3000", "null"] {
        assert_eq!(request("127.0.0.1", Some(origin)), 403, "{origin}");
    }
    assert_eq!(sandbox.faults(), 0);
    for host in ["localhost", "LOCALHOST:1", "127.0.0.1", "[::1]:9000"] {
        assert_eq!(request(host, None), 204, "{host}");
    }
    assert_eq!(request(own.trim_start_matches("http://"), Some(&own)), 204, "a page of the port itself");
    assert_eq!(sandbox.faults(), 5);
}

#[test]
fn the_state_of_one_vendor_can_be_read_and_replaced() {
    let sandbox = Sandbox::start();
    let url = format!("{}/state/vult", sandbox.control());
    let (status, replaced) = send(sandbox.http().put(&url).json(&json!({"client_id": "other"})));
    assert_eq!((status, &replaced["client_id"]), (200, &json!("other")));
    assert_eq!(send(sandbox.http().get(&url)).1, replaced);
    assert_eq!(sandbox.state()["vult"], replaced);
    assert_eq!(send(sandbox.http().get(format!("{}/state/nobody", sandbox.control()))).0, 404);
}

#[test]
fn the_date_header_follows_the_clock() {
    let sandbox = Sandbox::start();
    let clock = format!("{}/clock", sandbox.control());
    let (status, moved) = send(sandbox.http().post(&clock).json(&json!({"set": 1_700_000_000})));
    assert_eq!(status, 200, "{moved}");
    let response = sandbox.http().get(format!("{}/ping", sandbox.url("vult"))).send().unwrap();
    let date = response.headers()[DATE].to_str().unwrap();
    assert!(date.starts_with("Tue, 14 Nov 2023 22:13:2") && date.ends_with(" GMT"), "{date}");
    for body in [json!({}), json!({"set": 1, "advance_seconds": 1}), json!({"advance_seconds": i64::MAX})] {
        assert_eq!(send(sandbox.http().post(&clock).json(&body)).0, 400, "{body}");
    }
}

#[test]
fn ports_follow_the_base_and_the_error_names_a_taken_one() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let output = start_and_fail(&["--port-base", &address.port().to_string()]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains(&address.to_string()) && error.contains("--port-base"), "{error}");
    drop(taken);

    let output = start_and_fail(&["--port-base", "65534", "--listen", "127.0.0.3"]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("too high"), "{error}");
}

#[test]
fn the_error_names_a_file_that_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.json");
    let broken = folder.path().join("broken.json");
    fs::write(&broken, "{").unwrap();
    for path in [missing, broken] {
        let error = String::from_utf8(start_and_fail(&["--seed", text(&path)]).stderr).unwrap();
        assert!(error.contains("cannot read") && error.contains(text(&path)), "{error}");
    }
}
