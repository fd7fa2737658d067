# What every unit shares: the configuration, the state, the credentials and what runs around a plan. A unit is a folder below
# tenants/, named after its tenant; unit.hcl is its whole content.
locals {
  tenant = basename(get_terragrunt_dir())
  prefix = "TENANT_${upper(replace(local.tenant, "-", "_"))}_"

  # The credentials of the tenant: TENANT_<NAME>_IDV_VULT_CLIENT_SECRET in the environment is IDV_VULT_CLIENT_SECRET for it.
  credentials = [
    "IDV_VULT_BASE_URL",
    "IDV_VULT_CLIENT_ID",
    "IDV_VULT_CLIENT_SECRET",
    "IDV_DIDIT_BASE_URL",
    "IDV_DIDIT_API_KEY",
  ]
}

# The folder before the two slashes is copied, so that the module and tenants.yaml are there too.
terraform {
  source = "${get_parent_terragrunt_dir()}/..//root"

  extra_arguments "credentials" {
    commands = get_terraform_commands_that_need_vars()
    env_vars = { for name in local.credentials : name => get_env("${local.prefix}${name}", "") }
  }

  extra_arguments "lock" {
    commands  = get_terraform_commands_that_need_locking()
    arguments = ["-lock-timeout=60s"]
  }

  before_hook "lint" {
    commands = ["plan"]
    execute  = ["terraform-provider-idv", "lint", "."]
  }
}

# TF_VAR_shared_didit_api_key, the key of the account that all tenants share, is in the environment.
inputs = {
  tenant = local.tenant
}

# It completes the `backend "pg" {}` of the configuration. PG_CONN_STR is in the environment.
remote_state {
  backend = "pg"

  config = {
    schema_name = "tenant_${replace(local.tenant, "-", "_")}"
  }
}

# A vendor that is not ready, and a database that restarts. An object that exists already is for a person.
errors {
  retry "transient" {
    retryable_errors   = [".*status 429.*", ".*status 503.*", ".*connection refused.*", ".*could not connect.*"]
    max_attempts       = 4
    sleep_interval_sec = 15
  }
}
