import {
  to = idv_vult_weights.tenant
  id = "/" # or "client-7", "client-7/user-1", "/user-1"
}
