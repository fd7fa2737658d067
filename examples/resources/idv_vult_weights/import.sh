# The id is the scope: CLIENT_ID, CLIENT_ID/USER_ID, /USER_ID, or / for the tenant's own.
terraform import idv_vult_weights.tenant /
