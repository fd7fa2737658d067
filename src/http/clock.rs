//! The wall clock, which is used for HTTP dates only: durations are measured on the runtime's clock.

use std::time::Duration;

use jiff::fmt::rfc2822::DateTimeParser;
use jiff::{SignedDuration, Timestamp};
use reqwest::header::{DATE, HeaderMap, HeaderName};

/// A difference between the clocks below this is travel time and rounding.
const NOTABLE_SKEW: SignedDuration = SignedDuration::from_secs(10);

/// The current time on this machine's clock.
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}

/// Reads an HTTP date (RFC 9110, section 5.6.7, the preferred format), such as `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(super) fn parse_http_date(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(text.trim()).ok()
}

/// The vendor's clock from the `Date` header.
pub(super) fn server_time(headers: &HeaderMap) -> Option<Timestamp> {
    parse_http_date(text(headers, &DATE)?)
}

/// How far this machine's clock is ahead of the vendor's; negative if it is behind.
///
/// The header has whole seconds and the response takes time, so a second or two mean nothing.
pub(super) fn clock_skew(headers: &HeaderMap) -> Option<SignedDuration> {
    server_time(headers).map(|server| now().duration_since(server))
}

/// Whether clocks are further apart than travel time and rounding explain.
pub(super) fn is_notable(skew: SignedDuration) -> bool {
    skew.abs() >= NOTABLE_SKEW
}

/// A sentence about the clocks, if they are further apart than travel time explains.
pub(super) fn notable_skew(skew: SignedDuration) -> Option<String> {
    let apart = Duration::from_secs(skew.abs().as_secs().unsigned_abs());
    let side = if skew.is_positive() { "ahead of" } else { "behind" };
    is_notable(skew).then(|| {
        format!("This machine's clock is {apart:?} {side} the vendor's; a request or token with a time in it may be refused.")
    })
}

/// A header's value, if it is text.
pub(super) fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    #[test]
    fn an_http_date_is_read() {
        let parsed = parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        assert_eq!(parsed.as_second(), 784_111_777);
        assert_eq!(parse_http_date("soon"), None);
    }

    #[test]
    fn a_clock_that_is_ahead_has_a_positive_skew() {
        let mut headers = HeaderMap::new();
        headers.insert(DATE, HeaderValue::from_static("Sun, 06 Nov 1994 08:49:37 GMT"));
        assert!(clock_skew(&headers).unwrap().as_secs() > 0);
        assert_eq!(clock_skew(&HeaderMap::new()), None);
    }
}
