# The id is the PARTY_ID. The party must have granted access: 5N ID shows no request that is pending.
terraform import idv_fiven_credentials_access_request.alice alice::1220abcd
