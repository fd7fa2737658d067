import {
  to       = idv_didit_customization.acme
  identity = {} # that of the application whose key the provider block has
}
