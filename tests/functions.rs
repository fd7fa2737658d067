//! Functions: pure, offline, and compared with the results of other programs.

use serde_json::Value;

use crate::support::workspace::Workspace;

/// The outputs of a configuration whose provider has no vendor.
fn outputs(configuration: &str) -> Value {
    let workspace = Workspace::without_vendors();
    workspace.configure(configuration);
    workspace.apply().succeeded();
    serde_json::from_str(&workspace.run(&["output", "-json"]).succeeded().stdout).unwrap()
}

/// The errors of an expression that must fail.
fn failure(expression: &str) -> String {
    let workspace = Workspace::without_vendors();
    workspace.configure(&format!("output \"it\" {{\n  value = {expression}\n}}\n"));
    workspace.try_plan().failed().errors()
}

/// Payload, secret and signature, computed by `printf PAYLOAD | openssl dgst -sha256 -hmac SECRET`.
const SIGNATURES: &[(&str, &str, &str)] = &[
    ("{\\\"a\\\":1}", "s3cret", "5910e62016ef5034272c926c27071992a465c2335cecf41851bda071577f4f6d"),
    ("1700000000.{\\\"a\\\":1}", "s3cret", "1698a50bc74d1ff1db85c4e0a5297c2ad9fdba245d5737cdb789e4cc6e098940"),
    ("grüße\\n", "ключ", "2f951791bd6967d1a0f7573b7ac2e991b3581c9aa2eb9151738afc5d09a30587"),
];

#[test]
fn signatures_agree_with_openssl() {
    for (payload, secret, signature) in SIGNATURES {
        let found = outputs(&format!(
            "output \"made\" {{\n  value = provider::idv::xident_webhook_signature(\"{payload}\", \"{secret}\")\n}}\n\
             output \"known\" {{\n  value = provider::idv::xident_webhook_is_authentic(\"{payload}\", \"{signature}\", \"{secret}\")\n}}\n\
             output \"other\" {{\n  value = provider::idv::xident_webhook_is_authentic(\"{payload}.\", \"{signature}\", \"{secret}\")\n}}\n"
        ));
        assert_eq!(found["made"]["value"], *signature);
        assert_eq!((&found["known"]["value"], &found["other"]["value"]), (&Value::Bool(true), &Value::Bool(false)));
    }
    let timed = SIGNATURES[1].2;
    let found = outputs(&format!(
        "output \"it\" {{\n  value = provider::idv::xident_webhook_is_authentic(\"{{\\\"a\\\":1}}\", \"t=1700000000,v1={timed}\", \"s3cret\")\n}}\n"
    ));
    assert_eq!(found["it"]["value"], true);
}

/// Curve, private key and public key of the vendor's own helper; the second private key has 31 bytes.
const KEY_PAIRS: &[(&str, &str, &str)] = &[
    (
        "secp256k1",
        "NxcAkLMNySu55B5bsCB1xxHP7sLYNAHyzKIBT5V1RZA=",
        "IqzvDV80tx56uWXNCnprd1XlLFNIPNKWryn/2B51reW9e5epUpLhj80SQslHCAMhfBXrSfHYmqy9ggVXIarRnA==",
    ),
    (
        "secp256k1",
        "9KcpK9i03+Kz/t1R5iXSmN4+cl2uWD0gRQqLkcKSPA==",
        "pQdj/wHLF+oVj480/0L+qMQOku+2ntMc60x42gum6YeQrKguL9huT5yHEhubl6EFa1RpT+BfYh0pIg/4QUj7BQ==",
    ),
    (
        "prime256v1",
        "V/5fpevE+vPr5pC1hn9tSNPsCWTKQpoepczvfAvyIUg=",
        "mmVw6MRtoIzpujepddn5AgZx5wVOObS9q/QzJrxy7rRjvpyKZVj0kJpRTOwNppl5+GQRD/NgfBHrtpkP3cIbEQ==",
    ),
];

#[test]
fn public_keys_agree_with_the_vendors_helper() {
    for (curve, private, public) in KEY_PAIRS {
        let found = outputs(&format!(
            "output \"it\" {{\n  value = provider::idv::onekosmos_public_key(\"{private}\", \"{curve}\")\n}}\n"
        ));
        assert_eq!(found["it"]["value"], *public);
    }
}

#[test]
fn an_import_id_is_parsed_into_the_attributes_of_the_identity() {
    let found = outputs(
        r#"
        output "requirements" {
          value = provider::idv::parse_import_id("idv_vult_document_requirements", "client-7//passport/ocr")
        }
        output "webhook" {
          value = provider::idv::parse_import_id("idv_vult_webhook", "whk_000001")
        }
        output "encoded" {
          value = {
            webhook      = provider::idv::parse_import_id("idv_vult_webhook", "eu%2Fshop/whk_1")
            weights      = provider::idv::parse_import_id("idv_vult_weights", "eu%2Fshop")
            requirements = provider::idv::parse_import_id("idv_vult_document_requirements", "eu%2Fshop/100%25/passport/ocr")
            unencoded    = provider::idv::parse_import_id("idv_vult_weights", "eu/100%")
          }
        }
        "#,
    );
    assert_eq!(
        found["requirements"]["value"],
        serde_json::json!({"client_id": "client-7", "document_type": "passport", "data_source": "ocr"})
    );
    assert_eq!(found["webhook"]["value"], serde_json::json!({"id": "whk_000001"}));
    let requirements = serde_json::json!({
        "client_id": "eu/shop", "user_id": "100%", "document_type": "passport", "data_source": "ocr",
    });
    assert_eq!(
        found["encoded"]["value"],
        serde_json::json!({
            "webhook": {"client_id": "eu/shop", "id": "whk_1"},
            "weights": {"client_id": "eu/shop"},
            "requirements": requirements,
            "unencoded": {"client_id": "eu", "user_id": "100%"},
        })
    );
}

#[test]
fn a_workflow_becomes_a_diagram() {
    let found = outputs(
        r#"
        output "flow" {
          value = provider::idv::proofing_flow_diagram([
            { name = "welcome", type = "HTML", html = "<p>Hello</p>", actions = [{ name = "begin", on = "click", jump_to = "front" }] },
            { name = "front", type = "CAPTURE_FRONT" },
          ])
        }
        "#,
    );
    expect_test::expect![[r#"
        flowchart TD
          s0["welcome<br/>HTML"]
          s1["front<br/>CAPTURE_FRONT"]
          s0 -->|"begin: click"| s1
    "#]]
    .assert_eq(found["flow"]["value"].as_str().unwrap());
}

/// Each failure with the argument that Terraform names.
#[test]
fn a_failure_names_its_argument() {
    for (expression, expected) in [
        ("provider::idv::onekosmos_public_key(\"?\", \"secp256k1\")", "private_key"),
        ("provider::idv::onekosmos_public_key(\"AQ==\", \"p521\")", "curve"),
        ("provider::idv::xident_webhook_signature(\"a\", \"\")", "secret"),
        ("provider::idv::xident_webhook_is_authentic(\"a\", \"b\", \"\")", "secret"),
        ("provider::idv::xident_webhook_signature(null, \"a\")", "payload"),
        ("provider::idv::proofing_flow_diagram(\"a\")", "workflow"),
        ("provider::idv::proofing_flow_diagram([{ name = 1, type = [] }])", "workflow"),
        ("provider::idv::parse_import_id(\"idv_vult_weight\", \"/\")", "type"),
        ("provider::idv::parse_import_id(\"idv_vult_document_requirements\", \"passport\")", "id"),
    ] {
        let errors = failure(expression);
        assert!(errors.contains("Error: Invalid function argument"), "{expression}: {errors}");
        assert!(errors.contains(&format!("Invalid value for \"{expected}\" parameter: ")), "{expression}: {errors}");
    }
}

/// A call that waits for anything would make this test noticeably slow.
#[test]
fn ten_thousand_calls_fit_into_one_plan() {
    let workspace = Workspace::without_vendors();
    workspace.configure(
        r#"
        locals {
          numbers    = flatten([for thousand in range(10) : [for n in range(1000) : thousand * 1000 + n]])
          signatures = [for n in local.numbers : provider::idv::xident_webhook_signature(tostring(n), "s3cret")]
        }
        output "different" {
          value = length(toset(local.signatures))
        }
        output "last" {
          value = local.signatures[9999]
        }
        "#,
    );
    let plan = workspace.plan();
    let outputs = &plan.json()["planned_values"]["outputs"];
    assert_eq!(outputs["different"]["value"], 10_000);
    assert_eq!(outputs["last"]["value"], "732eb0c3069b79ef7faa4547fb046af69b9135c1cc363cbb3e0b6550ebbc849c");
}
