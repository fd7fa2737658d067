//! The pools of connections that clients send through.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::Client;
use reqwest::redirect::Policy;
use url::{Host, Url};

use super::tls::TlsSettings;

/// The connections of one client, which others may share; clones are the same connections.
///
/// A pool is built when it is first needed, because that reads the machine's certificates.
#[derive(Clone, Default)]
pub struct Connections {
    remote: Arc<OnceLock<Client>>,
    local: Arc<OnceLock<Client>>,
    tls: TlsSettings,
}

impl Connections {
    /// Connections that use these certificates.
    pub fn new(tls: TlsSettings) -> Self {
        Self { tls, ..Self::default() }
    }

    /// The pool for a URL. The timeout is for connecting, and counts where the pool is built.
    pub(super) fn client(&self, url: &Url, connect_timeout: Duration) -> Result<Client, reqwest::Error> {
        let local = is_local(url);
        let pool = if local { &self.local } else { &self.remote };
        if let Some(client) = pool.get() {
            return Ok(client.clone());
        }
        let builder = Client::builder().redirect(Policy::none()).connect_timeout(connect_timeout);
        // Plain HTTP on this machine needs neither a proxy nor certificates, which a small container may lack.
        let builder = if local { builder.no_proxy().tls_certs_only([]) } else { self.tls.apply(builder) };
        let builder = if uses_no_proxy() { builder.no_proxy() } else { builder };
        let client = builder.build()?;
        Ok(pool.get_or_init(|| client).clone())
    }
}

/// Whether `NO_PROXY` covers every host. The HTTP library takes its `*` for every name, but for no IP address.
fn uses_no_proxy() -> bool {
    let variable = ["NO_PROXY", "no_proxy"].into_iter().find_map(std::env::var_os);
    variable.is_some_and(|list| list.to_string_lossy().split(',').any(|host| host.trim() == "*"))
}

/// Plain HTTP to this machine: a sandbox, a test, a forwarded port.
pub(super) fn is_local(url: &Url) -> bool {
    url.scheme() == "http"
        && match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_http_to_this_machine_is_local() {
        for (url, expected) in [
            ("http://127.0.0.1:8080/x", true),
            ("http://localhost", true),
            ("http://[::1]:80", true),
            ("https://127.0.0.1", false),
            ("http://localhost.example.test", false),
            ("http://10.0.0.1", false),
        ] {
            assert_eq!(is_local(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }
}
