# The templates for passports that the provider's session shows.
list "idv_onekosmos_proofing_template" "passports" {
  provider = idv

  config {
    document_type = "ppt_object"
  }
}
