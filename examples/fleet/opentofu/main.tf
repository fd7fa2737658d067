# All tenants in one configuration: OpenTofu 1.9 has `for_each` for providers, Terraform has not. One state, one plan, one lock.
terraform {
  required_version = ">= 1.9"

  backend "pg" {
    schema_name = "fleet"
  }

  required_providers {
    idv = { source = "identity-as-code/idv" }
  }
}

locals {
  tenants = { for tenant in yamldecode(file("${path.module}/../tenants.yaml")) : tenant.name => tenant }
}

# A tenant's provider must outlive its objects. To remove a tenant, list it in `leaving`, apply, and then delete it from
# tenants.yaml.
provider "idv" {
  alias    = "tenant"
  for_each = local.tenants

  vult = {
    base_url      = var.credentials[each.key].vult_base_url
    client_id     = var.credentials[each.key].vult_client_id
    client_secret = var.credentials[each.key].vult_client_secret
  }

  didit = {
    api_key = var.credentials[each.key].didit_api_key
  }
}

provider "idv" {
  alias = "shared"

  didit = {
    api_key             = var.shared_didit_api_key
    requests_per_minute = var.shared_requests_per_minute
  }
}

module "tenant" {
  source   = "../modules/tenant"
  for_each = { for name, tenant in local.tenants : name => tenant if !contains(var.leaving, name) }

  providers = {
    idv        = idv.tenant[each.key]
    idv.shared = idv.shared
  }

  name            = each.value.name
  region          = each.value.region
  strictness      = each.value.strictness
  webhook_url     = each.value.webhook_url
  trusted_phones  = each.value.trusted_phones
  reported_emails = each.value.reported_emails
}
