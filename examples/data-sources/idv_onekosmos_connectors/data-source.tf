data "idv_onekosmos_connectors" "all" {}

output "documents_with_a_connector" {
  value = distinct(data.idv_onekosmos_connectors.all.connectors[*].doc_type)
}
