//! Which types an export captures, and which arguments it rejects.

use super::{export, tenant};
use crate::support::workspace::Workspace;

#[test]
fn folder_with_files_is_rejected() {
    let sandbox = tenant::sandbox();
    let workspace = Workspace::new(&sandbox);
    std::fs::create_dir(workspace.path().join("tenant")).unwrap();
    export(&workspace, &["--include", "vult_weights"]).succeeded();
    sandbox.forget_requests();
    let run = export(&workspace, &["--include", "vult_weights"]).failed();
    assert_eq!(
        run.stderr,
        "Error: `tenant` is not empty, and an export overwrites nothing. Name a folder that is empty or does not exist with \
         `--out`.\n"
    );
    assert!(sandbox.requests().is_empty());
}

#[test]
fn arguments_select_types_and_vendors() {
    let sandbox = tenant::sandbox();
    for (arguments, types) in [
        (&["--vendor", "vult"][..], &["vult_document_requirements", "vult_webhook", "vult_weights"][..]),
        (
            &["--vendor", "vult,onekosmos", "--include", "vult_weights,idv_onekosmos_bucket"],
            &["onekosmos_bucket", "vult_weights"],
        ),
        (&["--vendor", "vult", "--vendor", "onekosmos", "--include", "idv_vult_weights"], &["vult_weights"]),
        (&["--include", "onekosmos_bucket"], &["onekosmos_bucket"]),
        (&["--vendor", "vult", "--exclude", "vult_webhook,vult_weights"], &["vult_document_requirements"]),
    ] {
        let workspace = Workspace::new(&sandbox);
        let run = export(&workspace, arguments).succeeded();
        let listed: Vec<_> = run
            .stdout
            .lines()
            .filter_map(|line| line.strip_prefix("  idv_")?.split_once(' '))
            .map(|(name, _)| name)
            .collect();
        assert_eq!(listed, types, "{arguments:?}");
    }
}

#[test]
fn wrong_selection_is_an_error() {
    let sandbox = tenant::sandbox();
    let unconfigured = Workspace::without_vendors();
    let mut half = Workspace::without_vendors();
    half.set("IDV_VULT_BASE_URL", sandbox.url("vult"));
    let whole = Workspace::new(&sandbox);
    for (workspace, arguments, expected) in [
        (&unconfigured, &[][..], "no vendor is configured."),
        (&unconfigured, &["--vendor", "vult"], "`vult` is not configured"),
        (&half, &[], "`IDV_VULT_CLIENT_SECRET`"),
        (&whole, &["--vendor", "vlut"], "there is no vendor `vlut`. There are vult, onekosmos,"),
        (&whole, &["--include", "vult_webhooks"], "there is no type `vult_webhooks`. There are idv_"),
        (&whole, &["--exclude", "webhook"], "there is no type `webhook`."),
    ] {
        let run = export(workspace, arguments).failed();
        assert!(run.stderr.contains(expected), "{arguments:?}: {}", run.stderr);
        assert!(!workspace.path().join("tenant").exists());
    }
}

#[test]
fn mistake_of_an_unselected_vendor_is_ignored() {
    let sandbox = tenant::sandbox();
    let mut workspace = Workspace::new(&sandbox);
    workspace.set("IDV_ONEKOSMOS_CURVE", "round");
    export(&workspace, &["--vendor", "onekosmos"]).failed();
    export(&workspace, &["--vendor", "vult"]).succeeded();
}
