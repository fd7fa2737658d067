import {
  to = idv_didit_list_entry.fraud
  identity = {
    list_id = "b0000000-0000-4000-8000-000000000003"
    id      = "e0000000-0000-4000-8000-000000000001"
  }
}
