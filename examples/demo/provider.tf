terraform {
  required_version = ">= 1.11" # for write-only attributes

  required_providers {
    idv = { source = "identity-as-code/idv" }
  }
}

# Addresses and credentials come from IDV_VULT_..., IDV_ONEKOSMOS_... and IDV_FIVEN_... in the environment.
provider "idv" {}
