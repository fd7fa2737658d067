import {
  to       = idv_xident_blacklist_entry.fraud
  identity = { id = "1" }
}
