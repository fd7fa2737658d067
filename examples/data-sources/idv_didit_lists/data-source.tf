# Didit's own block lists.
data "idv_didit_lists" "blocking" {
  list_type = "blocklist"
}

output "block_lists" {
  value = { for list in data.idv_didit_lists.blocking.lists : list.entry_type => list.id }
}
