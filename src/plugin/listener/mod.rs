//! Where the host connects: a unix socket, or on Windows a port of the loopback; and the connections that come in.
//!
//! Both kinds of socket have the same shape: a `Place` read from the environment, and a `Listener` that is a stream of
//! accepted sockets. TLS is added on top, beside the accepting, so that a client that fails or dawdles in its handshake
//! neither ends the server nor holds up another client.

#[cfg(any(not(unix), test))]
mod tcp;
#[cfg(unix)]
mod unix;

use std::convert::Infallible;
use std::future::ready;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::TlsAcceptor;
use tonic::transport::server::Connected;

#[cfg(not(unix))]
pub(super) use tcp::{Listener, Place};
#[cfg(unix)]
pub(super) use unix::{Listener, Place};

/// How long a client may take for its TLS handshake; on one machine it takes milliseconds.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// How many clients may be in their TLS handshake at once, so that strangers cannot fill the memory.
const HANDSHAKES_AT_ONCE: usize = 64;

/// How long accepting rests after a failure such as too many open files, which repeats at once otherwise.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Where a listener listens, in the words of go-plugin and of Go's `net` package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    /// `unix` or `tcp`.
    pub(super) network: &'static str,
    /// The path of the socket, or host and port.
    pub(super) text: String,
}

/// Turns accepted sockets into connections for tonic, each through a TLS handshake when there is an acceptor.
pub(super) fn connections<S>(
    sockets: impl Stream<Item = io::Result<S>>,
    tls: Option<TlsAcceptor>,
) -> impl Stream<Item = Result<Connection, Infallible>>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    sockets
        .map(move |socket| connect(socket, tls.clone()))
        .buffer_unordered(HANDSHAKES_AT_ONCE)
        .filter_map(|connection| ready(connection.map(Ok)))
}

/// Finishes one connection; a failure is logged and concerns this client alone.
async fn connect<S>(socket: io::Result<S>, tls: Option<TlsAcceptor>) -> Option<Connection>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let socket = match socket {
        Ok(socket) => socket,
        Err(error) => {
            tracing::warn!(%error, "could not accept a connection");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            return None;
        }
    };
    let Some(tls) = tls else {
        return Some(Connection(Box::new(socket)));
    };
    match tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(socket)).await {
        Ok(Ok(stream)) => Some(Connection(Box::new(stream))),
        Ok(Err(error)) => {
            tracing::warn!(%error, "refused a client in the TLS handshake");
            None
        }
        Err(_elapsed) => {
            tracing::warn!(timeout = ?HANDSHAKE_TIMEOUT, "gave up on a client that did not finish its TLS handshake");
            None
        }
    }
}

/// A connection with a client, with or without TLS.
pub(super) struct Connection(Box<dyn Socket>);

trait Socket: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Socket for S {}

impl Connected for Connection {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, ctx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(ctx, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, ctx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(ctx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, ctx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(ctx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, ctx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(ctx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        ctx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(ctx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }
}
