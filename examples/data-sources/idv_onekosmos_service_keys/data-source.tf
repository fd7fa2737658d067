data "idv_onekosmos_service_keys" "all" {}

output "key_ids" {
  value = { for key in data.idv_onekosmos_service_keys.all.service_keys : key.tag => key.key_id }
}
