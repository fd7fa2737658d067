mock_provider "idv" {}

run "face_match_has_liveness" {
  command = plan

  assert {
    condition = (
      !contains(idv_didit_workflow.kyc.features[*].feature, "FACE_MATCH") ||
      contains(idv_didit_workflow.kyc.features[*].feature, "LIVENESS")
    )
    error_message = "The workflow has FACE_MATCH and no LIVENESS: a photo of the document's owner passes."
  }
}
