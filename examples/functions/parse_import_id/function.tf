# { client_id = "client-7", document_type = "passport", data_source = "ocr" }, as `identity` of an import block takes it.
output "identity" {
  value = provider::idv::parse_import_id("idv_vult_document_requirements", "client-7//passport/ocr")
}
