//! Applies that go wrong after the vendor has carried them out: core throws an answer away that does not fit, and with it
//! the object.

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
async fn an_object_is_kept_whatever_its_create_ends_with() {
    let mut bench = Bench::new().await;
    for (name, words) in
        [("surprises", "`surprise` should be absent"), ("panics", "The provider crashed"), ("fails", "It failed")]
    {
        let answer = apply(&mut bench, &Value::Null, &new(name)).await;
        let (state, told) = (read(answer.new_state), told(&answer.diagnostics));
        assert!(told.contains(words), "{name}: {told}");
        assert_eq!((state.get("id"), state.get("name")), (&"42".into(), &name.into()), "{name}");
        assert_eq!(id_of(answer.new_identity).as_deref(), Some("42"), "{name}");
        assert_eq!(private(&answer.private), r#"{"kept":true,"original":7}"#, "{name}");
    }
}

#[tokio::test]
async fn what_the_vendor_does_not_tell_is_an_error_and_null() {
    let mut bench = Bench::new().await;
    let answer = apply(&mut bench, &Value::Null, &new("tells nothing")).await;
    assert!(told(&answer.diagnostics).contains("`id` was not applied as planned"));
    let state = read(answer.new_state);
    assert!(state.get("id").is_null() && state.get("size") == &3.into(), "{state:?}");
}

#[tokio::test]
async fn nested_objects_that_do_not_come_true_are_the_vendors_doing() {
    let mut bench = Bench::new().await;
    let part = Value::Map([("label".to_owned(), "a".into())].into());
    let parts = Value::List(vec![part.clone(), part]);
    let planned = thing(&[("id", Value::Unknown), ("name", "forgets a part".into()), ("parts", parts)]);
    let answer = apply(&mut bench, &Value::Null, &planned).await;
    let told = told(&answer.diagnostics);
    assert!(
        told.contains("The plan had a list of 2 for `parts`, and after the apply the vendor returns a list of 0"),
        "{told}"
    );
    assert_eq!(answer.diagnostics.len(), 1);
    assert_eq!(read(answer.new_state).get("id"), &"42".into());
}

#[tokio::test]
async fn write_only_values_leave_no_trace_in_any_answer() {
    let mut bench = Bench::new().await;
    let answer = apply(&mut bench, &Value::Null, &new("tells a secret")).await;
    assert_eq!(told(&answer.diagnostics), "");
    assert!(read(answer.new_state).get("password_wo").is_null());
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
        let answer = apply(&mut bench, &prior, &planned).await;
        let told = told(&answer.diagnostics);
        // Both: what failed, and what of the state that was saved does not fit.
        assert!(told.contains("It failed") && told.contains("`size` should be a number but is a string"), "{told}");
        assert_eq!(read(answer.new_state).get("size"), &3.into(), "what was planned, where nothing better is known");
    }
}

#[tokio::test]
async fn a_destroy_that_fails_keeps_the_object_its_identity_and_what_is_private() {
    let mut bench = Bench::new().await;
    for name in ["fails", "panics"] {
        let answer = apply(&mut bench, &existing(name), &Value::Null).await;
        assert!(!answer.diagnostics.is_empty());
        assert_eq!(read(answer.new_state), existing(name));
        assert_eq!(id_of(answer.new_identity).as_deref(), Some("42"));
        assert_eq!(private(&answer.private), r#"{"kept":true,"original":7}"#);
    }
}

#[tokio::test]
async fn without_a_client_nothing_is_wiped() {
    for acme in [Value::Null, Value::Unknown] {
        let mut bench = Bench::configured(acme).await;
        for planned in [existing("a"), Value::Null] {
            let answer = apply(&mut bench, &existing("a"), &planned).await;
            assert!(!answer.diagnostics.is_empty());
            assert_eq!(read(answer.new_state), existing("a"));
            assert_eq!(private(&answer.private), r#"{"original":7}"#);
            assert_eq!(
                id_of(answer.new_identity).as_deref(),
                Some("42"),
                "core keeps the identity of the answer alone"
            );
        }
    }
}

#[tokio::test]
async fn after_a_stop_an_apply_still_answers_with_its_state() {
    let mut bench = Bench::new().await;
    let stopped: wire::stop_provider::Response = bench.call("StopProvider", wire::stop_provider::Request {}).await;
    assert_eq!(stopped.error, "");
    let answer = apply(&mut bench, &Value::Null, &new("a")).await;
    assert_eq!(read(answer.new_state).get("id"), &"42".into());
}
