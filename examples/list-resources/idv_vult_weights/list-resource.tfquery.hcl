# The weights of the tenant, and of the clients and users that have their own.
list "idv_vult_weights" "all" {
  provider = idv
}
