# The service keys of the deployment.
list "idv_onekosmos_service_key" "all" {
  provider = idv
}
