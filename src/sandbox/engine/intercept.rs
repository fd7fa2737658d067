//! What every request to a vendor's port goes through: the account that it is for, log, limit, faults, latency, `Date`.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{
        HeaderName, HeaderValue,
        header::{CONTENT_LENGTH, CONTENT_TYPE, DATE, RETRY_AFTER},
    },
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt, stream};
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use serde_json::Value;

use super::{
    Account, ApiError, Handle, StandIn, StateChange,
    accounts::{Limit, identify},
    clock::Clock,
    faults::{Fault, Faults, Kind},
    log::Log,
    replay::Replay,
    store::Store,
};

/// State that all ports share.
pub(super) struct Engine {
    pub(super) vendors: Vec<&'static StandIn>,
    pub(super) store: Arc<Store>,
    pub(super) clock: Arc<Clock>,
    pub(super) faults: Faults,
    pub(super) log: Log,
    pub(super) limit: Limit,
    pub(super) latency: Duration,
    pub(super) replay: Option<Replay>,
}

/// One vendor's port.
#[derive(Clone)]
pub(super) struct Gate {
    pub(super) vendor: &'static StandIn,
    /// The handles of the accounts, the first account first.
    pub(super) handles: Arc<[Handle]>,
    /// The handlers of each account.
    pub(super) routers: Arc<[Router]>,
    pub(super) engine: Arc<Engine>,
}

/// Marks a response that is not sent: the server closes the connection instead.
#[derive(Clone)]
pub(super) struct DropConnection;

/// Handles one request: runs the handler of its account, or injects the fault that matches.
pub(super) async fn intercept(State(gate): State<Gate>, request: Request) -> Response {
    let (request, account) = match gate.identify(request).await {
        Ok(identified) => identified,
        Err(error) => return error.render(gate.vendor.error_body),
    };
    let Gate { vendor, engine, .. } = &gate;
    let tenant = account.and_then(|account| engine.store.tenant_of(account)).cloned();
    let fault = engine.faults.take(vendor.name, tenant.as_deref(), request.method(), request.uri().path());
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let kind = fault.as_ref().map(|fault| fault.kind);
    let entry = engine.log.begin(
        vendor.name,
        tenant.as_deref().map(str::to_owned),
        request.method(),
        path,
        engine.clock.now(),
        kind,
    );

    let handle = &gate.handles[account.unwrap_or_default()];
    let mut response = match &fault {
        None => gate.run(account, request).await,
        Some(fault) if fault.after => {
            let genuine = gate.run(account, request).await;
            gate.inject(fault, handle).await.unwrap_or(genuine)
        }
        Some(fault) => match gate.inject(fault, handle).await {
            Some(injected) => injected,
            None => gate.run(account, request).await,
        },
    };
    // After the handler: the request of a client that gives up meanwhile has been applied. No lock is held here.
    tokio::time::sleep(engine.latency).await;
    if let Some(date) = http_date(&engine.clock) {
        response.headers_mut().insert(DATE, date);
    }
    if response.extensions().get::<DropConnection>().is_none() {
        engine.log.finish(entry, response.status());
    }
    response
}

fn http_date(clock: &Clock) -> Option<HeaderValue> {
    // Fails for years that HTTP cannot express; hyper then adds the machine's own date.
    let text = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&clock.now()).ok()?;
    HeaderValue::from_str(&text).ok()
}

impl Gate {
    /// Finds the account that made a request. Where there is one account without a limit, nothing depends on it.
    async fn identify(&self, request: Request) -> Result<(Request, Option<Account>), ApiError> {
        if self.handles.len() == 1 && !self.engine.limit.is_set() {
            return Ok((request, None));
        }
        identify(self.vendor.account, &self.handles, request).await
    }

    /// Counts the request against the limit of its account and runs the handler.
    async fn run(&self, account: Option<Account>, request: Request) -> Response {
        if let Some(account) = account
            && let Err(error) = self.engine.limit.count(self.vendor.name, account, self.engine.clock.now())
        {
            return error.render(self.vendor.error_body);
        }
        let router = self.routers[account.unwrap_or_default()].clone();
        let handle = async move |request| {
            let Ok(response) = TowerToHyperService::new(router).call(request).await;
            response
        };
        match &self.engine.replay {
            None => handle(request).await,
            Some(replay) => replay.respond(self.vendor, request, handle).await,
        }
    }

    /// Injects a fault. Returns `None` if the vendor's own response is sent nevertheless.
    async fn inject(&self, fault: &Fault, handle: &Handle) -> Option<Response> {
        match fault.kind {
            Kind::Status => Some(self.status(fault)),
            Kind::Delay => {
                tokio::time::sleep(Duration::from_millis(fault.delay_ms.unwrap_or_default())).await;
                None
            }
            Kind::Drop => {
                let mut response = Response::default();
                response.extensions_mut().insert(DropConnection);
                Some(response)
            }
            Kind::Truncate => Some(truncated()),
            Kind::Garbage => Some(([(CONTENT_TYPE, "application/json")], "\u{0}\u{1}{not json").into_response()),
            Kind::ExpireToken => self.change_state(self.vendor.expire_token, handle),
            Kind::RotateKey => self.change_state(self.vendor.rotate_key, handle),
        }
    }

    fn status(&self, fault: &Fault) -> Response {
        let status = fault.status_code();
        let mut response = match &fault.body {
            Some(Value::String(text)) => (status, text.clone()).into_response(),
            Some(body) => (status, Json(body)).into_response(),
            None => {
                let reason = status.canonical_reason().unwrap_or("a fault of the sandbox");
                ApiError::new(status, reason).render(self.vendor.error_body)
            }
        };
        if let Some(seconds) = fault.retry_after {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        for (name, value) in &fault.headers {
            // Both were checked when the fault was added.
            if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }

    fn change_state(&self, change: Option<StateChange>, handle: &Handle) -> Option<Response> {
        let error = change?(handle).err()?;
        Some(ApiError::from(error).render(self.vendor.error_body))
    }
}

/// A response whose `Content-Length` is larger than its body.
fn truncated() -> Response {
    let beginning = stream::iter([Ok(Bytes::from_static(b"{\"truncated\": "))]);
    // The pause makes hyper send what it has before the error makes it close the connection.
    let end = stream::once(async {
        tokio::task::yield_now().await;
        Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof))
    });
    let mut response = Response::new(Body::from_stream(beginning.chain(end)));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("1000"));
    response
}
