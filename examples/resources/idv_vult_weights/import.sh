# The id is the scope: CLIENT_ID, CLIENT_ID/USER_ID, /USER_ID, or / for the tenant's own.
# Within a part, a slash is written as %2F and a percent sign as %25.
terraform import idv_vult_weights.tenant /
