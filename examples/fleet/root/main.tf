# The configuration of one tenant, with a state of its own: `TF_VAR_tenant` says which. GitHub Actions and Prefect run it.
terraform {
  required_version = ">= 1.8"

  # PG_CONN_STR and PG_SCHEMA_NAME complete it: one schema of the database for each tenant.
  backend "pg" {}

  required_providers {
    idv = { source = "identity-as-code/idv" }
  }
}

locals {
  tenants = { for tenant in yamldecode(file("${path.module}/../tenants.yaml")) : tenant.name => tenant }
  tenant  = local.tenants[var.tenant]
}

# The tenant's own account. Addresses and credentials come from the environment: IDV_VULT_... and IDV_DIDIT_....
provider "idv" {}

# The account that all tenants share. Its key is another one, and its limit is for all processes that use the key together.
provider "idv" {
  alias = "shared"

  didit = {
    api_key             = var.shared_didit_api_key
    requests_per_minute = var.shared_requests_per_minute
  }
}

module "tenant" {
  source = "../modules/tenant"

  providers = {
    idv        = idv
    idv.shared = idv.shared
  }

  name            = local.tenant.name
  region          = local.tenant.region
  strictness      = local.tenant.strictness
  webhook_url     = local.tenant.webhook_url
  trusted_phones  = local.tenant.trusted_phones
  reported_emails = local.tenant.reported_emails
}
