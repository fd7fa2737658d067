//! What was read in this run and not written since, so that a hundred objects of one list cost one request.
//!
//! A read names a tag, a write names the tags that it invalidates. A tag has a generation, which is part of the key: a write
//! moves it before it begins and after it has ended, so an answer that was in flight meanwhile is kept under a generation
//! that nobody asks for any more. There is no expiry: a client lives for one run of Terraform.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use moka::future::Cache;
use moka::policy::EvictionPolicy;

use super::auth::Body;
use super::error::Error;
use super::request::Call;
use super::response::Answer;

/// How many bytes of answers are kept; beyond, the least recently used go.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// Names a group of reads that the same writes invalidate.
pub(super) type Tag = Arc<str>;

/// The answers of one client.
pub(super) struct RunCache {
    answers: Cache<Key, Answer>,
    generations: Mutex<HashMap<Tag, u64>>,
}

/// What makes two reads identical.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    tag: Tag,
    generation: u64,
    /// Method, URL, headers and body; never shown.
    request: Vec<u8>,
}

impl RunCache {
    pub(super) fn new() -> Self {
        let answers = Cache::builder()
            .max_capacity(MAX_BYTES)
            .weigher(|key: &Key, answer: &Answer| {
                u32::try_from(key.request.len() + answer.body.len()).unwrap_or(u32::MAX)
            })
            // The default policy may refuse a new entry in favour of old ones; an answer just read is the likelier one.
            .eviction_policy(EvictionPolicy::lru())
            .build();
        Self { answers, generations: Mutex::default() }
    }

    /// The answer from memory, from an identical read in flight, or from `load`; a failure is shared and not kept.
    pub(super) async fn get(
        &self,
        tag: &Tag,
        call: &Call,
        load: impl Future<Output = Result<Answer, Error>>,
    ) -> Result<Answer, Error> {
        let key = Key { tag: tag.clone(), generation: self.generation(tag), request: fingerprint(call) };
        self.answers.try_get_with(key, load).await.map_err(|error: Arc<Error>| Error::clone(&error))
    }

    /// Forgets what the tag holds.
    pub(super) fn forget(&self, tag: &Tag) {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        *generations.entry(tag.clone()).or_default() += 1;
    }

    /// Forgets what the tags hold now, and again when the returned guard goes, whether the write ended or was dropped.
    pub(super) fn write(&self, tags: Vec<Tag>) -> Write<'_> {
        let write = Write { cache: self, tags };
        write.forget();
        write
    }

    fn generation(&self, tag: &Tag) -> u64 {
        self.generations.lock().unwrap_or_else(PoisonError::into_inner).get(tag).copied().unwrap_or_default()
    }
}

/// A write in progress.
pub(super) struct Write<'a> {
    cache: &'a RunCache,
    tags: Vec<Tag>,
}

impl Write<'_> {
    fn forget(&self) {
        for tag in &self.tags {
            self.cache.forget(tag);
        }
    }
}

impl Drop for Write<'_> {
    fn drop(&mut self) {
        self.forget();
    }
}

/// All that the vendor sees of a request, but for what authentication adds; parts are separated by a byte that UTF-8 and
/// header values cannot contain.
fn fingerprint(call: &Call) -> Vec<u8> {
    const SEPARATOR: u8 = 0xFF;
    let mut bytes = Vec::new();
    let mut part = |text: &[u8]| {
        bytes.extend_from_slice(text);
        bytes.push(SEPARATOR);
    };
    let request = &call.outgoing;
    part(if call.authenticate { b"authenticated" } else { b"public" });
    part(request.method.as_str().as_bytes());
    part(request.url.as_str().as_bytes());
    for (name, value) in &request.headers {
        part(name.as_str().as_bytes());
        part(value.as_bytes());
    }
    match &request.body {
        Body::None => part(b"none"),
        Body::Json(value) => part(value.to_string().as_bytes()),
        Body::Form(text) => part(text.as_bytes()),
    }
    bytes
}
