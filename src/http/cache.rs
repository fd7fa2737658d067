//! The cache of one run: what reads returned that no write has invalidated, so that a hundred objects of one list cost one
//! request.
//!
//! It keeps responses, and values that were decoded from them: a list of ten thousand rows is decoded once, and not again for
//! each of the objects that are read from it.
//!
//! A read names a tag, a write names the tags that it invalidates. A tag has a generation, which is part of the cache key. A
//! write increments it before it starts and after it ends, so a response that was in flight meanwhile is stored under a
//! generation that nobody requests any more. Responses of earlier generations are dropped: a run with a thousand writes would
//! otherwise keep a thousand lists. There is no expiry: a client lives for one run of Terraform.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use moka::future::Cache;
use moka::policy::EvictionPolicy;
use reqwest::StatusCode;

use super::call::{Call, Tag};
use super::error::{Context, Error, Kind, Refused};
use super::prepared::Body;
use super::response::RawResponse;

/// How many bytes are kept, of responses and of what values were decoded from; beyond that, the least recently used are dropped.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// How far a shared read may use what this run has read before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CachePolicy {
    /// Uses a cached response if there is one.
    #[default]
    UseCached,
    /// Requests again.
    Refresh,
    /// Requests again after a write, also when the provider was asked to stop: otherwise what the write created is lost.
    RefreshAfterWrite,
    /// Uses what was read since the write, and requests the rest also when the provider was asked to stop.
    CachedAfterWrite,
}

impl CachePolicy {
    /// Whether the tag of the read is invalidated first.
    pub(super) fn is_fresh(self) -> bool {
        matches!(self, Self::Refresh | Self::RefreshAfterWrite)
    }

    /// Whether the read is sent although the provider was asked to stop.
    pub(super) fn is_settling(self) -> bool {
        matches!(self, Self::RefreshAfterWrite | Self::CachedAfterWrite)
    }

    /// The policy of the requests of a read whose tag has been invalidated.
    pub(super) fn after_invalidation(self) -> Self {
        if self.is_settling() { Self::CachedAfterWrite } else { Self::UseCached }
    }
}

/// What the reads of one client returned.
pub(super) struct RunCache {
    entries: Cache<Key, Entry>,
    generations: Mutex<HashMap<Tag, u64>>,
}

/// The cache key: two reads with equal keys are identical.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    tag: Tag,
    generation: u64,
    /// The type of what is kept.
    of: TypeId,
    /// What tells the read from others of its type under the tag; never shown.
    read: Vec<u8>,
}

#[derive(Clone)]
struct Entry {
    value: Arc<dyn Any + Send + Sync>,
    /// The size of the responses that it was read from.
    bytes: usize,
}

impl RunCache {
    pub(super) fn new() -> Self {
        let entries = Cache::builder()
            .max_capacity(MAX_BYTES)
            .weigher(|key: &Key, entry: &Entry| u32::try_from(key.read.len() + entry.bytes).unwrap_or(u32::MAX))
            // The default policy may reject a new entry in favour of old ones; a response just read is more likely to be used.
            .eviction_policy(EvictionPolicy::lru())
            .support_invalidation_closures()
            .build();
        Self { entries, generations: Mutex::default() }
    }

    /// Returns the response from the cache, from an identical read in flight, or from `load`; an error is shared, not kept.
    pub(super) async fn response(
        &self,
        tag: &Tag,
        call: &Call,
        load: impl Future<Output = Result<RawResponse, Error>>,
    ) -> Result<RawResponse, Error> {
        let load = async {
            let response = load.await?;
            let bytes = response.body.len();
            Ok((response, bytes))
        };
        self.value(tag, fingerprint(call), &call.context, load).await.map(Arc::unwrap_or_clone)
    }

    /// Returns a value of a type from the cache, from an identical read in flight, or from `load`; an error is shared, not kept.
    /// `read` tells the value from others of the type under the tag. `load` also returns from how many bytes it was read.
    pub(super) async fn value<T: Send + Sync + 'static>(
        &self,
        tag: &Tag,
        read: Vec<u8>,
        context: &Context,
        load: impl Future<Output = Result<(T, usize), Error>>,
    ) -> Result<Arc<T>, Error> {
        let key = Key { tag: tag.clone(), generation: self.generation(tag), of: TypeId::of::<T>(), read };
        let is_loader = AtomicBool::new(false);
        let load = async {
            is_loader.store(true, Ordering::Relaxed);
            let (value, bytes) = load.await?;
            Ok(Entry { value: Arc::new(value), bytes })
        };
        let entry = self.entries.try_get_with(key, load).await.map_err(|error: Arc<Error>| {
            let shared = Error::clone(&error);
            if is_loader.load(Ordering::Relaxed) {
                return shared;
            }
            // One error has the cause in full: those who share the read have a brief one.
            match error.kind() {
                _ if error.status() == Some(StatusCode::UNAUTHORIZED) => {
                    Error::refused_before(context.vendor, Refused::Credentials).needed_for(context)
                }
                Kind::Connect | Kind::Tls | Kind::Timeout | Kind::RateLimited | Kind::Server => shared.into_brief(),
                _ => shared,
            }
        })?;
        entry.value.downcast().map_err(|_| {
            Error::from_context(Kind::Decode, context.clone(), "the cache has a value of another type under its key")
        })
    }

    /// Invalidates what was read under a tag.
    pub(super) fn invalidate(&self, tag: &Tag) {
        let current = {
            let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
            let generation = generations.entry(tag.clone()).or_default();
            *generation += 1;
            *generation
        };
        let tag = tag.clone();
        // It only fails for a cache that is built without support for it.
        let _ = self.entries.invalidate_entries_if(move |key, _| key.tag == tag && key.generation < current);
    }

    /// Invalidates the tags now, and again when the returned guard is dropped, whether the write ended or was cancelled.
    pub(super) fn write(&self, tags: Vec<Tag>) -> Write<'_> {
        let write = Write { cache: self, tags };
        write.invalidate();
        write
    }

    /// How many bytes are kept.
    #[cfg(test)]
    pub(super) async fn bytes(&self) -> u64 {
        self.entries.run_pending_tasks().await;
        self.entries.weighted_size()
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
    fn invalidate(&self) {
        for tag in &self.tags {
            self.cache.invalidate(tag);
        }
    }
}

impl Drop for Write<'_> {
    fn drop(&mut self) {
        self.invalidate();
    }
}

/// The bytes of a request without what authentication adds; parts are separated by a byte that neither UTF-8 nor header
/// values contain.
fn fingerprint(call: &Call) -> Vec<u8> {
    const SEPARATOR: u8 = 0xFF;
    let mut bytes = Vec::new();
    let mut part = |text: &[u8]| {
        bytes.extend_from_slice(text);
        bytes.push(SEPARATOR);
    };
    let request = &call.prepared;
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
