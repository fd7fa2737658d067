//! What the subjects of the suite share.

pub(crate) mod sandbox;
