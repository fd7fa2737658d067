terraform {
  required_providers {
    idv = { source = "identity-as-code/idv" }
  }
}

# Only the vendors whose objects are used need to be here. Every attribute has an environment variable that stands in for
# it, such as IDV_VULT_CLIENT_SECRET; a pipeline then needs no more than `provider "idv" {}`.
provider "idv" {
  vult = {
    base_url      = var.vult_base_url
    client_id     = var.vult_client_id
    client_secret = var.vult_client_secret
  }

  onekosmos = {
    tenant_dns     = "acme.1kosmos.net"
    community_name = "default"
    license_key    = var.onekosmos_license_key
  }

  fiven = {
    environment   = "devnet"
    client_id     = var.fiven_client_id
    client_secret = var.fiven_client_secret
  }

  xident = {
    secret_key      = var.xident_secret_key
    publishable_key = "pk_live_xxx" # idv-lint: ignore=literal-secret the key is public: web pages contain it
    api             = "verify/v1"   # today's; `v1` is the one of the vendor's reference page
  }

  didit = {
    api_key = var.didit_api_key # or client_id and client_secret
  }
}

variable "vult_base_url" {
  description = "The address of the tenant's API, such as https://kyc.example.com."
  type        = string
}

variable "vult_client_id" {
  description = "The id of the OAuth2 client that Terraform signs in as."
  type        = string
}

variable "vult_client_secret" {
  description = "The secret of that client."
  type        = string
  sensitive   = true
}

variable "onekosmos_license_key" {
  description = "The license by which 1Kosmos lets requests through."
  type        = string
  sensitive   = true
}

variable "fiven_client_id" {
  description = "The id of the OAuth2 client of the institution."
  type        = string
}

variable "fiven_client_secret" {
  description = "The secret of that client."
  type        = string
  sensitive   = true
}

variable "xident_secret_key" {
  description = "The secret key of the project at Xident."
  type        = string
  sensitive   = true
}

variable "didit_api_key" {
  description = "The key of the application at Didit."
  type        = string
  sensitive   = true
}
