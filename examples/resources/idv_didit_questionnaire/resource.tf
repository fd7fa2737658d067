resource "idv_didit_questionnaire" "onboarding" {
  title       = "Onboarding"
  description = "What the law asks us to know"
  languages   = ["en", "es"]

  form_elements = [
    {
      id           = "occupation"
      element_type = "short_text"
      label        = { en = "What is your occupation?", es = "¿A qué se dedica?" }
      is_required  = true
    },
    {
      id           = "source_of_funds"
      element_type = "multiple_choice"
      label        = { en = "Source of funds", es = "Origen de los fondos" }
      options = [
        { value = "employment", label = { en = "Employment", es = "Trabajo" } },
        { value = "business", label = { en = "Business", es = "Negocio" } },
      ]
    },
  ]
}

# A workflow asks the version that counts today, and moves to the next in the apply that publishes it.
resource "idv_didit_workflow" "onboarding" {
  workflow_label = "onboarding"
  features = [
    { feature = "OCR" },
    {
      feature = "QUESTIONNAIRE"
      config  = jsonencode({ questionnaire_uuid = idv_didit_questionnaire.onboarding.questionnaire_id })
    },
  ]
}
