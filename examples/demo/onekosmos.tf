# The steps by which a person proves a driver license.
resource "idv_onekosmos_proofing_template" "driver_license" {
  document_type = "dl_object"
  dvc_id        = "dvc_driver_license"

  workflow = [
    {
      name    = "welcome"
      type    = "HTML"
      html    = file("${path.module}/welcome.html") # plain text; `html_base64` where it is encoded already
      actions = [{ name = "begin", on = "click", jump_to = "front" }]
    },
    {
      name    = "front"
      type    = "CAPTURE_FRONT"
      actions = [{ name = "next", on = "captured", jump_to = "selfie" }]
    },
    {
      name    = "selfie"
      type    = "CAPTURE_SELFIE"
      params  = [{ name = "mode", field = "selfieCaptureMode" }]
      actions = [{ name = "done", on = "captured", jump_to = "wait" }]
    },
    {
      name    = "wait"
      type    = "PROCESSING"
      actions = [{ name = "submit", on = "load", call = "submit" }]
    },
  ]
}

# Where the images of verifications are kept. Destroy switches the bucket off; 1Kosmos has no delete.
resource "idv_onekosmos_bucket" "evidence" {
  type        = "aws"
  bucket_name = "acme-evidence"

  aws_credential = {
    access_key            = "AKIAXXXXXXXX"
    region                = "eu-central-1"
    secret_key_wo         = var.bucket_secret_key # kept neither in plan nor in state
    secret_key_wo_version = "2026-11"             # change it when the secret has a new value
  }
}

# The key with which this pipeline talks to 1Kosmos. A new quarter resets it.
resource "idv_onekosmos_service_key" "pipeline" {
  tag         = "pipeline"
  rotate_when = { quarter = "2026-Q4" }
}

variable "bucket_secret_key" {
  description = "The secret of the AWS access key that 1Kosmos writes evidence with."
  type        = string
  ephemeral   = true
}
