terraform {
  required_version = ">= 1.10"
}

# A scan session for this run. It is declined when the run is over, whether it succeeds or not.
ephemeral "idv_onekosmos_proofing_session" "smoke_test" {
  document_type = "dl_object"

  connector = {
    id   = "connector-1"
    type = "microblink"
    config = jsonencode({
      license                        = var.capture_license
      verifierUrl                    = "https://verifier.example.com"
      document_share_session_enabled = true
    })
  }

  verification = {
    id     = "dvc_driver_license"
    tag    = "driver license"
    config = jsonencode({ verifier = "microblink", debug = false, skip = false })
  }
}

# 1Kosmos shows templates only to a live session. This provider uses the one above, so that none has to be kept open by hand.
provider "idv" {
  alias     = "with_session"
  onekosmos = { template_session_id = ephemeral.idv_onekosmos_proofing_session.smoke_test.session_id }
}

resource "idv_onekosmos_proofing_template" "driver_license" {
  provider      = idv.with_session
  document_type = "dl_object"
  dvc_id        = "dvc_driver_license"
  workflow      = [{ name = "front", type = "CAPTURE_FRONT" }, { name = "selfie", type = "CAPTURE_SELFIE" }]
}

variable "capture_license" {
  description = "The license of the capture engine."
  type        = string
  ephemeral   = true
}
