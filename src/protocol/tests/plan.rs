//! Rare plans: sets with unknown elements, the second pass of a replacement, a large value.

use super::*;
use wire::plan_resource_change::{Request, Response};

async fn plan(
    bench: &mut Bench,
    prior: &Value,
    config: &Value,
    prior_identity: Option<wire::ResourceIdentityData>,
) -> Response {
    let request = Request {
        type_name: "idv_acme_thing".to_owned(),
        prior_state: Some(write(prior)),
        proposed_new_state: Some(write(config)),
        config: Some(write(config)),
        prior_identity,
        ..Request::default()
    };
    bench.call("PlanResourceChange", request).await
}

#[tokio::test]
async fn two_unknown_elements_of_a_set_stay_two() {
    let mut bench = Bench::new().await;
    let tags = Value::List(vec![Value::Unknown, Value::Unknown, "a".into()]);
    let config = thing(&[("name", "a".into()), ("tags", tags.clone())]);
    let response = plan(&mut bench, &Value::Null, &config, None).await;
    assert_eq!(text(&response.diagnostics), "");
    // Core compares the planned set with the configured one, and counts each unknown element.
    let planned = read(response.planned_state);
    assert_eq!(planned.get("tags").as_list().map(<[_]>::len), tags.as_list().map(<[_]>::len), "{planned:?}");
}

#[tokio::test]
async fn the_second_pass_of_a_replacement_does_not_promise_the_old_identity() {
    let mut bench = Bench::new().await;
    let config = thing(&[("name", "b".into())]);
    let prior = thing(&[("id", "1".into()), ("name", "a".into())]);
    let proposed_first = plan(&mut bench, &prior, &config, identity("1")).await;
    assert_eq!(proposed_first.requires_replace.len(), 1);
    let second = plan(&mut bench, &Value::Null, &config, proposed_first.planned_identity).await;
    assert_eq!(text(&second.diagnostics), "");
    assert_eq!(id_of(second.planned_identity), None, "the new object has another id");
    assert!(read(second.planned_state).get("id").is_unknown());
}

#[tokio::test]
async fn a_value_of_five_mebibytes_is_read_and_written() {
    let mut bench = Bench::new().await;
    let name = "x".repeat(5 * 1024 * 1024);
    let response = plan(&mut bench, &Value::Null, &thing(&[("name", name.as_str().into())]), None).await;
    assert_eq!(read(response.planned_state).get("name").as_str().map(str::len), Some(name.len()));
}

#[tokio::test]
async fn an_import_by_identity_returns_one_object_of_that_identity() {
    let mut bench = Bench::new().await;
    for (id, named) in [("7", None), ("", identity("7"))] {
        let request = wire::import_resource_state::Request {
            type_name: "idv_acme_thing".to_owned(),
            id: id.to_owned(),
            identity: named,
            ..wire::import_resource_state::Request::default()
        };
        let response: wire::import_resource_state::Response = bench.call("ImportResourceState", request).await;
        assert_eq!(text(&response.diagnostics), "");
        let imported = response.imported_resources.into_iter().next().unwrap();
        assert_eq!((imported.type_name.as_str(), id_of(imported.identity).as_deref()), ("idv_acme_thing", Some("7")));
        assert_eq!(read(imported.state).get("id"), &"7".into());
    }
}
