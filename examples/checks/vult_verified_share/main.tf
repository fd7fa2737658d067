# Warns on every plan after a change of the weights once fewer sessions are verified than before it.

resource "idv_vult_weights" "tenant" {
  minimum_liveness_tolerance = 0.85
}

# When the weights were changed last. It is replaced with each change of them, and keeps its time otherwise.
resource "terraform_data" "changed" {
  input = plantimestamp()

  lifecycle {
    ignore_changes       = [input]
    replace_triggered_by = [idv_vult_weights.tenant]
  }
}

data "idv_vult_session_outcomes" "before" {
  to   = terraform_data.changed.output
  days = 30
}

data "idv_vult_session_outcomes" "after" {
  from = terraform_data.changed.output
}

variable "minimum_sessions" {
  description = "Shares of fewer sessions than this say nothing."
  type        = number
  default     = 50
}

variable "tolerated_fall" {
  description = "By how much the share may fall, from 0 to 1."
  type        = number
  default     = 0.05
}

locals {
  before = data.idv_vult_session_outcomes.before
  after  = data.idv_vult_session_outcomes.after
}

check "verified_share" {
  assert {
    condition = (
      min(local.before.total, local.after.total) < var.minimum_sessions
      # A share that VULT does not return is not compared.
      || coalesce(local.after.verified_share, 1) >= coalesce(local.before.verified_share, 0) - var.tolerated_fall
    )
    error_message = format(
      "The share of verified sessions fell from %.1f %% to %.1f %% since the weights were changed at %s.",
      100 * coalesce(local.before.verified_share, 0), 100 * coalesce(local.after.verified_share, 1), terraform_data.changed.output,
    )
  }
}
