# The id is DOCUMENT_TYPE/DATA_SOURCE, or with a scope CLIENT_ID/USER_ID/DOCUMENT_TYPE/DATA_SOURCE.
terraform import idv_vult_document_requirements.passport_ocr passport/ocr
