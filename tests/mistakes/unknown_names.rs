//! Names that a vendor may have added since the release: a warning, and no error.

use super::Bench;
use crate::support::configurations::{DESTINATION, TEMPLATE, WORKFLOW};
use crate::support::rewriter::Rewriter;
use expect_test::expect;

#[test]
fn unknown_names_and_odd_workflows_are_warnings() {
    let configuration = [
        TEMPLATE.replace(
            "\"CAPTURE_FRONT\" }",
            "\"CAPTURE_FORNT\", actions = [{ name = \"next\", on = \"success\", jump_to = \"page\" }] },\n    { name = \"lost\", type = \"PROCESSING\" },\n    { name = \"page\", type = \"HTML\" }",
        ),
        DESTINATION.replace("status.updated", "status.update"),
        WORKFLOW.replace("OCR", "FACEMATCH"),
    ];
    let bench = Bench::new();
    // One block each, because Terraform reports the warnings of several in any order.
    let warnings = configuration.iter().map(|block| {
        bench.workspace.configure(block);
        bench.workspace.validate().succeeded().warnings()
    });
    expect![[r#"
        Warning: Unknown value for `type`
          in resource "idv_onekosmos_proofing_template" "main": `workflow      = [{ name = "front", type = "CAPTURE_FORNT", actions = [{ name = "next", on = "success", jump_to = "page" }] },`
        `workflow[0].type` is `CAPTURE_FORNT`, which this version of the provider does not know. It is sent as it is. Did you mean `CAPTURE_FRONT`? The known values are `HTML`, `CAPTURE_FRONT`, `CAPTURE_BACK`, `CAPTURE_SELFIE` and `PROCESSING`.

        Warning: The HTML step "page" has no HTML
          in resource "idv_onekosmos_proofing_template" "main": `{ name = "page", type = "HTML" }]`
        Step `page` is of type `HTML` and has no page, so people see an empty one. Set `html`, such as `file("welcome.html")`.

        Warning: The step "lost" cannot be reached
          in resource "idv_onekosmos_proofing_template" "main": `{ name = "lost", type = "PROCESSING" },`
        No action of a reachable step jumps to `lost`, so the step is never shown. Set a `jump_to` to it, or remove it.

        Warning: Unknown value for `subscribed_events`
          in resource "idv_didit_webhook_destination" "main": `subscribed_events = ["status.update"]`
        `subscribed_events` is `status.update`, which this version of the provider does not know. It is sent as it is. Did you mean `status.updated`? The known values are `status.updated`, `data.updated`, `user.status.updated`, `user.data.updated`, `business.status.updated`, `business.data.updated`, `activity.created`, `transaction.created`, `transaction.status.updated` and `travel_rule.status.updated`.

        Warning: Unknown value for `feature`
          in resource "idv_didit_workflow" "main": `features       = [{ feature = "FACEMATCH" }]`
        `features[0].feature` is `FACEMATCH`, which this version of the provider does not know. It is sent as it is. Did you mean `FACE_MATCH`? The known values are `OCR`, `NFC`, `LIVENESS`, `FACE_MATCH`, `PROOF_OF_ADDRESS`, `QUESTIONNAIRE`, `DOCUMENT_AI`, `PHONE_VERIFICATION`, `EMAIL_VERIFICATION`, `DATABASE_VALIDATION`, `AML`, `IP_ANALYSIS`, `AGE_ESTIMATION`, `KYB_REGISTRY`, `KYB_DOCUMENTS` and `KYB_KEY_PEOPLE`."#]].assert_eq(&warnings.collect::<Vec<_>>().join("\n\n"));
}

#[test]
fn a_name_that_the_vendor_added_is_kept() {
    for (vendor, configuration, known, added) in [
        ("onekosmos", TEMPLATE, "CAPTURE_FRONT", "CAPTURE_VOICE"),
        ("didit", DESTINATION, "status.updated", "voice.updated"),
        ("didit", WORKFLOW, "OCR", "VOICE"),
    ] {
        let mut bench = Bench::new();
        bench.workspace.configure(configuration);
        bench.workspace.apply().succeeded();
        let rewriter = Rewriter::in_front_of(vendor, &bench.sandbox, &mut bench.workspace);
        rewriter.replace(&[(known, added)]);
        bench.workspace.configure(&configuration.replace(known, added));
        let plan = bench.workspace.plan();
        plan.assert_empty();
        assert!(plan.warnings().contains(&format!("is `{added}`, which this version")), "{}", plan.warnings());
        assert!(rewriter.has_replaced());
    }
}
