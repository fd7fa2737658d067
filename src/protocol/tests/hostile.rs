//! Requests that core never sends: every response is a diagnostic, never a crash, a failed call or a state.

use super::*;

/// Values that cannot be read, or that match no schema here.
fn unreadable() -> Vec<DynamicValue> {
    let pack = |bytes: &[u8]| DynamicValue { msgpack: bytes.to_vec().into(), ..DynamicValue::default() };
    let json = |text: &str| DynamicValue { json: text.to_owned().into(), ..DynamicValue::default() };
    let deep = [vec![0x91; 3000], vec![0xc0]].concat();
    vec![
        pack(&[0xd9, 200, b'a']),                                // text that ends early
        pack(&[0xdd, 0xff, 0xff, 0xff, 0xff]),                   // a list of four thousand million elements
        pack(&[0xdf, 0xff, 0xff, 0xff, 0xff]),                   // as many entries
        pack(&[0xc6, 0xff, 0xff, 0xff, 0xff]),                   // as many bytes
        pack(&deep),                                             // lists in lists
        pack(&[0xc3]),                                           // true
        pack(&[0x81, 0xa4, b'n', b'a', b'm', b'e', 0xc3]),       // a name that is true
        pack(&[0x81, 0xa2, 0xff, 0xfe, 0xc0]),                   // a key that is no text
        pack(&[0x81, 0xa5, b'o', b't', b'h', b'e', b'r', 0xc3]), // an attribute that there is not
        json("{"),
        json("true"),
        json(&"[".repeat(3000)),
    ]
}

/// Sends each of them by a call, and checks that the response has diagnostics and nothing else.
macro_rules! refused {
    ($bench:expr, $method:literal, $module:ident, $type_field:ident, $name:literal, $field:ident) => {
        for value in unreadable() {
            let fill = |mut request: wire::$module::Request| {
                request.$type_field = $name.to_owned();
                request.$field = Some(value.clone());
                request
            };
            let request = fill(wire::$module::Request::default());
            let mut response: wire::$module::Response = $bench.call($method, request).await;
            assert!(!response.diagnostics.is_empty(), "{} with {:?}", $method, value.msgpack);
            response.diagnostics.clear();
            assert!(response == wire::$module::Response::default(), "{} returns more", $method);
        }
    };
}

#[tokio::test]
async fn a_value_that_cannot_be_read_is_an_error() {
    let mut bench = Bench::new().await;
    refused!(bench, "ValidateResourceConfig", validate_resource_config, type_name, "idv_acme_thing", config);
    refused!(bench, "ReadResource", read_resource, type_name, "idv_acme_thing", current_state);
    refused!(bench, "PlanResourceChange", plan_resource_change, type_name, "idv_acme_thing", config);
    refused!(bench, "PlanResourceChange", plan_resource_change, type_name, "idv_acme_thing", prior_state);
    refused!(bench, "PlanResourceChange", plan_resource_change, type_name, "idv_acme_thing", proposed_new_state);
    refused!(bench, "ApplyResourceChange", apply_resource_change, type_name, "idv_acme_thing", prior_state);
    refused!(bench, "ApplyResourceChange", apply_resource_change, type_name, "idv_acme_thing", planned_state);
    refused!(bench, "GenerateResourceConfig", generate_resource_config, type_name, "idv_acme_thing", state);
    refused!(
        bench,
        "ValidateEphemeralResourceConfig",
        validate_ephemeral_resource_config,
        type_name,
        "idv_acme_key",
        config
    );
    refused!(bench, "OpenEphemeralResource", open_ephemeral_resource, type_name, "idv_acme_key", config);
    refused!(bench, "ValidateActionConfig", validate_action_config, type_name, "idv_acme_shout", config);
    refused!(bench, "PlanAction", plan_action, action_type, "idv_acme_shout", config);
    refused!(bench, "ValidateListResourceConfig", validate_list_resource_config, type_name, "idv_acme_thing", config);
    for value in unreadable() {
        let request = wire::validate_provider_config::Request { config: Some(value.clone()) };
        let response: wire::validate_provider_config::Response = bench.call("ValidateProviderConfig", request).await;
        assert!(!response.diagnostics.is_empty());
        let arguments = vec![value.clone(), value];
        let request = wire::call_function::Request { name: "parse_import_id".to_owned(), arguments };
        let response: wire::call_function::Response = bench.call("CallFunction", request).await;
        assert!(response.error.is_some() && response.result.is_none());
    }
}

/// Stored state and identities, which are JSON.
#[tokio::test]
async fn stored_state_that_cannot_be_read_is_an_error() {
    let mut bench = Bench::new().await;
    for text in
        ["", "{", "true", "[]", r#"{"name": true}"#, r#"{"size": 1e999999}"#, r#"{"parts": [7]}"#, &"[".repeat(3000)]
    {
        let raw = Some(wire::RawState { json: text.as_bytes().to_vec(), ..wire::RawState::default() });
        let type_name = "idv_acme_thing".to_owned();
        let request =
            wire::upgrade_resource_state::Request { type_name: type_name.clone(), version: 0, raw_state: raw.clone() };
        let response: wire::upgrade_resource_state::Response = bench.call("UpgradeResourceState", request).await;
        assert!(!response.diagnostics.is_empty() && response.upgraded_state.is_none(), "{text}");
        let request = wire::move_resource_state::Request {
            target_type_name: type_name,
            source_state: raw,
            ..wire::move_resource_state::Request::default()
        };
        let response: wire::move_resource_state::Response = bench.call("MoveResourceState", request).await;
        assert!(!response.diagnostics.is_empty() && response.target_state.is_none(), "{text}");
    }
}

/// Private state of another provider, and types of another version of this one.
#[tokio::test]
async fn foreign_private_state_and_unknown_types_are_errors_without_a_state() {
    let mut bench = Bench::new().await;
    let state = Some(write(&thing(&[("id", "1".into()), ("name", "a".into())])));
    for (type_name, private) in [("idv_acme_thing", &b"\x00gob"[..]), ("idv_acme_other", b""), ("", b"")] {
        let request = wire::read_resource::Request {
            type_name: type_name.to_owned(),
            current_state: state.clone(),
            private: private.to_vec(),
            ..wire::read_resource::Request::default()
        };
        let response: wire::read_resource::Response = bench.call("ReadResource", request).await;
        // With an error core keeps state, private state and identity as they were.
        assert!(!response.diagnostics.is_empty() && response.new_state.is_none());
    }
}

/// Requests with only the type.
#[tokio::test]
async fn empty_requests_do_not_crash() {
    let mut bench = Bench::new().await;
    let type_name = || "idv_acme_thing".to_owned();
    let request = wire::read_resource::Request { type_name: type_name(), ..Default::default() };
    let _: wire::read_resource::Response = bench.call("ReadResource", request).await;
    let request = wire::plan_resource_change::Request { type_name: type_name(), ..Default::default() };
    let _: wire::plan_resource_change::Response = bench.call("PlanResourceChange", request).await;
    let request = wire::apply_resource_change::Request { type_name: type_name(), ..Default::default() };
    let response: wire::apply_resource_change::Response = bench.call("ApplyResourceChange", request).await;
    assert!(read(response.new_state).is_null());
    let request = wire::import_resource_state::Request { type_name: type_name(), ..Default::default() };
    let _: wire::import_resource_state::Response = bench.call("ImportResourceState", request).await;
    let events: Vec<wire::invoke_action::Event> =
        bench.events("InvokeAction", wire::invoke_action::Request::default()).await;
    assert_eq!(events.len(), 1, "the completion");
    let events: Vec<wire::list_resource::Event> =
        bench.events("ListResource", wire::list_resource::Request::default()).await;
    assert!(!events[0].diagnostic.is_empty());
}

/// OpenTofu sends a null argument as an empty message.
#[tokio::test]
async fn a_null_argument_is_an_error_at_its_position() {
    let mut bench = Bench::new().await;
    for arguments in [vec![], vec![DynamicValue::default(); 2], vec![DynamicValue::default(); 3]] {
        let expected = (arguments.len() == 2).then_some(0);
        let request = wire::call_function::Request { name: "parse_import_id".to_owned(), arguments };
        let response: wire::call_function::Response = bench.call("CallFunction", request).await;
        assert_eq!(response.error.unwrap().function_argument, expected);
    }
}
