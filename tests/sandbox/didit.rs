//! The stand-in for Didit rejects what the vendor's reference rejects, and responds in its shapes.

use reqwest::{Method, blocking::RequestBuilder};
use serde_json::{Value, json};

use super::send;
use crate::support::sandbox::Sandbox;

/// A sandbox that is called with the key of its application at Didit.
struct Didit(Sandbox);

impl Didit {
    fn start() -> Self {
        Self(Sandbox::start())
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.0.http().request(method, format!("{}{path}", self.0.url("didit")))
    }

    fn keyed(&self, method: Method, path: &str) -> RequestBuilder {
        self.request(method, &format!("/v3{path}")).header("x-api-key", &self.0.env()["IDV_DIDIT_API_KEY"])
    }

    fn get(&self, path: &str) -> (u16, Value) {
        send(self.keyed(Method::GET, path))
    }

    fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        send(self.keyed(Method::POST, path).json(body))
    }

    fn patch(&self, path: &str, body: &Value) -> (u16, Value) {
        send(self.keyed(Method::PATCH, path).json(body))
    }

    fn delete(&self, path: &str) -> u16 {
        send(self.keyed(Method::DELETE, path)).0
    }

    /// Creates an object, which must succeed.
    fn create(&self, path: &str, body: &Value) -> Value {
        let (status, response) = self.post(path, body);
        assert_eq!(status, 201, "{response}");
        response
    }

    /// Sends a body that must be rejected for this field.
    fn rejected(&self, method: Method, path: &str, body: &Value, field: &str) {
        let (status, response) = send(self.keyed(method, path).json(body));
        let named = response[field].as_array().is_some_and(|messages| !messages.is_empty());
        assert!(status == 400 && named, "{body}: {status} {response}");
    }

    /// Follows the links of all pages; returns the number of rows of each page, and all rows.
    fn walk(&self, path: &str) -> (Vec<usize>, Vec<Value>) {
        let (mut sizes, mut rows) = (Vec::new(), Vec::new());
        let mut next = format!("{}/v3{path}", self.0.url("didit"));
        loop {
            let request = self.0.http().get(&next).header("x-api-key", &self.0.env()["IDV_DIDIT_API_KEY"]);
            let (status, mut page) = send(request);
            assert_eq!(status, 200, "{page}");
            let results = page["results"].as_array_mut().unwrap();
            sizes.push(results.len());
            rows.append(results);
            match page["next"].as_str() {
                Some(link) => link.clone_into(&mut next),
                None => break,
            }
            assert_eq!(page["previous"].is_null(), sizes.len() == 1);
        }
        (sizes, rows)
    }

    fn grant(&self, secret: &str, form: &[(&str, &str)]) -> (u16, Value) {
        let id = self.0.state()["didit"]["client_id"].as_str().unwrap().to_owned();
        send(self.request(Method::POST, "/auth/v2/token/").basic_auth(id, Some(secret)).form(&form))
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

const GRANT: [(&str, &str); 1] = [("grant_type", "client_credentials")];

#[test]
fn a_token_is_issued_for_client_credentials_and_expires_after_expires_in() {
    let didit = Didit::start();
    let secret = text(&didit.0.state()["didit"]["client_secret"]).to_owned();
    let (status, response) = didit.grant(&secret, &GRANT);
    assert_eq!((status, &response["expires_in"]), (200, &json!(86_400)));
    let lifetime = response["exp"].as_i64().unwrap() - response["iat"].as_i64().unwrap();
    assert_eq!(lifetime, 864_000, "the page's sample disagrees with its own expires_in");
    let with_token =
        || send(didit.request(Method::GET, "/v3/customization/").bearer_auth(text(&response["access_token"]))).0;
    assert_eq!(with_token(), 200);
    didit.0.advance_clock(86_395);
    assert_eq!(with_token(), 200);
    didit.0.advance_clock(10);
    assert_eq!(with_token(), 403);

    let in_form = [("client_id", "sandbox-didit-client"), ("client_secret", &secret), GRANT[0]];
    for (rejected, status, detail) in [
        (didit.grant("wrong", &GRANT), 401, "Invalid authorization header"),
        (send(didit.request(Method::POST, "/auth/v2/token/").form(&in_form)), 401, "Invalid authorization header"),
        (didit.grant(&secret, &[]), 400, "grant_type is missing"),
        (didit.grant(&secret, &[("grant_type", "password")]), 400, "grant_type password is not offered"),
    ] {
        assert_eq!(rejected, (status, json!({"detail": detail})));
    }
}

#[test]
fn a_wrong_key_returns_403_and_a_path_without_trailing_slash_404() {
    let didit = Didit::start();
    for request in [
        didit.request(Method::GET, "/v3/lists/"),
        didit.request(Method::GET, "/v3/lists/").header("x-api-key", "wrong"),
        didit.request(Method::GET, "/v3/lists/").bearer_auth("wrong"),
    ] {
        let (status, response) = send(request);
        assert!(status == 403 && response["detail"].is_string(), "{status} {response}");
    }
    assert_eq!((didit.get("/lists/").0, didit.get("/lists").0), (200, 404));
}

#[test]
fn the_list_of_webhook_destinations_has_no_secrets() {
    let didit = Didit::start();
    let path = "/webhook/destinations/";
    let url = "https://hooks.example.com/didit";
    let hook = json!({"label": "events", "url": url, "subscribed_events": ["status.updated", "data.updated"]});
    let made = didit.create(path, &hook);
    assert_eq!((&made["enabled"], &made["webhook_version"]), (&json!(true), &json!("v3")));
    assert_eq!(text(&made["secret_shared_key"]).len(), 43);
    let (_, list) = didit.get(path);
    assert_eq!((list.as_array().unwrap().len(), &list[0]["secret_shared_key"]), (1, &Value::Null));

    let one = format!("{path}{}/", text(&made["uuid"]));
    assert_eq!(didit.get(&one).1["secret_shared_key"], made["secret_shared_key"]);
    let (status, changed) = didit.patch(&one, &json!({"subscribed_events": ["activity.created"], "enabled": false}));
    assert_eq!((status, &changed["subscribed_events"]), (200, &json!(["activity.created"])), "replaced, not merged");
    assert_eq!(changed["label"], "events", "an absent field stays unchanged");

    didit.rejected(Method::POST, path, &hook, "url");
    for (change, field) in [
        (json!({"subscribed_events": []}), "subscribed_events"),
        (json!({"subscribed_events": ["*"]}), "subscribed_events"),
        (json!({"webhook_version": "v4"}), "webhook_version"),
        (json!({"url": "hooks.example.com"}), "url"),
        (json!({"label": "x".repeat(256)}), "label"),
        (json!({"secret_shared_key": "mine"}), "secret_shared_key"),
    ] {
        didit.rejected(Method::PATCH, &one, &change, field);
    }
    assert_eq!((didit.delete(&one), didit.delete(&one), didit.get(&one).0), (204, 404, 404));
}

#[test]
fn publishing_a_workflow_again_creates_a_version_with_a_new_uuid() {
    let didit = Didit::start();
    let features = json!([
        {"feature": "OCR", "config": {"documents_allowed": ["P", "ID"]}},
        {"feature": "LIVENESS", "config": {"face_liveness_method": "passive"}, "label": "selfie"},
    ]);
    let made = didit.create("/workflows/", &json!({"workflow_label": "kyc", "features": features, "status": "draft"}));
    assert_eq!((&made["features"], &made["face_liveness_method"]), (&json!("OCR + LIVENESS"), &json!("passive")));
    assert_eq!((&made["max_retry_attempts"], &made["retry_window_days"]), (&json!(3), &json!(7)));
    assert_eq!((&made["status"], &made["version"]), (&json!("draft"), &json!(1)));
    let path = |version: &Value| format!("/workflows/{}/", text(&version["uuid"]));

    let published = didit.patch(&path(&made), &json!({"status": "published"})).1;
    assert_eq!((&published["uuid"], &published["status"]), (&made["uuid"], &json!("published")));
    let edited = didit.patch(&path(&made), &json!({"retry_window_days": null})).1;
    assert_eq!(
        (&edited["uuid"], &edited["version"], &edited["retry_window_days"]),
        (&made["uuid"], &json!(1), &Value::Null)
    );
    let again = didit.patch(&path(&made), &json!({"status": "published", "workflow_label": "kyc 2"})).1;
    assert_eq!((&again["workflow_id"], &again["version"]), (&made["workflow_id"], &json!(2)));
    assert_ne!(again["uuid"], made["uuid"]);

    assert_eq!(didit.get(&path(&made)).1["workflow_label"], "kyc", "the older version stays readable");
    let (_, rows) = didit.walk("/workflows/");
    assert_eq!((rows.len(), &rows[0]["uuid"]), (1, &again["uuid"]), "the list shows the latest");
    let (status, rejected) = didit.patch(&path(&again), &json!({"status": "draft"}));
    assert!(status == 400 && text(&rejected["detail"]).contains("draft"), "{rejected}");
    assert_eq!((didit.delete(&path(&again)), didit.delete(&path(&again))), (204, 404));
    assert_eq!(didit.walk("/workflows/").1[0]["uuid"], made["uuid"], "one version is deleted, not all");
}

#[test]
fn a_workflow_outside_the_documented_bounds_is_rejected() {
    let didit = Didit::start();
    let with = |name: &str, value: Value| {
        let mut body = json!({"workflow_label": "kyc", "features": [{"feature": "OCR"}]});
        body[name] = value;
        body
    };
    for (name, value) in [
        ("workflow_label", json!("x".repeat(51))),
        ("max_retry_attempts", json!(11)),
        ("retry_window_days", json!(0)),
        ("face_liveness_max_attempts", json!(4)),
        ("face_match_max_attempts", json!(0)),
        ("session_expiration_time", json!(3599)),
        ("is_default", json!("yes")),
        ("status", json!("archived")),
        ("features", json!([])),
        ("features", json!([{"feature": "SELFIE"}])),
        ("features", json!([{"feature": "FACE_MATCH"}])),
        ("features", json!([{"feature": "FACE_MATCH"}, {"feature": "OCR"}])),
        ("is_liveness_enabled", json!(true)),
    ] {
        didit.rejected(Method::POST, "/workflows/", &with(name, value), name);
    }
    for number in 0..50 {
        let made = didit.create("/workflows/", &with("workflow_label", json!(format!("kyc {number}"))));
        assert_eq!(made["is_default"], false);
    }
    let (status, full) = didit.post("/workflows/", &with("is_default", json!(true)));
    assert!(status == 400 && text(&full["detail"]).contains("50"), "{full}");

    let (sizes, rows) = didit.walk("/workflows/?limit=20");
    assert_eq!((sizes, &rows[0]["workflow_label"]), (vec![20, 20, 10], &json!("kyc 49")));
    for row in &rows[..2] {
        let (status, _) = didit.patch(&format!("/workflows/{}/", text(&row["uuid"])), &json!({"is_default": true}));
        assert_eq!(status, 200);
    }
    let defaults = didit.walk("/workflows/").1.iter().filter(|row| row["is_default"] == true).count();
    assert_eq!(defaults, 1);
}

#[test]
fn a_questionnaire_does_not_return_its_questions() {
    let didit = Didit::start();
    let label = json!({"en": "What do you do?"});
    let question = json!({"id": "occupation", "element_type": "short_text", "label": label, "is_required": true});
    let body = json!({"title": "Onboarding", "languages": ["en"], "form_elements": [question]});
    let made = didit.create("/questionnaires/", &body);
    assert_eq!(
        (&made["version"], &made["status"], &made["default_language"]),
        (&json!(1), &json!("published"), &json!("en"))
    );
    assert_eq!(made["form_elements"], Value::Null);
    let path = |version: &Value| format!("/questionnaires/{}/", text(&version["questionnaire_id"]));

    let changed = didit.patch(&path(&made), &json!({"title": "Onboarding 2"})).1;
    assert_eq!((&changed["questionnaire_group_id"], &changed["version"]), (&made["questionnaire_group_id"], &json!(2)));
    assert_ne!(changed["questionnaire_id"], made["questionnaire_id"]);
    assert_eq!(didit.get(&path(&made)).1["title"], "Onboarding", "the older version stays");
    let rows = didit.walk("/questionnaires/").1;
    assert_eq!((rows.len(), &rows[0]["uuid"]), (2, &changed["questionnaire_id"]), "one row for each version");

    let with = |name: &str, value: Value| {
        let mut body = body.clone();
        body[name] = value;
        body
    };
    let draft = didit.create("/questionnaires/", &with("status", json!("draft")));
    let same = didit.patch(&path(&draft), &json!({"title": "Draft"})).1;
    assert_eq!((&same["questionnaire_id"], &same["published_at"]), (&draft["questionnaire_id"], &Value::Null));
    let options = |options: Value| json!([{"element_type": "dropdown", "label": {"en": "?"}, "options": options}]);
    for (name, value) in [
        ("languages", json!(["de"])),
        ("default_language", json!("de")),
        ("form_elements", json!([])),
        ("form_elements", json!([{"element_type": "email"}])),
        ("form_elements", json!([{"element_type": "email", "label": {"de": "?"}}])),
        ("form_elements", json!([{"element_type": "email", "label": {"en": "?"}, "next": null}])),
        ("form_elements", json!([{"element_type": "file_upload", "label": {"en": "?"}, "max_files": 6}])),
        ("form_elements", options(json!([]))),
        ("form_elements", options(json!([{"value": "a"}]))),
        ("graph", json!({})),
    ] {
        didit.rejected(Method::POST, "/questionnaires/", &with(name, value), name);
    }
    assert_eq!(didit.post("/questionnaires/", &with("form_elements", options(json!([{"label": {"en": "a"}}])))).0, 201);
    assert_eq!((didit.delete(&path(&changed)), didit.delete(&path(&changed))), (204, 404));
}

#[test]
fn system_lists_cannot_be_deleted_and_names_are_unique() {
    let didit = Didit::start();
    let (sizes, system) = didit.walk("/lists/?list_type=blocklist");
    assert_eq!(sizes, [10]);
    let path = |list: &Value| format!("/lists/{}/", text(&list["uuid"]));
    for list in &system {
        assert_eq!((&list["is_system"], didit.delete(&path(list))), (&json!(true), 400));
    }
    didit.rejected(Method::PATCH, &path(&system[0]), &json!({"name": "mine"}), "name");

    let body = json!({"name": "trusted phones", "list_type": "allowlist", "entry_type": "phone"});
    let made = didit.create("/lists/", &body);
    assert_eq!(
        (&made["description"], &made["is_system"], &made["entry_count"]),
        (&json!(""), &json!(false), &json!(0))
    );
    didit.rejected(Method::POST, "/lists/", &body, "name");
    for (name, value) in [("list_type", "blocklist"), ("entry_type", "fingerprint"), ("name", "")] {
        let mut body = body.clone();
        body["name"] = json!("another");
        body[name] = json!(value);
        didit.rejected(Method::POST, "/lists/", &body, name);
    }
    let changed = didit.patch(&path(&made), &json!({"name": "phones", "description": "Ours."})).1;
    assert_eq!((&changed["name"], &changed["description"]), (&json!("phones"), &json!("Ours.")));
    didit.rejected(Method::PATCH, &path(&made), &json!({"entry_type": "email"}), "entry_type");
    assert_eq!((didit.delete(&path(&made)), didit.delete(&path(&made)), didit.get(&path(&made)).0), (204, 404, 404));
}

#[test]
fn entries_are_normalised_and_unique_and_have_no_read_or_update_by_id() {
    let didit = Didit::start();
    let list = didit.create("/lists/", &json!({"name": "phones", "list_type": "custom", "entry_type": "phone"}));
    let path = format!("/lists/{}/entries/", text(&list["uuid"]));
    let made = didit.create(&path, &json!({"value": "+49 151 000-000", "comment": "Alice", "metadata": {"team": "a"}}));
    assert_eq!((&made["value"], &made["display_label"]), (&json!("+49151000000"), &json!("")));
    didit.rejected(Method::POST, &path, &json!({"value": "+49151000000"}), "value");
    didit.rejected(Method::POST, &path, &json!({"value": "0151 000000"}), "value");
    didit.rejected(Method::POST, &path, &json!({"comment": "nobody"}), "value");
    let one = format!("{path}{}/", text(&made["uuid"]));
    assert_eq!((didit.get(&one).0, didit.patch(&one, &json!({"comment": "Bob"})).0), (405, 405));
    assert_eq!((didit.delete(&one), didit.delete(&one)), (204, 404));
    assert_eq!(didit.get("/lists/nowhere/entries/").0, 404);
}

#[test]
fn five_hundred_entries_are_returned_in_pages() {
    let didit = Didit::start();
    let entry =
        |number: usize| json!({"uuid": format!("seeded-{number}"), "value": format!("user{number}@example.com")});
    let entries: Vec<_> = (0..500).map(entry).collect();
    let list =
        json!({"uuid": "seeded", "name": "people", "list_type": "custom", "entry_type": "email", "entries": entries});
    didit.0.change_state(|state| state["didit"]["lists"].as_array_mut().unwrap().push(list));
    let (sizes, rows) = didit.walk("/lists/seeded/entries/?limit=100");
    assert_eq!((sizes, rows.len()), (vec![100; 5], 500));
    assert_eq!(didit.walk("/lists/seeded/entries/").0, [25; 20]);
    assert_eq!(didit.walk("/lists/seeded/entries/?limit=1000").0, [100; 5], "no page has more");
    assert_eq!(
        didit.walk("/lists/seeded/entries/?search=USER49&limit=4").0,
        [4, 4, 3],
        "user49 and user490 to user499"
    );
    didit.0.change_state(|state| state["didit"]["page_cap"] = json!(200));
    assert_eq!(didit.walk("/lists/seeded/entries/?limit=1000").0, [100; 5], "a cap does not raise the limit");
    didit.0.change_state(|state| state["didit"]["page_cap"] = json!(3));
    assert_eq!(didit.walk("/lists/?limit=100&list_type=blocklist").0, [3, 3, 3, 1]);
    for query in ["?limit=all", "?page=2"] {
        assert_eq!(didit.get(&format!("/lists/seeded/entries/{query}")).0, 400, "{query}");
    }
}

#[test]
fn an_update_of_the_customization_changes_only_the_sent_fields() {
    let didit = Didit::start();
    let (_, before) = didit.get("/customization/");
    assert_eq!((&before["color_panel"], &before["app_public_name"]), (&json!("#2567FF"), &Value::Null));
    let change =
        json!({"color_panel": "#11223344", "app_public_name": "Acme", "font_family": "Lato", "callback_seconds": 0});
    let (status, after) = didit.patch("/customization/", &change);
    assert_eq!((status, &after), (200, &didit.get("/customization/").1));
    let different = |name: &&String| before[*name] != after[*name];
    let names: Vec<_> = before.as_object().unwrap().keys().filter(different).collect();
    assert_eq!(names, ["app_public_name", "callback_seconds", "color_panel", "font_family", "font_url"]);
    for (name, value) in [
        ("color_panel", json!("blue")),
        ("border_radius_panel", json!(-1)),
        ("font_weight", json!("heavy")),
        ("hide_progress_bar", json!(null)),
        ("logo_square", json!("https://example.com/logo.png")),
    ] {
        didit.rejected(Method::PATCH, "/customization/", &json!({name: value}), name);
    }
}
