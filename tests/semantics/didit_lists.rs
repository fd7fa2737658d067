//! Didit's lists: reads by page, spellings of values, and the customization after a destroy.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

const PHONES: &str = "b0000000-0000-4000-8000-000000000003";
const SEEDED: &str = "c0000000-0000-4000-8000-0000000000aa";

/// A sandbox whose application has a list of 500 e-mail addresses.
fn with_500_entries() -> Sandbox {
    let sandbox = Sandbox::start();
    let entry =
        |number: usize| json!({"uuid": format!("seeded-{number}"), "value": format!("user{number}@example.com")});
    let entries: Vec<_> = (0..500).map(entry).collect();
    let list = json!({
        "uuid": SEEDED, "name": "people", "list_type": "custom", "entry_type": "email", "entries": entries,
    });
    sandbox.change_state(|state| state["didit"]["lists"].as_array_mut().unwrap().push(list));
    sandbox
}

/// The requests to Didit's API.
fn requests(sandbox: &Sandbox) -> Vec<String> {
    sandbox.request_lines().into_iter().filter(|line| line.contains("/v3/")).collect()
}

fn pages_of_the_list() -> Vec<String> {
    let page = |offset| format!("GET /v3/lists/{SEEDED}/entries/?limit=100&offset={offset} 200");
    [0, 100, 200, 300, 400].map(page).to_vec()
}

#[test]
fn a_list_of_500_entries_is_imported_and_refreshed_page_by_page() {
    let sandbox = with_500_entries();
    let workspace = Workspace::new(&sandbox);
    // Capitals are another spelling of the same value.
    let resource = format!(
        "locals {{\n  numbers = {{ for number in range(500) : tostring(number) => number }}\n}}\n\
         resource \"idv_didit_list_entry\" \"people\" {{\n  for_each = local.numbers\n  list_id = \"{SEEDED}\"\n  \
         value = \"USER${{each.key}}@EXAMPLE.COM\"\n}}\n"
    );
    let import = format!(
        "import {{\n  for_each = local.numbers\n  to = idv_didit_list_entry.people[each.key]\n  \
         id = \"{SEEDED}/seeded-${{each.key}}\"\n}}\n"
    );
    workspace.configure(&format!("{resource}{import}"));
    let plan = workspace.plan();
    assert_eq!(plan.actions("idv_didit_list_entry.people[\"499\"]"), ["no-op"]);
    assert_eq!(requests(&sandbox), pages_of_the_list(), "importing");
    workspace.apply_saved().succeeded();

    sandbox.forget_requests();
    workspace.configure(&resource);
    workspace.plan().assert_empty();
    assert_eq!(requests(&sandbox), pages_of_the_list(), "refreshing");
}

#[test]
fn a_list_of_500_entries_is_exported_page_by_page() {
    let sandbox = with_500_entries();
    let workspace = Workspace::new(&sandbox);
    let out = workspace.path().join("tenant");
    let types = "didit_list,didit_list_entry";
    workspace
        .run_provider(&["export", "--vendor", "didit", "--out", out.to_str().unwrap(), "--include", types])
        .succeeded();
    let requests = requests(&sandbox);
    assert!(pages_of_the_list().iter().all(|page| requests.contains(page)), "{requests:#?}");
    // One page of lists, five of this list, and one of each of the ten that are empty.
    assert_eq!(requests.len(), 1 + 5 + 10, "{requests:#?}");

    let captured = std::fs::read_to_string(out.join("didit_list_entries.tf")).unwrap();
    assert_eq!(captured.matches("list_id = idv_didit_list.people.id").count(), 500);
    let plan = workspace.run(&["-chdir=tenant", "plan", "-no-color"]).succeeded().stdout;
    assert!(plan.contains("Plan: 501 to import, 0 to add, 0 to change, 0 to destroy."), "{plan}");
}

#[test]
fn an_entry_costs_one_request_to_create_and_one_to_delete() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(&format!(
        "resource \"idv_didit_list_entry\" \"phones\" {{\n  count = 60\n  list_id = \"{PHONES}\"\n  \
         value = \"+49 151 0000${{10 + count.index}}\"\n}}\n"
    ));
    workspace.apply().succeeded();
    assert_eq!((requests(&sandbox).len(), entries_of(&sandbox).len()), (60, 60));
    workspace.plan_with(&["-destroy"]);
    sandbox.forget_requests();
    workspace.apply_saved().succeeded();
    assert_eq!((requests(&sandbox).len(), entries_of(&sandbox).len()), (60, 0));
}

#[test]
fn a_value_that_didit_normalizes_is_no_drift() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    let mut configuration = String::new();
    for (entry_type, value) in [
        ("phone", "+49 (151) 000-000"),
        ("email", "Alice@Example.COM"),
        ("country", "us"),
        ("ip_address", "2001:DB8::1"),
    ] {
        write!(
            configuration,
            "resource \"idv_didit_list\" \"{entry_type}\" {{\n  name = \"{entry_type}\"\n  list_type = \"custom\"\n  \
             entry_type = \"{entry_type}\"\n}}\nresource \"idv_didit_list_entry\" \"{entry_type}\" {{\n  \
             list_id = idv_didit_list.{entry_type}.id\n  value = \"{value}\"\n}}\n"
        )
        .unwrap();
    }
    workspace.configure(&configuration);
    workspace.apply().succeeded();
    workspace.plan().assert_empty();
    let state = workspace.state();
    let stored = |entry_type: &str| {
        let attributes = &state[&format!("idv_didit_list_entry.{entry_type}")];
        (attributes["value"].as_str().unwrap().to_owned(), attributes["stored_value"].as_str().unwrap().to_owned())
    };
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(stored("phone"), pair("+49 (151) 000-000", "+49151000000"));
    assert_eq!(stored("email"), pair("Alice@Example.COM", "alice@example.com"));
    assert_eq!(stored("country"), pair("us", "USA"));

    workspace.configure(&configuration.replace("+49 (151) 000-000", "+49 151 000000"));
    workspace.plan().assert_empty();

    sandbox.change_state(|state| {
        for list in state["didit"]["lists"].as_array_mut().unwrap() {
            if list["entry_type"] == "country" && list["is_system"] == false {
                list["entries"][0]["value"] = json!("GBR");
            }
        }
    });
    let plan = workspace.plan();
    assert_eq!(plan.actions("idv_didit_list_entry.country"), ["delete", "create"]);
    assert_eq!(plan.change("idv_didit_list_entry.country")["before"]["value"], "GBR");
}

/// An import knows the stored spelling, and a configuration may have another of the same value.
#[test]
fn an_entry_is_imported_under_any_spelling_of_its_value() {
    for (entry_type, stored, given, other) in
        [("phone", "+49151000000", "+49 151 000000", "+49 151 000001"), ("country", "USA", "us", "gb")]
    {
        let sandbox = Sandbox::start();
        let list_id = "11111111-2222-3333-4444-555555555555";
        sandbox.change_state(|state| {
            let lists = state["didit"]["lists"].as_array_mut().unwrap();
            lists.push(json!({
                "uuid": list_id, "name": "theirs", "list_type": "custom", "entry_type": entry_type,
                "entries": [{"uuid": "theirs", "value": stored}],
            }));
        });
        let entry = |value: &str| {
            format!(
                "resource \"idv_didit_list_entry\" \"main\" {{\n  list_id = \"{list_id}\"\n  value = \"{value}\"\n}}\n"
            )
        };
        let workspace = Workspace::new(&sandbox);
        workspace.configure(&entry(given));
        let refused = workspace.apply().failed().errors();
        assert!(refused.contains(&format!("{list_id}/theirs")), "no import id in {refused}");
        workspace.import("idv_didit_list_entry.main", &format!("{list_id}/theirs")).succeeded();
        workspace.plan().assert_empty();
        workspace.configure(&entry(other));
        assert_eq!(workspace.plan().actions("idv_didit_list_entry.main"), ["delete", "create"]);
    }
}

fn entry(value: &str) -> String {
    format!("resource \"idv_didit_list_entry\" \"main\" {{\n  list_id = \"{PHONES}\"\n  value = \"{value}\"\n}}\n")
}

fn entries_of(sandbox: &Sandbox) -> Vec<Value> {
    sandbox.state()["didit"]["lists"][2]["entries"].as_array().unwrap().clone()
}

#[test]
fn a_value_that_the_list_has_already_can_be_imported() {
    let sandbox = Sandbox::start();
    sandbox.change_state(|state| {
        state["didit"]["lists"][2]["entries"] = json!([{"uuid": "theirs", "value": "+49151000000"}]);
    });
    let workspace = Workspace::new(&sandbox);
    workspace.configure(&entry("+49 151 000000"));
    let errors = workspace.apply().failed().errors();
    let import = format!("id = \"{PHONES}/theirs\"");
    assert!(errors.contains("The list entry \"+49151000000\" already exists") && errors.contains(&import), "{errors}");
    workspace.import("idv_didit_list_entry.main", &format!("{PHONES}/theirs")).succeeded();
    workspace.plan().assert_empty();
}

#[test]
fn an_entry_whose_response_is_lost_is_found_in_the_list() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(&entry("+49 151 000000"));
    sandbox.fault(&json!({"vendor": "didit", "method": "POST", "path": "/v3/lists/", "kind": "drop", "after": true}));
    let run = workspace.apply().succeeded();
    assert!(run.warnings().contains("was created despite an error"), "{}", run.warnings());
    assert_eq!(entries_of(&sandbox).len(), 1);
    workspace.plan().assert_empty();
}

#[test]
fn an_entry_that_is_rejected_or_not_created_is_not_in_state() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(&entry("0151 000000"));
    let errors = workspace.apply().failed().errors();
    assert!(errors.contains("Enter a valid international phone number"), "{errors}");
    workspace.configure(&entry("+49 151 000000"));
    sandbox.fault(&json!({"vendor": "didit", "method": "POST", "path": "/v3/lists/", "kind": "drop"}));
    let errors = workspace.apply().failed().errors();
    assert!(errors.contains("most likely it was not created"), "{errors}");
    assert!(workspace.state().is_empty() && entries_of(&sandbox).is_empty());
    workspace.apply().succeeded();
}

#[test]
fn a_name_is_used_once_and_system_lists_are_not_managed() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    let list = |name: &str| {
        format!(
            "resource \"idv_didit_list\" \"main\" {{\n  name = \"{name}\"\n  list_type = \"allowlist\"\n  entry_type = \
             \"phone\"\n}}\n"
        )
    };
    workspace.configure(&list("Blocklist: phone"));
    let errors = workspace.apply().failed().errors();
    assert!(errors.contains("is a system list") && errors.contains("one of Didit's own"), "{errors}");
    let refused = workspace.import("idv_didit_list.main", PHONES).failed().stderr;
    assert!(refused.contains("is one of Didit's own"), "{refused}");

    workspace.configure(&list("phones"));
    workspace.apply().succeeded();
    let other = Workspace::new(&sandbox);
    other.configure(&list("phones"));
    let errors = other.apply().failed().errors();
    assert!(errors.contains("id = \"c0000000-0000-4000-8000-000000000001\""), "{errors}");
}

fn customization(sandbox: &Sandbox) -> Value {
    sandbox.state()["didit"]["customization"].clone()
}

#[test]
fn the_customization_is_forgotten_or_restored() {
    let sandbox = Sandbox::start();
    let before = customization(&sandbox);
    let workspace = Workspace::new(&sandbox);
    let configuration = |on_destroy: &str| {
        format!(
            "resource \"idv_didit_customization\" \"main\" {{\n  color_panel = \"#112233\"\n  privacy_policy_url = \
             \"https://acme.example.com/privacy\"\n  on_destroy = \"{on_destroy}\"\n}}\n"
        )
    };
    workspace.configure(&configuration("forget"));
    workspace.apply().succeeded();
    let patches = || sandbox.count("PATCH /v3/customization/");
    assert_eq!(patches(), 1);
    let ours = customization(&sandbox);
    assert_eq!((&ours["colors"]["color_panel"], &ours["font_family"]), (&json!("#112233"), &before["font_family"]));
    let plan = workspace.plan_with(&["-destroy"]);
    assert!(plan.warnings().contains("Destroy forgets the settings of the customization"), "{}", plan.warnings());

    // What somebody else sets of what is left out is theirs, and goes with a restore.
    sandbox.change_state(|state| state["didit"]["customization"]["callback_seconds"] = json!(9));
    workspace.configure(&configuration("restore"));
    workspace.apply().succeeded();
    assert_eq!(patches(), 1, "nothing that the vendor has was changed");
    assert_eq!(customization(&sandbox)["callback_seconds"], 9);
    let plan = workspace.plan_with(&["-destroy"]);
    assert!(plan.warnings().contains("Destroy restores the settings of the customization"), "{}", plan.warnings());
    workspace.apply_saved().succeeded();
    assert_eq!(customization(&sandbox), before);
}

#[test]
fn a_customization_that_is_as_it_should_be_is_not_written() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure("resource \"idv_didit_customization\" \"main\" {\n  font_family = \"Inter\"\n}\n");
    workspace.apply().succeeded();
    workspace.plan().assert_empty();
    assert_eq!(sandbox.count("PATCH"), 0);
}

#[test]
fn an_ignored_setting_of_the_customization_that_drifted_is_not_overwritten() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    let configuration = |seconds: u32| {
        format!(
            "resource \"idv_didit_customization\" \"main\" {{\n  callback_seconds = {seconds}\n  font_weight = \"500\"\n  lifecycle {{ \
             ignore_changes = [font_weight] }}\n}}\n"
        )
    };
    workspace.configure(&configuration(5));
    workspace.apply().succeeded();
    sandbox.change_state(|state| state["didit"]["customization"]["font_weight"] = json!("700"));
    workspace.configure(&configuration(6));
    workspace.apply().succeeded();
    let at_didit = customization(&sandbox);
    assert_eq!((&at_didit["callback_seconds"], &at_didit["font_weight"]), (&json!(6), &json!("700")));
}
