//! The accounts of one port: which of them made a request, by its credential, and how many requests of it a minute has.
//!
//! Paths and ports are the vendors' own, so nothing but the credential tells two tenants apart. A request whose credential is
//! nobody's goes to the first account, which rejects it or serves what is public.

use std::{
    collections::{BTreeMap, VecDeque},
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
};

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header::RETRY_AFTER},
};
use jiff::{SignedDuration, Timestamp};

use super::{ApiError, Handle, State, store::Account};

/// Finds the account that made a request, among the handles of all accounts.
pub type FindAccount = fn(&[Handle], &Presented) -> Option<Account>;

/// What a request shows of its sender.
pub struct Presented {
    /// The path, without the query.
    pub path: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// The first account whose state meets a condition.
pub fn account_with<S: State>(handles: &[Handle], is_it: impl Fn(&S) -> bool) -> Option<Account> {
    handles.iter().position(|handle| handle.read::<S>().is_ok_and(|state| is_it(&state)))
}

/// Finds the account that made a request, and returns the request with its body read.
pub(super) async fn identify(
    find: FindAccount,
    handles: &[Handle],
    request: Request,
) -> Result<(Request, Option<Account>), ApiError> {
    let (parts, body) = request.into_parts();
    // No limit: the handler has its own. The body ends early if the client gives up.
    let body = to_bytes(body, usize::MAX).await.map_err(|error| ApiError::bad_request(error.to_string()))?;
    let presented = Presented { path: parts.uri.path().to_owned(), headers: parts.headers.clone(), body: body.clone() };
    let account = find(handles, &presented);
    Ok((Request::from_parts(parts, Body::from(body)), account))
}

/// The length of the window, in seconds. It slides, as Didit documents it.
const WINDOW: i64 = 60;

/// The limit of every account, and when each account sent the requests that count.
#[derive(Default)]
pub(super) struct Limit {
    per_minute: Option<NonZeroU32>,
    accepted: Mutex<BTreeMap<(&'static str, Account), VecDeque<Timestamp>>>,
}

impl Limit {
    /// Accepts this many requests of an account a minute.
    pub(super) fn new(per_minute: Option<NonZeroU32>) -> Self {
        Self { per_minute, accepted: Mutex::default() }
    }

    /// Whether there is one.
    pub(super) fn is_set(&self) -> bool {
        self.per_minute.is_some()
    }

    /// Counts a request, or returns the 429 for it, which does not count.
    pub(super) fn count(&self, vendor: &'static str, account: Account, now: Timestamp) -> Result<(), ApiError> {
        let Some(per_minute) = self.per_minute else { return Ok(()) };
        let window = SignedDuration::from_secs(WINDOW);
        let mut accepted = self.accepted.lock().unwrap_or_else(PoisonError::into_inner);
        let times = accepted.entry((vendor, account)).or_default();
        // Times in the future are from before the clock was moved back.
        times.retain(|time| *time <= now && now.duration_since(*time) < window);
        let full = usize::try_from(per_minute.get()).is_ok_and(|most| times.len() >= most);
        match times.front() {
            Some(oldest) if full => {
                let left = WINDOW * 1000 - (now.as_millisecond() - oldest.as_millisecond());
                // Rounded up: a request that comes after this many seconds is accepted.
                Err(too_many(per_minute, left / 1000 + 1, now))
            }
            _ => {
                times.push_back(now);
                Ok(())
            }
        }
    }
}

/// The 429, with the headers that Didit and Xident document. The other vendors document no limit.
fn too_many(per_minute: NonZeroU32, wait_seconds: i64, now: Timestamp) -> ApiError {
    let headers = HeaderMap::from_iter([
        (RETRY_AFTER, HeaderValue::from(wait_seconds)),
        (HeaderName::from_static("x-ratelimit-limit"), per_minute.get().into()),
        (HeaderName::from_static("x-ratelimit-remaining"), 0.into()),
        (HeaderName::from_static("x-ratelimit-reset"), (now.as_second() + wait_seconds).into()),
    ]);
    let message = format!("too many requests: the account may send {per_minute} a minute");
    ApiError::new(StatusCode::TOO_MANY_REQUESTS, message).with_headers(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_millisecond(1_700_000_000_000 + milliseconds).unwrap()
    }

    #[test]
    fn the_window_slides_and_each_account_has_its_own() {
        let limit = Limit::new(NonZeroU32::new(2));
        let accepts = |account, milliseconds| limit.count("library", account, at(milliseconds)).is_ok();
        assert!(accepts(0, 0) && accepts(0, 30_000));
        assert!(!accepts(0, 59_999));
        assert!(accepts(1, 59_999), "another account has its own count");
        assert!(accepts(0, 60_000), "the first request has left the window");
        assert!(!accepts(0, 60_001), "the second has not, and a rejected request does not count");
        assert!(accepts(0, -5_000), "the clock was moved back");
    }

    #[test]
    fn retry_after_is_long_enough() {
        let limit = Limit::new(NonZeroU32::new(1));
        limit.count("library", 0, at(1)).unwrap();
        let error = limit.count("library", 0, at(2_500)).unwrap_err();
        let headers = error.render(|error| error.message.clone().into()).headers().clone();
        assert_eq!(
            (&headers[RETRY_AFTER], &headers["x-ratelimit-reset"]),
            (&"58".parse().unwrap(), &"1700000060".parse().unwrap())
        );
        assert!(limit.count("library", 0, at(2_500 + 57_000)).is_err());
        assert!(limit.count("library", 0, at(2_500 + 58_000)).is_ok());
    }

    #[test]
    fn without_a_limit_every_request_is_accepted() {
        let limit = Limit::new(None);
        assert!((0..1000).all(|_| limit.count("library", 0, at(0)).is_ok()));
    }
}
