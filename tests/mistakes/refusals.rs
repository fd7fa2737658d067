//! Credentials that a vendor refuses: one error says what came back, and they are not sent again for every object.

use serde_json::json;

use crate::support::objects::{self, Values};
use crate::support::workspace::Workspace;

/// How many objects use the credentials.
const OBJECTS: usize = 30;

/// A variable with a wrong credential, and what the vendor does with it.
struct Wrong {
    vendor: &'static str,
    object: &'static str,
    variable: &'static str,
    /// The requests that carry the credential: those with this in their line.
    requests: &'static str,
    /// The most that are sent: of an API key those that are in flight when the first response comes.
    at_most: usize,
}

const WRONG: [Wrong; 5] = [
    Wrong {
        vendor: "vult",
        object: "idv_vult_webhook",
        variable: "IDV_VULT_CLIENT_SECRET",
        requests: "POST /oauth/token",
        at_most: 1,
    },
    Wrong {
        vendor: "fiven",
        object: "idv_fiven_credentials_access_request",
        variable: "IDV_FIVEN_CLIENT_SECRET",
        requests: "POST /oauth/token",
        at_most: 1,
    },
    Wrong {
        vendor: "didit",
        object: "idv_didit_list",
        variable: "IDV_DIDIT_CLIENT_SECRET",
        requests: "POST /auth/v2/token/",
        at_most: 1,
    },
    Wrong {
        vendor: "xident",
        object: "idv_xident_blacklist_entry",
        variable: "IDV_XIDENT_SECRET_KEY",
        requests: "/verify/v1/blacklist",
        at_most: 10,
    },
    Wrong {
        vendor: "onekosmos",
        object: "idv_onekosmos_service_key",
        variable: "IDV_ONEKOSMOS_LICENSE_KEY",
        requests: "GET /idproofingapi/servicekeys",
        at_most: 10,
    },
];

#[test]
fn refused_credentials_are_not_sent_again_for_every_object() {
    for wrong in &WRONG {
        let sandbox = objects::sandbox();
        let mut workspace = Workspace::new(&sandbox);
        if wrong.vendor == "didit" {
            workspace.sign_in_at_didit_as_a_client(&sandbox);
        }
        workspace.set(wrong.variable, "sk_of_another_environment");
        let object = objects::find(wrong.object);
        let block = |number| {
            // Two resources for one service key would be refused before any request.
            let block = object.block(&Values::Created, &format!("number_{number}"), "");
            block.replace("\"pipeline\"", &format!("\"pipeline-{number}\""))
        };
        workspace.configure(&(0..OBJECTS).map(block).collect::<String>());
        let errors = workspace.apply().failed().errors();

        let brief = errors.matches("failed: the credentials were refused before in this run").count();
        let full = errors.matches("Error: ").count() - brief;
        let sent = sandbox.request_lines().iter().filter(|line| line.contains(wrong.requests)).count();
        assert!((1..=wrong.at_most).contains(&sent), "{}: {sent}: {:?}", wrong.vendor, sandbox.request_lines());
        assert_eq!((full, brief), (1, OBJECTS - 1), "{}: {errors}", wrong.vendor);
        assert_eq!(errors.matches(wrong.variable).count(), 1, "{}: one names the setting: {errors}", wrong.vendor);
    }
}

/// A token endpoint at a wrong route is not asked again for every object.
#[test]
fn token_endpoint_that_does_not_exist_is_asked_once() {
    for (vendor, object, variable, setting) in [
        ("vult", "idv_vult_webhook", "IDV_VULT_TOKEN_URL", "`token_url`"),
        ("fiven", "idv_fiven_credentials_access_request", "IDV_FIVEN_TOKEN_URL", "`token_url`"),
        ("didit", "idv_didit_list", "IDV_DIDIT_AUTH_URL", "`auth_url`"),
    ] {
        let sandbox = objects::sandbox();
        let mut workspace = Workspace::new(&sandbox);
        workspace.sign_in_at_didit_as_a_client(&sandbox);
        workspace.set(variable, &format!("{}/nowhere", sandbox.url(vendor)));
        let object = objects::find(object);
        let blocks = (0..OBJECTS).map(|number| object.block(&Values::Created, &format!("number_{number}"), ""));
        workspace.configure(&blocks.collect::<String>());
        let errors = workspace.apply().failed().errors();

        assert_eq!(sandbox.count("POST /nowhere"), 1, "{vendor}: {:?}", sandbox.request_lines());
        let brief = errors.matches("failed: there was no token endpoint before in this run").count();
        assert_eq!((brief, errors.matches("Error: ").count()), (OBJECTS - 1, OBJECTS), "{vendor}: {errors}");
        assert_eq!(errors.matches(setting).count(), 1, "{vendor}: one names the setting: {errors}");
    }
}

/// A token that expires in the middle of a run is no refusal.
#[test]
fn token_that_expires_in_the_middle_of_a_run_is_renewed() {
    for (vendor, object, path, name, count) in [
        ("vult", "idv_vult_webhook", "/webhook/create", "events", 3),
        ("fiven", "idv_fiven_credentials_access_request", "/api/v1/credentials-access-request", "alice", 1),
        ("didit", "idv_didit_list", "/v3/lists/", "trusted phones", 3),
    ] {
        let sandbox = objects::sandbox();
        let mut workspace = Workspace::new(&sandbox);
        workspace.sign_in_at_didit_as_a_client(&sandbox);
        let mut configuration = objects::find(object).block(&Values::Created, "number_0", "");
        for number in 1..count {
            let block = objects::find(object).block(&Values::Created, &format!("number_{number}"), "");
            configuration += &block.replace(name, &format!("{name} {number}"));
        }
        workspace.configure(&configuration);
        // Each create finds its token expired, and is accepted with the next one.
        let faults = [json!({"kind": "expire_token"}), json!({"kind": "delay", "delay_ms": 0})];
        for mut fault in faults.iter().cycle().take(2 * count).cloned() {
            (fault["vendor"], fault["method"], fault["path"]) = (json!(vendor), json!("POST"), json!(path));
            sandbox.fault(&fault);
        }
        workspace.run(&["apply", "-json", "-auto-approve", "-parallelism=1"]).succeeded();
        assert_eq!(sandbox.faults(), 0, "{vendor}: {:?}", sandbox.request_lines());
        let tokens = sandbox.request_lines().iter().filter(|line| line.contains("token")).count();
        assert!(tokens > count, "{vendor}: {tokens}");
    }
}
