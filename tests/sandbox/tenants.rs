//! `--tenants` and `--account-limit`: tenants with credentials and data of their own, and the limit of each account.

use std::collections::BTreeSet;

use reqwest::blocking::RequestBuilder;
use serde_json::{Value, json};

use super::send;
use crate::support::sandbox::{BINARY, Sandbox};
use crate::support::terraform;

/// The credentials that a vendor has for an account, as the ready line has them.
const CREDENTIALS: &[&str] = &[
    "IDV_VULT_CLIENT_SECRET",
    "IDV_ONEKOSMOS_LICENSE_KEY",
    "IDV_FIVEN_CLIENT_SECRET",
    "IDV_XIDENT_SECRET_KEY",
    "IDV_DIDIT_API_KEY",
];

/// A list at Didit for the account with a key.
fn create_list(sandbox: &Sandbox, key: &str, name: &str) -> (u16, Value) {
    let list = json!({"name": name, "list_type": "custom", "entry_type": "email"});
    send(didit(sandbox, key, "/v3/lists/").json(&list))
}

fn didit(sandbox: &Sandbox, key: &str, path: &str) -> RequestBuilder {
    sandbox.http().post(format!("{}{path}", sandbox.url("didit"))).header("x-api-key", key)
}

fn names(lists: &Value) -> BTreeSet<&str> {
    lists.as_array().unwrap().iter().map(|list| list["name"].as_str().unwrap()).collect()
}

#[test]
fn each_tenant_has_its_own_credentials() {
    let sandbox = Sandbox::start_with(&["--tenants", "2"]);
    let names: Vec<_> = sandbox.tenants().iter().map(|tenant| tenant.name.as_str()).collect();
    assert_eq!(names, ["tenant-001", "tenant-002"]);
    for name in CREDENTIALS {
        let tenants = sandbox.tenants().iter().map(|tenant| &tenant.env[*name]);
        let values: BTreeSet<_> = tenants.chain([&sandbox.env()[*name]]).collect();
        assert_eq!(values.len(), 3, "{name} {values:?}");
    }
    for tenant in sandbox.tenants() {
        assert_eq!(tenant.env["IDV_DIDIT_BASE_URL"], sandbox.env()["IDV_DIDIT_BASE_URL"]);
    }
}

#[test]
fn a_tenant_changes_its_own_data_only() {
    let sandbox = Sandbox::start_with(&["--tenants", "2"]);
    let untouched = sandbox.state();
    let key = sandbox.tenants()[1].env["IDV_DIDIT_API_KEY"].clone();
    assert_eq!(create_list(&sandbox, &key, "chargebacks").0, 201);
    let state = sandbox.state();
    let of = |name: &str| &state["tenants"][name]["didit"]["lists"];
    assert!(names(of("tenant-002")).contains("chargebacks"));
    assert_eq!(of("tenant-001"), &untouched["tenants"]["tenant-001"]["didit"]["lists"]);
    assert_eq!(state["didit"], untouched["didit"]);
    assert_eq!(sandbox.requests()[0]["tenant"], "tenant-002");
    let first = sandbox.env()["IDV_DIDIT_API_KEY"].clone();
    assert_eq!(create_list(&sandbox, &first, "shared").0, 201);
    assert_eq!(create_list(&sandbox, "nobody", "x").0, 403);
    let tenants: Vec<_> = sandbox.requests().iter().map(|request| request["tenant"].clone()).collect();
    assert_eq!(tenants[1..], [Value::Null, Value::Null], "the first account, and a credential of nobody");
}

#[test]
fn a_token_is_for_the_tenant_whose_client_asked_for_it() {
    let sandbox = Sandbox::start_with(&["--tenants", "2"]);
    let env = &sandbox.tenants()[0].env;
    let (id, secret) = (&env["IDV_VULT_CLIENT_ID"], &env["IDV_VULT_CLIENT_SECRET"]);
    let url = sandbox.url("vult");
    let by_header = |secret: &str| {
        let request = sandbox.http().post(format!("{url}/oauth/token")).basic_auth(id, Some(secret));
        send(request.form(&[("grant_type", "client_credentials")]))
    };
    let by_form = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)];
    let by_form = send(sandbox.http().post(format!("{url}/oauth/token")).form(&by_form));
    for (status, body) in [by_header(secret), by_form] {
        assert_eq!(status, 200, "{body}");
        let hook = json!({"name": "events", "url": "https://hooks.example.com/idv"});
        let token = body["access_token"].as_str().unwrap();
        let create = sandbox.http().post(format!("{url}/webhook/create")).bearer_auth(token).json(&hook);
        assert_eq!(send(create).0, 200);
    }
    let other = &sandbox.tenants()[1].env["IDV_VULT_CLIENT_SECRET"];
    assert_eq!(by_header(other).0, 401, "the secret of another tenant");
    let state = sandbox.state();
    let hooks = |of: &Value| of["vult"]["webhooks"].as_array().unwrap().len();
    assert_eq!(hooks(&state["tenants"]["tenant-001"]), 2);
    assert_eq!((hooks(&state["tenants"]["tenant-002"]), hooks(&state)), (0, 0));
}

#[test]
fn every_vendor_tells_the_tenants_apart() {
    let sandbox = Sandbox::start_with(&["--tenants", "2"]);
    for tenant in sandbox.tenants() {
        sandbox.forget_requests();
        let mut doctor = terraform::command(BINARY);
        let output = doctor.args(["doctor", "--json"]).envs(&tenant.env).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        let requests = sandbox.requests();
        let of_tenants = requests.iter().filter(|request| !request["tenant"].is_null());
        assert!(of_tenants.clone().all(|request| request["tenant"] == tenant.name), "{requests:#?}");
        let vendors: BTreeSet<_> = of_tenants.map(|request| request["vendor"].as_str().unwrap()).collect();
        assert_eq!(vendors.len(), CREDENTIALS.len(), "{vendors:?}");
    }
}

#[test]
fn a_fault_can_be_for_one_tenant() {
    let sandbox = Sandbox::start_with(&["--tenants", "2"]);
    sandbox.fault(&json!({"vendor": "didit", "tenant": "tenant-002", "kind": "status", "status": 503}));
    let keys: Vec<_> = sandbox.tenants().iter().map(|tenant| tenant.env["IDV_DIDIT_API_KEY"].clone()).collect();
    assert_eq!(create_list(&sandbox, &keys[0], "a").0, 201);
    assert_eq!(create_list(&sandbox, &keys[1], "a").0, 503);
    assert_eq!(create_list(&sandbox, &keys[1], "a").0, 201);
}

#[test]
fn tenants_survive_a_restart_and_keep_their_credentials() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.json");
    let arguments = ["--tenants", "2", "--state", state.to_str().unwrap()];
    let sandbox = Sandbox::start_with(&arguments);
    let env = sandbox.tenants()[0].env.clone();
    assert_eq!(create_list(&sandbox, &env["IDV_DIDIT_API_KEY"], "kept").0, 201);
    let before = sandbox.state();
    assert!(sandbox.stop().success());
    let sandbox = Sandbox::start_with(&arguments);
    assert_eq!(sandbox.state(), before);
    assert_eq!(sandbox.tenants()[0].env["IDV_DIDIT_API_KEY"], env["IDV_DIDIT_API_KEY"]);
}

#[test]
fn an_account_that_sends_too_much_waits_and_the_others_do_not() {
    let sandbox = Sandbox::start_with(&["--tenants", "1", "--account-limit", "2"]);
    let [first, tenant] = [sandbox.env(), &sandbox.tenants()[0].env].map(|env| env["IDV_DIDIT_API_KEY"].clone());
    assert_eq!(create_list(&sandbox, &first, "a").0, 201);
    assert_eq!(create_list(&sandbox, &first, "b").0, 201);
    let list = json!({"name": "c", "list_type": "custom", "entry_type": "email"});
    let response = didit(&sandbox, &first, "/v3/lists/").json(&list).send().unwrap();
    assert_eq!(response.status(), 429);
    let wait: i64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(response.headers()["x-ratelimit-limit"], "2");
    assert_eq!(response.headers()["x-ratelimit-remaining"], "0");
    let body: Value = response.json().unwrap();
    assert!(body["detail"].as_str().unwrap().contains("too many requests"), "in the vendor's shape: {body}");
    assert_eq!(create_list(&sandbox, &tenant, "a").0, 201, "another account has its own limit");
    assert_eq!(create_list(&sandbox, "nobody", "a").0, 403, "a request that is nobody's is not counted");
    sandbox.advance_clock(wait);
    assert_eq!(create_list(&sandbox, &first, "c").0, 201);
}
