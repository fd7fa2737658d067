//! A vendor whose configuration has an unknown value: its calls are deferred if core allows it, and fail or plan without the
//! vendor if core does not.

use super::*;
use wire::ClientCapabilities;
use wire::deferred::Reason;

/// A version of core, and whether it sets the capability when it configures the provider and when it makes a call.
#[derive(Clone, Copy)]
struct Core {
    version: &'static str,
    configure: bool,
    call: bool,
}

/// The cores that get no deferred response. `OpenTofu` 1.11 sets the capability without effect.
const WITHOUT_DEFERRAL: [Core; 4] = [
    Core { version: "1.15.5", configure: false, call: false },
    Core { version: "1.15.5", configure: true, call: false },
    Core { version: "1.15.5", configure: false, call: true },
    Core { version: "1.11.6", configure: true, call: true },
];

const WITH_DEFERRAL: Core = Core { version: "1.16.0", configure: true, call: true };

const NOT_KNOWN: &str = "`acme.token` is not known yet";

impl Core {
    /// A provider with an unknown token of Acme and a known one of Bolt.
    async fn bench(self) -> Bench {
        let token = |value: Value| Value::Map([("token".to_owned(), value)].into());
        let config = [("acme".to_owned(), token(Value::Unknown)), ("bolt".to_owned(), token("hush".into()))];
        let request = configure_provider::Request {
            terraform_version: self.version.to_owned(),
            client_capabilities: Some(capabilities(self.configure)),
            ..configure_provider::Request::default()
        };
        Bench::started(Value::Map(config.into()), request).await
    }

    fn capabilities(self) -> ClientCapabilities {
        capabilities(self.call)
    }
}

fn capabilities(deferral_allowed: bool) -> ClientCapabilities {
    ClientCapabilities { deferral_allowed, ..ClientCapabilities::default() }
}

/// The deferral because of the provider's configuration.
fn deferred() -> wire::Deferred {
    wire::Deferred { reason: Reason::ProviderConfigUnknown.into() }
}

fn json(text: &str) -> DynamicValue {
    DynamicValue { json: text.to_owned().into(), ..DynamicValue::default() }
}

fn existing(name: &str) -> Value {
    thing(&[("id", "42".into()), ("name", name.into()), ("size", 2.into())])
}

async fn refresh(core: Core, state: Option<DynamicValue>) -> wire::read_resource::Response {
    let request = wire::read_resource::Request {
        type_name: "idv_acme_thing".to_owned(),
        current_state: state,
        private: br#"{"kept":true}"#.to_vec(),
        current_identity: identity("42"),
        client_capabilities: Some(core.capabilities()),
        ..wire::read_resource::Request::default()
    };
    core.bench().await.call("ReadResource", request).await
}

#[tokio::test]
async fn a_deferred_read_returns_the_state_unchanged() {
    // After a deferred import there is no state.
    for state in [existing("a"), Value::Null] {
        let response = refresh(WITH_DEFERRAL, Some(write(&state))).await;
        assert_eq!((response.deferred, response.diagnostics.len()), (Some(deferred()), 0));
        assert_eq!(read(response.new_state), state);
        assert_eq!(response.private, br#"{"kept":true}"#);
        assert_eq!(id_of(response.new_identity).as_deref(), Some("42"));
    }
}

#[tokio::test]
async fn a_read_without_deferral_is_an_error_that_keeps_the_state() {
    for core in WITHOUT_DEFERRAL {
        let response = refresh(core, Some(write(&existing("a")))).await;
        assert_eq!(response.deferred, None);
        assert!(text(&response.diagnostics).contains(NOT_KNOWN));
        assert_eq!(read(response.new_state), existing("a"));
    }
}

async fn plan(core: Core, prior: &Value, config: &Value) -> wire::plan_resource_change::Response {
    let request = wire::plan_resource_change::Request {
        type_name: "idv_acme_thing".to_owned(),
        prior_state: Some(write(prior)),
        proposed_new_state: Some(write(config)),
        config: Some(write(config)),
        prior_private: br#"{"kept":true}"#.to_vec(),
        prior_identity: if prior.is_null() { None } else { identity("42") },
        client_capabilities: Some(core.capabilities()),
        ..wire::plan_resource_change::Request::default()
    };
    core.bench().await.call("PlanResourceChange", request).await
}

#[tokio::test]
async fn a_deferred_create_has_the_configuration_and_unknown_computed_attributes() {
    let config = thing(&[("name", "a".into()), ("password_wo", "hush".into())]);
    let response = plan(WITH_DEFERRAL, &Value::Null, &config).await;
    assert_eq!((response.deferred, response.diagnostics.len()), (Some(deferred()), 0));
    assert_eq!(read(response.planned_state), thing(&[("id", Value::Unknown), ("name", "a".into())]));
    assert_eq!((response.requires_replace.len(), response.planned_identity), (0, None));
}

#[tokio::test]
async fn a_deferred_update_replacement_and_destroy_keep_what_the_object_is() {
    let update = plan(WITH_DEFERRAL, &existing("a"), &thing(&[("id", "42".into()), ("name", "a".into())])).await;
    assert_eq!(read(update.planned_state), thing(&[("id", "42".into()), ("name", "a".into())]));
    let replacement = plan(WITH_DEFERRAL, &existing("a"), &thing(&[("name", "b".into())])).await;
    assert_eq!(replacement.requires_replace.len(), 1);
    let destroy = plan(WITH_DEFERRAL, &existing("a"), &Value::Null).await;
    assert!(read(destroy.planned_state).is_null() && destroy.requires_replace.is_empty());
    for (deferral, private, identity, diagnostics) in [
        (update.deferred, update.planned_private, update.planned_identity, update.diagnostics),
        (replacement.deferred, replacement.planned_private, replacement.planned_identity, replacement.diagnostics),
        (destroy.deferred, destroy.planned_private, destroy.planned_identity, destroy.diagnostics),
    ] {
        assert_eq!((deferral, text(&diagnostics).as_str()), (Some(deferred()), ""));
        assert_eq!((private, id_of(identity).as_deref()), (br#"{"kept":true}"#.to_vec(), Some("42")));
    }
}

/// The vendor may be known by the time of the apply, so its objects are planned without it.
#[tokio::test]
async fn a_plan_without_deferral_is_an_ordinary_one() {
    for core in WITHOUT_DEFERRAL {
        let created = plan(core, &Value::Null, &thing(&[("name", "a".into())])).await;
        assert_eq!((created.deferred, text(&created.diagnostics).as_str()), (None, ""));
        assert!(read(created.planned_state).get("id").is_unknown());
        let destroyed = plan(core, &existing("a"), &Value::Null).await;
        assert_eq!((destroyed.deferred, text(&destroyed.diagnostics).as_str()), (None, ""));
    }
}

/// An import by id, and one by identity.
async fn imports(core: Core) -> [wire::import_resource_state::Response; 2] {
    let request = |id: &str, identity| wire::import_resource_state::Request {
        type_name: "idv_acme_thing".to_owned(),
        id: id.to_owned(),
        identity,
        client_capabilities: Some(core.capabilities()),
    };
    let mut bench = core.bench().await;
    let by_id = bench.call("ImportResourceState", request("42", None)).await;
    [by_id, bench.call("ImportResourceState", request("", identity("42"))).await]
}

#[tokio::test]
async fn a_deferred_import_returns_no_state_and_the_identity_of_the_request() {
    for (response, expected) in imports(WITH_DEFERRAL).await.into_iter().zip([None, Some("42")]) {
        assert_eq!((response.deferred, response.diagnostics.len()), (Some(deferred()), 0));
        assert_eq!(response.imported_resources.len(), 1);
        let imported = &response.imported_resources[0];
        assert_eq!(imported.type_name, "idv_acme_thing");
        assert!(read(imported.state.clone()).is_null());
        assert_eq!(id_of(imported.identity.clone()).as_deref(), expected);
    }
}

#[tokio::test]
async fn an_import_without_deferral_is_an_error() {
    for core in WITHOUT_DEFERRAL {
        for response in imports(core).await {
            assert!(response.deferred.is_none() && response.imported_resources.is_empty());
            assert!(text(&response.diagnostics).contains(NOT_KNOWN));
        }
    }
}

async fn read_fact(core: Core) -> wire::read_data_source::Response {
    let request = wire::read_data_source::Request {
        type_name: "idv_acme_fact".to_owned(),
        config: Some(json(r#"{"name":"a"}"#)),
        client_capabilities: Some(core.capabilities()),
        ..wire::read_data_source::Request::default()
    };
    core.bench().await.call("ReadDataSource", request).await
}

#[tokio::test]
async fn a_deferred_data_source_is_unknown_as_a_whole() {
    let response = read_fact(WITH_DEFERRAL).await;
    assert_eq!((response.deferred, response.diagnostics.len()), (Some(deferred()), 0));
    assert!(read(response.state).is_unknown());
}

#[tokio::test]
async fn a_data_source_without_deferral_is_an_error() {
    for core in WITHOUT_DEFERRAL {
        let response = read_fact(core).await;
        assert_eq!(response.deferred, None);
        assert!(text(&response.diagnostics).contains(NOT_KNOWN));
    }
}

/// Core leaves the capabilities of an open empty.
#[tokio::test]
async fn an_ephemeral_resource_is_never_deferred() {
    for client_capabilities in [None, Some(WITH_DEFERRAL.capabilities())] {
        let request = wire::open_ephemeral_resource::Request {
            type_name: "idv_acme_key".to_owned(),
            config: Some(json(r#"{"name":"a"}"#)),
            client_capabilities,
        };
        let mut bench = WITH_DEFERRAL.bench().await;
        let response: wire::open_ephemeral_resource::Response = bench.call("OpenEphemeralResource", request).await;
        assert_eq!(response.deferred, None);
        assert!(text(&response.diagnostics).contains(NOT_KNOWN));
    }
}

async fn plan_action(core: Core) -> wire::plan_action::Response {
    let request = wire::plan_action::Request {
        action_type: "idv_acme_shout".to_owned(),
        config: Some(json(r#"{"word":"hello"}"#)),
        client_capabilities: Some(core.capabilities()),
    };
    core.bench().await.call("PlanAction", request).await
}

#[tokio::test]
async fn an_action_is_deferred_only_if_core_allows_it() {
    let response = plan_action(WITH_DEFERRAL).await;
    assert_eq!((response.deferred, response.diagnostics.len()), (Some(deferred()), 0));
    for core in WITHOUT_DEFERRAL {
        let response = plan_action(core).await;
        assert_eq!((response.deferred, text(&response.diagnostics).as_str()), (None, ""));
    }
}

#[tokio::test]
async fn a_vendor_with_a_known_configuration_is_not_deferred() {
    let kind = bolt::schema().value_type().clone();
    let nut = |id: Value| Value::Map([("id".to_owned(), id), ("name".to_owned(), "a".into())].into());
    let write = |value: &Value| Some(convert::value::encode(value, &kind));
    let read = |value: Option<DynamicValue>| convert::value::decode(value, &kind).unwrap();
    let type_name = "idv_bolt_nut".to_owned();
    let mut bench = WITH_DEFERRAL.bench().await;
    let request = wire::plan_resource_change::Request {
        type_name: type_name.clone(),
        prior_state: write(&Value::Null),
        proposed_new_state: write(&nut(Value::Null)),
        config: write(&nut(Value::Null)),
        client_capabilities: Some(WITH_DEFERRAL.capabilities()),
        ..wire::plan_resource_change::Request::default()
    };
    let planned: wire::plan_resource_change::Response = bench.call("PlanResourceChange", request).await;
    assert_eq!((planned.deferred, text(&planned.diagnostics).as_str()), (None, ""));
    assert_eq!(read(planned.planned_state), nut(Value::Unknown));
    let request = wire::read_resource::Request {
        type_name,
        current_state: write(&nut("1".into())),
        client_capabilities: Some(WITH_DEFERRAL.capabilities()),
        ..wire::read_resource::Request::default()
    };
    let refreshed: wire::read_resource::Response = bench.call("ReadResource", request).await;
    assert_eq!((refreshed.deferred, text(&refreshed.diagnostics).as_str()), (None, ""));
    assert_eq!(read(refreshed.new_state), nut("1".into()));
}
