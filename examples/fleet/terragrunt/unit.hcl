# One tenant: copy this file to tenants/<name>/terragrunt.hcl.
include "root" {
  path = find_in_parent_folders("root.hcl")
}
