//! The forms of the output: limits, escapes, and nothing from elsewhere.

use serde_json::{Value, json};

use crate::support::workspace::Workspace;

/// A plan that changes many webhooks and weights, without a vendor.
fn large_plan(count: usize, name: &str) -> Value {
    let change = |index: usize| {
        let webhook = |url: &str| {
            let name = format!("{name} {index}");
            json!({"id": index.to_string(), "name": name, "url": url, "client_id": null})
        };
        json!({
            "address": format!("idv_vult_webhook.many[{index}]"), "mode": "managed", "type": "idv_vult_webhook", "name": "many",
            "provider_name": "registry.terraform.io/identity-as-code/idv",
            "change": {
                "actions": ["delete", "create"],
                "before": webhook("https://a.example.com"), "after": webhook("https://b.example.com"),
                "after_unknown": {"id": true}, "before_sensitive": {}, "after_sensitive": {},
            },
        })
    };
    json!({"format_version": "1.2", "resource_changes": (0..count).map(change).collect::<Vec<_>>()})
}

fn render(plan: &Value, format: &str) -> String {
    let workspace = Workspace::without_vendors();
    workspace.write("plan.json", &plan.to_string());
    let run = workspace.run_provider(&["report", "plan.json", "--format", format]);
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    run.stdout
}

#[test]
fn markdown_of_thousands_of_objects_fits_a_comment_and_says_what_it_leaves_out() {
    for name in ["webhook", "wébhöök @team <b> | `x` \\ with a rather long name that goes on and on, as names do"] {
        let text = render(&large_plan(2000, name), "markdown");
        assert!(text.chars().count() <= 65_536, "{} characters", text.chars().count());
        assert!(text.contains("2000 objects change") && text.contains("have no room here"), "{text}");
    }
    let text = render(&large_plan(20, "webhook"), "markdown");
    assert!(!text.contains("no room") && text.matches("<details>").count() == 20, "{text}");
}

#[test]
fn names_from_outside_are_text_in_every_form() {
    let name = "<script>alert(1)</script> @team | x\" onload=\"y";
    let markdown = render(&large_plan(1, name), "markdown");
    assert!(!markdown.contains("<script") && !markdown.contains("@team") && markdown.contains("\\|"), "{markdown}");
    let html = render(&large_plan(1, name), "html");
    assert!(!html.contains("<script") && !html.contains("\" onload"), "{html}");
}

#[test]
fn html_has_no_script_and_asks_nobody_for_anything() {
    let html = render(&large_plan(3, "webhook"), "html");
    for forbidden in ["<script", "src=", "@import", "url(", "<link rel=\"stylesheet\""] {
        assert!(!html.contains(forbidden), "{forbidden}");
    }
    assert!(
        html.contains("default-src 'none'")
            && html.contains("prefers-color-scheme: dark")
            && html.contains("lang=\"en\"")
    );
}

#[test]
fn json_has_the_documented_form() {
    let document: Value = serde_json::from_str(&render(&large_plan(1, "a"), "json")).unwrap();
    let keys: Vec<_> = document.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["command", "left", "limits", "objects", "right", "unchanged", "version"]);
    let object = &document["objects"][0];
    assert_eq!(object["action"], "replace");
    assert_eq!(object["fields"][0]["sentence"], "URL changes from https://a.example.com to https://b.example.com");
}
