//! A vendor that rejects requests for longer than the retries take and names no wait.

use serde_json::json;

use crate::support::objects;
use crate::support::workspace::Workspace;

#[test]
fn limit_without_a_named_wait_is_waited_out_and_logged() {
    std::thread::scope(|scope| {
        for (vendor, object, path) in [
            ("vult", "idv_vult_webhooks", "/webhook/list"),
            ("fiven", "idv_fiven_credentials", "/api/v1/credentials"),
            ("didit", "idv_didit_lists", "/v3/lists/"),
        ] {
            scope.spawn(move || {
                let sandbox = objects::sandbox();
                let mut workspace = Workspace::new(&sandbox);
                let log = workspace.path().join("provider.log");
                workspace.set("TF_LOG_PROVIDER", "INFO");
                workspace.set("TF_LOG_PATH", log.to_str().unwrap());
                // One more than the retries allow.
                let fault = json!({"vendor": vendor, "path": path, "kind": "status", "status": 429, "times": 5});
                sandbox.fault(&fault);
                workspace.configure(&format!("data \"{object}\" \"all\" {{}}"));
                workspace.apply().succeeded();
                assert_eq!(sandbox.faults(), 0);
                let log = std::fs::read_to_string(log).unwrap();
                for line in [
                    "the vendor received too many requests and names no wait",
                    "waiting to repeat a request",
                    "the vendor accepts requests again",
                ] {
                    assert!(log.contains(line), "{vendor}: {log}");
                }
            });
        }
    });
}
