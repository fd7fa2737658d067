terraform {
  required_version = ">= 1.11" # for the write-only attribute that takes the secret
}

ephemeral "idv_onekosmos_service_key" "pipeline" {
  tag = "pipeline"
}

# Any write-only attribute takes the secret. Usually it is one of a secret store; this one makes the example run as it stands.
resource "idv_onekosmos_bucket" "evidence" {
  type        = "aws"
  bucket_name = "acme-evidence"

  aws_credential = {
    access_key            = "AKIAXXXXXXXX"
    region                = "eu-central-1"
    secret_key_wo         = ephemeral.idv_onekosmos_service_key.pipeline.key_secret
    secret_key_wo_version = idv_onekosmos_service_key.pipeline.key_id # a reset changes the id, and so sends the new secret
  }
}

resource "idv_onekosmos_service_key" "pipeline" {
  tag = "pipeline"
}
