//! The forms of a document: OpenAPI 3.0 and 3.1, JSON and YAML, with and without a byte order mark.

use serde_json::{Value as Json, json};

use super::{SUBJECTS, compared};

/// How many forms there are.
pub(super) const FORMS: usize = 8;

/// The text of a document in one of the forms.
pub(super) fn written(document: &Json, form: usize) -> Vec<u8> {
    let mut document = document.clone();
    nulls(&mut document, form & 1 == 1);
    document["openapi"] = json!(if form & 1 == 1 { "3.1.0" } else { "3.0.3" });
    let mark = if form & 2 == 2 { "\u{feff}" } else { "" };
    // JSON with a comment before it is YAML and not JSON.
    let comment = if form & 4 == 4 { "# A document.\n" } else { "" };
    format!("{mark}{comment}{document:#}").into_bytes()
}

/// Writes every type that may be null as `nullable`, or as a list of types.
fn nulls(node: &mut Json, as_list: bool) {
    match node {
        Json::Array(items) => items.iter_mut().for_each(|item| nulls(item, as_list)),
        Json::Object(members) => {
            if let Some(kind) = members.get("type").cloned().filter(|kind| kind.is_string() || kind.is_array()) {
                let is_nullable = members.remove("nullable").is_some() || kind.is_array();
                let kind = kind.as_str().map_or_else(|| kind[0].clone(), |name| json!(name));
                match (is_nullable, as_list) {
                    (true, true) => members.insert("type".to_owned(), json!([kind, "null"])),
                    (true, false) => {
                        members.insert("nullable".to_owned(), json!(true));
                        members.insert("type".to_owned(), kind)
                    }
                    (false, _) => None,
                };
            }
            members.values_mut().for_each(|member| nulls(member, as_list));
        }
        _ => {}
    }
}

#[test]
fn complete_documents_have_everything_in_each_form() {
    for subject in &SUBJECTS {
        for form in 0..FORMS {
            let comparison = compared(&subject.api(), &subject.document(), form);
            let news = ["`next`", "`page`", "`request_id`"];
            let is_new = |detail: &str| news.iter().any(|name| detail.contains(name));
            let wrong: Vec<_> = comparison.differences.iter().filter(|found| !is_new(&found.detail)).collect();
            assert!(wrong.is_empty(), "{} in form {form}: {wrong:#?}", subject.vendor);
            assert_eq!(comparison.known, subject.api().calls.iter().filter(|call| !call.is_optional).count());
            assert_eq!(comparison.unused, Vec::<String>::new());
            assert!(comparison.paths.is_empty());
        }
    }
}
