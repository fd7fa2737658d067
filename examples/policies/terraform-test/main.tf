# The configuration that the policies in tests/ check. Copy tests/ beside your own configuration and put your addresses into it.
terraform {
  required_providers {
    idv = { source = "identity-as-code/idv" }
  }
}

resource "idv_didit_workflow" "kyc" {
  workflow_label     = "kyc"
  max_retry_attempts = var.max_retry_attempts
  features           = [for feature in var.features : { feature = feature }]
}

resource "idv_onekosmos_proofing_template" "driver_license" {
  document_type = "dl_object"
  dvc_id        = "dvc_driver_license"

  workflow = [
    { name = "front", type = "CAPTURE_FRONT", actions = [{ on = "captured", jump_to = var.after_front }] },
    { name = "selfie", type = "CAPTURE_SELFIE", actions = [{ on = "captured", jump_to = "wait" }] },
    { name = "wait", type = "PROCESSING", actions = [{ on = "load", call = "submit" }] },
  ]
}

resource "idv_vult_weights" "tenant" {
  ofac_fuzzy_match_weight    = var.ofac_fuzzy_match_weight
  minimum_liveness_tolerance = var.minimum_liveness_tolerance
  on_destroy                 = var.on_destroy
}

resource "idv_vult_webhook" "events" {
  name = "events"
  url  = var.webhook_url
}

variable "features" {
  description = "The checks of the workflow."
  type        = list(string)
  default     = ["OCR", "LIVENESS", "FACE_MATCH"]
}

variable "max_retry_attempts" {
  description = "How often a person who was declined may try again."
  type        = number
  default     = 2
}

variable "after_front" {
  description = "The step after the front of the document."
  type        = string
  default     = "selfie"
}

variable "ofac_fuzzy_match_weight" {
  description = "How much a match on the OFAC sanctions list counts."
  type        = number
  default     = 15
}

variable "minimum_liveness_tolerance" {
  description = "The least confidence that a live person is in front of the camera."
  type        = number
  default     = 0.85
}

variable "on_destroy" {
  description = "What a destroy does to the weights."
  type        = string
  default     = "restore"
}

variable "webhook_url" {
  description = "The address that receives events."
  type        = string
  default     = "https://hooks.example.com/idv"
}
