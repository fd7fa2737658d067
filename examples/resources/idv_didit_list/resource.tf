# Its values are resources of their own, of type idv_didit_list_entry.
resource "idv_didit_list" "trusted_phones" {
  name        = "trusted phones"
  description = "Phones of our own staff."
  list_type   = "allowlist"
  entry_type  = "phone"
}
