# Whom Didit lets through, and whom it blocks: in a list of our own, and in one of those that every application has.
resource "idv_didit_list" "trusted_phones" {
  name       = "trusted phones"
  list_type  = "allowlist"
  entry_type = "phone"
}

resource "idv_didit_list_entry" "staff" {
  for_each = {
    alice = "+49 151 000000"
    bob   = "+44 20 7946 0000"
  }

  list_id       = idv_didit_list.trusted_phones.id
  value         = each.value
  display_label = each.key
}

data "idv_didit_lists" "blocked_emails" {
  list_type  = "blocklist"
  entry_type = "email"
}

resource "idv_didit_list_entry" "fraud" {
  list_id = one(data.idv_didit_lists.blocked_emails.lists).id
  value   = "Mallory@example.com"
  comment = "Reported as fraud."
}

# How the pages look. What is left out keeps the application's value, and a destroy puts back what was there before.
resource "idv_didit_customization" "pages" {
  app_public_name       = "Acme Verify"
  color_button_1        = "#2567FF"
  border_radius_buttons = 16
  on_destroy            = "restore"
}
