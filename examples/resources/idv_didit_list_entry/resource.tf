# Didit's own block list for phone numbers, which every application has.
data "idv_didit_lists" "blocked_phones" {
  list_type  = "blocklist"
  entry_type = "phone"
}

resource "idv_didit_list_entry" "fraud" {
  list_id  = one(data.idv_didit_lists.blocked_phones.lists).id
  value    = "+49 (151) 000-000" # stored as +49151000000, which is no change
  comment  = "Reported as fraud."
  metadata = jsonencode({ ticket = 4711 })
}
