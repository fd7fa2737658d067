//! Lists in pages, while somebody else deletes a row and where the vendor's pages are shorter than requested.

use serde_json::{Value, json};

use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

const LIST: &str = "c0000000-0000-4000-8000-0000000000aa";

/// Deletes the first row of a list of 150 after the first page was read and before the second page is: the first row of the
/// second page moves to the first page. `rows` is where the list is in the sandbox's state, and `first` which of them the
/// vendor lists first.
fn delete_between_pages<T>(sandbox: &Sandbox, path: &str, (rows, first): (&str, usize), read: impl FnOnce() -> T) -> T {
    let vendor = rows.split('/').nth(1).unwrap();
    // The response of the first page is computed before the deletion, and arrives after it.
    sandbox.fault(
        &json!({"vendor": vendor, "method": "GET", "path": path, "kind": "delay", "delay_ms": 3000, "after": true}),
    );
    sandbox.forget_requests();
    let delete = || {
        sandbox.wait_until("the first page", |sandbox| sandbox.count(&format!("GET {path}")) == 1);
        sandbox.change_state(|state| drop(rows_of(state, rows).remove(first)));
    };
    std::thread::scope(|scope| {
        scope.spawn(delete);
        read()
    })
}

fn rows_of<'s>(state: &'s mut Value, pointer: &str) -> &'s mut Vec<Value> {
    state.pointer_mut(pointer).unwrap().as_array_mut().unwrap()
}

#[test]
fn didit_entry_is_kept_when_an_earlier_one_is_deleted_between_two_pages() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    // The list shows the newest first: its second page begins with the entry 49.
    let entry = |n: usize| json!({"uuid": format!("entry-{n}"), "value": format!("user{n}@example.com")});
    let entries: Vec<_> = (0..150).map(entry).collect();
    sandbox.change_state(|state| {
        let list =
            json!({"uuid": LIST, "name": "people", "list_type": "custom", "entry_type": "email", "entries": entries});
        *rows_of(state, "/didit/lists") = vec![list];
    });
    workspace.configure(&format!(
        "resource \"idv_didit_list_entry\" \"main\" {{\n  list_id = \"{LIST}\"\n  value   = \"user49@example.com\"\n}}\n"
    ));
    workspace.import("idv_didit_list_entry.main", &format!("{LIST}/entry-49")).succeeded();
    let path = format!("/v3/lists/{LIST}/entries/");
    let plan = delete_between_pages(&sandbox, &path, ("/didit/lists/0/entries", 149), || workspace.plan());
    plan.assert_empty();
}

#[test]
fn xident_entry_is_kept_when_an_earlier_one_is_deleted_between_two_pages() {
    let sandbox = Sandbox::start();
    let mut workspace = Workspace::new(&sandbox);
    workspace.set("IDV_XIDENT_API", "verify/v1");
    // The list shows the newest first: its second page begins with the entry 50.
    let row = |id: u32| json!({"id": id, "reason": "fraud", "image": "AA==", "created_at": 0});
    sandbox.change_state(|state| state["xident"]["blacklist"] = (1..=150).map(row).collect());
    workspace.configure(
        "resource \"idv_xident_blacklist_entry\" \"main\" {\n  reason        = \"fraud\"\n  face_image_wo = \"AA==\"\n}\n",
    );
    workspace.import("idv_xident_blacklist_entry.main", "50").succeeded();
    let path = "/verify/v1/blacklist";
    let plan = delete_between_pages(&sandbox, path, ("/xident/blacklist", 149), || workspace.plan());
    let actions = plan.actions("idv_xident_blacklist_entry.main");
    assert!(!actions.contains(&"create"), "{actions:?}");
}

#[test]
fn fiven_credential_is_listed_when_an_earlier_one_is_deleted_between_two_pages() {
    for (api, path) in [("v1", "/api/v1/credentials"), ("institutions", "/api/v1/institutions/me/credentials")] {
        let sandbox = Sandbox::start();
        let mut workspace = Workspace::new(&sandbox);
        workspace.set("IDV_FIVEN_API", api);
        let row = |n: u32| {
            json!({
                "contractId": format!("contract_{n}"), "partyId": format!("party::{n}"), "provider": "GOOGLE",
                "status": "verified", "createdAt": "2024-01-01T00:00:00Z",
            })
        };
        sandbox.change_state(|state| state["fiven"]["credentials"] = (0..150).map(row).collect());
        workspace.configure("data \"idv_fiven_credentials\" \"all\" {}\n");
        delete_between_pages(&sandbox, path, ("/fiven/credentials", 0), || workspace.apply()).succeeded();
        let all = workspace.state()["data.idv_fiven_credentials.all"]["credentials"].clone();
        let all = all.as_array().unwrap();
        assert_eq!(all.len(), 149, "{api}");
        assert!(all.iter().any(|row| row["contract_id"] == "contract_100"), "{api}");
    }
}

#[test]
fn vult_webhooks_are_kept_when_pages_are_shorter_than_requested() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    let row = |n: u32| json!({"id": format!("whk_{n}"), "name": format!("hook {n}"), "url": "https://h.example.com"});
    sandbox.change_state(|state| {
        state["vult"]["webhooks"] = (0..120).map(row).collect();
        state["vult"]["page_cap"] = json!(50);
    });
    workspace.configure(
        "resource \"idv_vult_webhook\" \"main\" {\n  name = \"hook 60\"\n  url  = \"https://h.example.com\"\n}\n\
         import {\n  to = idv_vult_webhook.main\n  id = \"whk_60\"\n}\n",
    );
    workspace.apply().succeeded();
    sandbox.forget_requests();
    workspace.plan().assert_empty();
    assert_eq!(sandbox.count("POST /webhook/list"), 3, "{:?}", sandbox.request_lines());
}

#[test]
fn xident_list_that_ignores_the_page_number_is_an_error() {
    let sandbox = Sandbox::start();
    let mut workspace = Workspace::new(&sandbox);
    workspace.set("IDV_XIDENT_API", "verify/v1");
    let row = |id: u32| json!({"id": id, "reason": "fraud", "source": "image", "created_at": "2026-01-01T00:00:00Z"});
    let rows: Vec<_> = (1..=100).map(row).collect();
    // A full page without a total, whatever page is requested.
    sandbox.fault(&json!({
        "vendor": "xident", "path": "/verify/v1/blacklist", "kind": "status", "status": 200, "times": 50,
        "body": {"success": true, "data": rows, "meta": {}},
    }));
    workspace.configure(
        "resource \"idv_xident_blacklist_entry\" \"main\" {\n  reason        = \"fraud\"\n  face_image_wo = \"AA==\"\n}\n\
         import {\n  to = idv_xident_blacklist_entry.main\n  id = \"50\"\n}\n",
    );
    let errors = workspace.try_plan().failed().errors();
    assert!(errors.contains("page 2 of the blacklist entries repeats earlier pages"), "{errors}");
    assert_eq!(sandbox.count("GET /verify/v1/blacklist"), 2, "{:?}", sandbox.request_lines());
}
