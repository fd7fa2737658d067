//! An export says where it comes from, and what the vendor hides.

use super::{export, imports_all, tenant};
use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

fn read(workspace: &Workspace, file: &str) -> String {
    std::fs::read_to_string(workspace.path().join("tenant").join(file)).unwrap()
}

/// The lines of a text from one that begins with this, up to an empty line.
fn paragraph<'t>(text: &'t str, beginning: &str) -> Vec<&'t str> {
    text.lines().skip_while(|line| !line.starts_with(beginning)).take_while(|line| !line.is_empty()).collect()
}

#[test]
fn what_the_vendor_does_not_return_is_named_at_the_resource_and_in_the_summary() {
    let sandbox = tenant::sandbox();
    let workspace = Workspace::new(&sandbox);
    let run = export(&workspace, &[]).succeeded();
    expect_test::expect![[r#"
        Not returned by the vendor, so not known and not in the configuration:
          `form_elements` of idv_didit_questionnaire (1 object)
          `features[*].config` of idv_didit_workflow (2 objects)
          `features[*].label` of idv_didit_workflow (2 objects)
          `dvc_id` of idv_onekosmos_proofing_template (12 objects)"#]]
    .assert_eq(&paragraph(&run.stdout, "Not returned by the vendor, so not known").join("\n"));
    expect_test::expect![[r#"
        Limits:
          VULT lists no clients and users: the document requirements of one are found only if a webhook or a document requirement names it.
          VULT lists no clients and users: the weights of one are found only if a webhook or a document requirement names it."#]].assert_eq(&paragraph(&run.stdout, "Limits:").join("\n"));
    for (file, expected) in [
        (
            "didit_workflows.tf",
            "# NOT RETURNED by the vendor, so not known: `features[*].config`, `features[*].label`.\nresource",
        ),
        ("didit_questionnaires.tf", "# NOT RETURNED by the vendor, so not known: `form_elements`.\nresource"),
        ("onekosmos_buckets.tf", "# SECRET, so a variable: `aws_credential.secret_key_wo`.\nresource"),
        // The entry of a system list, which no resource manages.
        (
            "didit_list_entries.tf",
            "  # The list \"blocklist, phone, Blocklist: phone\", which is not exported.\n  list_id",
        ),
    ] {
        let text = read(&workspace, file);
        assert!(text.contains(expected), "{file}: {text}");
    }
}

#[test]
fn every_file_begins_with_its_origin() {
    let sandbox = tenant::sandbox();
    let workspace = Workspace::new(&sandbox);
    export(&workspace, &["--vendor", "vult,xident"]).succeeded();
    for file in ["versions.tf", "provider.tf", "imports.tf", "variables.tf", "xident_api_keys.tf"] {
        let text = read(&workspace, file);
        let header: Vec<_> = text.lines().take_while(|line| line.starts_with("# ")).collect();
        let [origin, vult, xident] = header[..] else { panic!("{file}: {header:?}") };
        assert!(origin.starts_with("# Exported by terraform-provider-idv 0.1.0 on 20"), "{origin}");
        assert!(origin.ends_with(" UTC."), "{origin}");
        assert_eq!(vult, format!("# From VULT at {}.", sandbox.url("vult").trim_end_matches('/')));
        assert_eq!(xident, format!("# From Xident at {}.", sandbox.url("xident").trim_end_matches('/')));
    }
    let versions = read(&workspace, "versions.tf");
    assert!(versions.contains("required_version = \">= 1.8\"") && versions.contains("\"~> 0.1.0\""), "{versions}");
}

#[test]
fn page_that_several_steps_have_is_one_file() {
    let sandbox = tenant::sandbox();
    let workspace = Workspace::new(&sandbox);
    export(&workspace, &["--include", "onekosmos_proofing_template"]).succeeded();
    let templates = read(&workspace, "onekosmos_proofing_templates.tf");
    assert_eq!(templates.matches("html = file(\"${path.module}/welcome.html\")").count(), 6, "{templates}");
    assert_eq!(read(&workspace, "welcome.html"), tenant::PAGE);
    imports_all(&workspace, 12);
    workspace.write_environment("tenant.env", &sandbox);
    let compared = workspace.run_provider(&["compare", "tenant", "tenant.env"]);
    assert!(!compared.stdout.contains("proofing template differs"), "{}", compared.stdout);
}

#[test]
fn vendors_that_cannot_be_reached_have_one_message_each_and_no_files() {
    let mut workspace = Workspace::without_vendors();
    workspace.set("IDV_MAX_RETRIES", "0");
    for (name, value) in Sandbox::start().env() {
        // Nobody listens there after the sandbox has stopped.
        workspace.set(name, value);
    }
    let run = export(&workspace, &["--vendor", "vult,didit"]).failed();
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.starts_with("Error: nothing could be captured, so nothing was written"), "{}", run.stderr);
    assert_eq!(run.stderr.matches("VULT: ").count(), 1, "{}", run.stderr);
    assert_eq!(run.stderr.matches("Didit: ").count(), 1, "{}", run.stderr);
    assert!(!workspace.path().join("tenant").exists());
}
