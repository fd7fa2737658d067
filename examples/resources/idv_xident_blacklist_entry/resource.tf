terraform {
  required_version = ">= 1.11" # for write-only attributes; before, set face_image instead
}

provider "idv" {
  xident = { api = "verify/v1" } # lists and deletes; the rest comes from IDV_XIDENT_... in the environment
}

resource "idv_xident_blacklist_entry" "fraud" {
  reason                = "fraud"
  face_image_wo         = filebase64("${path.module}/face.png") # kept neither in plan nor in state
  face_image_wo_version = "1"                                   # change it with the image: that replaces the entry
}
