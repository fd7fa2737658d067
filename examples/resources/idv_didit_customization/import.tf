import {
  to = idv_didit_customization.acme
  id = "customization" # there is one for an application
}
