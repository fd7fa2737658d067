//! `doctor` reports for each vendor whether Terraform can work with it, and who has to act if it cannot.

use serde_json::{Value, json};

use crate::support::sandbox::Sandbox;
use crate::support::terraform::Run;
use crate::support::workspace::Workspace;

/// The doctor's report, by vendor and check.
struct Found {
    run: Run,
    report: Value,
}

impl Found {
    fn by(workspace: &Workspace) -> Self {
        let run = workspace.run_provider(&["doctor", "--json"]);
        let report = serde_json::from_str(&run.stdout).expect("standard output is one JSON object");
        Self { run, report }
    }

    #[track_caller]
    fn findings(&self, vendor: &str) -> &Vec<Value> {
        let vendors = self.report["vendors"].as_array().unwrap();
        let examined = vendors.iter().find(|examined| examined["vendor"] == vendor);
        examined.unwrap_or_else(|| panic!("{vendor} was not checked"))["findings"].as_array().unwrap()
    }

    /// Each check of a vendor with its verdict, such as `credentials failed`.
    fn verdicts(&self, vendor: &str) -> Vec<String> {
        let text = |finding: &Value| {
            format!("{} {}", finding["check"].as_str().unwrap(), finding["verdict"].as_str().unwrap())
        };
        self.findings(vendor).iter().map(text).collect()
    }

    #[track_caller]
    fn detail(&self, vendor: &str, check: &str) -> &str {
        let finding = self.findings(vendor).iter().find(|finding| finding["check"] == check);
        finding.unwrap_or_else(|| panic!("{vendor} has no check of {check}"))["detail"].as_str().unwrap()
    }

    /// Asserts that a check failed, that its detail contains these words, and that the exit code is 1.
    #[track_caller]
    fn assert_failed(&self, vendor: &str, check: &str, words: &[&str]) {
        assert!(self.verdicts(vendor).contains(&format!("{check} failed")), "{:?}", self.verdicts(vendor));
        let detail = self.detail(vendor, check);
        for word in words {
            assert!(detail.contains(word), "`{word}` is not in: {detail}");
        }
        assert_eq!(self.run.code, Some(1));
    }
}

#[test]
fn every_check_of_a_fresh_sandbox_succeeds() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    let found = Found::by(&workspace);
    assert_eq!(found.run.code, Some(0), "{:#}", found.report);
    let all = |checks: &[&str]| checks.iter().map(|check| format!("{check} ok")).collect::<Vec<_>>();
    let usual = all(&["configuration", "reachable", "tls", "clock", "credentials", "permissions"]);
    for vendor in ["vult", "fiven", "didit"] {
        assert_eq!(found.verdicts(vendor), usual, "{vendor}");
    }
    let with_curve = all(&["configuration", "reachable", "tls", "clock", "curve", "credentials", "permissions"]);
    assert_eq!(found.verdicts("onekosmos"), with_curve);
    assert!(found.detail("onekosmos", "curve").contains("secp256k1"));
    assert_eq!(found.verdicts("xident"), usual[..5], "this generation of the API has no lists");
    assert!(found.detail("vult", "permissions").contains("`idv_vult_webhook`"));
    for (variable, value) in sandbox.env() {
        let secret = ["_SECRET", "_KEY"].iter().any(|end| variable.ends_with(end));
        assert!(!secret || !found.run.transcript().contains(value), "the value of {variable} was printed");
    }
}

/// Only tokens are used, and two checks of the same thing share one response.
#[test]
fn the_checks_do_not_change_the_tenant() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    let tenants = |sandbox: &Sandbox| {
        let mut state = sandbox.state();
        for (vendor, spent) in [("vult", "tokens"), ("fiven", "tokens"), ("xident", "limits")] {
            state[vendor].as_object_mut().unwrap().remove(spent);
        }
        state
    };
    let before = tenants(&sandbox);
    Found::by(&workspace);
    assert_eq!(tenants(&sandbox), before);
    let bucket = sandbox.request_lines().into_iter().filter(|line| line.contains("/bucket/")).count();
    assert_eq!(bucket, 1, "license and permission are checked by one request");
    // A new application of Didit has ten empty lists, and an entry is searched in each.
    let lines = sandbox.request_lines();
    let others = lines.iter().filter(|line| !line.contains("/entries/")).count();
    assert!(others <= 25, "{others} requests for five vendors: {lines:#?}");
}

#[test]
fn a_failed_check_reports_the_cause_and_the_fix() {
    let sandbox = Sandbox::start();
    let mut workspace = Workspace::new(&sandbox);
    workspace.set("IDV_MAX_RETRIES", "0");
    workspace.set("IDV_VULT_CLIENT_SECRET", "not-the-secret");
    workspace.set("IDV_ONEKOSMOS_CURVE", "prime256v1");
    workspace.set("IDV_FIVEN_BASE_URL", "http://127.0.0.1:9");
    workspace.set("IDV_XIDENT_SECRET_KEY", "pk_swapped");
    workspace.set("IDV_DIDIT_BASE_URL", &sandbox.url("didit").replace("http:", "https:"));
    let found = Found::by(&workspace);
    found.assert_failed("vult", "credentials", &["invalid_client", "IDV_VULT_CLIENT_SECRET"]);
    found.assert_failed("onekosmos", "curve", &["is on secp256k1", "IDV_ONEKOSMOS_CURVE"]);
    found.assert_failed("fiven", "reachable", &["no connection to `127.0.0.1:9`", "a firewall"]);
    found.assert_failed("xident", "configuration", &["IDV_XIDENT_SECRET_KEY", "publishable_key"]);
    found.assert_failed("didit", "tls", &["no secure connection", "trusts the certificate authority"]);
    for vendor in ["vult", "onekosmos", "fiven", "xident", "didit"] {
        assert!(found.verdicts(vendor).contains(&"permissions skipped".to_owned()), "{vendor}");
    }
    assert!(!found.run.transcript().contains("not-the-secret"), "a secret was printed");
}

#[test]
fn a_license_of_too_low_a_level_is_reported() {
    let sandbox = Sandbox::start();
    sandbox
        .fault(&json!({"vendor": "onekosmos", "path": "/idproofingapi/servicekeys", "kind": "status", "status": 403}));
    let found = Found::by(&Workspace::new(&sandbox));
    assert!(found.verdicts("onekosmos").contains(&"permissions warning".to_owned()));
    let detail = found.detail("onekosmos", "permissions");
    for words in ["Can list `idv_onekosmos_bucket`", "Cannot list `idv_onekosmos_service_key`", "a higher level"] {
        assert!(detail.contains(words), "`{words}` is not in: {detail}");
    }
    assert_eq!(found.run.code, Some(0), "a license may be meant for less");
}

#[test]
fn credentials_that_may_read_nothing_fail() {
    let sandbox = Sandbox::start();
    for path in ["/idv/", "/webhook"] {
        sandbox.fault(&json!({"vendor": "vult", "path": path, "kind": "status", "status": 403, "times": 50}));
    }
    let found = Found::by(&Workspace::new(&sandbox));
    found.assert_failed("vult", "permissions", &["Cannot list `idv_vult_weights`", "lack a permission", "scopes"]);
}

#[test]
fn a_skewed_clock_is_reported_before_requests_fail() {
    let sandbox = Sandbox::start();
    sandbox.advance_clock(300);
    let found = Found::by(&Workspace::new(&sandbox));
    assert!(found.verdicts("vult").contains(&"clock warning".to_owned()));
    assert!(found.detail("vult", "clock").contains("behind the vendor's"));
    found.assert_failed("onekosmos", "credentials", &["Check the clock first"]);
}

/// A missing license is not a mistake: templates require none.
#[test]
fn an_omitted_credential_is_a_warning() {
    let sandbox = Sandbox::start();
    let mut workspace = Workspace::new(&sandbox);
    workspace.set("IDV_ONEKOSMOS_LICENSE_KEY", "");
    workspace.set("IDV_ONEKOSMOS_TEMPLATE_SESSION_ID", "");
    workspace.set("IDV_XIDENT_SECRET_KEY", "");
    let found = Found::by(&workspace);
    assert!(
        found.verdicts("onekosmos").ends_with(&["credentials warning".to_owned(), "permissions warning".to_owned()])
    );
    assert!(found.detail("onekosmos", "credentials").contains("IDV_ONEKOSMOS_LICENSE_KEY"));
    assert!(found.verdicts("xident").contains(&"credentials warning".to_owned()));
    assert_eq!(found.run.code, Some(0), "{:#}", found.report);
}

#[test]
fn only_configured_vendors_are_checked() {
    let run = Workspace::without_vendors().run_provider(&["doctor"]).failed();
    assert!(run.stderr.contains("no vendor is configured"), "{}", run.stderr);
    let mut workspace = Workspace::without_vendors();
    workspace.set("IDV_VULT_BASE_URL", "https://kyc.example.com");
    let found = Found::by(&workspace);
    assert_eq!(found.report["vendors"].as_array().unwrap().len(), 1);
    found.assert_failed("vult", "configuration", &["IDV_VULT_CLIENT_ID", "IDV_VULT_CLIENT_SECRET"]);
}

#[test]
fn the_text_report_is_a_table() {
    let sandbox = Sandbox::start();
    let mut workspace = Workspace::without_vendors();
    workspace.set("IDV_VULT_BASE_URL", sandbox.url("vult"));
    workspace.set("IDV_XIDENT_BASE_URL", sandbox.url("xident"));
    workspace.set("IDV_XIDENT_SECRET_KEY", "sk_unknown");
    let run = workspace.run_provider(&["doctor"]).failed();
    // The port, and the duration of the response.
    let address = sandbox.url("xident").trim_end_matches('/');
    let text = run.stdout.replace(address, "http://xident");
    let lines =
        text.lines().map(|line| if line.contains(" responded within ") { "  ok ... responded ..." } else { line });
    let text = lines.collect::<Vec<_>>().join("\n") + "\n";
    expect_test::expect![[r#"
        VULT
          FAILED   configuration  `vult.client_id` is missing
                                  VULT signs clients in by id and secret. Set `client_id` in `vult = { ... }` of the provider block, or the environment variable `IDV_VULT_CLIENT_ID`.
                                  `vult.client_secret` is missing
                                  VULT signs clients in by id and secret. Set `client_secret` in `vult = { ... }` of the provider block, or the environment variable `IDV_VULT_CLIENT_SECRET`.
          skipped  reachable      The configuration is not valid.
          skipped  permissions    Fix the failed checks above first.

        Xident
          ok       configuration  Set: IDV_XIDENT_BASE_URL, IDV_XIDENT_SECRET_KEY.
          ok ... responded ...
          ok       tls            Plain HTTP, which does not leave this machine.
          ok       clock          Within 1s of the vendor's.
          FAILED   credentials    Xident: reading the usage failed: the response was 401 Unauthorized (unauthorized: the API key is missing or not valid)
                                  Request: GET http://xident/v1/usage
                                  Check the credentials for Xident: that they are current, complete and meant for this address.
                                  The key is `secret_key` in `xident = { ... }` of the provider block, or IDV_XIDENT_SECRET_KEY. Check that it is complete, not revoked, belongs to this project, and begins with `sk_`; and that `api` (or IDV_XIDENT_API) is the generation of the API that the key is for.
          skipped  permissions    Fix the failed checks above first.
    "#]].assert_eq(&text);
}
