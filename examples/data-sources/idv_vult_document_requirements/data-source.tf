data "idv_vult_document_requirements" "passport" {
  document_type = "passport"
}

output "passport_sources_that_need_a_face" {
  value = [
    for set in data.idv_vult_document_requirements.passport.requirements : set.data_source
    if set.face_encoding_required
  ]
}
