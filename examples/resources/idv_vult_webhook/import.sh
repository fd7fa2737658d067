# The id is WEBHOOK_ID, or CLIENT_ID/WEBHOOK_ID for a webhook of a client. The data source idv_vult_webhooks lists ids.
# Within a part, a slash is written as %2F and a percent sign as %25.
terraform import idv_vult_webhook.events whk_000001
