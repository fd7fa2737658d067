//! What messages and logs may show of a request and a response: an allow-list, so that everything else stays hidden.
//!
//! Bodies are never shown. Path segments are shown (a secret one is replaced before). Header values and query values are
//! shown only if their name is listed. A vendor may repeat a secret in any of them, so what is shown is searched for secrets.

use std::fmt::Write as _;

use reqwest::header::{HeaderMap, HeaderName};
use url::Url;

use crate::secret::redact;

pub(super) use crate::secret::REDACTED;

/// Headers whose values contain no credentials and no personal data.
const HEADERS: &[&str] = &[
    "accept",
    "cf-ray",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "ratelimit-limit",
    "ratelimit-remaining",
    "ratelimit-reset",
    "request-id",
    "retry-after",
    "server",
    "user-agent",
    "x-amzn-requestid",
    "x-api-version",
    "x-correlation-id",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "x-request-id",
];

/// Query keys of paging; any other value may be a person or a credential.
const QUERY_KEYS: &[&str] = &["limit", "offset", "page", "page_size", "per_page", "skip", "take"];

/// Whether the header's value may be shown.
pub(super) fn may_show(name: &HeaderName) -> bool {
    HEADERS.contains(&name.as_str())
}

/// The headers as `name: value`, separated by commas.
pub(super) fn headers(headers: &HeaderMap) -> String {
    let mut text = String::new();
    for (name, value) in headers {
        let value = if may_show(name) { value.to_str().map_or(REDACTED.into(), redact) } else { REDACTED.into() };
        let separator = if text.is_empty() { "" } else { ", " };
        // Writing to a string cannot fail.
        let _ = write!(text, "{separator}{name}: {value}");
    }
    text
}

/// The URL without user information and fragment, and without the values of the query but for paging.
pub(super) fn url(url: &Url) -> String {
    let mut text = format!("{}://{}{}", url.scheme(), authority(url), url.path());
    for (index, (key, value)) in url.query_pairs().enumerate() {
        let separator = if index == 0 { '?' } else { '&' };
        let value = if QUERY_KEYS.contains(&key.as_ref()) { value.as_ref() } else { REDACTED };
        let _ = write!(text, "{separator}{key}={value}");
    }
    redact(&text).into_owned()
}

/// Host, and port where it is not the scheme's own.
pub(super) fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    #[test]
    fn only_listed_headers_show_their_value() {
        let mut map = HeaderMap::new();
        map.insert("content-type", HeaderValue::from_static("application/json"));
        map.insert("authorization", HeaderValue::from_static("Bearer hunter2"));
        map.insert("licensekey", HeaderValue::from_static("hunter2"));
        map.insert("x-new-header", HeaderValue::from_static("hunter2"));
        let text = headers(&map);
        assert!(text.contains("content-type: application/json"), "{text}");
        assert!(text.contains("authorization: (redacted)"), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }

    #[test]
    fn a_url_shows_paging_and_hides_the_rest() {
        let hidden = Url::parse("https://bob:hunter2@h.test:8443/a%2Fb?take=10&api_key=hunter2#hunter2").unwrap();
        assert_eq!(url(&hidden), "https://h.test:8443/a%2Fb?take=10&api_key=(redacted)");
    }
}
