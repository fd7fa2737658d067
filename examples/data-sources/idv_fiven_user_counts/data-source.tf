# Only the API of the vendor's SDK has users.
provider "idv" {
  alias = "institutions"
  fiven = { api = "institutions" }
}

data "idv_fiven_user_counts" "institution" {
  provider = idv.institutions
}

output "requests" {
  value = data.idv_fiven_user_counts.institution.by_request_status
}
