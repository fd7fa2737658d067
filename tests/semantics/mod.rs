//! What a user relies on beyond the life of single objects.

mod aliases;
mod api_key_secrets;
mod buckets;
mod deactivated;
mod didit;
mod didit_creates;
mod didit_lists;
mod encryption;
mod fiven;
mod identity;
mod interruptions;
mod odd_data;
mod on_destroy;
mod pages;
mod proofing_sessions;
mod proofing_templates;
mod requests;
mod requirements;
mod service_keys;
mod spellings;
mod stale_reads;
mod unknowns;
mod webhooks;
mod weights;
mod xident;
