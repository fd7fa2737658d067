//! Ephemeral resources, lists and actions that fail: nothing stays open, and an incomplete list does not look complete.

use super::*;
use wire::invoke_action::event::Type as Event;

#[tokio::test]
async fn an_open_that_fails_is_closed_at_once() {
    for name in ["fails", "panics", "surprises", "tells nothing"] {
        let mut bench = Bench::new().await;
        let config = serde_json::json!({"name": name}).to_string();
        let config = Some(DynamicValue { json: config.into(), ..DynamicValue::default() });
        let request = wire::open_ephemeral_resource::Request {
            type_name: "idv_acme_key".to_owned(),
            config,
            ..wire::open_ephemeral_resource::Request::default()
        };
        let response: wire::open_ephemeral_resource::Response = bench.call("OpenEphemeralResource", request).await;
        assert!(!response.diagnostics.is_empty(), "{name}");
        assert_eq!(bench.closed(), [name], "core closes nothing that failed to open");
        bench.provider.close_ephemerals().await;
        assert_eq!(bench.closed(), [name], "once is enough");
    }
}

/// Core closes with the private state of the open, not with that of a renewal.
#[tokio::test]
async fn a_renewed_ephemeral_is_closed_once_with_the_state_of_its_open() {
    let mut bench = Bench::new().await;
    let type_name = "idv_acme_key".to_owned();
    let config = Some(DynamicValue { json: r#"{"name":"a"}"#.into(), ..DynamicValue::default() });
    let request =
        wire::open_ephemeral_resource::Request { type_name: type_name.clone(), config, client_capabilities: None };
    let opened: wire::open_ephemeral_resource::Response = bench.call("OpenEphemeralResource", request).await;
    assert!(opened.renew_at.is_some() && opened.diagnostics.is_empty());
    let request =
        wire::renew_ephemeral_resource::Request { type_name: type_name.clone(), private: opened.private.clone() };
    let renewed: wire::renew_ephemeral_resource::Response = bench.call("RenewEphemeralResource", request).await;
    assert!(renewed.renew_at.is_none() && renewed.private != opened.private && renewed.diagnostics.is_empty());
    let request = wire::close_ephemeral_resource::Request { type_name, private: opened.private };
    let closed: wire::close_ephemeral_resource::Response = bench.call("CloseEphemeralResource", request).await;
    assert!(closed.diagnostics.is_empty());
    bench.provider.close_ephemerals().await;
    assert_eq!(bench.closed(), ["a"]);
}

#[tokio::test]
async fn a_renewal_that_fails_has_only_errors() {
    let mut bench = Bench::new().await;
    let request = wire::renew_ephemeral_resource::Request {
        type_name: "idv_acme_key".to_owned(),
        private: Some(br#"{"name":"expires"}"#.to_vec()),
    };
    let renewed: wire::renew_ephemeral_resource::Response = bench.call("RenewEphemeralResource", request).await;
    assert_eq!(text(&renewed.diagnostics), "It failed: As it was told to.\n");
}

#[tokio::test]
async fn a_renewal_without_a_client_has_nothing_to_do() {
    for acme in [Value::Null, Value::Unknown] {
        let mut bench = Bench::configured(acme).await;
        let private = Some(br#"{"name":"a"}"#.to_vec());
        let type_name = "idv_acme_key".to_owned();
        let request = wire::renew_ephemeral_resource::Request { type_name, private: private.clone() };
        let renewed: wire::renew_ephemeral_resource::Response = bench.call("RenewEphemeralResource", request).await;
        assert_eq!(text(&renewed.diagnostics), "");
        assert_eq!((renewed.private, renewed.renew_at), (private, None));
    }
}

/// Core ends a list by dropping its stream.
#[tokio::test]
async fn a_list_ends_when_its_stream_is_dropped() {
    let mut bench = Bench::new().await;
    let config = Some(DynamicValue { json: r#"{"then":"go on"}"#.into(), ..DynamicValue::default() });
    let type_name = "idv_acme_thing".to_owned();
    let request = wire::list_resource::Request { type_name, config, ..wire::list_resource::Request::default() };
    let codec = ProstCodec::<_, wire::list_resource::Event>::default();
    let stream = bench.client.server_streaming(Request::new(request), path("ListResource"), codec).await.unwrap();
    let mut events = stream.into_inner();
    assert!(events.next().await.unwrap().is_ok());
    drop(events);
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(bench.closed(), ["the list"]);
}

async fn list(then: Option<&str>, limit: i64) -> Vec<wire::list_resource::Event> {
    let config = serde_json::json!({"then": then}).to_string();
    let config = Some(DynamicValue { json: config.into(), ..DynamicValue::default() });
    let request = wire::list_resource::Request {
        type_name: "idv_acme_thing".to_owned(),
        config,
        limit,
        ..wire::list_resource::Request::default()
    };
    Bench::new().await.events("ListResource", request).await
}

/// The list asks for its next page after three objects.
#[tokio::test]
async fn a_list_at_its_limit_requests_no_further_page() {
    for (limit, further) in [(2, None), (3, None), (4, Some("the next page"))] {
        let mut bench = Bench::new().await;
        let type_name = "idv_acme_thing".to_owned();
        let request = wire::list_resource::Request { type_name, limit, ..wire::list_resource::Request::default() };
        let events: Vec<wire::list_resource::Event> = bench.events("ListResource", request).await;
        assert_eq!(events.len(), usize::try_from(limit.min(3)).unwrap());
        assert_eq!(bench.closed(), further.into_iter().collect::<Vec<_>>(), "{limit}");
    }
}

#[tokio::test]
async fn a_list_that_fails_ends_with_an_error_and_one_at_its_limit_does_not() {
    for (limit, found) in [(0, 3), (2, 2), (3, 3), (9, 3)] {
        let events = list(None, limit).await;
        assert_eq!(events.len(), found, "{limit}");
        for event in events {
            assert!(event.diagnostic.is_empty() && event.resource_object.is_none());
            assert!(id_of(event.identity).is_some());
        }
    }
    let events = list(Some("panic"), 0).await;
    assert_eq!(events.len(), 4);
    assert!(text(&events.last().unwrap().diagnostic).contains("The provider crashed"));
}

#[tokio::test]
async fn an_action_ends_with_one_completion_even_when_it_panics() {
    for (word, errors) in [("hello", 0), ("anything else", 1)] {
        let config = serde_json::json!({"word": word}).to_string();
        let config = Some(DynamicValue { json: config.into(), ..DynamicValue::default() });
        let action_type = "idv_acme_shout".to_owned();
        let request = wire::invoke_action::Request { action_type, config, client_capabilities: None };
        let events: Vec<wire::invoke_action::Event> = Bench::new().await.events("InvokeAction", request).await;
        let kinds: Vec<_> = events.into_iter().map(|event| event.r#type.unwrap()).collect();
        let [Event::Progress(_), Event::Completed(completed)] = &kinds[..] else { panic!("{kinds:?}") };
        assert_eq!(completed.diagnostics.len(), errors, "{}", text(&completed.diagnostics));
    }
}
