variable "credentials" {
  description = "The credentials of each tenant, by its name: from credentials.auto.tfvars.json, which is in no repository."
  sensitive   = true

  type = map(object({
    vult_base_url      = string
    vult_client_id     = string
    vult_client_secret = string
    didit_api_key      = string
  }))
}

variable "leaving" {
  description = "Tenants whose objects are destroyed, before they are deleted from tenants.yaml."
  type        = set(string)
  default     = []
}

variable "shared_didit_api_key" {
  description = "The key of the application at Didit that all tenants share."
  type        = string
  sensitive   = true
}

variable "shared_requests_per_minute" {
  description = "How many requests a minute Didit accepts from that key."
  type        = number
  default     = 600
}
