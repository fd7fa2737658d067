# The id is the key's number, not the key itself. `terraform query` lists them.
terraform import idv_xident_api_key.checkout 1
