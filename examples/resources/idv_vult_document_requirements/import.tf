import {
  to = idv_vult_document_requirements.passport_ocr
  id = "passport/ocr" # or "client-7//passport/ocr"
}
