//! The current set of weights, which always exists: a weight that is left out keeps the tenant's value.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::json;

use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

const TWO_OF_27: &str = r#"resource "idv_vult_weights" "main" {
    gender_weight              = 3
    minimum_liveness_tolerance = 0.30
}"#;

pub(super) type Weights = BTreeMap<String, f64>;

/// The current set, which is the last one, as numbers: 8 and 8.0 are the same weight.
pub(super) fn current(sandbox: &Sandbox) -> Weights {
    let state = sandbox.state();
    let set = state["vult"]["weights"].as_array().unwrap().last().unwrap().as_object().unwrap();
    set.iter().filter_map(|(name, value)| Some((name.clone(), value.as_f64()?))).collect()
}

/// The names of the weights that differ.
fn changed(before: &Weights, after: &Weights) -> Vec<String> {
    assert_eq!((before.len(), after.len()), (27, 27));
    before.iter().zip(after).filter(|(before, after)| before != after).map(|(before, _)| before.0.clone()).collect()
}

#[test]
fn a_weight_that_is_left_out_keeps_the_tenants_value() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    let before = current(&sandbox);
    workspace.configure(TWO_OF_27);
    workspace.apply().succeeded();
    assert_eq!(changed(&before, &current(&sandbox)), ["gender_weight", "minimum_liveness_tolerance"]);
    let state = workspace.state();
    assert_eq!(state["idv_vult_weights.main"]["age_tolerance"].as_f64(), Some(before["age_tolerance"]));
}

/// Zero would switch a check off, or make it fail for everybody.
#[test]
fn nothing_is_written_if_the_vendor_returns_no_weights() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    let deny = || {
        // The plan of a create reads them too.
        let fault = json!({"vendor": "vult", "method": "GET", "path": "/idv/weights", "kind": "status", "status": 404, "times": 9});
        sandbox.fault(&fault);
    };
    let before = current(&sandbox);
    workspace.configure(TWO_OF_27);
    deny();
    let errors = workspace.apply().failed().errors();
    assert!(errors.contains("Every tenant has weights, so this is not their route"), "{errors}");
    assert_eq!(current(&sandbox), before);
    sandbox.clear_faults();

    workspace.apply().succeeded();
    workspace.configure(&TWO_OF_27.replace("= 3", "= 4"));
    workspace.plan();
    let before = current(&sandbox);
    deny();
    let errors = workspace.apply_saved().failed().errors();
    assert!(errors.contains("Every tenant has weights, so this is not their route"), "{errors}");
    assert_eq!(current(&sandbox), before);
    sandbox.clear_faults();
    workspace.apply().succeeded();
    workspace.plan().assert_empty();
}

#[test]
fn an_update_of_one_weight_sends_all_and_changes_only_that_one() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(TWO_OF_27);
    workspace.apply().succeeded();
    let before = current(&sandbox);
    workspace.configure(&TWO_OF_27.replace("= 3", "= 4"));
    workspace.apply().succeeded();
    // The sandbox rejects a set without one of the 27, and stores what was sent.
    assert_eq!(changed(&before, &current(&sandbox)), ["gender_weight"]);
}

#[test]
fn a_weight_that_is_left_out_and_changed_elsewhere_is_not_overwritten() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(TWO_OF_27);
    workspace.apply().succeeded();
    let before = current(&sandbox);
    sandbox.change_state(|state| {
        state["vult"]["weights"].as_array_mut().unwrap().last_mut().unwrap()["age_tolerance"] = json!(9.75);
    });
    workspace.plan().assert_empty();
    workspace.configure(&TWO_OF_27.replace("= 3", "= 5"));
    workspace.apply().succeeded();
    assert_eq!(changed(&before, &current(&sandbox)), ["age_tolerance", "gender_weight"]);
}

#[test]
fn another_spelling_of_a_number_is_no_change() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(TWO_OF_27);
    workspace.apply().succeeded();
    for spelling in ["0.3", "0.300", "3e-1", "0.30"] {
        workspace.configure(&TWO_OF_27.replace("0.30", spelling));
        workspace.plan().assert_empty();
    }
}

#[test]
fn destroy_restores_the_weights_with_on_destroy_restore() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    let before = current(&sandbox);
    workspace.configure(&TWO_OF_27.replace("gender_weight ", "on_destroy = \"restore\"\n gender_weight "));
    workspace.apply().succeeded();
    assert_ne!(current(&sandbox), before);
    let plan = workspace.plan_with(&["-destroy"]);
    assert!(plan.warnings().contains("Destroy restores the weights"), "{}", plan.warnings());
    workspace.apply_saved().succeeded();
    assert_eq!(current(&sandbox), before);
}

#[test]
fn a_historical_set_is_read_by_its_id() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    let before = current(&sandbox);
    workspace.configure(TWO_OF_27);
    workspace.apply().succeeded();
    workspace.configure(&format!(
        "{TWO_OF_27}\ndata \"idv_vult_weights\" \"before\" {{\n  weights_id = \"wgt_initial\"\n}}"
    ));
    workspace.apply().succeeded();
    let state = workspace.state();
    assert_eq!(state["data.idv_vult_weights.before"]["gender_weight"].as_f64(), Some(before["gender_weight"]));
    assert_eq!(state["idv_vult_weights.main"]["gender_weight"], json!(3));
}

/// `ignore_changes` affects the plan and not the configuration, so an apply writes planned values.
#[test]
fn an_ignored_weight_that_drifted_is_not_overwritten() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    let configuration = |age_weight: u32| {
        format!(
            "resource \"idv_vult_weights\" \"main\" {{\n  age_weight = {age_weight}\n  ofac_fuzzy_match_weight = 15\n  lifecycle \
             {{ ignore_changes = [ofac_fuzzy_match_weight] }}\n}}\n"
        )
    };
    workspace.configure(&configuration(5));
    workspace.apply().succeeded();
    sandbox.change_state(|state| {
        state["vult"]["weights"].as_array_mut().unwrap().last_mut().unwrap()["ofac_fuzzy_match_weight"] = json!(33);
    });
    let before = current(&sandbox);
    workspace.configure(&configuration(6));
    workspace.apply().succeeded();
    assert_eq!(changed(&before, &current(&sandbox)), ["age_weight"]);
    workspace.plan().assert_empty();
}

/// The example reads an earlier set by its id and writes it as the current one.
#[test]
fn weights_are_rolled_back_to_an_earlier_set() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    let initial = current(&sandbox);
    workspace.configure(&TWO_OF_27.replace("\"main\"", "\"tenant\""));
    workspace.apply().succeeded();
    assert_eq!(changed(&initial, &current(&sandbox)).len(), 2);
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/rollback/vult_weights/main.tf");
    let example = std::fs::read_to_string(example).unwrap();
    workspace.configure(&example);
    let plan = workspace.plan();
    assert_eq!(plan.actions("idv_vult_weights.tenant"), ["update"]);
    workspace.apply_saved().succeeded();
    assert_eq!(changed(&initial, &current(&sandbox)), Vec::<String>::new());
    assert_eq!(sandbox.state()["vult"]["weights"].as_array().unwrap().len(), 3, "a set of its own");
    workspace.plan().assert_empty();
    workspace.configure(&example.replace("wgt_initial", "wgt_nobody"));
    let errors = workspace.try_plan().failed().errors();
    assert!(errors.contains("VULT has no weights with the id `wgt_nobody`"), "{errors}");
}
