//! A loopback port within the range that the host gives, for Windows. Tests compile it everywhere.

use std::ffi::OsString;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener as StdListener};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::Stream;
use tokio::net::{TcpListener, TcpStream};

use super::Address;
use crate::plugin::environment::{Lookup, set_variable};
use crate::plugin::error::Error;

/// The range of allowed ports, both ends included; without a range any free port (0).
#[derive(Debug)]
pub(in crate::plugin) struct Place {
    first: u16,
    last: u16,
}

impl Place {
    /// Reads `PLUGIN_MIN_PORT` and `PLUGIN_MAX_PORT`; Terraform sets 10000 and 25000.
    pub(in crate::plugin) fn read(environment: Lookup<'_>) -> Result<Self, Error> {
        let variable = |name| set_variable(environment, name).unwrap_or_else(|| OsString::from("0"));
        let (first, last) = (variable("PLUGIN_MIN_PORT"), variable("PLUGIN_MAX_PORT"));
        let port = |text: &OsString| text.to_str().and_then(|text| text.parse().ok());
        match (port(&first), port(&last)) {
            (Some(first), Some(last)) if first <= last => Ok(Self { first, last }),
            _ => Err(Error::Ports {
                first: first.to_string_lossy().into_owned(),
                last: last.to_string_lossy().into_owned(),
                reason: "this is not a range of port numbers".to_owned(),
            }),
        }
    }
}

/// A listening port.
#[derive(Debug)]
pub(in crate::plugin) struct Listener {
    listener: TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// Opens the first port of the range that is free.
    pub(in crate::plugin) fn bind(place: &Place) -> Result<Self, Error> {
        let Place { first, last } = *place;
        let failed = |error: io::Error| Error::Ports {
            first: first.to_string(),
            last: last.to_string(),
            reason: error.to_string(),
        };
        let mut failure = io::Error::from(io::ErrorKind::AddrNotAvailable);
        for port in first..=last {
            match StdListener::bind((Ipv4Addr::LOCALHOST, port)) {
                Ok(listener) => return Self::adopt(listener).map_err(failed),
                Err(error) => failure = error,
            }
        }
        Err(failed(failure))
    }

    fn adopt(listener: StdListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener)?;
        Ok(Self { address: listener.local_addr()?, listener })
    }

    /// Does nothing: the system frees a port when its process ends.
    #[cfg_attr(unix, expect(dead_code, reason = "Unix has another listener"))]
    #[expect(clippy::unused_self, reason = "the same shape as for sockets, which stay")]
    pub(in crate::plugin) fn remove_abandoned(&self) {}

    pub(in crate::plugin) fn address(&self) -> Address {
        Address { network: "tcp", text: self.address.to_string() }
    }
}

impl Stream for Listener {
    type Item = io::Result<TcpStream>;

    fn poll_next(self: Pin<&mut Self>, ctx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.listener.poll_accept(ctx).map(|accepted| {
            Some(accepted.and_then(|(socket, _)| {
                socket.set_nodelay(true)?; // small messages back and forth: waiting to fill a packet only delays them
                Ok(socket)
            }))
        })
    }
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt;

    use super::*;

    fn place(first: &str, last: &str) -> Result<Place, Error> {
        let (first, last) = (OsString::from(first), OsString::from(last));
        Place::read(&|name: &str| match name {
            "PLUGIN_MIN_PORT" => Some(first.clone()),
            "PLUGIN_MAX_PORT" => Some(last.clone()),
            _ => None,
        })
    }

    #[tokio::test]
    async fn a_port_in_use_is_skipped() {
        let taken = StdListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let only_taken = Listener::bind(&Place { first: port, last: port }).unwrap_err();
        assert!(only_taken.to_string().contains(&port.to_string()), "{only_taken}");
        let mut listener = Listener::bind(&Place { first: port, last: port.saturating_add(200) }).unwrap();
        let Address { network, text } = listener.address();
        assert_eq!(network, "tcp");
        let (client, server) = tokio::join!(TcpStream::connect(text.clone()), listener.next());
        assert_eq!(client.unwrap().peer_addr().unwrap().to_string(), text);
        server.unwrap().unwrap();
    }

    #[test]
    fn a_port_range_is_read_or_rejected() {
        assert!(matches!(place("10000", "25000"), Ok(Place { first: 10000, last: 25000 })));
        assert!(matches!(place("", ""), Ok(Place { first: 0, last: 0 })));
        for (first, last) in [("25000", "10000"), ("x", "1"), ("1", "65536"), ("1", "")] {
            let error = place(first, last).unwrap_err();
            assert!(error.to_string().contains("PLUGIN_MIN_PORT"), "{error}");
        }
    }
}
