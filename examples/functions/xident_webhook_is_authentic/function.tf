# The payload and the header as they were received, for instance in a support case.
output "is_ours" {
  value = provider::idv::xident_webhook_is_authentic(
    "{\"a\":1}",
    "t=1700000000,v1=1698a50bc74d1ff1db85c4e0a5297c2ad9fdba245d5737cdb789e4cc6e098940",
    "s3cret", # a variable, outside of an example
  )
}
