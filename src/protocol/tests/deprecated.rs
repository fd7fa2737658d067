//! Deprecated attributes and objects: core learns of them from the schema, and the provider warns where one is set.

use super::*;

#[tokio::test]
async fn the_schema_has_the_deprecation_and_what_to_use_instead() {
    let mut bench = Bench::new().await;
    let schema: wire::get_provider_schema::Response =
        bench.call("GetProviderSchema", wire::get_provider_schema::Request {}).await;
    let printed = schema_json::render("idv", &bench.provider);
    let printed = &printed["provider_schemas"]["idv"];
    let thing = schema.resource_schemas["idv_acme_thing"].block.as_ref().unwrap();
    assert!(!thing.deprecated && thing.deprecation_message.is_empty());
    for attribute in &thing.attributes {
        let expected = if attribute.name == "caption" { "Use `name` instead." } else { "" };
        assert_eq!((attribute.deprecated, attribute.deprecation_message.as_str()), (!expected.is_empty(), expected));
        let printed = &printed["resource_schemas"]["idv_acme_thing"]["block"]["attributes"][&attribute.name];
        assert_eq!(printed["deprecated"].as_bool().unwrap_or_default(), attribute.deprecated);
        assert_eq!(printed["deprecation_message"].as_str().unwrap_or_default(), expected);
        assert_eq!(attribute.description.contains(&format!("Deprecated: {expected}")), attribute.deprecated);
    }
    let fact = schema.data_source_schemas["idv_acme_fact"].block.as_ref().unwrap();
    assert!(fact.deprecated);
    assert_eq!(fact.deprecation_message, "Use `idv_acme_thing` instead.");
    let printed = &printed["data_source_schemas"]["idv_acme_fact"]["block"];
    assert_eq!(printed["deprecated"], true);
    assert_eq!(printed["deprecation_message"], "Use `idv_acme_thing` instead.");
}

#[tokio::test]
async fn a_deprecated_attribute_is_a_warning_where_it_is_set() {
    let mut bench = Bench::new().await;
    for (caption, warnings) in [(Value::Null, 0), (Value::Unknown, 0), ("b".into(), 1)] {
        let request = wire::validate_resource_config::Request {
            type_name: "idv_acme_thing".to_owned(),
            config: Some(write(&thing(&[("name", "a".into()), ("caption", caption)]))),
            client_capabilities: None,
        };
        let response: wire::validate_resource_config::Response = bench.call("ValidateResourceConfig", request).await;
        assert_eq!(response.diagnostics.len(), warnings, "{}", text(&response.diagnostics));
        for warning in response.diagnostics {
            assert_eq!(warning.severity(), wire::diagnostic::Severity::Warning);
            assert_eq!(warning.summary, "`caption` is deprecated");
            assert!(warning.detail.ends_with("Use `name` instead."), "{}", warning.detail);
            assert_eq!(warning.attribute.unwrap().steps.len(), 1);
        }
    }
}

#[tokio::test]
async fn a_deprecated_object_is_a_warning_and_its_values_are_read() {
    let mut bench = Bench::new().await;
    let config = Some(DynamicValue { json: r#"{"name":"a"}"#.into(), ..DynamicValue::default() });
    let type_name = "idv_acme_fact".to_owned();
    let request = wire::validate_data_resource_config::Request { type_name: type_name.clone(), config: config.clone() };
    let response: wire::validate_data_resource_config::Response =
        bench.call("ValidateDataResourceConfig", request).await;
    assert_eq!(
        text(&response.diagnostics),
        "`idv_acme_fact` is deprecated: `idv_acme_fact` still works, and a later version of the provider removes it. \
         Use `idv_acme_thing` instead.\n"
    );
    let request = wire::read_data_source::Request { type_name, config, ..wire::read_data_source::Request::default() };
    let response: wire::read_data_source::Response = bench.call("ReadDataSource", request).await;
    assert!(response.diagnostics.is_empty() && response.state.is_some());
}

#[tokio::test]
async fn a_generated_configuration_has_no_deprecated_attribute() {
    let mut bench = Bench::new().await;
    let state = thing(&[("id", "1".into()), ("name", "a".into()), ("caption", "b".into())]);
    let type_name = "idv_acme_thing".to_owned();
    let request = wire::generate_resource_config::Request { type_name, state: Some(write(&state)) };
    let response: wire::generate_resource_config::Response = bench.call("GenerateResourceConfig", request).await;
    assert_eq!(read(response.config), thing(&[("name", "a".into())]));
}
