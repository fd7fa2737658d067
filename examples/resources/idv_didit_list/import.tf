import {
  to = idv_didit_list.trusted_phones
  id = "c0000000-0000-4000-8000-000000000001"
}
