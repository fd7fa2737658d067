# The questionnaires of the application.
list "idv_didit_questionnaire" "all" {
  provider = idv
}
