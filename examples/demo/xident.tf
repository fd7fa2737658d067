# A face that is to be turned away. The image leaves no trace in plan or state.
resource "idv_xident_blacklist_entry" "fraud" {
  reason                = "fraud"
  face_image_wo         = filebase64("${path.module}/face.png")
  face_image_wo_version = "1"
}

# The key with which the shop begins verifications.
resource "idv_xident_api_key" "shop" {
  name         = "shop"
  callback_url = "https://shop.example.com/verified"
}

data "idv_xident_requirements" "project" {}
