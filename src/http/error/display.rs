//! The text of an [`Error`]: the operation, what came back, the advice and the hints, the causes last.

use std::error::Error as _;

use super::super::clock;
use super::{Error, ErrorInner, Kind, Refused};
use crate::secret::redact;

impl Error {
    /// One line: the vendor, the operation, and what came back.
    pub fn summary(&self) -> String {
        let inner = self.inner();
        let unconfirmed = match inner.kind {
            Kind::Unconfirmed => "; the request may have been applied",
            _ => "",
        };
        format!("{}: {} failed: {}{unconfirmed}", inner.context.vendor, inner.context.operation, what_came_back(inner))
    }

    /// Several lines without advice: the operation and what came back, for a warning about a failure that was recovered.
    pub fn description(&self) -> String {
        let inner = self.inner();
        let mut lines =
            vec![format!("{}: {} failed: {}", inner.context.vendor, inner.context.operation, what_came_back(inner))];
        lines.extend(known(inner));
        lines.extend(self.cause().map(|cause| format!("Cause: {cause}")));
        lines.join("\n")
    }

    /// Several lines: the request, what is known about the response, the advice and the hints.
    pub fn detail(&self) -> String {
        let inner = self.inner();
        let mut lines = known(inner);
        if inner.unconfirmed && inner.kind != Kind::Unconfirmed {
            lines.push("An earlier attempt had no clear response, so the request may have been applied.".to_owned());
        }
        // The advice is to check what the caller has checked already.
        if inner.seen.is_none() || inner.kind != Kind::Unconfirmed {
            lines.push(advice(inner));
        }
        lines.extend(inner.hint.clone());
        lines.extend(inner.seen.clone());
        lines.extend(self.cause().map(|cause| format!("Cause: {cause}")));
        lines.join("\n")
    }

    /// The source errors, the outermost first.
    fn cause(&self) -> Option<String> {
        let mut texts: Vec<String> = Vec::new();
        let mut next = self.source();
        while let Some(error) = next {
            let text = error.to_string();
            // Some libraries repeat the text of their source.
            if texts.last().is_none_or(|last| !last.contains(&text)) {
                texts.push(text);
            }
            next = error.source();
        }
        (!texts.is_empty()).then(|| redact(&texts.join(": ")).into_owned())
    }
}

/// What came back, with the vendor's code and message.
fn what_came_back(inner: &ErrorInner) -> String {
    let words = vendor_words(inner).map(|words| format!(" ({words})")).unwrap_or_default();
    format!("{}{words}", inner.failure)
}

/// The request, and what is known about the response.
fn known(inner: &ErrorInner) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some((method, url)) = &inner.context.route {
        lines.push(format!("Request: {method} {url}{}", attempts(inner.attempts)));
    }
    if let Some(purpose) = inner.needed_for.as_ref().filter(|_| !inner.is_brief) {
        lines.push(format!("It was needed for {purpose}."));
    }
    if let Some(id) = &inner.request_id {
        lines.push(format!("Request id for the vendor's support: {id}"));
    }
    lines.extend(inner.clock_skew.and_then(clock::notable_skew));
    lines
}

fn vendor_words(inner: &ErrorInner) -> Option<String> {
    // Many vendors repeat the reason phrase of the status.
    let reason = inner.status.and_then(|status| status.canonical_reason());
    let message =
        inner.message.as_ref().filter(|message| reason.is_none_or(|reason| !message.eq_ignore_ascii_case(reason)));
    match (&inner.code, message) {
        (Some(code), Some(message)) if code == message => Some(code.clone()),
        (Some(code), Some(message)) => Some(format!("{code}: {message}")),
        (Some(words), None) | (None, Some(words)) => Some(words.clone()),
        (None, None) => None,
    }
}

fn attempts(count: u32) -> String {
    if count > 1 { format!(" ({count} attempts)") } else { String::new() }
}

/// The most likely cause, and what to do.
fn advice(inner: &ErrorInner) -> String {
    let vendor = inner.context.vendor;
    match inner.kind {
        kind if inner.is_brief && kind != Kind::Auth => {
            "Another error with this cause says what came back and what to do.".to_owned()
        }
        Kind::Connect => format!(
            "Check that {vendor} can be reached from this machine: the base URL, name resolution, a firewall, and the \
             proxy variables `HTTPS_PROXY` and `NO_PROXY`."
        ),
        Kind::Timeout => format!("{vendor}, or a proxy in between, was too slow. Try again."),
        Kind::Tls => {
            "Check the base URL, and that this machine trusts the certificate authority of the server or of the \
                      proxy in between."
                .to_owned()
        }
        Kind::Auth if inner.is_brief => {
            let subject = match inner.refused_before {
                Some(Refused::TokenUrl) => "access token",
                _ => "credentials",
            };
            format!("Nothing was sent. The first error about the {subject} says what came back and what to do.")
        }
        Kind::Auth => {
            let first =
                if inner.clock_skew.is_some_and(clock::is_notable) { "Check the clock first, then" } else { "Check" };
            format!("{first} the credentials for {vendor}: that they are current, complete and meant for this address.")
        }
        Kind::Payment => {
            format!("Your {vendor} plan does not include this call, or its quota is used up.")
        }
        Kind::Forbidden => {
            format!("{vendor} accepts the credentials, but they lack a permission. Ask its administrator for it.")
        }
        Kind::NotFound if inner.for_token => "Check the token URL: there is no token endpoint at it.".to_owned(),
        Kind::NotFound if inner.needed_for.is_some() => {
            "Check the address: it does not serve a request that all others depend on.".to_owned()
        }
        Kind::NotFound if inner.about_route => format!(
            "The response is not in the form of {vendor}'s errors: nothing serves this path, or a proxy responded in place of {vendor}. \
             Check the base URL and the path. It does not say that an object is gone: if you know that one is, remove it from \
             state with `terraform state rm`."
        ),
        Kind::NotFound => {
            "Check the id and the base URL: the object was deleted, never existed, or has another path.".to_owned()
        }
        Kind::Conflict => "Something else created or changed the object. Check it, then plan again.".to_owned(),
        Kind::Invalid => format!("{vendor} rejected the request. Change the value that it names."),
        Kind::RateLimited => format!("{vendor} received too many requests. Wait, then try again."),
        Kind::Server => {
            let what =
                if inner.request_id.is_some() { "the time and the request id" } else { "the time and the request" };
            format!("{vendor} failed. Try again later; if it persists, send {what} to its support.")
        }
        Kind::Unconfirmed if inner.repeatable => {
            "Try again later: this change may be sent twice without harm.".to_owned()
        }
        Kind::Unconfirmed => {
            format!("Check at {vendor} whether the change was applied before you apply again.")
        }
        Kind::Decode => format!(
            "The response of {vendor} differs from its documentation as this version knows it. Check that the base URL is the \
             API's; if it is, report the lines above to the provider's developers."
        ),
        Kind::Cancelled => {
            "The provider was asked to stop. Nothing was changed by this request; run again to continue.".to_owned()
        }
        Kind::Request if inner.hint.is_some() => "Nothing was sent.".to_owned(),
        Kind::Request => "Nothing was sent. Correct the value that is named above.".to_owned(),
        Kind::Other => format!("Look the response up in the documentation of {vendor}."),
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn an_error_has_the_operation_the_response_and_the_advice() {
        let mut error = Error::new(Kind::Forbidden, "Acme", "reading the weights", "the response was 403 Forbidden")
            .with_hint("Check `client_id`.")
            .with_hint("Check `scopes`.");
        error.inner_mut().code = Some("insufficient_scope".to_owned());
        error.inner_mut().message = Some("kyc.read is missing".to_owned());
        error.inner_mut().request_id = Some("r-1".to_owned());
        error.inner_mut().clock_skew = Some(SignedDuration::from_secs(-95));
        expect_test::expect![[r"
            Acme: reading the weights failed: the response was 403 Forbidden (insufficient_scope: kyc.read is missing)
            Request id for the vendor's support: r-1
            This machine's clock is 95s behind the vendor's; a request or token with a time in it may be refused.
            Acme accepts the credentials, but they lack a permission. Ask its administrator for it.
            Check `client_id`.
            Check `scopes`."]]
        .assert_eq(&error.to_string());
    }

    #[test]
    fn an_observation_replaces_the_advice_to_check() {
        let error = |kind| {
            Error::new(kind, "Acme", "creating the hook", "no response came").with_observation("It is not there.")
        };
        assert_eq!(error(Kind::Unconfirmed).detail(), "It is not there.");
        assert!(error(Kind::Decode).detail().contains("differs from its documentation"), "the advice stays");
        let description = error(Kind::Unconfirmed).description();
        assert_eq!(description, "Acme: creating the hook failed: no response came", "no advice");
    }

    #[test]
    fn a_later_error_about_refused_credentials_is_brief() {
        let error = Error::refused_before("Acme", Refused::Credentials)
            .needed_for_operation("reading the hook")
            .with_hint("Check `api_key`.");
        let detail = "Nothing was sent. The first error about the credentials says what came back and what to do.";
        assert_eq!(error.detail(), detail);
    }

    #[test]
    fn the_reason_phrase_is_not_repeated() {
        let mut error = Error::new(Kind::Forbidden, "Acme", "reading", "the response was 403 Forbidden");
        error.inner_mut().status = Some(reqwest::StatusCode::FORBIDDEN);
        error.inner_mut().message = Some("forbidden".to_owned());
        assert_eq!(error.summary(), "Acme: reading failed: the response was 403 Forbidden");
        error.inner_mut().message = Some("ask Bob".to_owned());
        assert_eq!(error.summary(), "Acme: reading failed: the response was 403 Forbidden (ask Bob)");
    }

    #[test]
    fn every_kind_has_advice() {
        for kind in [
            Kind::Connect,
            Kind::Timeout,
            Kind::Tls,
            Kind::Auth,
            Kind::Payment,
            Kind::Forbidden,
            Kind::NotFound,
            Kind::Conflict,
            Kind::Invalid,
            Kind::RateLimited,
            Kind::Server,
            Kind::Unconfirmed,
            Kind::Decode,
            Kind::Cancelled,
            Kind::Request,
            Kind::Other,
        ] {
            let detail = Error::new(kind, "Acme", "reading", "it broke").detail();
            assert!(detail.len() > 40 && detail.ends_with('.'), "{kind:?}: {detail}");
        }
    }
}
