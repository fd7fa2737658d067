//! The socket that the host connects to (a unix socket, on Windows a loopback port), and its connections.
//!
//! Both kinds of socket have the same shape: a `Place` read from the environment, and a `Listener` that is a stream of
//! accepted sockets. The TLS handshake runs beside accepting, so that a client that fails or delays its handshake
//! neither ends the server nor blocks another client.

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

/// How many clients may be in their TLS handshake at once, so that other processes cannot exhaust the memory.
const HANDSHAKES_AT_ONCE: usize = 64;

/// The pause after accepting failed, for example because of too many open files; without it the failure repeats at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The address of a listener, in the terms of go-plugin and of Go's `net` package.
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

/// Completes one connection; a failure is logged and affects only this client.
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
            tracing::warn!(%error, "rejected a client in the TLS handshake");
            None
        }
        Err(_elapsed) => {
            tracing::warn!(timeout = ?HANDSHAKE_TIMEOUT, "closed the connection of a client that did not complete its TLS handshake");
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
