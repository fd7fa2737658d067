# There is one for an application.
terraform import idv_didit_customization.acme customization
