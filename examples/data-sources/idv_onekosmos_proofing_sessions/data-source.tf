# The sessions that a person has to look at.
data "idv_onekosmos_proofing_sessions" "review" {
  overall_recommendation = "REVIEW"
  limit                  = 100
}

# A warning in the plan when they pile up.
check "reviews_are_done" {
  assert {
    condition     = length(data.idv_onekosmos_proofing_sessions.review.sessions) < 100
    error_message = "100 sessions or more wait for a review."
  }
}
