import {
  to       = idv_vult_weights.tenant
  identity = {} # the tenant of the provider block; or { client_id = "client-7", user_id = "user-1" }
}
