//! What a tenant has, for the commands that read one or two of them: lists its objects, finds what an id refers to, and matches the
//! objects of two tenants.
//!
//! Ids differ between tenants. Objects of two tenants are the same if their natural keys are, and a reference is compared by the
//! name of the object that it refers to. There is no code for any type here: the schemas and the lists say everything.

mod files;
mod listing;
mod matching;
mod references;
pub(crate) mod words;

pub use self::files::FileError;
pub(crate) use self::files::{read, variables};
pub(crate) use self::listing::{Listing, list};
pub(crate) use self::matching::{key, matched};
pub(crate) use self::references::{Directory, Entry, identifying, name_references, object_name, reference, refers_to};
