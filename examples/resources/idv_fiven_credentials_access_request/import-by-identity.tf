import {
  to       = idv_fiven_credentials_access_request.alice
  identity = { party_id = "alice::1220abcd" }
}
