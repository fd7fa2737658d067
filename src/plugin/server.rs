//! Runs a plugin: listen, print the address, serve until the host or a signal asks to stop, end soon after.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

use super::announcement;
use super::error::Error;
use super::handshake::Handshake;
use super::hclog::write_to_stderr;
use super::host::Host;
use super::listener::{Listener, connections};
use super::services::{self, ShutdownHook};
use super::signals::Signals;
use super::tls;

/// How long calls in flight may take to finish after the host asked to stop. It kills the process after two seconds.
const STOP_TIMEOUT: Duration = Duration::from_secs(1);

/// How long calls in flight may take to finish after SIGTERM or the end of the host. With the shutdown hook this is less
/// than the 30 seconds after which container managers send SIGKILL.
const CALLS_TIMEOUT: Duration = Duration::from_secs(10);

/// What a plugin serves, and how it ends.
pub struct Application {
    /// The plugin's own routes. The limits on the size of messages are those that it has set on its service.
    pub routes: Routes,
    /// Asks the calls in flight to end soon: they write nothing more, and return what they know.
    pub stop: Box<dyn FnOnce() + Send>,
    /// Runs before the plugin ends, for at most ten seconds.
    pub shutdown: BoxFuture<'static, ()>,
}

/// How long the shutdown hook may take.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the threads of the runtime may take to end; a name lookup is one that nothing can cancel.
const THREADS_TIMEOUT: Duration = Duration::from_millis(500);

/// Serves a plugin to the host of `handshake`, until the host asks to stop or has ended, or until SIGTERM. `build`
/// also installs the log and the panic hook.
///
/// Prints the handshake line on standard output, which must not have been written to, and ignores SIGINT.
/// If the plugin cannot be served, including for the error in `handshake`, prints the reason there instead, because it is
/// all that the host shows to the user.
pub fn run(handshake: Result<Handshake, Error>, build: impl FnOnce() -> Application) -> Result<(), Error> {
    announcement::expect();
    let application = build();
    let result = handshake.and_then(|handshake| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Runtime)?;
        let result = runtime.block_on(serve(&handshake, application));
        runtime.shutdown_timeout(THREADS_TIMEOUT);
        result
    });
    if let Err(error) = &result {
        // The prefix is one that hosts know.
        write_to_stderr(&format!("[ERROR] {error}\n"));
        announcement::announce_failure(error);
    }
    result
}

async fn serve(handshake: &Handshake, application: Application) -> Result<(), Error> {
    let host = Host::now();
    let signals = Signals::install()?;
    let server = Server::bind(handshake)?;
    announcement::announce(&server.line).map_err(Error::Announce)?;
    server.listener.remove_abandoned();
    let Application { routes, stop, shutdown } = application;
    let end = async {
        tokio::select! {
            () = signals.terminated() => tracing::warn!("ending because of SIGTERM"),
            () = host.gone() => tracing::warn!("ending because Terraform ended without asking the plugin to stop"),
        }
        stop();
    };
    server.run(routes, with_timeout(shutdown), end).await
}

/// A shutdown hook with a timeout, because the user waits for it.
pub(super) fn with_timeout(shutdown: BoxFuture<'static, ()>) -> ShutdownHook {
    let bounded = async {
        if tokio::time::timeout(SHUTDOWN_TIMEOUT, shutdown).await.is_err() {
            tracing::error!(timeout = ?SHUTDOWN_TIMEOUT, "ended before everything was released");
        }
    };
    bounded.boxed().shared()
}

/// A plugin that listens and has not printed its address yet.
pub(super) struct Server {
    listener: Listener,
    tls: Option<TlsAcceptor>,
    /// The handshake line.
    pub(super) line: String,
}

impl Server {
    pub(super) fn bind(handshake: &Handshake) -> Result<Self, Error> {
        let (tls, certificate) = match handshake.client_certificate.clone().map(tls::configure).transpose()? {
            Some((config, certificate)) => (Some(TlsAcceptor::from(Arc::new(config))), Some(certificate)),
            None => (None, None),
        };
        let listener = Listener::bind(&handshake.place)?;
        let line = handshake.line(&listener.address(), certificate.as_ref());
        Ok(Self { listener, tls, line })
    }

    pub(super) async fn run(
        self,
        routes: Routes,
        shutdown: ShutdownHook,
        end: impl Future<Output = ()>,
    ) -> Result<(), Error> {
        serve_on(self.listener, self.tls, routes, shutdown, end).await
    }
}

/// Serves until the host asks to stop, or until `end`. The socket is removed then, no further call is accepted, and calls in
/// flight end or are cancelled.
pub(super) async fn serve_on(
    listener: Listener,
    tls: Option<TlsAcceptor>,
    routes: Routes,
    shutdown: ShutdownHook,
    end: impl Future<Output = ()>,
) -> Result<(), Error> {
    let stop = CancellationToken::new();
    let routes = services::add(routes, stop.clone(), shutdown.clone()).await;
    let mut serving = pin!(
        tonic::transport::Server::builder()
            .add_routes(routes)
            .serve_with_incoming_shutdown(connections(listener, tls), stop.clone().cancelled_owned())
    );
    tokio::select! {
        result = &mut serving => return result.map_err(Error::Serve),
        () = overdue(&stop) => {
            tracing::warn!(timeout = ?STOP_TIMEOUT, "stopped with calls still in flight");
            return Ok(());
        }
        () = end => stop.cancel(),
    }
    let result = tokio::time::timeout(CALLS_TIMEOUT, serving).await;
    shutdown.await;
    result
        .unwrap_or_else(|_elapsed| {
            tracing::warn!(timeout = ?CALLS_TIMEOUT, "ended with calls still in flight");
            Ok(())
        })
        .map_err(Error::Serve)
}

/// Waits until a stop has taken too long.
async fn overdue(stop: &CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(STOP_TIMEOUT).await;
}
