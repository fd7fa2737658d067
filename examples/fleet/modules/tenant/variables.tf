variable "name" {
  description = "The name of the tenant, which its webhook has."
  type        = string
}

variable "region" {
  description = "Where the tenant verifies people."
  type        = string
}

variable "strictness" {
  description = "How strict the checks are: standard, high or highest."
  type        = string

  validation {
    condition     = contains(["standard", "high", "highest"], var.strictness)
    error_message = "The strictness is standard, high or highest."
  }
}

variable "webhook_url" {
  description = "The address that receives the tenant's events."
  type        = string
}

variable "trusted_phones" {
  description = "Phone numbers that pass without a check of the number."
  type        = list(string)
  default     = []
}

variable "reported_emails" {
  description = "E-mail addresses that the tenant reports as fraud, for all tenants."
  type        = list(string)
  default     = []
}
