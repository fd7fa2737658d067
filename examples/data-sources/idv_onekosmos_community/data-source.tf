data "idv_onekosmos_community" "current" {}

output "community" {
  value = "${data.idv_onekosmos_community.current.tenant_name}/${data.idv_onekosmos_community.current.community_name}"
}
