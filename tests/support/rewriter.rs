//! A proxy in front of a vendor of the sandbox that rewrites response bodies: a vendor that stores another spelling.

use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::{Method, Response, StatusCode, Uri, header::HeaderMap};
use tokio::runtime::Runtime;

use super::sandbox::Sandbox;
use super::workspace::Workspace;

/// A running proxy. It stops when it is dropped.
pub(crate) struct Rewriter {
    url: String,
    replacements: Replacements,
    // Dropped last: it runs the proxy.
    _runtime: Runtime,
}

/// Texts, each with what takes its place and how often it was replaced.
type Replacements = Arc<Mutex<Vec<(String, String, usize)>>>;

impl Rewriter {
    /// Starts a proxy for the base URL of a vendor.
    fn start(upstream: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let replacements = Replacements::default();
        let (upstream, shared) = (upstream.to_owned(), Arc::clone(&replacements));
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let forward = move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
            forward(client.clone(), format!("{upstream}{uri}"), Arc::clone(&shared), method, headers, body)
        };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, Router::new().fallback(forward)).await.unwrap();
        });
        Self { url, replacements, _runtime: runtime }
    }

    /// Starts a proxy that the workspace's provider uses in place of a vendor of the sandbox.
    pub(crate) fn in_front_of(vendor: &str, sandbox: &Sandbox, workspace: &mut Workspace) -> Self {
        let (upstream, prefix) = (sandbox.url(vendor), format!("IDV_{}_", vendor.to_uppercase()));
        let rewriter = Self::start(upstream);
        for (name, url) in sandbox.env().iter().filter(|(name, _)| name.starts_with(&prefix) && name.ends_with("_URL"))
        {
            workspace.set(name, &url.replace(upstream, &rewriter.url));
        }
        // Objects that were created without the proxy are of the same tenant.
        workspace.set("IDV_FORMER_ADDRESSES", &sandbox.env()[&format!("{prefix}BASE_URL")]);
        rewriter
    }

    /// Replaces these texts in every later response, and no others.
    pub(crate) fn replace(&self, replacements: &[(&str, &str)]) {
        let owned = replacements.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned(), 0));
        *self.replacements.lock().unwrap() = owned.collect();
    }

    /// Whether each text was in a response, so that the test is about something.
    pub(crate) fn has_replaced(&self) -> bool {
        self.replacements.lock().unwrap().iter().all(|(.., hits)| *hits > 0)
    }
}

async fn forward(
    client: reqwest::Client,
    url: String,
    replacements: Replacements,
    method: Method,
    mut headers: HeaderMap,
    body: Bytes,
) -> Response<axum::body::Body> {
    headers.remove("host");
    let Ok(response) = client.request(method, url).headers(headers).body(body).send().await else {
        return Response::builder().status(StatusCode::BAD_GATEWAY).body("the sandbox is gone".into()).unwrap();
    };
    let mut rewritten = Response::builder().status(response.status());
    for (name, value) in response.headers() {
        if name != "content-length" && name != "transfer-encoding" {
            rewritten = rewritten.header(name, value);
        }
    }
    let mut text = response.text().await.unwrap_or_default();
    for (from, to, hits) in replacements.lock().unwrap().iter_mut() {
        *hits += text.matches(from.as_str()).count();
        text = text.replace(from.as_str(), to);
    }
    rewritten.body(text.into()).unwrap()
}
