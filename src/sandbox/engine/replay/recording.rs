//! The parts of a recording that a replay needs. The guide "First contact" describes the format.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde::Deserialize;

use super::super::Operation;

/// The version of the format that is read.
const VERSION: u32 = 1;

/// Why a recording cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The file cannot be read.
    #[error("cannot read the recording `{path}`: {source}")]
    File {
        /// The file.
        path: String,
        /// The error of the operating system.
        source: io::Error,
    },
    /// A line is none of a recording.
    #[error("line {line} of `{path}` is no line of a recording of version {VERSION}: {reason}")]
    Line {
        /// The file.
        path: String,
        /// The number of the line, from 1.
        line: usize,
        /// Why.
        reason: String,
    },
}

/// The operation of a read of an object that does not exist.
const READING_ABSENT: &str = "reading an object that does not exist";

/// A recorded exchange.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The operation of the stand-in that the request is for; `None` if it has none, or if the route does not show it.
    pub operation: Option<Operation>,
    /// The status of the response; `None` if there was none.
    pub status: Option<u16>,
    /// Whether the body of the request was encrypted.
    pub encrypted: bool,
    /// Whether the response was encrypted.
    pub encrypted_response: bool,
    /// Whether the request was for an object that does not exist.
    pub(super) is_of_absent: bool,
    pub(super) vendor: String,
    pub(super) method: String,
    pub(super) route: String,
    /// The documented route, if a setting made the provider call another one: `POST /v3/lists/`.
    pub(super) call: Option<String>,
    pub(super) query: Vec<String>,
    /// The shape of the request's body, before it was encrypted.
    pub(super) sent: Option<Shape>,
    pub(super) limits: BTreeMap<String, u64>,
    pub(super) bytes: usize,
    /// The shape of the content: of what was decrypted, if the response was encrypted.
    pub(super) body: Option<Shape>,
}

impl Exchange {
    /// Whether the vendor carried the request out.
    pub fn has_succeeded(&self) -> bool {
        self.status.is_some_and(|status| status < 400)
    }

    /// Whether the vendor rejected the encrypted body, probably because it expects plain JSON.
    pub fn is_encryption_rejected(&self) -> bool {
        self.encrypted && self.status == Some(400)
    }
}

/// The shape of a value.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Shape {
    Null,
    Boolean,
    Number {
        integer: bool,
        value: Option<u64>,
    },
    Text {
        length: usize,
        form: String,
        value: Option<String>,
        hash: Option<String>,
    },
    Array {
        length: usize,
        #[serde(default)]
        items: Vec<Shape>,
        rest: Option<Box<Shape>>,
    },
    Object {
        #[serde(default)]
        members: BTreeMap<String, Shape>,
        #[serde(default)]
        unnamed: usize,
        #[serde(default)]
        sometimes: Vec<String>,
    },
    OneOf {
        shapes: Vec<Shape>,
    },
    Deeper,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Exchange {
        process: String,
        exchange: u64,
        vendor: String,
        operation: String,
        request: Box<Request>,
        status: Option<u16>,
        #[serde(default)]
        limits: BTreeMap<String, u64>,
        bytes: usize,
        body: Option<Shape>,
    },
    Decrypted {
        process: String,
        decrypts: u64,
        body: Option<Shape>,
    },
    Header {
        version: u32,
    },
}

#[derive(Deserialize)]
struct Request {
    method: String,
    route: String,
    call: Option<String>,
    #[serde(default)]
    query: Vec<String>,
    #[serde(default)]
    encrypted: bool,
    body: Option<Shape>,
}

/// The exchanges of a recording, in the order of the file. Their operations are not known yet.
pub(super) fn read(path: &Path) -> Result<Vec<Exchange>, Unreadable> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|source| Unreadable::File { path: name.clone(), source })?;
    let mut exchanges: Vec<Exchange> = Vec::new();
    let mut places: BTreeMap<(String, u64), usize> = BTreeMap::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let unreadable = |reason: String| Unreadable::Line { path: name.clone(), line: index + 1, reason };
        match serde_json::from_str(line).map_err(|error| unreadable(error.to_string()))? {
            Line::Header { version: VERSION } => {}
            Line::Header { version } => return Err(unreadable(format!("its version is {version}"))),
            Line::Exchange { process, exchange, vendor, operation, request, status, limits, bytes, body } => {
                let Request { method, route, call, query, encrypted, body: sent } = *request;
                places.insert((process, exchange), exchanges.len());
                exchanges.push(Exchange {
                    operation: None,
                    status,
                    encrypted,
                    encrypted_response: false,
                    is_of_absent: operation == READING_ABSENT,
                    vendor,
                    method,
                    route,
                    call,
                    query,
                    sent,
                    limits,
                    bytes,
                    body,
                });
            }
            Line::Decrypted { process, decrypts, body } => {
                if let Some(exchange) = places.get(&(process, decrypts)).and_then(|place| exchanges.get_mut(*place)) {
                    exchange.encrypted_response = true;
                    exchange.body = body;
                }
            }
        }
    }
    Ok(exchanges)
}
