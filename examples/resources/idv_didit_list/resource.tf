resource "idv_didit_list" "trusted_phones" {
  name        = "trusted phones"
  description = "Phones of our own staff."
  list_type   = "allowlist"
  entry_type  = "phone"
}

# One entry for each number.
resource "idv_didit_list_entry" "staff" {
  for_each = {
    alice = "+49 151 000000"
    bob   = "+44 20 7946 0000"
  }

  list_id       = idv_didit_list.trusted_phones.id
  value         = each.value
  display_label = each.key
}
