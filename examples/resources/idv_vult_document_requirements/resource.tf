resource "idv_vult_document_requirements" "passport_ocr" {
  document_type            = "passport"
  data_source              = "ocr"
  document_number_required = true
  expires_at_required      = true
  face_encoding_required   = true
}
