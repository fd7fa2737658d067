import {
  to       = idv_xident_api_key.checkout
  identity = { id = "1" }
}
