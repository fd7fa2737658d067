# A face that Xident rejects. The image is kept in neither plan nor state.
resource "idv_xident_blacklist_entry" "fraud" {
  reason                = "fraud"
  face_image_wo         = filebase64("${path.module}/face.png")
  face_image_wo_version = "1"
}

# The key with which the shop starts verifications.
resource "idv_xident_api_key" "shop" {
  name         = "shop"
  callback_url = "https://shop.example.com/verified"
}

data "idv_xident_requirements" "project" {}
