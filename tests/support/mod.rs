//! What the subjects of the suite share.

pub(crate) mod golden;
pub(crate) mod objects;
pub(crate) mod sandbox;
pub(crate) mod terraform;
pub(crate) mod workspace;
