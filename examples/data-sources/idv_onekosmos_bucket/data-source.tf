data "idv_onekosmos_bucket" "current" {}

output "evidence_bucket" {
  value = data.idv_onekosmos_bucket.current.bucket_name # null where the community has none
}
