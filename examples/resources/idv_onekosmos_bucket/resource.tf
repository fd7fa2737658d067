terraform {
  required_version = ">= 1.11" # for write-only attributes; before, set secret_key instead
}

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

variable "bucket_secret_key" {
  description = "The secret of the AWS access key that 1Kosmos writes evidence with."
  type        = string
  ephemeral   = true
}
