# What documents must show, for the tenant, its clients and users.
list "idv_vult_document_requirements" "all" {
  provider         = idv
  include_resource = true
}
