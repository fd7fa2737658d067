# The workflows of the application.
list "idv_didit_workflow" "all" {
  provider = idv
}
