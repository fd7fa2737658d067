//! What a vendor still lists and no longer accepts, and what it returns and does not take.

use crate::support::rewriter::Rewriter;
use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

const API_KEY: &str = "resource \"idv_xident_api_key\" \"main\" {\n  name = \"shop\"\n}\n";

#[test]
fn a_deactivated_api_key_is_replaced_and_not_exported() {
    for (how, is_inactive) in [
        ("\"is_active\":false", true),
        ("\"status\":\"revoked\"", true),
        ("\"disabled\":true", true),
        ("\"is_active\":true", false),
    ] {
        let sandbox = Sandbox::start().with_variable("IDV_XIDENT_API", "verify/v1");
        let mut workspace = Workspace::new(&sandbox);
        workspace.configure(API_KEY);
        workspace.apply().succeeded();
        let rewriter = Rewriter::in_front_of("xident", &sandbox, &mut workspace);
        rewriter.replace(&[("\"name\":\"shop\"", &format!("\"name\":\"shop\",{how}"))]);
        let plan = workspace.plan();
        let expected = if is_inactive { "create" } else { "no-op" };
        assert_eq!(plan.actions("idv_xident_api_key.main"), [expected], "{how}");
        assert_eq!(plan.warnings().contains("was deactivated"), is_inactive, "{how}: {}", plan.warnings());
        assert!(rewriter.has_replaced(), "{how}");

        workspace.run_provider(&["export", "--out", "exported", "--vendor", "xident"]).succeeded();
        let files = std::fs::read_dir(workspace.path().join("exported")).unwrap();
        let exported: String = files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect();
        assert_eq!(exported.contains("to = idv_xident_api_key."), !is_inactive, "{how}: {exported}");
    }
}

const TEMPLATE: &str = r#"
resource "idv_onekosmos_proofing_template" "main" {
  document_type = "dl_object"
  dvc_id        = "dvc_sandbox"
  workflow = [
    { name = "front", type = "CAPTURE_FRONT", actions = [{ name = "next", on = "success", jump_to = "selfie" }] },
    { name = "selfie", type = "CAPTURE_SELFIE" },
  ]
}
"#;

#[test]
fn a_change_that_loses_a_script_warns() {
    for (script, is_lost) in [("\"console.log(1)\"", true), ("{\"run\":1}", true), ("\"\"", false), ("null", false)] {
        let sandbox = Sandbox::start();
        let mut workspace = Workspace::new(&sandbox);
        workspace.configure(TEMPLATE);
        workspace.apply().succeeded();
        let rewriter = Rewriter::in_front_of("onekosmos", &sandbox, &mut workspace);
        rewriter.replace(&[("\"script\":null", &format!("\"script\":{script}"))]);
        workspace.plan().assert_empty();
        workspace.configure(&TEMPLATE.replace("CAPTURE_SELFIE", "PROCESSING"));
        let plan = workspace.plan();
        assert_eq!(plan.actions("idv_onekosmos_proofing_template.main"), ["update"]);
        let warns = plan.warnings().contains("loses scripts") && plan.warnings().contains("steps `front` have");
        assert_eq!(warns, is_lost, "{script}: {}", plan.warnings());
        assert!(rewriter.has_replaced(), "{script}");
    }
}
