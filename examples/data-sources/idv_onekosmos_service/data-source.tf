data "idv_onekosmos_service" "this" {}

output "id_proofing_version" {
  value = data.idv_onekosmos_service.this.version
}
