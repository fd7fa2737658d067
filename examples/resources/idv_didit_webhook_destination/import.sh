# The id is the destination's uuid, which the Business Console shows.
terraform import idv_didit_webhook_destination.events d0000000-0000-4000-8000-000000000001
