//! The life of a plugin: listen, say where, serve until the host asks to stop, end soon.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

use super::error::Error;
use super::handshake::Handshake;
use super::host::Host;
use super::listener::{Listener, connections};
use super::services::{self, ShutdownHook};
use super::signals::Signals;
use super::tls;

/// How long calls in flight may take to finish after the host asked to stop. It kills the process after two seconds.
const STOP_TIMEOUT: Duration = Duration::from_secs(1);

/// How long a plugin may take over what it does before it ends.
const FAREWELL_TIMEOUT: Duration = Duration::from_secs(10);

/// Serves a plugin's own routes to the host of `handshake`, until the host asks to stop. The limits on the size of messages
/// are those that the caller has set on its service.
///
/// `farewell` is what the plugin does before it ends, in ten seconds at most.
///
/// Prints the handshake line on standard output, which must not have been written to, and swallows SIGINT and SIGTERM.
/// Ends by itself when the host is gone, as after SIGKILL: nobody else would end it.
/// Needs a runtime of tokio with input/output and time.
pub async fn serve(
    handshake: &Handshake,
    routes: Routes,
    farewell: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Error> {
    let farewell = within_its_time(farewell);
    let host = Host::now();
    let signals = Signals::take_over()?;
    let server = Server::bind(handshake)?;
    announce(&server.line).map_err(Error::Announce)?;
    tokio::select! {
        result = server.run(routes, farewell.clone()) => result,
        () = host.gone() => {
            tracing::warn!("Terraform is gone without having asked to stop");
            farewell.await;
            Ok(())
        }
        never = signals.swallow() => match never {},
    }
}

/// A farewell that is cut off when it takes too long: the user waits for it.
pub(super) fn within_its_time(farewell: impl Future<Output = ()> + Send + 'static) -> ShutdownHook {
    let bounded = async {
        if tokio::time::timeout(FAREWELL_TIMEOUT, farewell).await.is_err() {
            tracing::error!(timeout = ?FAREWELL_TIMEOUT, "ended before everything was given back");
        }
    };
    bounded.boxed().shared()
}

/// Writes one line to standard output, from which the host learns where the plugin listens.
fn announce(line: &str) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}")?;
    stdout.flush()
}

/// A plugin that listens and has not said so yet.
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

    pub(super) async fn run(self, routes: Routes, farewell: ShutdownHook) -> Result<(), Error> {
        run(self.listener, self.tls, routes, farewell).await
    }
}

/// Serves until the host asks to stop; the socket is gone by then, and calls in flight end or are cut off.
pub(super) async fn run(
    listener: Listener,
    tls: Option<TlsAcceptor>,
    routes: Routes,
    farewell: ShutdownHook,
) -> Result<(), Error> {
    let stop = CancellationToken::new();
    let routes = services::add(routes, stop.clone(), farewell).await;
    let serving = tonic::transport::Server::builder()
        .add_routes(routes)
        .serve_with_incoming_shutdown(connections(listener, tls), stop.clone().cancelled_owned());
    tokio::select! {
        result = serving => result.map_err(Error::Serve),
        () = overdue(&stop) => {
            tracing::warn!(timeout = ?STOP_TIMEOUT, "stopped with calls still in flight");
            Ok(())
        }
    }
}

/// Waits until a stop has taken too long.
async fn overdue(stop: &CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(STOP_TIMEOUT).await;
}
