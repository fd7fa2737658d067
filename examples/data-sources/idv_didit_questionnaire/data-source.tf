# A configuration that another team applies.
resource "idv_didit_questionnaire" "onboarding" {
  title         = "Onboarding"
  languages     = ["en"]
  form_elements = [{ element_type = "short_text", label = { en = "What is your occupation?" } }]
}

# Without `depends_on` it would be read before it is created here.
data "idv_didit_questionnaire" "onboarding" {
  title      = "Onboarding"
  depends_on = [idv_didit_questionnaire.onboarding]
}

resource "idv_didit_workflow" "onboarding" {
  workflow_label = "onboarding"
  features = [
    { feature = "OCR" },
    {
      feature = "QUESTIONNAIRE"
      config  = jsonencode({ questionnaire_uuid = data.idv_didit_questionnaire.onboarding.questionnaire_id })
    },
  ]
}
