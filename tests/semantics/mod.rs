//! What a user relies on beyond the life of single objects.

mod interruptions;
mod requests;
mod requirements;
mod webhooks;
mod weights;
