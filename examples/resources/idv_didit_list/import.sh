# The id is the uuid of the list.
terraform import idv_didit_list.trusted_phones c0000000-0000-4000-8000-000000000001
