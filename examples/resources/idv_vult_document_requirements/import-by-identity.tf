import {
  to       = idv_vult_document_requirements.passport_ocr
  identity = { document_type = "passport", data_source = "ocr" }
}
