# The id is `this` for the community that the provider is configured for, or TENANT_ID/COMMUNITY_ID.
terraform import idv_onekosmos_bucket.evidence this
