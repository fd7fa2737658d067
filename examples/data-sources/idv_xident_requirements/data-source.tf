# Asked with the publishable key: the secret one is not needed, and not sent.
data "idv_xident_requirements" "project" {}

output "minimum_age" {
  value = data.idv_xident_requirements.project.min_age
}
