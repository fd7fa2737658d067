//! Single values between the wire and the framework.

pub(super) mod diagnostics;
pub(super) mod identity;
mod msgpack;
pub(super) mod schema;
pub(super) mod value;
