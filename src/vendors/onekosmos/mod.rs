//! 1Kosmos' ID Proofing API.

// sandbox follows
