# The webhook destinations of the application.
list "idv_didit_webhook_destination" "all" {
  provider = idv
}
