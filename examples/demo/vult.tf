# How the tenant scores an identity. What is left out keeps the tenant's value.
resource "idv_vult_weights" "tenant" {
  onboarding_face_encoding_tolerance = 0.6
  ofac_fuzzy_match_weight            = 15
  minimum_liveness_tolerance         = 0.85
  on_destroy                         = "restore"
}

locals {
  # What must be readable on each document, by how it is read.
  documents = {
    "passport/ocr"           = { number = true, expiry = true, face = true }
    "driver_license/ocr"     = { number = true, expiry = true, face = true }
    "driver_license/barcode" = { number = true, expiry = true, face = false }
  }
}

resource "idv_vult_document_requirements" "onboarding" {
  for_each = local.documents

  document_type            = split("/", each.key)[0]
  data_source              = split("/", each.key)[1]
  document_number_required = each.value.number
  expires_at_required      = each.value.expiry
  face_encoding_required   = each.value.face
  on_destroy               = "restore"
}

resource "idv_vult_webhook" "events" {
  for_each = toset(["reviews", "audit"])

  name = each.key
  url  = "https://hooks.example.com/idv/${each.key}"
}

data "idv_vult_service" "this" {}
