# What is left out keeps the application's value. Destroy forgets it; with on_destroy = "restore" it puts back what was there.
resource "idv_didit_customization" "acme" {
  color_panel           = "#2567FF"
  color_button_1        = "#2567FF"
  border_radius_buttons = 16
  font_family           = "Inter"
  font_weight           = "500"
  app_public_name       = "Acme Verify"
  privacy_policy_url    = "https://acme.example.com/privacy"
  skip_welcome_screen   = true
}
