terraform {
  required_version = ">= 1.11" # for write-only attributes; before, set face_image instead
}

provider "idv" {
  xident = { api = "verify/v1" } # lists and deletes; the rest comes from IDV_XIDENT_... in the environment
}

resource "idv_xident_face_enrollment" "operator" {
  user_id               = "user-456"
  face_image_wo         = filebase64("${path.module}/face.png") # kept neither in plan nor in state
  face_image_wo_version = "1"                                   # change it with the image: the user is enrolled again
}
