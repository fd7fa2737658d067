import {
  to = idv_fiven_credentials_access_request.alice
  id = "alice::1220abcd"
}
