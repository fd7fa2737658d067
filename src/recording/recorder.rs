//! Writes a recording.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::line::{Decrypted, Exchange, FORMAT, Header, Line, Sent, VERSION};
use super::shape::Shaper;
use super::words::{Vocabulary, is_about_pages, is_name};

/// The headers whose values are recorded: numbers about limits.
const LIMITS: &[&str] = &[
    "ratelimit-limit",
    "ratelimit-remaining",
    "ratelimit-reset",
    "retry-after",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
];

/// Appends the exchanges of this process to a file.
pub struct Recorder {
    /// Several processes write to the file at once, so a line is one write.
    file: Mutex<File>,
    words: Vocabulary,
    key: [u8; 32],
    process: String,
    exchanges: AtomicU64,
    /// Whether a line could not be written, which is reported once.
    has_failed: AtomicBool,
}

/// A response, as the transport has read it.
pub struct Response<'r> {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: Vec<(&'r str, &'r str)>,
    /// The whole body.
    pub body: &'r [u8],
}

/// An exchange that was recorded.
#[derive(Clone)]
pub struct Recorded {
    recorder: Arc<Recorder>,
    number: u64,
}

impl Recorder {
    /// Opens the file, or creates it for its owner alone, and writes the line of this process.
    pub fn open(path: &Path, words: Vocabulary) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        // 122 random bits each: unguessable, and never written.
        let [left, right] = [uuid::Uuid::new_v4(), uuid::Uuid::new_v4()];
        let mut key = [0; 32];
        key[..16].copy_from_slice(left.as_bytes());
        key[16..].copy_from_slice(right.as_bytes());
        let recorder = Self {
            file: Mutex::new(options.open(path)?),
            words,
            key,
            process: uuid::Uuid::new_v4().simple().to_string()[..8].to_owned(),
            exchanges: AtomicU64::new(0),
            has_failed: AtomicBool::new(false),
        };
        let began = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%MZ").to_string();
        recorder.write(&Line::Header(Header {
            format: FORMAT.to_owned(),
            version: VERSION,
            provider: env!("CARGO_PKG_VERSION").to_owned(),
            process: recorder.process.clone(),
            began,
        }))?;
        Ok(recorder)
    }

    /// Records an exchange. `query` has the pairs of the query, `plain` the body before it was encrypted, if it was.
    pub fn exchange(
        self: &Arc<Self>,
        vendor: &str,
        operation: &str,
        request: &Request<'_>,
        response: Option<&Response<'_>>,
    ) -> Recorded {
        let number = self.exchanges.fetch_add(1, Ordering::Relaxed) + 1;
        let shaper = self.shaper();
        let headers = response.map(|response| response.headers.as_slice()).unwrap_or_default();
        let body = response.map_or(&[][..], |response| response.body);
        let parsed: Option<Value> = serde_json::from_slice(body).ok();
        let media_type = headers.iter().find(|(name, _)| *name == "content-type").map(|(_, value)| *value);
        let media_type = media_type.and_then(|value| value.split(';').next()).map(|value| value.trim().to_lowercase());
        let exchange = Exchange {
            process: self.process.clone(),
            exchange: number,
            vendor: vendor.to_owned(),
            operation: operation.to_owned(),
            request: Sent {
                method: request.method.to_owned(),
                route: request.route.to_owned(),
                call: request.documented.map(str::to_owned),
                query: request.query.iter().map(|(key, value)| shown_query(key, value)).collect(),
                headers: names(request.headers.iter().copied()),
                encrypted: request.encrypted,
                body: request.body.map(|body| shaper.shape(body)),
            },
            status: response.map(|response| response.status),
            headers: names(headers.iter().map(|(name, _)| *name)),
            media_type: media_type.filter(|value| is_media_type(value)),
            limits: limits(headers),
            bytes: body.len(),
            body: parsed.map(|body| shaper.shape(&body)),
        };
        self.append(&Line::Exchange(Box::new(exchange)));
        Recorded { recorder: self.clone(), number }
    }

    fn shaper(&self) -> Shaper<'_> {
        Shaper { words: &self.words, key: self.key }
    }

    /// Writes a line. A recording that cannot be written does not fail the run that it records.
    fn append(&self, line: &Line) {
        if let Err(error) = self.write(line)
            && !self.has_failed.swap(true, Ordering::Relaxed)
        {
            tracing::warn!(%error, "the recording is not complete: a line could not be written");
        }
    }

    fn write(&self, line: &Line) -> io::Result<()> {
        let mut text = serde_json::to_string(line)?;
        text.push('\n');
        self.file.lock().unwrap_or_else(PoisonError::into_inner).write_all(text.as_bytes())
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").field("process", &self.process).finish_non_exhaustive()
    }
}

/// A request, as it is recorded.
pub struct Request<'r> {
    /// The method.
    pub method: &'r str,
    /// The template of the route.
    pub route: &'r str,
    /// The method and the template that the vendor documents, if a setting names another route.
    pub documented: Option<&'r str>,
    /// The query.
    pub query: Vec<(String, String)>,
    /// The names of the headers.
    pub headers: Vec<&'r str>,
    /// Whether the body was encrypted.
    pub encrypted: bool,
    /// The body before it was encrypted.
    pub body: Option<&'r Value>,
}

impl Recorded {
    /// Records what the encrypted response contains.
    pub fn decrypted(&self, plain: &str) {
        let parsed: Option<Value> = serde_json::from_str(plain).ok();
        let Self { recorder, number } = self;
        recorder.append(&Line::Decrypted(Decrypted {
            process: recorder.process.clone(),
            decrypts: *number,
            body: parsed.map(|body| recorder.shaper().shape(&body)),
        }));
    }
}

/// The names of headers, sorted. One that may be data is left out.
fn names<'n>(names: impl Iterator<Item = &'n str>) -> Vec<String> {
    let mut names: Vec<_> = names.filter(|name| is_name(name)).map(str::to_lowercase).collect();
    names.sort();
    names.dedup();
    names
}

fn shown_query(key: &str, value: &str) -> String {
    let is_shown = is_about_pages(key) && value.len() <= 6 && value.bytes().all(|byte| byte.is_ascii_digit());
    let key = if is_name(key) { key } else { "?" };
    if is_shown { format!("{key}={value}") } else { key.to_owned() }
}

fn limits(headers: &[(&str, &str)]) -> BTreeMap<String, u64> {
    let number = |(name, value): &(&str, &str)| {
        let value = value.trim().parse().ok().filter(|_| LIMITS.contains(name))?;
        Some(((*name).to_owned(), value))
    };
    headers.iter().filter_map(number).collect()
}

/// Whether a text is a media type, such as `application/problem+json`.
fn is_media_type(text: &str) -> bool {
    let is_part = |part: &str| {
        part.len() <= 40 && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'+' | b'-'))
    };
    text.split_once('/').is_some_and(|(left, right)| is_part(left) && is_part(right))
}
