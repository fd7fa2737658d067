# One tenant: how VULT scores a person, which fields a document must have, where events go, whom Didit lets through; and the
# tenant's entries in the block list of the account that all tenants share.
terraform {
  required_version = ">= 1.8"

  required_providers {
    idv = {
      source                = "identity-as-code/idv"
      configuration_aliases = [idv.shared]
    }
  }
}

locals {
  # What the strictness of a tenant means. One place for all tenants, so that a change of it is reviewed once.
  levels = {
    standard = { liveness = 0.8, ofac = 10, sources = ["ocr"] }
    high     = { liveness = 0.9, ofac = 15, sources = ["ocr", "mrz"] }
    highest  = { liveness = 0.95, ofac = 25, sources = ["ocr", "mrz", "nfc"] }
  }
  level = local.levels[var.strictness]
}

resource "idv_vult_weights" "tenant" {
  minimum_liveness_tolerance = local.level.liveness
  ofac_fuzzy_match_weight    = local.level.ofac
  on_destroy                 = "restore"
}

resource "idv_vult_document_requirements" "passport" {
  for_each = toset(local.level.sources)

  document_type            = "passport"
  data_source              = each.key
  document_number_required = true
  expires_at_required      = true
  on_destroy               = "restore"
}

resource "idv_vult_webhook" "events" {
  name = "${var.name}-events"
  url  = var.webhook_url
}

resource "idv_didit_list" "trusted_phones" {
  name        = "trusted phones"
  description = "Staff of ${var.name} (${var.region}), who test the verification."
  list_type   = "allowlist"
  entry_type  = "phone"
}

resource "idv_didit_list_entry" "trusted_phone" {
  for_each = toset(var.trusted_phones)

  list_id = idv_didit_list.trusted_phones.id
  value   = each.key
}

# The account that all tenants share: what one tenant reports there, all of them block.
data "idv_didit_lists" "shared_blocked_emails" {
  provider = idv.shared

  list_type  = "blocklist"
  entry_type = "email"
}

resource "idv_didit_list_entry" "reported" {
  provider = idv.shared
  for_each = toset(var.reported_emails)

  list_id = one(data.idv_didit_lists.shared_blocked_emails.lists).id
  value   = each.key
  comment = "Reported by ${var.name}."
}
