# The lists of the application, without Didit's own.
list "idv_didit_list" "all" {
  provider = idv
}
