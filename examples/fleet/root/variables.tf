variable "tenant" {
  description = "The name of the tenant in tenants.yaml."
  type        = string
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
