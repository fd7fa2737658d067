terraform {
  required_version = ">= 1.11" # for write-only attributes

  required_providers {
    idv = { source = "identity-as-code/idv" }
  }
}

# Addresses and credentials come from the environment: IDV_VULT_..., IDV_ONEKOSMOS_..., IDV_FIVEN_..., IDV_XIDENT_... and IDV_DIDIT_....
provider "idv" {
  xident = { api = "verify/v1" } # lists and deletes entries, and has API keys
}
