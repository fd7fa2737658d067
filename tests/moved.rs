//! A `moved` block moves resources of the generic REST providers to this one, without a write at the vendor.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::sandbox::{BINARY, Sandbox};
use crate::support::workspace::Workspace;

/// A state as Terraform stores it with one resource of another provider.
fn state(provider: &str, kind: &str, version: u64, attributes: &Value) -> String {
    let state = json!({
        "version": 4, "terraform_version": "1.11.4", "serial": 7, "lineage": "3f8c5c2e-0000-4000-8000-000000000001",
        "outputs": {}, "check_results": null,
        "resources": [{
            "mode": "managed", "type": kind, "name": "old", "provider": format!("provider[\"registry.terraform.io/{provider}\"]"),
            "instances": [{"schema_version": version, "attributes": attributes, "sensitive_attributes": []}],
        }],
    });
    state.to_string()
}

/// A workspace of a sandbox in which the two providers are installed. Terraform requires the provider that wrote a state, but only
/// calls the one that the resource moves to, so links to the provider under test serve.
fn workspace(sandbox: &Sandbox) -> Workspace {
    let workspace = Workspace::new(sandbox);
    let own = Path::new(BINARY).parent().unwrap().display().to_string();
    let mut overrides = vec![("identity-as-code/idv", own)];
    for (source, name) in [("mastercard/restapi", "restapi"), ("magodo/restful", "restful")] {
        let folder = workspace.path().join("providers").join(name);
        std::fs::create_dir_all(&folder).unwrap();
        std::os::unix::fs::symlink(BINARY, folder.join(format!("terraform-provider-{name}"))).unwrap();
        overrides.push((source, folder.display().to_string()));
    }
    let lines: Vec<_> = overrides.iter().map(|(source, folder)| format!("    \"{source}\" = \"{folder}\"\n")).collect();
    let lines = lines.concat();
    workspace
        .write("cli.tfrc", &format!("provider_installation {{\n  dev_overrides {{\n{lines}  }}\n  direct {{}}\n}}\n"));
    workspace
}

/// One resource of another provider and what it becomes.
struct Case {
    provider: &'static str,
    kind: &'static str,
    /// The attributes that its provider stored; null ones are omitted.
    attributes: Value,
    /// The type here.
    target: &'static str,
    /// The body of its configuration.
    body: &'static str,
}

impl Case {
    fn workspace(&self, sandbox: &Sandbox) -> Workspace {
        let workspace = workspace(sandbox);
        let Self { kind, target, body, .. } = self;
        workspace.configure(&format!(
            "resource \"{target}\" \"new\" {{\n{body}\n}}\nmoved {{\n  from = {kind}.old\n  to   = {target}.new\n}}\n"
        ));
        workspace.write("terraform.tfstate", &state(self.provider, kind, 0, &self.attributes));
        workspace
    }

    /// Moves it, and checks that nothing is written at the vendor. Returns its state.
    fn moves(&self, sandbox: &Sandbox) -> Value {
        let workspace = self.workspace(sandbox);
        let address = format!("{}.new", self.target);
        let plan = workspace.plan();
        assert_eq!(plan.actions(&address), ["no-op"]);
        let change =
            plan.json()["resource_changes"].as_array().unwrap().iter().find(|change| change["address"] == address);
        assert_eq!(change.unwrap()["previous_address"], format!("{}.old", self.kind));
        workspace.apply_saved().succeeded();
        workspace.plan().assert_empty();
        let written = sandbox.request_lines().into_iter().filter(|line| {
            ["PUT", "PATCH", "DELETE", "POST /idv", "POST /webhook/create"].iter().any(|write| line.starts_with(write))
        });
        assert_eq!(written.collect::<Vec<_>>(), Vec::<String>::new());
        workspace.state().remove(&address).unwrap()
    }

    fn error(&self, sandbox: &Sandbox) -> String {
        self.workspace(sandbox).try_plan().failed().errors()
    }
}

const WEBHOOK: &str = "name = \"events\"\nurl = \"https://hooks.example.com/idv\"";

fn webhook(attributes: Value) -> Case {
    Case {
        provider: "mastercard/restapi",
        kind: "restapi_object",
        attributes,
        target: "idv_vult_webhook",
        body: WEBHOOK,
    }
}

fn with_webhook() -> Sandbox {
    let sandbox = Sandbox::start();
    let row = json!({"id": "whk_000042", "name": "events", "url": "https://hooks.example.com/idv", "client_id": null});
    sandbox.change_state(|state| state["vult"]["webhooks"] = json!([row]));
    sandbox
}

#[test]
fn a_webhook_moves_from_restapi() {
    let sandbox = with_webhook();
    let moved = webhook(json!({
        "id": "whk_000042", "path": "/webhook", "create_path": "/webhook/create", "read_path": "/webhook/list",
        "data": r#"{"name":"events","url":"https://hooks.example.com/idv"}"#, "api_response": r#"{"webhooks":[]}"#,
        "api_data": {"name": "events"},
    }))
    .moves(&sandbox);
    assert_eq!(moved["id"], "whk_000042");
}

#[test]
fn the_weights_of_a_client_move_from_restapi() {
    let sandbox = Sandbox::start();
    sandbox.change_state(|state| {
        let mut set = state["vult"]["weights"][0].clone();
        (set["id"], set["client_id"]) = (json!("wgt_client"), json!("client-7"));
        state["vult"]["weights"].as_array_mut().unwrap().push(set);
    });
    let moved = Case {
        provider: "mastercard/restapi",
        kind: "restapi_object",
        attributes: json!({
            "id": "weights", "object_id": "weights", "path": "/idv/weights", "query_string": "client_id=client-7",
            "data": r#"{"ofac_fuzzy_match_weight":12}"#,
        }),
        target: "idv_vult_weights",
        body: "client_id = \"client-7\"\nofac_fuzzy_match_weight = 12",
    }
    .moves(&sandbox);
    assert_eq!((&moved["client_id"], &moved["age_weight"]), (&json!("client-7"), &json!(1.1)));
}

#[test]
fn document_requirements_move_from_restful() {
    let sandbox = Sandbox::start();
    let body = json!({"type_e": "passport", "data_source_e": "ocr"});
    let moved = Case {
        provider: "magodo/restful",
        kind: "restful_resource",
        attributes: json!({
            "id": "/idv/requirements", "path": "/idv/requirements", "update_method": "POST",
            "body": {"value": body, "type": ["object", {"type_e": "string", "data_source_e": "string"}]},
            "output": {"value": {}, "type": ["object", {}]},
        }),
        target: "idv_vult_document_requirements",
        body: "document_type = \"passport\"\ndata_source = \"ocr\"",
    }
    .moves(&sandbox);
    assert!(moved["face_encoding_required"].is_boolean());
}

#[test]
fn a_template_moves_from_restful_with_and_without_a_session() {
    let sandbox = Sandbox::start();
    let tenant = sandbox.state()["onekosmos"]["tenant"]["id"].as_str().unwrap().to_owned();
    let community = sandbox.state()["onekosmos"]["communities"][0]["id"].as_str().unwrap().to_owned();
    let workflow = json!([{"name": "welcome", "type": "HTML", "html": "PHA+SGk8L3A+", "params": [], "actions": []}]);
    sandbox.change_state(|state| {
        state["onekosmos"]["templates"] = json!([{
            "_id": "65f1a0c07e00000000000001", "tenantId": tenant, "communityId": community, "documentType": "ppt_object",
            "dvcID": "dvc-1", "workflow": workflow,
        }]);
    });
    let path = format!("/idproofingapi/proofingtemplates/tenant/{tenant}/community/{community}");
    let body = json!({"documentType": "ppt_object", "dvcID": "dvc-1", "workflow": workflow});
    let case = Case {
        provider: "magodo/restful",
        kind: "restful_resource",
        attributes: json!({"id": format!("{path}/id/65f1a0c07e00000000000001"), "path": path, "body": body.to_string()}),
        target: "idv_onekosmos_proofing_template",
        body: "dvc_id = \"dvc-1\"\ndocument_type = \"ppt_object\"\nworkflow = [{ name = \"welcome\", type = \"HTML\", html = \"<p>Hi</p>\" }]",
    };
    let moved = case.moves(&sandbox);
    assert_eq!((&moved["id"], &moved["tenant_id"]), (&json!("65f1a0c07e00000000000001"), &json!(tenant)));
    let mut without = case.workspace(&sandbox);
    without.set("IDV_ONEKOSMOS_TEMPLATE_SESSION_ID", "");
    assert_eq!(without.plan().actions("idv_onekosmos_proofing_template.new"), ["no-op"]);
}

#[test]
fn a_bucket_moves_from_restapi_without_its_secret() {
    let sandbox = Sandbox::start();
    let tenant = sandbox.state()["onekosmos"]["tenant"]["id"].as_str().unwrap().to_owned();
    let community = sandbox.state()["onekosmos"]["communities"][0]["id"].as_str().unwrap().to_owned();
    let sent = json!({
        "type": "aws", "bucketName": "acme-evidence", "isEnabled": true, "createdBy": "jane",
        "aws_credential": {"accessKey": "AKIAEXAMPLE", "secretKey": "hidden-bucket-secret", "region": "eu-central-1"},
    });
    sandbox.change_state(|state| {
        let mut bucket = sent.clone();
        bucket["_id"] = json!("65f1a0c0b0c4e70000000001");
        (bucket["tenantId"], bucket["communityId"]) = (json!(tenant), json!(community));
        (bucket["createdTS"], bucket["updatedTS"]) = (json!("2021-03-04T05:06:07Z"), json!("2022-03-04T05:06:07Z"));
        state["onekosmos"]["buckets"] = json!([bucket]);
    });
    let path = format!("/bucket/tenant/{tenant}/community/{community}");
    let moved = Case {
        provider: "mastercard/restapi",
        kind: "restapi_object",
        attributes: json!({"id": "bucket", "path": path, "data": sent.to_string()}),
        target: "idv_onekosmos_bucket",
        body: "type = \"aws\"\nbucket_name = \"acme-evidence\"\ncreated_by = \"jane\"\n\
               aws_credential = { access_key = \"AKIAEXAMPLE\", region = \"eu-central-1\" }",
    }
    .moves(&sandbox);
    assert!(!moved.to_string().contains("hidden-bucket-secret"), "{moved:#}");
}

#[test]
fn an_object_that_cannot_be_moved_is_an_error() {
    let sandbox = with_webhook();
    let attributes = json!({"id": "whk_000042", "path": "/hooks", "data": "{}"});
    expect_test::expect![[r#"
        Error: Cannot be moved to `idv_vult_webhook`
        The object was managed at `/hooks`, and `idv_vult_webhook` is managed at `/webhook/create`, `/webhook/list`, `/webhook`. Check the type of the object. If the paths of your tenant differ, remove the old resource from state with `terraform state rm`, and import the object instead."#]].assert_eq(&webhook(attributes.clone()).error(&sandbox));
    let of_unknown_type = Case { kind: "restapi_thing", ..webhook(attributes.clone()) };
    expect_test::expect![[r#"
        Error: Cannot be moved to `idv_vult_webhook`
        The `moved` block moves a `restapi_thing` of the provider `registry.terraform.io/mastercard/restapi`. `idv_vult_webhook` can be moved from `restapi_object` of Mastercard/restapi and from `restful_resource` of magodo/restful. Remove the old resource from state with `terraform state rm`, and import the object instead."#]].assert_eq(&of_unknown_type.error(&sandbox));
    let key = Case { target: "idv_onekosmos_service_key", body: "tag = \"web\"", ..webhook(attributes) };
    expect_test::expect![[r#"
        Error: Cannot be moved to `idv_onekosmos_service_key`
        The `moved` block moves a `restapi_object` of the provider `registry.terraform.io/mastercard/restapi`. No resource of another type can be moved to `idv_onekosmos_service_key`. Remove the old resource from state with `terraform state rm`, and import the object instead."#]].assert_eq(&key.error(&sandbox));
    let requirements = Case {
        target: "idv_vult_document_requirements",
        body: "document_type = \"passport\"\ndata_source = \"ocr\"",
        ..webhook(json!({"id": "x", "path": "/idv/requirements", "data": r#"{"type_e": "passport"}"#}))
    };
    assert!(requirements.error(&sandbox).contains("has no `data_source`"));
}
