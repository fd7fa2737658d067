# The credentials are never read back: the first apply after the import sends those of the configuration.
import {
  to = idv_onekosmos_bucket.evidence
  id = "this" # or "TENANT_ID/COMMUNITY_ID"
}
