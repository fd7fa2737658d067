//! Recordings of what vendors really respond: JSON lines with shapes, and without secrets or personal data.
//!
//! A recording has, for each exchange, the method, the template of the route, the status, the names of headers, and the shapes of
//! both bodies: names of fields, types, lengths, and the values that this provider knows as constants, such as `passport`. What
//! may be in it is an allow-list: a text is not written because it looks harmless, but only if it is one of those constants or
//! part of a form that cannot hold data. The guide "First contact" describes the format.

mod line;
mod pages;
mod reader;
mod recorder;
mod shape;
mod words;

pub use line::{Decrypted, Exchange, FORMAT, Header, Line, Sent, VERSION};
pub use reader::Recording;
pub use recorder::{Recorded, Recorder, Request, Response};
pub use shape::{Items, Members, Shape, TextForm};
pub use words::{Vocabulary, is_page_size};
