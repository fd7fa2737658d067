//! The parts of a recording that a replay needs. The guide "First contact" describes the format.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde::Deserialize;

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

/// A recorded exchange.
#[derive(Clone, Debug)]
pub(super) struct Exchange {
    pub(super) vendor: String,
    pub(super) method: String,
    pub(super) route: String,
    pub(super) query: Vec<String>,
    pub(super) status: Option<u16>,
    pub(super) limits: BTreeMap<String, u64>,
    pub(super) bytes: usize,
    /// The shape of the content: of what was decrypted, if the response was encrypted.
    pub(super) body: Option<Shape>,
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
        request: Request,
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
    #[serde(default)]
    query: Vec<String>,
}

/// The exchanges of a recording.
pub(super) fn read(path: &Path) -> Result<Vec<Exchange>, Unreadable> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|source| Unreadable::File { path: name.clone(), source })?;
    let mut exchanges: BTreeMap<(String, u64), Exchange> = BTreeMap::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let unreadable = |reason: String| Unreadable::Line { path: name.clone(), line: index + 1, reason };
        match serde_json::from_str(line).map_err(|error| unreadable(error.to_string()))? {
            Line::Header { version: VERSION } => {}
            Line::Header { version } => return Err(unreadable(format!("its version is {version}"))),
            Line::Exchange { process, exchange, vendor, request, status, limits, bytes, body } => {
                let Request { method, route, query } = request;
                let recorded = Exchange { vendor, method, route, query, status, limits, bytes, body };
                exchanges.insert((process, exchange), recorded);
            }
            Line::Decrypted { process, decrypts, body } => {
                if let Some(exchange) = exchanges.get_mut(&(process, decrypts)) {
                    exchange.body = body;
                }
            }
        }
    }
    Ok(exchanges.into_values().collect())
}
