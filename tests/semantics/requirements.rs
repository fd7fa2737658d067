//! One set of requirements among the tenant's many.

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
fn its_siblings_are_not_touched() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    // With this one the tenant has 26 others.
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
    assert_eq!(sets(&sandbox), before, "the destroy restores the one and leaves the others");
}

#[test]
fn the_data_source_lists_what_matches() {
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
