//! Mistakes in objects.

use expect_test::expect;

use super::{Bench, WEBHOOK};

#[test]
fn document_type_is_unknown() {
    let configuration = r#"
resource "idv_vult_document_requirements" "main" {
  document_type = "pasport"
  data_source   = "ocr"
}
"#;
    Bench::new().warns(configuration, &expect![[r#"
        Warning: Unknown value for `document_type`
          in resource "idv_vult_document_requirements" "main": `document_type = "pasport"`
        `document_type` is `pasport`, which this version of the provider does not know. It is sent as it is. Did you mean `passport`? The known values are `unknown`, `driver_license`, `identification_card`, `passport` and `passport_card`."#]]);
}

#[test]
fn webhook_url_is_not_a_url() {
    Bench::new().validate(&WEBHOOK.replace("https://", ""), &expect![[r#"
        Error: Wrong value for `url`
          in resource "idv_vult_webhook" "events": `url  = "hooks.example.com/idv"`
        `url` must be an absolute http or https URL, but it does not begin with `https://`; found `hooks.example.com/idv`."#]]);
}

#[test]
fn historical_weights_with_a_scope() {
    let configuration = r#"
data "idv_vult_weights" "old" {
  weights_id = "wgt_1"
  client_id  = "client-7"
}
"#;
    Bench::new().validate(
        configuration,
        &expect![[r#"
        Error: `client_id` conflicts with `weights_id`
          in data "idv_vult_weights" "old": `client_id  = "client-7"`
        `weights_id` alone identifies a historical set. Remove `client_id` or `weights_id`."#]],
    );
}

#[test]
fn historical_weights_do_not_exist() {
    Bench::new().plan(
        "data \"idv_vult_weights\" \"old\" {\n  weights_id = \"wgt_1\"\n}\n",
        &expect![[r#"
        Error: No such weights
          in data "idv_vult_weights" "old": `weights_id = "wgt_1"`
        VULT has no weights with the id `wgt_1`. Take it from the `idv_weights_id` of a session."#]],
    );
}

/// Checks the errors of an import block.
fn import(resource: &str, id: &str, expected: &expect_test::Expect) {
    let address = resource.split('"').nth(1).unwrap();
    let block = format!("import {{\n  to = {address}.main\n  id = \"{id}\"\n}}\n");
    Bench::new().plan(&format!("{block}{resource}"), expected);
}

const REQUIREMENTS: &str = "resource \"idv_vult_document_requirements\" \"main\" {\n  document_type = \"passport\"\n  data_source = \"ocr\"\n}\n";

#[test]
fn import_id_has_too_few_parts() {
    import(
        REQUIREMENTS,
        "passport",
        &expect![[r#"
            Error: Wrong import id
            `passport` is not an import id of `idv_vult_document_requirements`. It is `DOCUMENT_TYPE/DATA_SOURCE`, such as `passport/ocr`, or with a scope `CLIENT_ID/USER_ID/DOCUMENT_TYPE/DATA_SOURCE`, such as `client-7//passport/ocr`. A `/` within a part is written as `%2F`, and a `%` as `%25`."#]],
    );
}

#[test]
fn import_id_has_an_unknown_document_type() {
    import(
        REQUIREMENTS,
        "pasport/ocr",
        &expect![[r#"
            Error: Cannot import non-existent remote object
            While attempting to import an existing object to "idv_vult_document_requirements.main", the provider detected that no object exists with the given id. Only pre-existing objects can be imported; check that the id is correct and that it is associated with the provider's configured region or endpoint, or use "terraform apply" to create a new remote object for this resource."#]],
    );
}

#[test]
fn import_id_of_an_object_that_does_not_exist() {
    let webhook = WEBHOOK.replace("\"events\" {", "\"main\" {");
    import(
        &webhook,
        "whk_999999",
        &expect![[r#"
        Error: Cannot import non-existent remote object
        While attempting to import an existing object to "idv_vult_webhook.main", the provider detected that no object exists with the given id. Only pre-existing objects can be imported; check that the id is correct and that it is associated with the provider's configured region or endpoint, or use "terraform apply" to create a new remote object for this resource."#]],
    );
    import(
        &webhook,
        "a/b/c",
        &expect![[r#"
            Error: Wrong import id
            `a/b/c` is not an import id of `idv_vult_webhook`. It is `WEBHOOK_ID`, such as `wh_123`, or `CLIENT_ID/WEBHOOK_ID` for a webhook of a client, such as `client-7/wh_123`. A `/` within a part is written as `%2F`, and a `%` as `%25`."#]],
    );
}

#[test]
fn import_id_of_weights_has_too_many_parts() {
    import(
        "resource \"idv_vult_weights\" \"main\" {}\n",
        "a/b/c",
        &expect![[r#"
            Error: Wrong import id
            `a/b/c` is not an import id of `idv_vult_weights`. It is the scope: `CLIENT_ID`, `CLIENT_ID/USER_ID`, `/USER_ID`, or `/` for the tenant's own, such as `client-7`. A `/` within a part is written as `%2F`, and a `%` as `%25`."#]],
    );
}

#[test]
fn webhook_is_declared_twice() {
    let bench = Bench::new();
    bench.workspace.configure(&format!("{WEBHOOK}{}", WEBHOOK.replace("\"events\" {", "\"again\" {")));
    let errors = bench.workspace.apply().failed().errors();
    // The order of the two creates is random.
    assert!(errors.contains("declared twice") || errors.contains("exists already"), "{errors}");
    assert_eq!(bench.sandbox.state()["vult"]["webhooks"].as_array().unwrap().len(), 1);
}
