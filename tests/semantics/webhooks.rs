//! Webhooks: the response to a create has no id.

use std::collections::BTreeSet;

use serde_json::json;

use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

/// A resource for each name, all to one address.
fn webhooks(names: &[&str]) -> String {
    let webhook = |name: &&str| {
        format!(
            "resource \"idv_vult_webhook\" \"{name}\" {{\n  name = \"{name}\"\n  url  = \"https://h.example.com\"\n}}\n"
        )
    };
    names.iter().map(webhook).collect()
}

#[test]
fn two_created_at_once_each_get_their_own_id() {
    let sandbox = Sandbox::start_with(&["--latency", "200ms"]);
    let workspace = Workspace::new(&sandbox);
    workspace.configure(&webhooks(&["one", "two"]));
    workspace.apply().succeeded();
    let state = workspace.state();
    let rows = sandbox.state()["vult"]["webhooks"].as_array().unwrap().clone();
    assert_eq!(rows.len(), 2);
    let ids: BTreeSet<_> = rows.iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 2);
    for row in &rows {
        let address = format!("idv_vult_webhook.{}", row["name"].as_str().unwrap());
        assert_eq!(state[&address]["id"], row["id"], "{address}");
    }
    workspace.plan().assert_empty();
}

#[test]
fn one_that_exists_already_is_an_error_with_the_lines_that_import_it() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    sandbox.change_state(|state| {
        state["vult"]["webhooks"] = json!([{"id": "whk_old", "name": "one", "url": "https://h.example.com"}]);
    });
    workspace.configure(&webhooks(&["one"]));
    let errors = workspace.apply().failed().errors();
    expect_test::expect![[r#"
        Error: The webhook "one" already exists
          in resource "idv_vult_webhook" "one": `resource "idv_vult_webhook" "one" {`
        VULT already has the webhook "one". Nothing was created. To manage the existing one, add this block beside the resource and apply again:

        import {
          to = idv_vult_webhook.NAME
          id = "whk_old"
        }"#]].assert_eq(&errors);
    // The lines do what the message says.
    let (_, block) = errors.split_once("\n\n").unwrap();
    workspace.write("import.tf", &block.replace("NAME", "one"));
    workspace.apply().succeeded();
    assert_eq!(workspace.state()["idv_vult_webhook.one"]["id"], "whk_old");
    assert_eq!(sandbox.state()["vult"]["webhooks"].as_array().unwrap().len(), 1);
}

/// The route of the delete is an assumption: where it is another one, the webhook would be left behind.
#[test]
fn a_delete_that_finds_nothing_is_believed_where_the_list_agrees() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(&webhooks(&["one"]));
    workspace.apply().succeeded();
    let deny = || {
        sandbox.fault(&json!({"vendor": "vult", "path": "/webhook/delete", "kind": "status", "status": 404}));
    };
    deny();
    let errors = workspace.destroy().failed().errors();
    assert!(errors.contains("VULT still lists the webhook, so it was not deleted."), "{errors}");
    assert!(workspace.state().contains_key("idv_vult_webhook.one"));

    workspace.plan_with(&["-destroy"]);
    sandbox.change_state(|state| state["vult"]["webhooks"] = json!([]));
    deny();
    workspace.apply_saved().succeeded();
    assert!(workspace.state().is_empty());
}

#[test]
fn the_data_source_lists_every_page() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    sandbox.change_state(|state| {
        let row =
            |n: u32| json!({"id": format!("whk_{n}"), "name": format!("hook {n}"), "url": "https://h.example.com"});
        state["vult"]["webhooks"] = (0..250).map(row).collect();
    });
    workspace.configure("data \"idv_vult_webhooks\" \"all\" {}");
    workspace.apply().succeeded();
    let state = workspace.state();
    assert_eq!(state["data.idv_vult_webhooks.all"]["webhooks"].as_array().unwrap().len(), 250);
}
