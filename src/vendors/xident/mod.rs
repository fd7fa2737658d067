//! Xident. Today: the functions that verify its webhooks, which need no configured vendor.

pub(super) mod webhook_signature;
