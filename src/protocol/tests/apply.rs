//! Applies that fail after the vendor has changed the object: core rejects a response that does not match the schema, and loses
//! the object with it.

use super::*;
use wire::apply_resource_change::{Request, Response};

async fn apply(bench: &mut Bench, prior: &Value, planned: &Value) -> Response {
    let request = Request {
        type_name: "idv_acme_thing".to_owned(),
        prior_state: Some(write(prior)),
        planned_state: Some(write(planned)),
        config: Some(write(planned)),
        planned_private: br#"{"original":7}"#.to_vec(),
        planned_identity: if prior.is_null() { None } else { identity("42") },
        ..Request::default()
    };
    bench.call("ApplyResourceChange", request).await
}

fn new(name: &str) -> Value {
    thing(&[("id", Value::Unknown), ("name", name.into()), ("size", 3.into())])
}

fn existing(name: &str) -> Value {
    thing(&[("id", "42".into()), ("name", name.into()), ("size", 2.into())])
}

fn private(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn a_create_that_fails_after_the_write_keeps_the_object() {
    let mut bench = Bench::new().await;
    for (name, words) in
        [("surprises", "`surprise` should be absent"), ("panics", "The provider crashed"), ("fails", "It failed")]
    {
        let response = apply(&mut bench, &Value::Null, &new(name)).await;
        let (state, text) = (read(response.new_state), text(&response.diagnostics));
        assert!(text.contains(words), "{name}: {text}");
        assert_eq!((state.get("id"), state.get("name")), (&"42".into(), &name.into()), "{name}");
        assert_eq!(id_of(response.new_identity).as_deref(), Some("42"), "{name}");
        let expected = r#"{"kept":true,"original":7,"tenant":{"base_url":"https://acme.test"}}"#;
        assert_eq!(private(&response.private), expected, "{name}");
    }
}

#[tokio::test]
async fn an_attribute_that_stays_unknown_is_an_error_and_null() {
    let mut bench = Bench::new().await;
    let response = apply(&mut bench, &Value::Null, &new("tells nothing")).await;
    assert!(text(&response.diagnostics).contains("`id` is unknown after the apply"));
    let state = read(response.new_state);
    assert!(state.get("id").is_null() && state.get("size") == &3.into(), "{state:?}");
}

#[tokio::test]
async fn planned_objects_that_the_vendor_does_not_return_are_kept() {
    let mut bench = Bench::new().await;
    let part = Value::Map([("label".to_owned(), "a".into())].into());
    let parts = Value::List(vec![part.clone(), part]);
    let planned = thing(&[("id", Value::Unknown), ("name", "forgets a part".into()), ("parts", parts)]);
    let response = apply(&mut bench, &Value::Null, &planned).await;
    let text = text(&response.diagnostics);
    assert!(
        text.contains("The plan had a list of 2 for `parts`, and the vendor returned a list of 0 after the apply"),
        "{text}"
    );
    assert_eq!(response.diagnostics.len(), 1);
    let state = read(response.new_state);
    assert_eq!((state.get("id"), state.get("parts").as_list().map(<[_]>::len)), (&"42".into(), Some(2)));
}

#[tokio::test]
async fn write_only_values_leave_no_trace_in_any_response() {
    let mut bench = Bench::new().await;
    let response = apply(&mut bench, &Value::Null, &new("tells a secret")).await;
    assert_eq!(text(&response.diagnostics), "");
    assert!(read(response.new_state).get("password_wo").is_null());
}

#[tokio::test]
async fn an_update_that_fails_half_way_keeps_what_fits_and_the_error() {
    let mut bench = Bench::new().await;
    for prior in [Value::Null, existing("fails")] {
        let planned = if prior.is_null() {
            new("fails")
        } else {
            thing(&[("id", "42".into()), ("name", "fails".into()), ("size", 3.into())])
        };
        let response = apply(&mut bench, &prior, &planned).await;
        let text = text(&response.diagnostics);
        // Both errors: the failure, and the saved attribute that does not match the schema.
        assert!(text.contains("It failed") && text.contains("`size` should be a number but is a string"), "{text}");
        assert_eq!(read(response.new_state).get("size"), &3.into(), "the planned value, if no other is known");
    }
}

#[tokio::test]
async fn a_destroy_that_fails_keeps_state_identity_and_private_state() {
    let mut bench = Bench::new().await;
    for name in ["fails", "panics"] {
        let response = apply(&mut bench, &existing(name), &Value::Null).await;
        assert!(!response.diagnostics.is_empty());
        assert_eq!(read(response.new_state), existing(name));
        assert_eq!(id_of(response.new_identity).as_deref(), Some("42"));
        assert_eq!(private(&response.private), r#"{"kept":true,"original":7}"#);
    }
}

#[tokio::test]
async fn an_apply_without_a_client_keeps_the_state() {
    for acme in [Value::Null, Value::Unknown] {
        let mut bench = Bench::configured(acme).await;
        for planned in [existing("a"), Value::Null] {
            let response = apply(&mut bench, &existing("a"), &planned).await;
            assert!(!response.diagnostics.is_empty());
            assert_eq!(read(response.new_state), existing("a"));
            assert_eq!(private(&response.private), r#"{"original":7}"#);
            assert_eq!(
                id_of(response.new_identity).as_deref(),
                Some("42"),
                "core keeps only the identity of the response"
            );
        }
    }
}

#[tokio::test]
async fn an_apply_after_a_stop_returns_its_state() {
    let mut bench = Bench::new().await;
    let stopped: wire::stop_provider::Response = bench.call("StopProvider", wire::stop_provider::Request {}).await;
    assert_eq!(stopped.error, "");
    let response = apply(&mut bench, &Value::Null, &new("a")).await;
    assert_eq!(read(response.new_state).get("id"), &"42".into());
}
