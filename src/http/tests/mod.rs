//! Tests of the transport as a whole, against a real server on a local socket; `mod.rs` is that server.

mod cache;
mod failures;
mod limits;
mod oauth2;
mod pages;
mod redaction;
mod refusals;
mod retry;
mod shared;
mod tls;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::Uri;
use serde::Serialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use url::Url;

use super::{Anonymous, Client, HeaderMap, Method, Settings};

/// A request as the server saw it.
#[derive(Debug, Clone)]
struct Seen {
    method: Method,
    /// Path and query.
    path: String,
    headers: HeaderMap,
    body: String,
}

/// What the server sends back.
#[derive(Debug, Clone)]
struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Bytes,
    delay: Duration,
}

fn reply(status: u16) -> Reply {
    Reply { status, headers: Vec::new(), body: Bytes::from_static(b"{}"), delay: Duration::ZERO }
}

impl Reply {
    fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    fn json(self, body: &impl Serialize) -> Self {
        self.body(serde_json::to_string(body).unwrap())
    }

    fn after_ms(mut self, delay: u64) -> Self {
        self.delay = Duration::from_millis(delay);
        self
    }
}

#[derive(Default)]
struct Log {
    seen: Mutex<Vec<Seen>>,
    in_flight: AtomicUsize,
    most_in_flight: AtomicUsize,
}

/// A server on a port of its own, which notes what it is asked.
struct Server {
    url: Url,
    log: Arc<Log>,
}

impl Server {
    /// Sends the first reply to the first request and so on; the last reply repeats.
    async fn script(replies: impl IntoIterator<Item = Reply>) -> Self {
        let replies: Vec<Reply> = replies.into_iter().collect();
        Self::start(move |_, number| replies[number.min(replies.len() - 1)].clone()).await
    }

    /// Computes each reply from the request and the number of requests before it.
    async fn start(respond: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static) -> Self {
        let (log, respond) = (Arc::new(Log::default()), Arc::new(respond));
        let app = Router::new().fallback({
            let log = log.clone();
            async move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
                let path = uri.path_and_query().map(ToString::to_string).unwrap_or_default();
                let seen = Seen { method, path, headers, body: String::from_utf8_lossy(&body).into_owned() };
                let number = {
                    let mut all = log.seen.lock().unwrap();
                    all.push(seen.clone());
                    all.len() - 1
                };
                let reply = respond(&seen, number);
                let now = log.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
                log.most_in_flight.fetch_max(now, Ordering::SeqCst);
                tokio::time::sleep(reply.delay).await;
                log.in_flight.fetch_sub(1, Ordering::SeqCst);
                let mut response = axum::http::Response::builder().status(reply.status);
                for (name, value) in reply.headers {
                    response = response.header(name, value);
                }
                response.body(Body::from(reply.body)).unwrap()
            }
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, log }
    }

    fn seen(&self) -> Vec<Seen> {
        self.log.seen.lock().unwrap().clone()
    }

    fn count(&self) -> usize {
        self.log.seen.lock().unwrap().len()
    }

    fn most_in_flight(&self) -> usize {
        self.log.most_in_flight.load(Ordering::SeqCst)
    }

    fn settings(&self) -> Settings {
        settings(self.url.clone())
    }

    /// A client without credentials.
    fn client(&self) -> Client {
        client(self.settings())
    }
}

/// A server that sends these bytes on each connection and closes it; counts the connections.
async fn raw(bytes: &'static [u8]) -> (Url, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    tokio::spawn({
        let count = count.clone();
        async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                count.fetch_add(1, Ordering::SeqCst);
                let mut head = [0; 4096];
                let _ = stream.read(&mut head).await.unwrap();
                stream.write_all(bytes).await.unwrap();
                stream.shutdown().await.unwrap();
            }
        }
    });
    (url, count)
}

/// Settings that do not make a test wait.
fn settings(url: Url) -> Settings {
    let mut settings = Settings::new("Acme", url);
    settings.first_retry_delay = Duration::from_millis(1);
    settings.rate_limit_patience = Duration::ZERO;
    settings.timeout = Duration::from_secs(5);
    settings
}

fn client(settings: Settings) -> Client {
    Client::new(settings, Arc::new(Anonymous)).unwrap()
}
