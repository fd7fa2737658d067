//! A proxy in front of a vendor of the sandbox that rewrites what passes: a vendor that stores another spelling, or whose API differs
//! from the documentation.

use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::{Method, Response, StatusCode, Uri, header::HeaderMap};
use serde_json::Value;
use tokio::runtime::Runtime;

use super::sandbox::Sandbox;
use super::workspace::Workspace;

/// A running proxy. It stops when it is dropped.
pub(crate) struct Rewriter {
    url: String,
    replacements: Replacements,
    routes: Shared<Routes>,
    responses: Shared<Responses>,
    // Dropped last: it runs the proxy.
    _runtime: Runtime,
}

/// Where a request goes: to the path that is returned, or to a response without the sandbox.
type Routes = Box<dyn Fn(&Method, &Uri, &Value) -> Result<String, (u16, Value)> + Send>;

/// Changes the status and the body of a response to a request.
type Responses = Box<dyn Fn(&Method, &str, &mut u16, &mut Value) + Send>;

type Shared<T> = Arc<Mutex<Option<T>>>;

/// Texts, each with what takes its place and how often it was replaced.
type Replacements = Arc<Mutex<Vec<(String, String, usize)>>>;

impl Rewriter {
    /// Starts a proxy for the base URL of a vendor.
    fn start(upstream: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (replacements, routes, responses) = (Replacements::default(), Shared::default(), Shared::default());
        let (upstream, shared) = (upstream.to_owned(), (replacements.clone(), routes.clone(), responses.clone()));
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let forward = move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
            forward(client.clone(), upstream.clone(), uri, shared.clone(), method, headers, body)
        };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, Router::new().fallback(forward)).await.unwrap();
        });
        Self { url, replacements, routes, responses, _runtime: runtime }
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

    /// Decides for each later request, by its method, its path and its JSON body, where it goes.
    pub(crate) fn route(
        &self,
        route: impl Fn(&Method, &Uri, &Value) -> Result<String, (u16, Value)> + Send + 'static,
    ) -> &Self {
        *self.routes.lock().unwrap() = Some(Box::new(route));
        self
    }

    /// Changes the status and the JSON body of each later response.
    pub(crate) fn respond(&self, respond: impl Fn(&Method, &str, &mut u16, &mut Value) + Send + 'static) -> &Self {
        *self.responses.lock().unwrap() = Some(Box::new(respond));
        self
    }

    /// The address of the proxy.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Whether each text was in a response, so that the test is about something.
    pub(crate) fn has_replaced(&self) -> bool {
        self.replacements.lock().unwrap().iter().all(|(.., hits)| *hits > 0)
    }
}

async fn forward(
    client: reqwest::Client,
    upstream: String,
    uri: Uri,
    (replacements, routes, responses): (Replacements, Shared<Routes>, Shared<Responses>),
    method: Method,
    mut headers: HeaderMap,
    body: Bytes,
) -> Response<axum::body::Body> {
    headers.remove("host");
    let sent: Value = serde_json::from_slice(&body).unwrap_or_default();
    let route = routes.lock().unwrap().as_ref().map(|route| route(&method, &uri, &sent));
    let path = match route {
        Some(Ok(path)) => path,
        Some(Err((status, body))) => {
            let response = Response::builder().status(status).header("content-type", "application/json");
            return response.body(body.to_string().into()).unwrap();
        }
        None => uri.path().to_owned(),
    };
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let request = client.request(method.clone(), format!("{upstream}{path}{query}")).headers(headers).body(body);
    let Ok(response) = request.send().await else {
        return Response::builder().status(StatusCode::BAD_GATEWAY).body("the sandbox is gone".into()).unwrap();
    };
    let (mut status, headers) = (response.status().as_u16(), response.headers().clone());
    let mut text = response.text().await.unwrap_or_default();
    for (from, to, hits) in replacements.lock().unwrap().iter_mut() {
        *hits += text.matches(from.as_str()).count();
        text = text.replace(from.as_str(), to);
    }
    if let (Some(respond), Ok(mut body)) = (responses.lock().unwrap().as_ref(), serde_json::from_str(&text)) {
        respond(&method, uri.path(), &mut status, &mut body);
        text = body.to_string();
    }
    let mut rewritten = Response::builder().status(status);
    for (name, value) in headers.iter().filter(|(name, _)| *name != "content-length" && *name != "transfer-encoding") {
        rewritten = rewritten.header(name, value);
    }
    rewritten.body(text.into()).unwrap()
}
