resource "idv_didit_workflow" "kyc" {
  workflow_label = "kyc"
  features = [
    { feature = "OCR", config = jsonencode({ duplicated_user_action = "REVIEW" }) },
    { feature = "LIVENESS" },
    { feature = "FACE_MATCH", config = jsonencode({ face_match_score_decline_threshold = 40 }) },
  ]
  max_retry_attempts = 2
}
