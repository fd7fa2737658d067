//! Several provider blocks for one vendor in one configuration.

use serde_json::Value;

use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

/// A provider block under a name, for one sandbox: Didit by its key, VULT by its client.
fn provider(alias: &str, sandbox: &Sandbox) -> String {
    let variable = |name: &str| sandbox.env()[name].as_str();
    format!(
        "provider \"idv\" {{\n  alias = \"{alias}\"\n  didit = {{ base_url = \"{}\", api_key = \"{}\" }}\n  vult = {{ base_url = \
         \"{}\", client_id = \"{}\", client_secret = \"{}\" }}\n}}\n",
        variable("IDV_DIDIT_BASE_URL"),
        variable("IDV_DIDIT_API_KEY"),
        variable("IDV_VULT_BASE_URL"),
        variable("IDV_VULT_CLIENT_ID"),
        variable("IDV_VULT_CLIENT_SECRET"),
    )
}

/// The same three objects through a provider block.
fn objects(alias: &str) -> String {
    format!(
        r#"
        resource "idv_didit_webhook_destination" "{alias}" {{
          provider          = idv.{alias}
          label             = "events"
          url               = "https://hooks.example.com/didit"
          subscribed_events = ["status.updated"]
        }}
        resource "idv_vult_webhook" "{alias}" {{
          provider = idv.{alias}
          name     = "events"
          url      = "https://hooks.example.com/vult"
        }}
        resource "idv_vult_weights" "{alias}" {{
          provider   = idv.{alias}
          age_weight = 5
        }}
        "#
    )
}

fn count(sandbox: &Sandbox, list: &str) -> usize {
    sandbox.state().pointer(list).and_then(Value::as_array).unwrap().len()
}

/// Each block has its own credentials, tokens, caches and limits.
#[test]
fn each_alias_manages_its_own_tenant() {
    let (one, other) = (Sandbox::start(), Sandbox::start());
    other.change_state(|state| {
        state["didit"]["api_key"] = "another-key".into();
        state["vult"]["client_secret"] = "another-secret".into();
    });
    let theirs = provider("other", &other)
        .replace(&other.env()["IDV_DIDIT_API_KEY"], "another-key")
        .replace(&other.env()["IDV_VULT_CLIENT_SECRET"], "another-secret");
    let providers = format!("{}{theirs}", provider("one", &one));
    let workspace = Workspace::without_vendors();
    workspace.configure(&format!("{providers}{}{}", objects("one"), objects("other")));
    workspace.apply().succeeded();
    workspace.plan().assert_empty();
    for sandbox in [&one, &other] {
        assert_eq!((count(sandbox, "/didit/webhook_destinations"), count(sandbox, "/vult/webhooks")), (1, 1));
    }
    workspace.configure(&format!("{providers}{}", objects("one")));
    workspace.apply().succeeded();
    assert_eq!(count(&one, "/didit/webhook_destinations") + count(&one, "/vult/webhooks"), 2);
    assert_eq!(count(&other, "/didit/webhook_destinations") + count(&other, "/vult/webhooks"), 0);
}

/// Two blocks for one tenant: the second create of an object fails, with the block that imports the existing one.
#[test]
fn the_same_object_under_two_aliases_is_refused_once() {
    let sandbox = Sandbox::start();
    let providers = format!("{}{}", provider("one", &sandbox), provider("other", &sandbox));
    let workspace = Workspace::without_vendors();
    workspace.configure(&format!("{providers}{}", objects("one")));
    workspace.apply().succeeded();
    workspace.configure(&format!("{providers}{}{}", objects("one"), objects("other")));
    let errors = workspace.apply().failed().errors();
    for kind in ["idv_didit_webhook_destination", "idv_vult_webhook"] {
        assert!(errors.contains(&format!("to = {kind}.NAME")), "no import block for {kind}: {errors}");
        assert!(workspace.state().contains_key(&format!("{kind}.one")));
    }
    assert_eq!((count(&sandbox, "/didit/webhook_destinations"), count(&sandbox, "/vult/webhooks")), (1, 1));
    // Weights exist once, and the same values under both are no conflict.
    workspace.configure(&format!("{providers}{}", objects("one")));
    workspace.apply().succeeded();
    workspace.plan().assert_empty();
}
