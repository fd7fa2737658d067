# What Didit asks of a customer: a document, a face, and a few questions.
resource "idv_didit_questionnaire" "onboarding" {
  title     = "Onboarding"
  languages = ["en"]

  form_elements = [
    { id = "occupation", element_type = "short_text", label = { en = "What is your occupation?" }, is_required = true },
  ]
}

# A change publishes another version; `workflow_id` stays.
resource "idv_didit_workflow" "kyc" {
  workflow_label     = "kyc"
  max_retry_attempts = 2

  features = [
    { feature = "OCR", config = jsonencode({ duplicated_user_action = "REVIEW" }) },
    { feature = "LIVENESS" },
    { feature = "FACE_MATCH" },
    {
      feature = "QUESTIONNAIRE"
      config  = jsonencode({ questionnaire_uuid = idv_didit_questionnaire.onboarding.questionnaire_id })
    },
  ]
}

# The key that signs the events is not in state: `ephemeral "idv_didit_webhook_destination"` reads it.
resource "idv_didit_webhook_destination" "events" {
  label             = "events"
  url               = "https://hooks.example.com/didit"
  subscribed_events = ["status.updated", "data.updated"]
}
