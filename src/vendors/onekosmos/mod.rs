//! 1Kosmos' ID Proofing API.

pub mod sandbox;
