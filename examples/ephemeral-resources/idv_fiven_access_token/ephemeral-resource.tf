terraform {
  required_version = ">= 1.10"
}

# The token that the provider signs its own requests with, for a provider block, a provisioner or a write-only attribute.
ephemeral "idv_fiven_access_token" "main" {
  lifecycle {
    postcondition {
      condition     = timecmp(self.expires_at, timeadd(plantimestamp(), "15m")) > 0
      error_message = "The token ends within 15 minutes, which is too soon for this run."
    }
  }
}
