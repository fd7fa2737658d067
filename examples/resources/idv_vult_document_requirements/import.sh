# The id is DOCUMENT_TYPE/DATA_SOURCE, or with a scope CLIENT_ID/USER_ID/DOCUMENT_TYPE/DATA_SOURCE.
# Within a part, a slash is written as %2F and a percent sign as %25.
terraform import idv_vult_document_requirements.passport_ocr passport/ocr
