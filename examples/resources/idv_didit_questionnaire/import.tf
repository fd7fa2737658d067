import {
  to = idv_didit_questionnaire.onboarding
  id = "a0000000-0000-4000-8000-000000000001"
}
