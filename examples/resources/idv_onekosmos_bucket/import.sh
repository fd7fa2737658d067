# The id is `this` for the community that the provider is configured for, or TENANT_ID/COMMUNITY_ID.
# Within a part, a slash is written as %2F and a percent sign as %25.
terraform import idv_onekosmos_bucket.evidence this
