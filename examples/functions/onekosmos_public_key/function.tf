# The public key by which an administrator finds this client in the logs of 1Kosmos.
output "our_public_key" {
  value     = provider::idv::onekosmos_public_key(var.private_key, "secp256k1")
  sensitive = true # as everything that is computed from a sensitive value
}

variable "private_key" {
  description = "The key of this client, as in `private_key` of the provider block."
  type        = string
  sensitive   = true
}
