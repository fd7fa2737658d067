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
