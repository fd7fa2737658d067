//! How often a vendor is asked, with the sandbox's log of requests as the witness.

use std::fmt::Write;

use serde_json::json;

use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

#[test]
fn refreshing_300_webhooks_costs_pages() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    sandbox.change_state(|state| {
        let row =
            |n: u32| json!({"id": format!("whk_{n}"), "name": format!("hook {n}"), "url": "https://h.example.com"});
        state["vult"]["webhooks"] = (0..300).map(row).collect();
    });
    workspace.configure(
        r#"locals { numbers = toset([for n in range(300) : tostring(n)]) }
        resource "idv_vult_webhook" "many" {
          for_each = local.numbers
          name     = "hook ${each.key}"
          url      = "https://h.example.com"
        }
        import {
          for_each = local.numbers
          to       = idv_vult_webhook.many[each.key]
          id       = "whk_${each.key}"
        }"#,
    );
    workspace.apply().succeeded();
    assert_eq!(workspace.state().len(), 300);
    sandbox.forget_requests();
    workspace.plan().assert_empty();
    let lines = sandbox.request_lines();
    // Three full pages, of which the last says that it is: the token and the pages are all.
    assert_eq!(sandbox.count("POST /webhook/list"), 3, "{lines:?}");
    assert_eq!(lines.len(), 4, "{lines:?}");
}

#[test]
fn requirement_sets_of_one_scope_are_read_with_one_request() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    let mut configuration = String::new();
    for kind in ["passport", "passport_card", "driver_license"] {
        for source in ["ocr", "mrz", "nfc"] {
            let name = format!("{kind}_{source}");
            write!(
                configuration,
                "resource \"idv_vult_document_requirements\" \"{name}\" {{\n  document_type = \"{kind}\"\n  data_source = \"{source}\"\n}}\n"
            )
            .unwrap();
        }
    }
    workspace.configure(&configuration);
    workspace.apply().succeeded();
    sandbox.forget_requests();
    workspace.plan().assert_empty();
    assert_eq!(sandbox.count("GET /idv/requirements"), 1, "{:?}", sandbox.request_lines());
}

#[test]
fn a_run_asks_for_one_token_and_one_key() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(
        r#"
        resource "idv_vult_webhook" "one" {
          name = "one"
          url  = "https://h.example.com"
        }
        resource "idv_vult_webhook" "two" {
          name = "two"
          url  = "https://h.example.com"
        }
        resource "idv_vult_weights" "main" {
          age_weight = 2
        }
        resource "idv_vult_document_requirements" "main" {
          document_type = "passport"
          data_source   = "ocr"
        }
        data "idv_vult_webhooks" "all" {}
        resource "idv_onekosmos_service_key" "pipeline" {
          tag = "pipeline"
        }
        resource "idv_onekosmos_service_key" "mobile" {
          tag = "mobile"
        }
        resource "idv_onekosmos_proofing_template" "main" {
          document_type = "dl_object"
          dvc_id        = "dvc_sandbox"
          workflow      = [{ name = "front", type = "CAPTURE_FRONT" }]
        }
        data "idv_onekosmos_bucket" "main" {}
        "#,
    );
    let once = || {
        for line in ["POST /oauth/token", "GET /idproofingapi/publickeys", "POST /api/r1/system/community_info/fetch"] {
            assert_eq!(sandbox.count(line), 1, "{line} in {:?}", sandbox.request_lines());
        }
    };
    workspace.plan();
    once();
    sandbox.forget_requests();
    workspace.apply_saved().succeeded();
    once();
    assert_eq!(sandbox.count("GET /idproofingapi/servicekeys"), 1, "for two keys");
}

#[test]
fn the_service_is_asked_about_itself_without_a_token() {
    let sandbox = Sandbox::start();
    let mut workspace = Workspace::new(&sandbox);
    workspace.set("IDV_VULT_CLIENT_SECRET", "wrong");
    workspace.configure("data \"idv_vult_service\" \"main\" {}\n");
    workspace.apply().succeeded();
    assert_eq!(workspace.state()["data.idv_vult_service.main"]["health"], "healthy");
    assert_eq!(sandbox.count("POST /oauth/token"), 0, "{:?}", sandbox.request_lines());
}
