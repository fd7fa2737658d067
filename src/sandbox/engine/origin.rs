//! Keeps web pages out: a browser on this machine reaches the ports, and runs the scripts of pages from anywhere.
//!
//! A page of another site may send requests, and reads the responses if its own name resolves to 127.0.0.1 (DNS
//! rebinding). Its requests carry that name in `Host`, and those that change something carry its address in `Origin`.
//! Terraform, curl and test programs send neither.

use std::net::IpAddr;

use axum::{
    Json, Router,
    extract::Request,
    http::{
        HeaderName, Method,
        header::{HOST, ORIGIN},
        uri::Authority,
    },
    middleware::{self, Next},
    response::IntoResponse,
};
use serde_json::json;

use super::ApiError;

/// Rejects the requests of web pages. A sandbox that listens on other than loopback addresses is for other machines and
/// containers, which know it by names that only they know: there, every `Host` is accepted.
pub(super) fn only_for(listen: IpAddr, router: Router) -> Router {
    let check_host = listen.is_loopback();
    router.layer(middleware::from_fn(move |request: Request, next: Next| async move {
        match check(&request, check_host) {
            Ok(()) => next.run(request).await,
            Err(error) => (error.status, Json(json!({"message": error.message}))).into_response(),
        }
    }))
}

fn check(request: &Request, check_host: bool) -> Result<(), ApiError> {
    let header = |name: HeaderName| request.headers().get(name).map(|value| value.to_str().unwrap_or_default());
    // A request with a whole URL is for that URL's host.
    let host = request.uri().authority().map(Authority::as_str).or_else(|| header(HOST));
    if check_host && !host.is_none_or(is_loopback) {
        let host = host.unwrap_or_default();
        return Err(ApiError::forbidden(format!(
            "the sandbox is not `{host}`: use 127.0.0.1, [::1] or localhost, or start it with another `--listen`"
        )));
    }
    let is_safe = [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method());
    match header(ORIGIN) {
        Some(origin) if !is_safe && origin.strip_prefix("http://") != host => {
            Err(ApiError::forbidden(format!("a web page of `{origin}` may change nothing in the sandbox")))
        }
        _ => Ok(()),
    }
}

/// Whether a `Host` names this machine, whatever its port.
fn is_loopback(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    let name = authority.host();
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    // User information before the name would hide it from a person, and belongs into no `Host`.
    !host.contains('@')
        && (name.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_names_are_known_with_and_without_a_port() {
        for host in ["127.0.0.1", "127.0.0.1:8080", "localhost", "LocalHost:1", "[::1]", "[::1]:9000"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "evil.example:80",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "0.0.0.0",
            "127.0.0.1@evil.example",
            "evil@127.0.0.1",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
