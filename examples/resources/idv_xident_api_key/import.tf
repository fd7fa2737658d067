# The secret is told once, after the create: an imported key has none in state.
import {
  to = idv_xident_api_key.checkout
  id = "1"
}
