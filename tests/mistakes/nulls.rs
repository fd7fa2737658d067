//! A null where a value is required, and null elements: Terraform passes both on to the provider.

use expect_test::expect;

use super::Bench;

/// One block each, because Terraform reports the mistakes of several in any order.
const BLOCKS: &[&str] = &[
    r#"
locals {
  nothing = null
}
resource "idv_vult_webhook" "main" {
  name = null
  url  = local.nothing
}
"#,
    r#"
resource "idv_didit_webhook_destination" "main" {
  label             = "events"
  url               = "https://hooks.example.com/didit"
  subscribed_events = ["status.updated", null]
}
"#,
    r#"
resource "idv_didit_workflow" "main" {
  workflow_label = "kyc"
  features       = [{ feature = null }, null]
}
"#,
    r#"
resource "idv_onekosmos_bucket" "main" {
  type           = "aws"
  bucket_name    = "evidence"
  aws_credential = { access_key = null, region = "eu-central-1", secret_key_wo = "hush" }
}
"#,
    r#"
data "idv_fiven_credential" "main" {
  party_id = null
}
"#,
    r#"
ephemeral "idv_didit_webhook_destination" "main" {
  id = null
}
"#,
];

#[test]
fn required_attributes_and_elements_are_null() {
    let bench = Bench::new();
    let errors = BLOCKS.iter().map(|block| {
        bench.workspace.configure(block);
        bench.workspace.validate().failed().errors()
    });
    expect![[r#"
        Error: Missing value for `name`
          in resource "idv_vult_webhook" "main": `name = null`
        `name` is required, and its value is null. Set it to another value.

        Error: Missing value for `url`
          in resource "idv_vult_webhook" "main": `url  = local.nothing`
        `url` is required, and its value is null. Set it to another value.

        Error: `subscribed_events` has an element that is null
          in resource "idv_didit_webhook_destination" "main": `subscribed_events = ["status.updated", null]`
        An element of `subscribed_events` is null. Remove it, or set it to another value.

        Error: `features` has an element that is null
          in resource "idv_didit_workflow" "main": `features       = [{ feature = null }, null]`
        An element of `features` is null. Remove it, or set it to another value.

        Error: Missing value for `feature`
          in resource "idv_didit_workflow" "main": `features       = [{ feature = null }, null]`
        `features[0].feature` is required, and its value is null. Set it to another value.

        Error: Missing value for `access_key`
          in resource "idv_onekosmos_bucket" "main": `aws_credential = { access_key = null, region = "eu-central-1", secret_key_wo = "hush" }`
        `aws_credential.access_key` is required, and its value is null. Set it to another value.

        Error: Missing value for `party_id`
          in data "idv_fiven_credential" "main": `party_id = null`
        `party_id` is required, and its value is null. Set it to another value.

        Error: Missing value for `id`
          in ephemeral "idv_didit_webhook_destination" "main": `id = null`
        `id` is required, and its value is null. Set it to another value."#]].assert_eq(&errors.collect::<Vec<_>>().join("\n\n"));
    assert!(bench.sandbox.requests().is_empty(), "validation is offline");
}
