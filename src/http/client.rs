//! The client of one vendor, which makes requests below a base URL.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::Method;
use url::Url;

use super::auth::Authenticate;
use super::cache::CachePolicy;
use super::connections::Connections;
use super::error::{Context, Error};
use super::list::List;
use super::pages::{PageSource, Pages};
use super::path::Path;
use super::probe::Probe;
use super::request::Request;
use super::sender::Sender;
use super::settings::{Settings, check_base_url};

/// Sends requests to one vendor with one set of credentials; clones share limits, connections and the cache.
#[derive(Clone)]
pub struct Client {
    base_url: Url,
    sender: Arc<Sender>,
}

impl Client {
    /// A client for the vendor; nothing is connected until the first request.
    pub fn new(settings: Settings, auth: Arc<dyn Authenticate>) -> Result<Self, Error> {
        let connections = Connections::new(settings.tls.clone());
        Self::with_connections(settings, auth, connections)
    }

    /// A client that sends through the connections of another one.
    pub fn with_connections(
        settings: Settings,
        auth: Arc<dyn Authenticate>,
        connections: Connections,
    ) -> Result<Self, Error> {
        let base_url = settings.base_url.clone();
        Ok(Self { base_url, sender: Arc::new(Sender::new(settings, auth, connections)?) })
    }

    /// The same client for another base URL of the vendor, such as that of another service.
    pub fn at(&self, base_url: Url) -> Result<Self, Error> {
        check_base_url(self.vendor(), &base_url)?;
        Ok(Self { base_url, sender: self.sender.clone() })
    }

    /// How many bytes of responses the cache keeps.
    #[cfg(test)]
    pub(super) async fn cached_bytes(&self) -> u64 {
        self.sender.cache().bytes().await
    }

    /// The vendor's name.
    pub fn vendor(&self) -> &'static str {
        self.sender.settings().vendor
    }

    /// How long one attempt may take.
    pub(super) fn timeout(&self) -> Duration {
        self.sender.settings().timeout
    }

    /// How many rows a request for a page asks for: `most`, or fewer if the tenant's API returns no more.
    pub fn page_size(&self, most: usize) -> usize {
        self.sender.settings().overrides.page_size.map_or(most, |size| most.min(size.get()))
    }

    /// The URL that paths are joined to.
    pub fn base_url(&self) -> &Url {
        &self.base_url
    }

    /// The connections that the client sends through, for another client to share.
    pub fn connections(&self) -> Connections {
        self.sender.connections().clone()
    }

    /// The time on the vendor's clock, from the `Date` header of its last response; `None` if no response had one.
    pub fn vendor_time(&self) -> Option<Timestamp> {
        self.sender.vendor_time()
    }

    /// A read of one object or list.
    pub fn get(&self, path: impl Into<Path>) -> Request {
        self.request(Method::GET, path)
    }

    /// A write that has an effect each time it is sent, unless the request says otherwise.
    pub fn post(&self, path: impl Into<Path>) -> Request {
        self.request(Method::POST, path)
    }

    /// A write that replaces the whole object.
    pub fn put(&self, path: impl Into<Path>) -> Request {
        self.request(Method::PUT, path)
    }

    /// A write that changes a part of an object.
    pub fn patch(&self, path: impl Into<Path>) -> Request {
        self.request(Method::PATCH, path)
    }

    /// A removal.
    pub fn delete(&self, path: impl Into<Path>) -> Request {
        self.request(Method::DELETE, path)
    }

    /// A request of any method, such as one from configuration.
    pub fn request(&self, method: Method, path: impl Into<Path>) -> Request {
        Request::new(self.sender.clone(), self.base_url.clone(), method, path.into())
    }

    /// Reads a whole list, or returns what this run has read of it: its rows are decoded once for all objects that are read from
    /// it. `tag` is the one under which the source shares its pages.
    pub async fn list<S>(&self, tag: &str, source: S, policy: CachePolicy) -> Result<Arc<List<S::Row>>, Error>
    where
        S: PageSource,
        S::Row: Sync + 'static,
    {
        let (operation, part) = (format!("listing the {}", source.noun()), source.part());
        self.value(tag, &part, &operation, policy, |policy| Pages::new(source, policy).all()).await
    }

    /// Reads a list again after a write that added rows to it. Where `known` shows that rows were only added at its end, as
    /// many pages are requested as those fill.
    pub async fn list_after_write<S>(
        &self,
        tag: &str,
        source: S,
        known: Option<&List<S::Row>>,
    ) -> Result<Arc<List<S::Row>>, Error>
    where
        S: PageSource + Clone,
        S::Row: Clone + Sync + 'static,
    {
        let policy = CachePolicy::RefreshAfterWrite;
        if let Some(known) = known
            && let Some(added) = Pages::new(source.clone(), policy).added(known).await?
        {
            let mut list = known.clone();
            list.append(added, |row| source.key(row));
            return Ok(Arc::new(list));
        }
        self.list(tag, source, policy).await
    }

    /// Reads a value, or returns what this run has read, until a write invalidates the tag. `part` tells it from others of its
    /// type under the tag. `load` receives the policy for its requests, and also returns the size of their responses in bytes.
    pub async fn value<T, F>(
        &self,
        tag: &str,
        part: &str,
        operation: &str,
        policy: CachePolicy,
        load: impl FnOnce(CachePolicy) -> F,
    ) -> Result<Arc<T>, Error>
    where
        T: Send + Sync + 'static,
        F: Future<Output = Result<(T, usize), Error>>,
    {
        let (tag, cache) = (Arc::from(tag), self.sender.cache());
        if policy.is_fresh() {
            cache.invalidate(&tag);
        }
        let context = Context::new(self.vendor(), operation);
        let load = load(policy.after_invalidation());
        Box::pin(cache.value(&tag, part.as_bytes().to_vec(), &context, load)).await
    }

    /// Requests the base URL once, without credentials: a response of any status shows that the vendor can be reached.
    pub async fn probe(&self) -> Result<Probe, Error> {
        self.sender.probe(&self.base_url).await
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("settings", self.sender.settings()).finish_non_exhaustive()
    }
}
