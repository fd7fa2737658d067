//! 5N ID: both generations of its API with the same configuration, pages, batches, and public calls.

use serde_json::{Value, json};

use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

const REQUEST: &str = r#"
resource "idv_fiven_credentials_access_request" "alice" {
  party_id  = "alice::1220abcd"
  providers = ["GOOGLE", "GITHUB"]
}
"#;
const ADDRESS: &str = "idv_fiven_credentials_access_request.alice";

const APIS: [&str; 2] = ["v1", "institutions"];

fn bench(api: &str) -> (Sandbox, Workspace) {
    let sandbox = Sandbox::start();
    let mut workspace = Workspace::new(&sandbox);
    workspace.set("IDV_FIVEN_API", api);
    (sandbox, workspace)
}

fn count(sandbox: &Sandbox, what: &str) -> usize {
    sandbox.request_lines().iter().filter(|line| line.contains(what)).count()
}

fn requests(sandbox: &Sandbox) -> usize {
    sandbox.state()["fiven"]["requests"].as_array().unwrap().len()
}

/// This many parties with a credential each.
fn fill(sandbox: &Sandbox, credentials: usize) {
    let row = |n: usize| {
        json!({
            "contractId": format!("contract_{n}"), "partyId": format!("party::{n}"), "provider": "GOOGLE",
            "status": "verified", "createdAt": "2024-01-01T00:00:00Z", "email": format!("{n}@example.com"),
        })
    };
    sandbox.change_state(|state| state["fiven"]["credentials"] = (0..credentials).map(row).collect());
}

#[test]
fn one_configuration_works_on_both_generations() {
    for api in APIS {
        let (sandbox, workspace) = bench(api);
        workspace.configure(&format!(
            r#"{REQUEST}
            data "idv_fiven_credentials" "bob" {{
              party_ids = ["bob::1220ef01"]
            }}
            data "idv_fiven_credential" "bob" {{
              party_id = "bob::1220ef01"
            }}
            data "idv_fiven_verification_status" "page" {{
              token = "verify_token_abc123"
            }}
            data "idv_fiven_verification_status" "never" {{
              token = "verify_token_never"
            }}"#
        ));
        workspace.apply().succeeded();
        workspace.plan().assert_empty();
        let state = workspace.state();
        let request = &state[ADDRESS];
        assert_eq!(request["status"], "granted", "{api}");
        assert_eq!(request["granted_providers"], json!(["GITHUB", "GOOGLE"]), "{api}");
        assert_eq!(request["request_id"].is_null(), api == "institutions", "{api}");
        let listed = &state["data.idv_fiven_credentials.bob"]["credentials"];
        assert_eq!(listed.as_array().unwrap().len(), 1, "{api}");
        assert_eq!(listed[0]["contract_id"], "contract_123", "{api}");
        let one = &state["data.idv_fiven_credential.bob"];
        assert_eq!((&one["contract_id"], &one["providers"]), (&json!("contract_123"), &json!(["GOOGLE"])), "{api}");
        let verification = &state["data.idv_fiven_verification_status.page"];
        assert_eq!(verification["contract_id"], "contract_123", "{api}");
        let status = if api == "v1" { "verified" } else { "strong" };
        assert_eq!(verification["status"], status);
        assert_eq!(state["data.idv_fiven_verification_status.never"]["status"], "not_found", "{api}");
        let wrong = if api == "v1" { "/institutions/" } else { "/v1/credentials" };
        assert_eq!(count(&sandbox, wrong), 0, "{api}: {:?}", sandbox.request_lines());
        workspace.destroy().succeeded();
    }
}

#[test]
fn all_250_credentials_are_read_in_three_pages() {
    for (api, path) in [
        ("v1", "GET /api/v1/credentials?limit=100&offset="),
        ("institutions", "GET /api/v1/institutions/me/credentials?limit=100&offset="),
    ] {
        let (sandbox, workspace) = bench(api);
        fill(&sandbox, 250);
        workspace.configure("data \"idv_fiven_credentials\" \"all\" {}\n");
        workspace.plan();
        let pages: Vec<_> = sandbox.requests().into_iter().filter(|request| request["method"] == "GET").collect();
        assert_eq!(count(&sandbox, path), 3, "{pages:?}");
        assert_eq!(pages.len(), 3, "{pages:?}");
        workspace.apply_saved().succeeded();
        let all = workspace.state()["data.idv_fiven_credentials.all"]["credentials"].clone();
        let all = all.as_array().unwrap();
        assert_eq!((all.len(), &all[249]["contract_id"]), (250, &json!("contract_249")));
    }
}

#[test]
fn credentials_match_either_filter() {
    let (sandbox, workspace) = bench("institutions");
    fill(&sandbox, 5);
    workspace.configure(
        r#"data "idv_fiven_credentials" "some" {
          party_ids = ["party::1", "party::2"]
          emails    = ["4@example.com"]
        }
        data "idv_fiven_credentials" "none" {
          party_ids = []
        }"#,
    );
    workspace.apply().succeeded();
    let state = workspace.state();
    let rows = state["data.idv_fiven_credentials.some"]["credentials"].as_array().unwrap();
    let ids: Vec<_> = rows.iter().map(|row| row["contract_id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["contract_1", "contract_2", "contract_4"]);
    assert_eq!(state["data.idv_fiven_credentials.none"]["credentials"], json!([]), "no party is not every party");
}

/// An ephemeral batch that checks its own links, since nothing else may see them.
fn batch(ids: &str) -> String {
    format!(
        r#"ephemeral "idv_fiven_verification_links" "all" {{
          contract_ids = {ids}
          lifecycle {{
            postcondition {{
              condition     = length(distinct([for link in self.links : link.token])) == length(self.contract_ids)
              error_message = "not a link for each"
            }}
            postcondition {{
              condition     = join(" ", self.links[*].contract_id) == join(" ", self.contract_ids)
              error_message = "in another order"
            }}
          }}
        }}
        "#
    )
}

#[test]
fn a_batch_of_120_links_is_two_requests() {
    for api in APIS {
        let (sandbox, workspace) = bench(api);
        fill(&sandbox, 120);
        workspace.configure(&batch("[for n in range(120) : \"contract_${n}\"]"));
        workspace.plan();
        assert_eq!(count(&sandbox, "generate-links-batch 200"), 2, "{api}: {:?}", sandbox.request_lines());
        let links = sandbox.state()["fiven"]["links"].as_object().unwrap().len();
        assert_eq!(links, 121, "{api}: one was there before");
    }
}

#[test]
fn one_bad_contract_fails_with_its_id_and_nothing_else_is_done() {
    for api in APIS {
        let (sandbox, workspace) = bench(api);
        fill(&sandbox, 3);
        workspace.configure(&format!("{}{REQUEST}", batch("[\"contract_0\", \"contract_bad\", \"contract_2\"]")));
        let errors = workspace.try_plan().failed().errors();
        assert!(errors.contains("contract_bad"), "{api}: {errors}");
        workspace.apply().failed();
        assert!(workspace.state().is_empty(), "{api}");
        assert_eq!(requests(&sandbox), 0, "{api}");
    }
}

#[test]
fn links_and_tokens_are_open_for_one_run_and_kept_nowhere() {
    for api in APIS {
        let (sandbox, workspace) = bench(api);
        workspace.configure(
            r#"ephemeral "idv_fiven_access_token" "run" {
              lifecycle {
                postcondition {
                  condition     = startswith(self.access_token, "sandbox-token-") && self.expires_at != null
                  error_message = "no token"
                }
              }
            }
            ephemeral "idv_fiven_verification_link" "one" {
              contract_id = "contract_123"
              lifecycle {
                postcondition {
                  condition     = endswith(self.link, self.token)
                  error_message = "no link"
                }
              }
            }
            resource "idv_fiven_credentials_access_request" "alice" {
              party_id  = "alice::1220abcd"
              providers = ["GOOGLE"]
            }"#,
        );
        workspace.apply().succeeded();
        let kept = std::fs::read_to_string(workspace.path().join("terraform.tfstate")).unwrap();
        let state = sandbox.state();
        let made = state["fiven"]["links"].as_object().unwrap().keys().filter(|token| *token != "verify_token_abc123");
        let tokens = state["fiven"]["tokens"].as_object().unwrap().keys();
        let secrets: Vec<_> = made.chain(tokens).collect();
        assert!(secrets.len() >= 3, "{secrets:?}");
        for secret in secrets {
            assert!(!kept.contains(secret.as_str()), "{api}: a secret is in state");
        }
        assert_eq!(count(&sandbox, "POST /oauth/token"), 2, "{api}: one token for the plan and one for the apply");
    }
}

#[test]
fn a_public_check_sends_no_token() {
    for api in APIS {
        let (sandbox, workspace) = bench(api);
        workspace
            .configure("data \"idv_fiven_verification_status\" \"page\" {\n  token = \"verify_token_abc123\"\n}\n");
        workspace.apply().succeeded();
        assert_eq!(count(&sandbox, "/oauth/token"), 0, "{api}: {:?}", sandbox.request_lines());
        assert_eq!(workspace.state()["data.idv_fiven_verification_status.page"]["contract_id"], "contract_123");
    }
}

#[test]
fn human_scores() {
    for (api, argument, score) in
        [("v1", "", 95), ("institutions", "", 50), ("institutions", "party_id = \"bob::1220ef01\"", 50)]
    {
        let (_sandbox, workspace) = bench(api);
        workspace.configure(&format!("data \"idv_fiven_human_score\" \"us\" {{\n{argument}\n}}\n"));
        workspace.apply().succeeded();
        let found = workspace.state()["data.idv_fiven_human_score.us"].clone();
        assert_eq!(found["total_score"], score, "{api}");
        assert!(!found["breakdown"].as_object().unwrap().is_empty(), "{api}");
    }
}

#[test]
fn a_party_that_has_not_responded_is_pending_and_asked_once() {
    for api in APIS {
        let (sandbox, workspace) = bench(api);
        sandbox.change_state(|state| state["fiven"]["parties_consent"] = json!(false));
        workspace.configure(REQUEST);
        workspace.apply().succeeded();
        workspace.plan().assert_empty();
        assert_eq!(workspace.state()[ADDRESS]["status"], "pending", "{api}");
        sandbox.change_state(|state| {
            state["fiven"]["credentials"].as_array_mut().unwrap().push(json!({
                "contractId": "contract_7", "partyId": "alice::1220abcd", "provider": "GITHUB", "status": "verified",
                "createdAt": "2024-01-01T00:00:00Z",
            }));
        });
        workspace.plan().assert_empty();
        workspace.apply().succeeded();
        let state = workspace.state();
        assert_eq!(state[ADDRESS]["status"], "partly_granted", "{api}");
        assert_eq!(state[ADDRESS]["contract_ids"], json!(["contract_7"]), "{api}");
        assert_eq!(requests(&sandbox), 1, "{api}");
    }
}

#[test]
fn a_request_whose_response_is_lost_is_not_made_twice() {
    for api in APIS {
        for kind in [json!({"kind": "status", "status": 500}), json!({"kind": "drop"}), json!({"kind": "garbage"})] {
            let (sandbox, workspace) = bench(api);
            let mut fault = kind.clone();
            for (key, value) in [("vendor", json!("fiven")), ("method", json!("POST")), ("after", json!(true))] {
                fault[key] = value;
            }
            fault["path"] =
                json!(if api == "v1" { "/api/v1/credentials-access-request" } else { "/api/v1/institutions*" });
            sandbox.fault(&fault);
            workspace.configure(REQUEST);
            workspace.apply().succeeded();
            assert_eq!(requests(&sandbox), 1, "{api} {kind}");
            assert!(sandbox.requests().iter().any(|request| request.get("fault").is_some()), "{api} {kind}");
            workspace.plan().assert_empty();
        }
    }
}

#[test]
fn a_party_that_has_granted_access_is_not_asked_again() {
    let (sandbox, workspace) = bench("v1");
    workspace.configure(REQUEST);
    workspace.apply().succeeded();
    let warnings = workspace.plan_with(&["-destroy"]).warnings();
    assert!(warnings.contains("The access request \"alice::1220abcd\" stays at 5N ID"), "{warnings}");
    workspace.apply_saved().succeeded();
    let run = workspace.apply().succeeded();
    assert!(run.warnings().contains("is granted already"), "{}", run.warnings());
    assert_eq!(requests(&sandbox), 1);
    assert_eq!(workspace.state()[ADDRESS]["request_id"], Value::Null);
}

#[test]
fn a_token_is_renewed_once_after_401_and_403() {
    for status in [401, 403] {
        let (sandbox, workspace) = bench("v1");
        sandbox.fault(&json!({"vendor": "fiven", "path": "/api/v1/credentials", "kind": "status", "status": status}));
        workspace.configure("data \"idv_fiven_credentials\" \"all\" {}\n");
        workspace.plan();
        assert_eq!(count(&sandbox, "POST /oauth/token"), 2, "{status}: {:?}", sandbox.request_lines());
    }
}

#[test]
fn a_429_is_waited_out() {
    let (sandbox, workspace) = bench("v1");
    sandbox
        .fault(&json!({"vendor": "fiven", "path": "/api/v1/credentials", "kind": "status", "status": 429, "times": 2}));
    workspace.configure("data \"idv_fiven_credentials\" \"all\" {}\n");
    workspace.plan();
    let lines = sandbox.request_lines();
    assert_eq!(
        lines.iter().filter(|line| line.contains("/credentials?") && line.ends_with(" 429")).count(),
        2,
        "{lines:?}"
    );
}

#[test]
fn an_action_asks_a_party_each_time() {
    for api in APIS {
        let (sandbox, workspace) = bench(api);
        workspace.configure(
            r#"action "idv_fiven_request_credentials" "remind" {
              config {
                party_id  = "alice::1220abcd"
                providers = ["GOOGLE"]
              }
            }"#,
        );
        for times in 1..=2 {
            workspace
                .run(&["apply", "-auto-approve", "-no-color", "-invoke=action.idv_fiven_request_credentials.remind"])
                .succeeded();
            assert_eq!(requests(&sandbox), times, "{api}");
        }
    }
}

#[test]
fn users_are_counted_and_no_person_is_in_state_plan_or_log() {
    let (sandbox, mut workspace) = bench("institutions");
    sandbox.change_state(|state| {
        let user = |number: usize| {
            let granted = number.is_multiple_of(5);
            json!({
                "id": format!("user-no-{number}"), "fullName": "Ludmilla Personal", "email": "ludmilla@personal.example",
                "status": "ACTIVE", "kycStatus": if granted { "APPROVED" } else { "PENDING" }, "partyId": "ludmilla::1220",
                "reqStatus": if granted { "APPROVED" } else { "PENDING" }, "kycProvider": granted.then_some("GITHUB"),
                "regDate": "1999-12-24T00:00:00Z",
            })
        };
        state["fiven"]["users"] = (0..250).map(user).collect();
    });
    let log = workspace.path().join("trace.log");
    workspace.set("TF_LOG", "TRACE");
    workspace.set("TF_LOG_PATH", log.to_str().unwrap());
    workspace.configure(
        "data \"idv_fiven_user_counts\" \"main\" {}\noutput \"all\" {\n  value = data.idv_fiven_user_counts.main\n}\n",
    );
    let plan = workspace.plan().json().to_string();
    workspace.apply().succeeded();
    let found = workspace.state()["data.idv_fiven_user_counts.main"].clone();
    assert_eq!((&found["total"], &found["by_status"]), (&json!(250), &json!({"ACTIVE": 250})));
    assert_eq!(found["by_request_status"], json!({"APPROVED": 50, "PENDING": 200}));
    assert_eq!((&found["by_kyc_status"]["PENDING"], &found["by_provider"]), (&json!(200), &json!({"GITHUB": 50})));
    assert_eq!(sandbox.count("GET /api/v1/institutions/me/users"), 2 * 3, "for the plan and for the apply");
    let state = std::fs::read_to_string(workspace.path().join("terraform.tfstate")).unwrap();
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("/institutions/me/users"));
    for personal in ["Ludmilla", "ludmilla", "1999-12-24", "user-no-"] {
        for (place, text) in [("state", &state), ("plan", &plan), ("log", &log)] {
            assert!(!text.contains(personal), "`{personal}` is in the {place}");
        }
    }
}

#[test]
fn users_cannot_be_counted_by_the_api_of_the_page() {
    let (_sandbox, workspace) = bench("v1");
    workspace.configure("data \"idv_fiven_user_counts\" \"main\" {}\n");
    let errors = workspace.try_plan().failed().errors();
    assert!(errors.contains("Users need `api = \"institutions\"`"), "{errors}");
}
