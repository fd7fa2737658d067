# One of Didit's own lists, which Terraform cannot manage. Its values can be.
data "idv_didit_list" "blocked_phones" {
  name = "Blocklist: phone"
}

resource "idv_didit_list_entry" "fraud" {
  list_id = data.idv_didit_list.blocked_phones.id
  value   = "+49 151 000000"
  comment = "fraud"
}
