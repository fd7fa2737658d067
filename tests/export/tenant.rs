//! A tenant after years of manual work: many objects, and names that were never meant to be code.

use serde_json::{Value, json};

use crate::support::objects;
use crate::support::sandbox::Sandbox;

/// The number of its webhooks: three pages.
pub(super) const WEBHOOKS: usize = 300;

/// Names of webhooks that must be kept in HCL, in a resource's name, and in the vendor's search.
const NAMES: [&str; 12] = [
    "events",
    "events",
    "Order Events (prod)",
    "say \"hello\"",
    "${var.injected} and $${twice}",
    "%{if true}percent%{endif} %%{x}",
    "back\\slash \\n",
    "tab\tand\nnewline",
    "Zürich 日本 🙂",
    "日本",
    "7-eleven",
    "# not a comment // nor this",
];

pub(super) const PAGE: &str = "<html>\n  <p>Dear ${name}, 100%{sure} \"quoted\" \\ ünïcødé</p>\n</html>\n";
const ONE_LINE: &str = "<p>$${not} ${a} $${b}</p>";

/// A sandbox with that tenant.
pub(super) fn sandbox() -> Sandbox {
    // The generation of Xident that has lists.
    let sandbox = Sandbox::start().with_variable("IDV_XIDENT_API", "verify/v1");
    sandbox.change_state(|state| {
        fill_vult(&mut state["vult"]);
        fill_onekosmos(&mut state["onekosmos"]);
        fill_xident(&mut state["xident"]);
        fill_didit(&mut state["didit"]);
    });
    sandbox
}

/// The number of objects that the lists of a sandbox's vendors return, by the table of objects.
pub(super) fn listed(sandbox: &Sandbox) -> usize {
    let state = sandbox.state();
    objects::all().filter_map(|object| object.listed).map(|count| count(&state)).sum()
}

fn fill_vult(vult: &mut Value) {
    let mut of_client = vult["weights"][0].clone();
    of_client["id"] = json!("wgt_client");
    // Both would be read as something else in an import id.
    of_client["client_id"] = json!("eu/shop%2F7");
    of_client["ofac_fuzzy_match_weight"] = json!(33.25);
    vult["weights"].as_array_mut().unwrap().push(of_client);
    let requirements = vult["requirements"].as_array_mut().unwrap();
    requirements.truncate(9);
    requirements[8]["client_id"] = json!("eu/shop%2F7");
    let webhook = |index: usize| {
        let url = format!("https://hooks.example.com/{index}?a=${{b}}&c=%20d");
        json!({"id": format!("whk_{index:06}"), "name": NAMES[index % NAMES.len()], "url": url, "client_id": null})
    };
    vult["webhooks"] = (0..WEBHOOKS).map(webhook).collect();
}

fn fill_onekosmos(onekosmos: &mut Value) {
    let (tenant, community) = (onekosmos["tenant"]["id"].clone(), onekosmos["communities"][0]["id"].clone());
    onekosmos["buckets"] = json!([{
        "_id": "65f1a0c0b0c4e70000000001", "tenantId": tenant, "communityId": community,
        "createdTS": "2021-03-04T05:06:07Z", "updatedTS": "2022-03-04T05:06:07Z",
        "type": "aws", "bucketName": "acme-evidence", "isEnabled": true, "createdBy": "jane",
        "aws_credential": {"accessKey": "AKIAEXAMPLE", "secretKey": "hidden-bucket-secret", "region": "eu-central-1"},
    }]);
    let template = |index: usize| {
        let html = if index.is_multiple_of(2) { PAGE } else { ONE_LINE };
        json!({
            "_id": format!("65f1a0c07e0000000000{index:04}"), "tenantId": tenant, "communityId": community,
            "documentType": (["dl_object", "ppt_object", "idcard_object"][index % 3]), "dvcID": format!("dvc-{index}"),
            "workflow": [
                {"name": "welcome", "type": "HTML", "html": base64(html),
                 "params": [{"name": "title", "field": "session.title"}],
                 "actions": [{"name": "next", "on": "click", "jumpTo": "front"}, {"name": "send", "call": "submit"}]},
                {"name": "front", "type": "CAPTURE_FRONT", "html": ""},
            ],
        })
    };
    onekosmos["templates"] = (0..12).map(template).collect();
}

fn fill_lists_of_didit(didit: &mut Value) {
    didit["customization"]["font_family"] = json!("AR One Sans");
    didit["customization"]["colors"]["color_panel"] = json!("#2567FF80");
    let entry = |uuid: &str, value: &str| json!({"uuid": uuid, "value": value});
    let labelled = json!({
        "uuid": "e-1", "value": "+49151000000", "display_label": "say \"hello\"", "comment": "${var.injected}",
        "metadata": {"full_name": "Zürich 日本", "scores": [0.55, 1e3]},
    });
    let list = |name: &str, entry_type: &str, entries: Value| json!({"uuid": format!("list-{entry_type}"), "name": name, "list_type": "custom", "entry_type": entry_type, "entries": entries});
    let lists = didit["lists"].as_array_mut().unwrap();
    // An entry of a system list, which is no object itself.
    lists[2]["entries"] = json!([entry("e-0", "+49151000002")]);
    lists.push(list("Phones (prod)", "phone", json!([labelled, entry("e-2", "+49151000001")])));
    lists.push(list("7-eleven", "country", json!([entry("e-3", "CHE")])));
}

fn base64(text: &str) -> String {
    use base64::Engine;
    base64::prelude::BASE64_STANDARD.encode(text)
}

fn fill_xident(state: &mut Value) {
    state["blacklist"] = json!([{"id": 17, "reason": "fraud", "image": "ZmFjZQ==", "created_at": 1_700_000_000}]);
    state["api_keys"] = json!([{
        "id": 18, "name": "shop", "rule_id": 7, "created_at": "2026-01-01T00:00:00Z", "token": "hidden-api-key"
    }]);
}

/// A workflow and a questionnaire have two versions, of which the newest counts.
fn fill_didit(state: &mut Value) {
    let workflow = |uuid: &str, id: &str, version: u64, label: &str| {
        json!({
            "uuid": uuid, "workflow_id": id, "version": version, "status": "published",
            "settings": {"workflow_label": label, "retry_window_days": null, "features": [
                {"feature": "OCR", "config": {"documents_allowed": {"DEU": {"P": {"enabled": 1}}}}, "label": "document"},
                {"feature": "LIVENESS"},
            ]},
        })
    };
    state["workflows"] = json!([
        workflow("v-1", "kyc", 1, "before"),
        workflow("v-2", "kyc", 2, "KYC ${2026}"),
        workflow("v-3", "age", 1, "KYC ${2026}"),
    ]);
    let questionnaire = |id: &str, version: u64, title: &str| {
        json!({
            "questionnaire_id": id, "questionnaire_group_id": "onboarding", "version": version, "status": "published",
            "content": {"title": title, "description": "", "languages": ["es", "en"], "default_language": "es",
                        "form_elements": [{"element_type": "short_text", "label": {"en": "?", "es": "?"}}]},
        })
    };
    state["questionnaires"] = json!([questionnaire("q-1", 1, "before"), questionnaire("q-2", 2, "Onboarding \"EU\"")]);
    let destination = |uuid: &str, url: &str| {
        json!({"uuid": uuid, "label": "events", "url": url, "enabled": false, "webhook_version": "v1",
               "subscribed_events": ["data.updated", "activity.created"], "secret_shared_key": "hidden-webhook-secret"})
    };
    state["webhook_destinations"] =
        json!([destination("d-1", "https://hooks.example.com/1"), destination("d-2", "https://hooks.example.com/2")]);
    fill_lists_of_didit(state);
}
