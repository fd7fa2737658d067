# The id is the entry's number, or `bl_...` where `api` is `v1`. `terraform query` lists them.
terraform import idv_xident_blacklist_entry.fraud 1
