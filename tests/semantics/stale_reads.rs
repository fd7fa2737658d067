//! A vendor that returns what it had before a write for a while: the provider reads again until the write shows.

use serde_json::{Value, json};

use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

/// A change of an object that is read back: its first configuration, what changes in it, and the path of the read.
struct Case {
    vendor: &'static str,
    configuration: &'static str,
    change: (&'static str, &'static str),
    read: &'static str,
}

const CASES: &[Case] = &[
    Case {
        vendor: "vult",
        configuration: "resource \"idv_vult_weights\" \"main\" {\n  age_weight = 2\n}\n",
        change: ("age_weight = 2", "age_weight = 3"),
        read: "/idv/weights",
    },
    Case {
        vendor: "vult",
        configuration: r#"resource "idv_vult_document_requirements" "main" {
             document_type = "passport"
             data_source   = "ocr"
             city_required = true
           }"#,
        change: ("city_required = true", "city_required = false"),
        read: "/idv/requirements",
    },
    Case {
        vendor: "onekosmos",
        configuration: r#"resource "idv_onekosmos_service_key" "main" {
             tag         = "pipeline"
             rotate_when = { quarter = "2026-Q4" }
           }"#,
        change: ("2026-Q4", "2027-Q1"),
        read: "/idproofingapi/servicekeys",
    },
];

#[test]
fn an_update_waits_until_a_read_shows_it() {
    for Case { vendor, configuration, change, read } in CASES {
        let sandbox = Sandbox::start();
        let workspace = Workspace::new(&sandbox);
        workspace.configure(configuration);
        workspace.apply().succeeded();
        let before = body_of(&sandbox, vendor, read);
        let address = configuration.split('"').nth(1).unwrap().to_owned() + ".main";
        workspace.configure(&configuration.replace(change.0, change.1));
        let plan = workspace.plan();
        assert_eq!(plan.actions(&address), ["update"]);
        if *vendor == "vult" {
            // VULT is read before the write too: that read is genuine.
            sandbox.fault(&json!({"vendor": vendor, "method": "GET", "path": read, "kind": "delay", "delay_ms": 0}));
        }
        sandbox.fault(&json!({
            "vendor": vendor, "method": "GET", "path": read, "kind": "status", "status": 200, "body": before, "times": 2,
        }));
        let run = workspace.apply_saved().succeeded();
        assert_eq!(run.warnings().matches("stored differently").count(), 0, "{address}: {}", run.warnings());
        assert_eq!(sandbox.faults(), 0, "{address}");
        workspace.plan().assert_empty();
    }
}

/// What the vendor returns to a read.
fn body_of(sandbox: &Sandbox, vendor: &str, path: &str) -> Value {
    let state = sandbox.state();
    match path {
        "/idv/weights" => {
            let mut set = state[vendor]["weights"].as_array().unwrap().last().unwrap().clone();
            set.as_object_mut().unwrap().retain(|name, _| !name.ends_with("_id") && name != "id");
            set
        }
        "/idv/requirements" => json!({"requirements": state[vendor]["requirements"]}),
        _ => json!({"data": state[vendor]["service_keys"]}),
    }
}
