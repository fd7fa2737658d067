//! A run with the variables of another tenant, and a tenant that has another address now.

use expect_test::expect;

use crate::support::objects;
use crate::support::sandbox::Sandbox;
use crate::support::terraform;
use crate::support::workspace::Workspace;

const WEBHOOK: &str = r#"resource "idv_vult_webhook" "main" {
  name = "events"
  url  = "https://hooks.example.com/idv"
}
"#;

/// Points the workspace at the tenants of another sandbox.
fn configure_for(workspace: &mut Workspace, other: &Sandbox) {
    for (name, value) in other.env() {
        workspace.set(name, value);
    }
}

#[test]
fn refresh_with_another_tenants_variables_fails_for_every_object() {
    for (terraform, has_write_only) in [(terraform::pinned(), true), (terraform::oldest(), false)] {
        let (sandbox, other) = (objects::sandbox(), objects::sandbox());
        let mut workspace = Workspace::new(&sandbox).with_terraform(terraform);
        let tested = || objects::all().filter(|object| has_write_only || !object.is_write_only());
        workspace.configure(&objects::configuration(tested(), |_| ""));
        workspace.apply().succeeded();
        configure_for(&mut workspace, &other);
        other.forget_requests();
        let errors = workspace.try_plan().failed().errors();
        for object in tested() {
            let named = format!("for this `{}`", object.type_name);
            assert!(errors.contains(&named), "no error about {}: {errors}", object.type_name);
            let address = format!("base_url = \"{}", sandbox.url(object.vendor()));
            assert!(errors.contains(&address) && errors.contains(other.url(object.vendor())), "{errors}");
        }
        assert_eq!(errors.matches("Error: ").count(), tested().count(), "{errors}");
        assert_eq!(errors.matches("use a state for each").count(), 1, "the advice is given once: {errors}");
        assert!(other.requests().is_empty(), "{:?}", other.request_lines());
        // Neither does a plan without a refresh, nor a destroy.
        for arguments in [&["plan", "-json", "-refresh=false"][..], &["plan", "-json", "-refresh=false", "-destroy"]] {
            let errors = workspace.run(arguments).failed().errors();
            assert!(errors.contains("is of another tenant"), "{errors}");
        }
    }
}

#[test]
fn message_names_both_tenants_and_the_way_out() {
    let (sandbox, other) = (Sandbox::start(), Sandbox::start());
    let mut workspace = Workspace::new(&sandbox);
    workspace.configure(WEBHOOK);
    workspace.apply().succeeded();
    let id = workspace.state()["idv_vult_webhook.main"]["id"].as_str().unwrap().to_owned();
    configure_for(&mut workspace, &other);
    let errors = workspace.try_plan().failed().errors();
    let errors = errors.replace(sandbox.url("vult"), "THEIRS").replace(other.url("vult"), "OURS").replace(&id, "ID");
    expect![[r#"
        Error: The object "ID" is of another tenant
          in resource "idv_vult_webhook" "main": `resource "idv_vult_webhook" "main" {`
        State has `base_url = "THEIRS"` for this `idv_vult_webhook`, and the provider is configured for `OURS`. Nothing was read or changed.

        If this run has the variables or the provider block of another tenant, use those of the tenant in state. To manage both, use a state for each, such as a workspace, or a provider block with an `alias`.

        If the tenant itself has moved to the new address, set `former_addresses = ["THEIRS"]` in the provider block, or IDV_FORMER_ADDRESSES, and run `terraform apply -refresh-only` once, which records the new address."#]].assert_eq(&errors);
}

/// A create is planned again with the variables of the apply, and Terraform does not say what the first plan was for.
#[test]
fn saved_update_is_not_applied_in_another_tenant() {
    let (sandbox, other) = (Sandbox::start(), Sandbox::start());
    for terraform in [terraform::pinned(), terraform::oldest()] {
        let mut workspace = Workspace::new(&sandbox).with_terraform(terraform);
        let weights = |weight: u32| {
            workspace.configure(&format!("resource \"idv_vult_weights\" \"main\" {{\n  age_weight = {weight}\n}}\n"));
        };
        weights(5);
        workspace.apply().succeeded();
        weights(6);
        workspace.plan();
        configure_for(&mut workspace, &other);
        let errors = workspace.apply_saved().failed().errors();
        assert!(errors.contains("is of another tenant"), "{errors}");
        assert_eq!(other.count("POST /idv/weights"), 0);
        assert_eq!(workspace.state()["idv_vult_weights.main"]["age_weight"], 5);
    }
}

#[test]
fn moved_tenant_is_accepted_by_its_former_address() {
    for terraform in [terraform::pinned(), terraform::oldest()] {
        let (sandbox, other) = (Sandbox::start(), Sandbox::start());
        let mut workspace = Workspace::new(&sandbox).with_terraform(terraform);
        workspace.configure(WEBHOOK);
        workspace.apply().succeeded();
        other.set_state(&sandbox.state());
        configure_for(&mut workspace, &other);
        workspace.try_plan().failed();
        workspace.set("IDV_FORMER_ADDRESSES", &format!("{}/", sandbox.url("vult")));
        workspace.run(&["apply", "-json", "-auto-approve", "-refresh-only"]).succeeded();
        workspace.set("IDV_FORMER_ADDRESSES", "");
        workspace.plan().assert_empty();
    }
}

#[test]
fn another_spelling_of_the_address_is_the_same_tenant() {
    let sandbox = Sandbox::start();
    let mut workspace = Workspace::new(&sandbox);
    let port = sandbox.url("vult").rsplit(':').next().unwrap().to_owned();
    workspace.set("IDV_VULT_BASE_URL", &format!("http://LOCALHOST:{port}/"));
    workspace.configure(WEBHOOK);
    workspace.apply().succeeded();
    workspace.set("IDV_VULT_BASE_URL", &format!("http://localhost:{port}"));
    workspace.plan().assert_empty();
}

#[test]
fn another_community_of_one_tenant_is_another_tenant() {
    let sandbox = Sandbox::start();
    let mut workspace = Workspace::new(&sandbox);
    workspace.configure(&objects::find("idv_onekosmos_proofing_template").created());
    workspace.apply().succeeded();
    workspace.set("IDV_ONEKOSMOS_TENANT_ID", "65f1a0c05eed000000000001");
    workspace.set("IDV_ONEKOSMOS_COMMUNITY_ID", "65f1a0c05eed0000000000ff");
    let errors = workspace.try_plan().failed().errors();
    assert!(errors.contains("State has `community_id = \"65f1a0c05eed000000000002\"` for this"), "{errors}");
    assert!(errors.contains("configured for `65f1a0c05eed0000000000ff`"), "{errors}");
}

#[test]
fn secret_of_the_environment_for_another_address_is_a_warning() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    let block = |attributes: &str| {
        format!("provider \"idv\" {{\n  vult = {{ {attributes} }}\n}}\ndata \"idv_vult_webhooks\" \"all\" {{}}\n")
    };
    let warnings = |attributes: &str| {
        workspace.configure(&block(attributes));
        workspace.plan().warnings()
    };
    let port = sandbox.url("vult").rsplit(':').next().unwrap();
    let elsewhere = format!("base_url = \"http://localhost:{port}\"");
    let shown = warnings(&elsewhere).replace(port, "PORT");
    expect![[r#"
        Warning: `vult.base_url` is not that of the environment
          in provider "idv": `vult = { base_url = "http://localhost:PORT" }`
        The provider block sets `base_url` to `http://localhost:PORT`, and the environment has `IDV_VULT_BASE_URL` with another value. The secret comes from `IDV_VULT_CLIENT_SECRET`, so a secret that belongs to the address of the environment goes to `http://localhost:PORT`. If the block is for another tenant, set its secrets in the block, such as by input variables. If both are one tenant, unset `IDV_VULT_BASE_URL`."#]].assert_eq(&shown);
    // The block and the environment agree, or the block has its own secret, or the environment has no address.
    assert_eq!(warnings(&format!("base_url = \"{}/\"", sandbox.url("vult"))), "");
    let own = &sandbox.env()["IDV_VULT_CLIENT_SECRET"];
    assert_eq!(warnings(&format!("{elsewhere}, client_secret = \"{own}\"")), "");
    let mut usual = Workspace::new(&sandbox);
    usual.set("IDV_VULT_BASE_URL", "");
    usual.configure(&block(&elsewhere));
    assert_eq!(usual.plan().warnings(), "");
}
