//! One set of document requirements among the many of a tenant.

use serde_json::{Value, json};

use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

const PASSPORT_OCR: &str = r#"resource "idv_vult_document_requirements" "main" {
    document_type     = "passport"
    data_source       = "ocr"
    city_required     = true
    on_destroy        = "restore"
}"#;

fn sets(sandbox: &Sandbox) -> Vec<Value> {
    sandbox.state()["vult"]["requirements"].as_array().unwrap().clone()
}

#[test]
fn other_sets_do_not_change() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    // The tenant has 26 other sets.
    sandbox.change_state(|state| {
        let sets = state["vult"]["requirements"].as_array_mut().unwrap();
        let mut another = sets[0].clone();
        another["client_id"] = json!("client-8");
        sets.push(another);
    });
    let before = sets(&sandbox);
    assert_eq!(before.len(), 27);

    workspace.configure(PASSPORT_OCR);
    workspace.apply().succeeded();
    let after = sets(&sandbox);
    assert_eq!(after.len(), 27);
    let changed: Vec<_> = before.iter().zip(&after).filter(|(before, after)| before != after).collect();
    let [(was, is)] = changed[..] else { panic!("{} sets changed", changed.len()) };
    let mut expected = was.clone();
    expected["city_required"] = json!(true);
    assert_eq!(*is, expected);
    assert_eq!((&is["type_e"], &is["data_source_e"]), (&json!("passport"), &json!("ocr")));

    workspace.destroy().succeeded();
    assert_eq!(sets(&sandbox), before, "the destroy restores this set and no other changes");
}

#[test]
fn the_data_source_lists_the_sets_that_match() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure("data \"idv_vult_document_requirements\" \"passports\" {\n  document_type = \"passport\"\n}");
    workspace.apply().succeeded();
    let state = workspace.state();
    let listed = state["data.idv_vult_document_requirements.passports"]["requirements"].as_array().unwrap();
    let expected = sets(&sandbox).into_iter().filter(|set| set["type_e"] == "passport");
    let sources = |name| move |set: Value| set[name].clone();
    assert_eq!(
        listed.iter().cloned().map(sources("data_source")).collect::<Vec<_>>(),
        expected.map(sources("data_source_e")).collect::<Vec<_>>()
    );
}

/// The tenant has no such set, and a set in which nothing is required is a set.
#[test]
fn a_set_that_requires_nothing_is_written() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    let before = sets(&sandbox).len();
    workspace.configure(
        "resource \"idv_vult_document_requirements\" \"main\" {\n  document_type = \"passport\"\n  data_source   = \"ocr\"\n  client_id     = \"client-9\"\n}\n",
    );
    workspace.apply().succeeded();
    workspace.plan().assert_empty();
    assert_eq!(sets(&sandbox).len(), before + 1);
}

#[test]
fn an_ignored_requirement_that_drifted_is_not_overwritten() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    let ignoring = PASSPORT_OCR.replacen("{\n", "{\n  lifecycle { ignore_changes = [city_required] }\n", 1);
    workspace.configure(&ignoring);
    workspace.apply().succeeded();
    let of_passport = |set: &Value| set["type_e"] == "passport" && set["data_source_e"] == "ocr";
    sandbox.change_state(|state| {
        let sets = state["vult"]["requirements"].as_array_mut().unwrap();
        sets.iter_mut().find(|set| of_passport(set)).unwrap()["city_required"] = json!(false);
    });
    workspace.configure(&ignoring.replacen("{\n", "{\n  street_required = true\n", 1));
    workspace.apply().succeeded();
    let sets = sets(&sandbox);
    let set = sets.iter().find(|set| of_passport(set)).unwrap();
    assert_eq!((&set["street_required"], &set["city_required"]), (&json!(true), &json!(false)));
}
