# The id is WEBHOOK_ID, or CLIENT_ID/WEBHOOK_ID for a webhook of a client. The data source idv_vult_webhooks lists ids.
terraform import idv_vult_webhook.events whk_000001
