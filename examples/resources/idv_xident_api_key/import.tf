# Xident returns the secret once, in the response to the create: an imported key has none in state.
import {
  to = idv_xident_api_key.checkout
  id = "1"
}
