//! The life of a plugin: listen, say where, serve until the host asks to stop, end soon.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

use super::error::Error;
use super::handshake::Handshake;
use super::host::Host;
use super::listener::{Listener, connections};
use super::services;
use super::signals::Signals;
use super::tls;

/// The size that messages should be allowed in both directions, in bytes: 256 MiB, as terraform-plugin-go allows.
///
/// tonic's own limit for a received message is 4 MiB, which a large state exceeds. The caller sets both limits on its own
/// service before it makes the routes.
pub const MAX_MESSAGE_BYTES: usize = 256 * 1024 * 1024;

/// How long calls in flight may take to finish after the host asked to stop. It kills the process after two seconds.
const STOP_TIMEOUT: Duration = Duration::from_secs(1);

/// Serves a plugin's own routes to the host of `handshake`, until the host asks to stop.
///
/// Prints the handshake line on standard output, which must not have been written to, and swallows SIGINT and SIGTERM.
/// Ends by itself when the host is gone, as after SIGKILL: nobody else would end it.
/// Needs a runtime of tokio with input/output and time.
pub async fn serve(handshake: &Handshake, routes: Routes) -> Result<(), Error> {
    let host = Host::now();
    let signals = Signals::take_over()?;
    let server = Server::bind(handshake)?;
    announce(&server.line).map_err(Error::Announce)?;
    tokio::select! {
        result = server.run(routes) => result,
        () = host.gone() => {
            tracing::warn!("Terraform is gone without having asked to stop");
            Ok(())
        }
        never = signals.swallow() => match never {},
    }
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

    pub(super) async fn run(self, routes: Routes) -> Result<(), Error> {
        run(self.listener, self.tls, routes).await
    }
}

/// Serves until the host asks to stop; the socket is gone by then, and calls in flight end or are cut off.
pub(super) async fn run(listener: Listener, tls: Option<TlsAcceptor>, routes: Routes) -> Result<(), Error> {
    let stop = CancellationToken::new();
    let routes = services::add(routes, stop.clone()).await;
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
