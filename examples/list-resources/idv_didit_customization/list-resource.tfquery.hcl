# The customization, of which an application has one.
list "idv_didit_customization" "all" {
  provider = idv
}
