//! The settings of a client: the vendor's address, timeouts, retries and limits. Plain data.

use std::fmt;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderValue;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::error::{Context, Error, Kind};
use super::overrides::Overrides;
use super::tls::TlsSettings;
use super::vendor_error::{IsOwnError, ParseError, parse_common};
use crate::recording::Recorder;

/// The settings of one vendor's client.
#[derive(Clone)]
pub struct Settings {
    /// The vendor's name as a user knows it; every error begins with it.
    pub vendor: &'static str,
    /// The API's base URL: `http` or `https`, a host and an optional path, without user information, query or fragment.
    pub base_url: Url,
    /// How long one attempt may take, from connecting to the last byte of the response. Default: 30 s.
    pub timeout: Duration,
    /// How often a request is repeated after its first attempt. Default: 4.
    pub max_retries: u32,
    /// The shortest wait before the first repetition; it doubles from there and is jittered. Default: 500 ms.
    pub first_retry_delay: Duration,
    /// How long a request is repeated that the vendor rejects with 429 without naming a wait, beyond the retries: the window of
    /// a limit is a minute at most vendors. Nothing is repeated if there are no retries. Default: 70 s.
    pub rate_limit_patience: Duration,
    /// How many requests of this client may be on the wire at once. Default: 8.
    pub max_concurrent_requests: NonZeroU32,
    /// How many requests this client may start in any minute. Default: no limit.
    pub requests_per_minute: Option<NonZeroU32>,
    /// The documented rate limits of single endpoints; the `X-RateLimit-*` headers of responses correct them. The first that
    /// covers a path counts. Default: none.
    pub endpoint_limits: Vec<EndpointLimit>,
    /// The share of the vendor's limits that is left to others, in percent: of the limits of endpoints, and of the rate that the
    /// vendor shows by its 429s. Default: 0.
    pub headroom: u32,
    /// The folder in which processes of this machine with the same credential share limits and the access token, such as
    /// [`shared_folder`](super::shared_folder). Default: none, and nothing is shared.
    pub shared_folder: Option<PathBuf>,
    /// The `User-Agent` header. Default: the provider's name and version.
    pub user_agent: String,
    /// The client certificate and further authorities. Default: none but this machine's.
    pub tls: TlsSettings,
    /// Reads the vendor's code and message from an error response. Default: [`parse_common`].
    pub parse_error: ParseError,
    /// The documented form of the vendor's errors: a 404 with another body is about the route, and says nothing about an object.
    /// Default: none is documented, and only what is certainly not an API's error is about the route.
    pub is_own_error: Option<IsOwnError>,
    /// What this tenant's API does in another way than the vendor documents. Default: nothing.
    pub overrides: Arc<Overrides>,
    /// Records every exchange. Default: none.
    pub recorder: Option<Arc<Recorder>>,
    /// Fires when Terraform asks the provider to stop: waits end, and no further write is sent.
    pub cancel: CancellationToken,
}

/// The rate limit of one endpoint.
#[derive(Debug, Clone, Copy)]
pub struct EndpointLimit {
    /// The path below the base URL, such as `/blacklist`; everything below it counts too.
    pub path: &'static str,
    /// How many requests may start in any minute.
    pub per_minute: NonZeroU32,
}

impl Settings {
    /// The defaults for a vendor whose API is at `base_url`.
    pub fn new(vendor: &'static str, base_url: Url) -> Self {
        Self {
            vendor,
            base_url,
            timeout: Duration::from_secs(30),
            max_retries: 4,
            first_retry_delay: Duration::from_millis(500),
            rate_limit_patience: Duration::from_secs(70),
            max_concurrent_requests: NonZeroU32::MIN.saturating_add(9),
            requests_per_minute: None,
            endpoint_limits: Vec::new(),
            headroom: 0,
            shared_folder: None,
            user_agent: concat!("terraform-provider-idv/", env!("CARGO_PKG_VERSION")).to_owned(),
            tls: TlsSettings::default(),
            parse_error: parse_common,
            is_own_error: None,
            overrides: Arc::default(),
            recorder: None,
            cancel: CancellationToken::new(),
        }
    }

    /// Checks what the types cannot; returns the `User-Agent` as it goes on the wire.
    pub(super) fn check(&self) -> Result<HeaderValue, Error> {
        check_base_url(self.vendor, &self.base_url)?;
        HeaderValue::from_str(&self.user_agent).map_err(|_| {
            setup_error(
                self.vendor,
                "the user agent contains a character that a header cannot carry, such as a line break",
            )
            .with_hint("Use printable ASCII characters in the user agent and its suffix.")
        })
    }
}

/// Refuses a base URL that requests could not be built on, or that would carry credentials into messages.
pub(super) fn check_base_url(vendor: &'static str, url: &Url) -> Result<(), Error> {
    let problem = if !matches!(url.scheme(), "http" | "https") {
        format!("its scheme is `{}`", url.scheme())
    } else if !url.has_host() {
        "it names no host".to_owned()
    } else if !url.username().is_empty() || url.password().is_some() {
        "it contains a user name or password".to_owned()
    } else if url.query().is_some() || url.fragment().is_some() {
        "it has a query or a fragment".to_owned()
    } else {
        return Ok(());
    };
    Err(setup_error(vendor, format!("the URL `{}` cannot be used: {problem}", super::redact::url(url)))
        .with_hint("Write it as `https://host` or `https://host/path`; credentials have settings of their own."))
}

fn setup_error(vendor: &'static str, failure: impl Into<String>) -> Error {
    Error::from_context(Kind::Request, Context::new(vendor, "setting up the client"), failure)
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("vendor", &self.vendor)
            .field("base_url", &super::redact::url(&self.base_url))
            .field("timeout", &self.timeout)
            .field("max_retries", &self.max_retries)
            .field("max_concurrent_requests", &self.max_concurrent_requests)
            .field("requests_per_minute", &self.requests_per_minute)
            .field("headroom", &self.headroom)
            .field("shared_folder", &self.shared_folder)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_that_cannot_work_is_refused_with_the_reason() {
        for (url, reason) in [
            ("ftp://api.example.test", "its scheme is `ftp`"),
            ("https://bob:hunter2@api.example.test", "it contains a user name or password"),
            ("https://api.example.test/v1?key=hunter2", "it has a query or a fragment"),
        ] {
            let error = check_base_url("Acme", &Url::parse(url).unwrap()).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
        assert!(check_base_url("Acme", &Url::parse("https://api.example.test/v1").unwrap()).is_ok());
    }

    #[test]
    fn a_user_agent_with_a_line_break_is_refused() {
        let mut settings = Settings::new("Acme", Url::parse("https://api.example.test").unwrap());
        assert_eq!(settings.check().unwrap(), concat!("terraform-provider-idv/", env!("CARGO_PKG_VERSION")));
        settings.user_agent.push('\n');
        assert!(settings.check().unwrap_err().to_string().contains("user agent"));
    }
}
