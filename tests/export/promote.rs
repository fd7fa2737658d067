//! One tenant's configuration for another one: what is there is imported by the other's ids, what is missing is created, and what
//! cannot be promoted is named.

use serde_json::{Value, json};

use super::{commands, run, tenant};
use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

/// The same tenant with other ids: no id of an object is that of the source.
fn with_other_ids(sandbox: &Sandbox) {
    let mut text = sandbox.state().to_string();
    for (from, to) in [
        ("whk_", "whp_"),
        ("wgt_", "wgp_"),
        ("65f1a0c07e", "65f1a0c09e"),
        ("b0000000-0000", "c0000000-0000"),
        ("\"list-", "\"production-"),
        ("\"uuid\":\"e-", "\"uuid\":\"p-"),
        ("\"uuid\":\"v-", "\"uuid\":\"w-"),
        ("\"uuid\":\"d-", "\"uuid\":\"f-"),
        ("\"workflow_id\":\"", "\"workflow_id\":\"p-"),
        ("\"questionnaire_id\":\"", "\"questionnaire_id\":\"p-"),
        ("\"questionnaire_group_id\":\"", "\"questionnaire_group_id\":\"p-"),
    ] {
        assert!(text.contains(from), "the tenant has no {from}");
        text = text.replace(from, to);
    }
    let mut state: Value = serde_json::from_str(&text).unwrap();
    state["didit"]["last_ids"] = json!({"list": 40, "entry": 40, "workflow": 40});
    state["xident"]["api_keys"][0]["id"] = json!(90);
    sandbox.set_state(&state);
}

fn remove(list: &mut Value, is_one: impl Fn(&Value) -> bool) {
    let rows = list.as_array_mut().unwrap();
    let before = rows.len();
    rows.retain(|row| !is_one(row));
    assert!(rows.len() < before, "nothing was removed");
}

/// What production has otherwise: less, more, and other values.
fn production(state: &mut Value) {
    let webhooks = &mut state["vult"]["webhooks"];
    webhooks.as_array_mut().unwrap().truncate(10);
    webhooks[9]["url"] = json!("https://production.example.com/9");
    state["vult"]["weights"][0]["ofac_fuzzy_match_weight"] = json!(77);
    state["onekosmos"]["buckets"][0]["isEnabled"] = json!(false);
    remove(&mut state["onekosmos"]["service_keys"], |key| key["tag"] == "web");
    state["xident"]["api_keys"][0]["rule_id"] = json!(9);
    let didit = &mut state["didit"];
    for version in didit["workflows"].as_array_mut().unwrap() {
        version["settings"]["max_retry_attempts"] = json!(5);
    }
    // The list with its entry, and the entry of a system list.
    remove(&mut didit["lists"], |list| list["name"] == "7-eleven");
    didit["lists"][2]["entries"] = json!([]);
    didit["questionnaires"] = json!([]);
}

/// The source and the target, and a workspace for the former.
fn tenants() -> (Sandbox, Sandbox, Workspace) {
    let (staging, production_tenant) = (tenant::sandbox(), tenant::sandbox());
    staging.change_state(|state| {
        state["vult"]["webhooks"].as_array_mut().unwrap().truncate(12);
        let mut other = state["xident"]["api_keys"][0].clone();
        (other["id"], other["name"], other["rule_id"]) = (json!(19), json!("app"), Value::Null);
        state["xident"]["api_keys"].as_array_mut().unwrap().push(other.clone());
        (other["id"], other["name"], other["rule_id"]) = (json!(20), json!("kiosk"), json!(8));
        state["xident"]["api_keys"].as_array_mut().unwrap().push(other);
    });
    with_other_ids(&production_tenant);
    production_tenant.change_state(production);
    let workspace = Workspace::new(&staging);
    workspace.write_environment("staging.env", &staging);
    workspace.write_environment("production.env", &production_tenant);
    (staging, production_tenant, workspace)
}

/// The commands of the guide are all that a person has to type.
#[test]
fn configuration_of_one_tenant_is_planned_applied_and_compared_at_another() {
    let guide = commands(include_str!("../../docs/guides/promote.md"));
    let [write, apply, compare] = &guide[..] else { panic!("the guide has other blocks: {guide:?}") };
    let (staging, target, workspace) = tenants();
    let before = staging.state();
    let written = run(&workspace, &write[0]).succeeded();
    expect_test::expect![[r#"
        Written into production, for production.env:

                                           import  add  change  replace
          idv_didit_customization               1    0       0        0
          idv_didit_list                        1    1       0        0
          idv_didit_list_entry                  2    2       0        0
          idv_didit_questionnaire               0    0       0        0
          idv_didit_webhook_destination         2    0       0        0
          idv_didit_workflow                    2    0       2        0
          idv_onekosmos_bucket                  1    0       1        0
          idv_onekosmos_proofing_template      12    0       0        0
          idv_onekosmos_service_key             4    0       0        0
          idv_vult_document_requirements        9    0       0        0
          idv_vult_webhook                      9    3       0        0
          idv_vult_weights                      2    0       1        0
          idv_xident_api_key                    1    1       0        0

        1 object is only in the target. Nothing changes or destroys them:
          idv_vult_webhook: 日本, https://production.example.com/9

        Not promoted:
          idv_onekosmos_service_key.web
            The target does not have it, and its API cannot create one.
          idv_xident_face_enrollment (not counted, since the vendor has no list), idv_fiven_credentials_access_request (1 object), idv_xident_blacklist_entry (1 object)
            They are data about people, which stays in its tenant.
          idv_didit_questionnaire.onboarding_eu
            `form_elements` is missing. Didit requires at least one question to create a questionnaire. Add it to `form_elements`; only an imported questionnaire can leave it out.
          idv_xident_api_key.kiosk
            `rule_id` is the id of something that is not exported, and the target has another one.

        To check:
          idv_didit_workflow.kyc_2026: the source has 2 and the target 2 of this name, so they were matched in their order. Check the plan of this one.
          idv_didit_workflow.kyc_2026_2: the source has 2 and the target 2 of this name, so they were matched in their order. Check the plan of this one.
          idv_xident_api_key.shop: `rule_id` is the id of something that is not exported. The target's value is kept.

        Not returned by the vendor, so not known and not in the configuration:
          `features[*].config` of idv_didit_workflow (2 objects)
          `features[*].label` of idv_didit_workflow (2 objects)
          `dvc_id` of idv_onekosmos_proofing_template (12 objects)

        Limits:
          VULT lists no clients and users: the document requirements of one are found only if a webhook or a document requirement names it.
          VULT lists no clients and users: the weights of one are found only if a webhook or a document requirement names it.

        Not returned by the vendor, so variables in variables.tf:
          acme_evidence_secret_key: for idv_onekosmos_bucket.acme_evidence, needed for a plan

        Next, with the variables of production.env in the environment (OpenTofu's `tofu` works too; skip `init` with `dev_overrides`):

          terraform -chdir=production init
          terraform -chdir=production plan
          terraform -chdir=production apply

        The plan shows "46 to import, 7 to add, 4 to change, 0 to destroy". After the apply, imports.tf is no longer needed.
    "#]].assert_eq(&written.stdout);
    assert_eq!(staging.state()["didit"], before["didit"]);

    let mut production = Workspace::new(&target);
    production.copy_folder(&workspace.path().join("production"), "production");
    production.set("TF_CLI_ARGS_plan", "-input=false -no-color -detailed-exitcode");
    production.set("TF_CLI_ARGS_apply", "-input=false -no-color -auto-approve");
    // A changed bucket needs its secret.
    production.set("TF_VAR_acme_evidence_secret_key", "production-secret");
    let [plan, apply, second_plan] = &apply[..] else { panic!("the guide has other commands: {apply:?}") };
    let planned = run(&production, plan);
    let line = written.stdout.split('"').nth_back(1).unwrap();
    assert!(planned.stdout.contains(&format!("Plan: {line}.")), "the plan differs from the summary: {line}");
    // Old and new values of what changes.
    assert!(planned.stdout.contains("= 77 -> "), "{}", planned.stdout);
    run(&production, apply).succeeded();
    run(&production, second_plan).succeeded();
    let compared = run(&workspace, &compare[0]);
    expect_test::expect![[r#"
        What differs between staging.env and production.env
        5 objects differ: 5 neutral.

        neutral   Didit questionnaire Onboarding "EU" is only in staging.env
                  - title: Onboarding "EU"
                  - languages: en, es
                  - default language: es

        neutral   1Kosmos service key web is only in staging.env
                  - tag: web

        neutral   Xident API key kiosk is only in staging.env
                  - name: kiosk
                  - rule ID: 8

        neutral   VULT webhook 日本, https://production.example.com/9 is only in production.env
                  - name: 日本
                  - URL: https://production.example.com/9

        neutral   Xident API key shop differs
                  affects everybody in the tenant
                  - rule ID rises from 7 to 9
    "#]]
    .assert_eq(&compared.stdout);
}
