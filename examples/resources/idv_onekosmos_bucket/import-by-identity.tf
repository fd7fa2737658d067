import {
  to       = idv_onekosmos_bucket.evidence
  identity = {} # the community of the provider block
}
