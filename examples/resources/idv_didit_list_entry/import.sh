# The id is LIST_UUID/ENTRY_UUID.
# Within a part, a slash is written as %2F and a percent sign as %25.
terraform import idv_didit_list_entry.fraud b0000000-0000-4000-8000-000000000003/e0000000-0000-4000-8000-000000000001
