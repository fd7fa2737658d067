terraform {
  required_version = ">= 1.11" # for write-only attributes

  required_providers {
    idv = { source = "identity-as-code/idv" }
  }
}

# Addresses and credentials come from IDV_VULT_... and IDV_ONEKOSMOS_... in the environment.
provider "idv" {}
