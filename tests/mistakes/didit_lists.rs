//! Mistakes with Didit's lists, their entries and the customization.

use expect_test::expect;

use super::Bench;

#[test]
fn a_list_of_an_unknown_type() {
    Bench::new().validate(
        r#"
resource "idv_didit_list" "main" {
  name       = ""
  list_type  = "blocklist"
  entry_type = "phones"
}
"#,
        &expect![[r#"
            Error: Wrong value for `name`
              in resource "idv_didit_list" "main": `name       = ""`
            `name` must have 1 to 255 characters; found 0.

            Error: Wrong value for `list_type`
              in resource "idv_didit_list" "main": `list_type  = "blocklist"`
            `list_type` must be `allowlist` or `custom`; found `blocklist`."#]],
    );
}

#[test]
fn an_entry_without_a_value_and_with_metadata_that_is_not_an_object() {
    Bench::new().validate(
        r#"
resource "idv_didit_list_entry" "main" {
  list_id  = "b0000000-0000-4000-8000-000000000003"
  value    = ""
  metadata = "ticket 4711"
}
"#,
        &expect![[r#"
            Error: Wrong value for `value`
              in resource "idv_didit_list_entry" "main": `value    = ""`
            `value` must not be empty; found 0.

            Error: Wrong value for `metadata`
              in resource "idv_didit_list_entry" "main": `metadata = "ticket 4711"`
            `metadata` is not a JSON object (expected ident at line 1 column 2); write it with `jsonencode`."#]],
    );
}

#[test]
fn invalid_colours_and_numbers() {
    Bench::new().validate(
        r#"
resource "idv_didit_customization" "main" {
  color_panel         = "blue"
  border_radius_panel = -1
  callback_seconds    = 0.5
  privacy_policy_url  = "acme.example.com/privacy"
  on_destroy          = "delete"
}
"#,
        &expect![[r#"
            Error: Wrong value for `color_panel`
              in resource "idv_didit_customization" "main": `color_panel         = "blue"`
            `color_panel` must be a colour such as `#2567FF` or, with opacity, `#2567FF80`.

            Error: Wrong value for `border_radius_panel`
              in resource "idv_didit_customization" "main": `border_radius_panel = -1`
            `border_radius_panel` must be at least 0; found `-1`.

            Error: Wrong value for `privacy_policy_url`
              in resource "idv_didit_customization" "main": `privacy_policy_url  = "acme.example.com/privacy"`
            `privacy_policy_url` must be an absolute http or https URL, but it does not begin with `https://`; found `acme.example.com/privacy`.

            Error: Wrong value for `callback_seconds`
              in resource "idv_didit_customization" "main": `callback_seconds    = 0.5`
            `callback_seconds` must be a whole number; found `0.5`.

            Error: Wrong value for `on_destroy`
              in resource "idv_didit_customization" "main": `on_destroy          = "delete"`
            `on_destroy` must be `forget` or `restore`; found `delete`."#]],
    );
}

#[test]
fn wrong_import_ids() {
    let bench = Bench::new();
    for (address, id, form) in [
        ("idv_didit_list.main", "a/b", "`LIST_UUID`"),
        ("idv_didit_list_entry.main", "e0000000-0000-4000-8000-000000000001", "`LIST_UUID/ENTRY_UUID`"),
        ("idv_didit_list_entry.main", "a/", "`LIST_UUID/ENTRY_UUID`"),
        ("idv_didit_customization.main", "/", "`customization`"),
    ] {
        bench.workspace.configure(
            r#"
resource "idv_didit_list" "main" {
  name       = "phones"
  list_type  = "custom"
  entry_type = "phone"
}

resource "idv_didit_list_entry" "main" {
  list_id = "b0000000-0000-4000-8000-000000000003"
  value   = "+49 151 000000"
}

resource "idv_didit_customization" "main" {}
"#,
        );
        let refused = bench.workspace.import(address, id).failed().stderr;
        assert!(refused.contains("Wrong import id") && refused.contains(form), "{refused}");
    }
}
