# The bucket of the community, if it has one.
list "idv_onekosmos_bucket" "all" {
  provider = idv
}
