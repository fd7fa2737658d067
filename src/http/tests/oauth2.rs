//! Access tokens: one for many requests, renewed in time and once on 401, and clear errors about the token endpoint.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;

use super::super::auth::Authenticate as _;
use super::super::prepared::{Body, PreparedRequest};
use super::super::{ClientAuth, ClientCredentials, Error, Kind, OAuth2ClientCredentials, StatusCode};
use super::*;
use crate::secret::Secret;

fn credentials(server: &Server) -> ClientCredentials {
    ClientCredentials {
        token_url: server.url.join("/oauth/token").unwrap(),
        documented_path: "/oauth/token".to_owned(),
        client_id: "terra form".to_owned(),
        client_secret: Secret::from("hunter2/+"),
        scopes: vec!["kyc.read".to_owned(), "kyc.write".to_owned()],
        audience: Some("https://kyc.example.test".to_owned()),
        client_auth: ClientAuth::Basic,
    }
}

fn authenticated(server: &Server) -> Client {
    let auth = OAuth2ClientCredentials::new(&server.settings(), credentials(server)).unwrap();
    Client::new(server.settings(), Arc::new(auth)).unwrap()
}

/// A vendor that gives out `token-0`, `token-1` and so on, and accepts those that `accepts` says.
async fn vendor(expires_in: serde_json::Value, accepts: impl Fn(usize) -> bool + Send + Sync + 'static) -> Server {
    let given = AtomicUsize::new(0);
    Server::start(move |seen, _| {
        if seen.path == "/oauth/token" {
            let token = format!("token-{}", given.fetch_add(1, Ordering::SeqCst));
            let body = json!({"access_token": token, "token_type": "bearer", "expires_in": expires_in});
            return reply(200).json(&body).after_ms(50);
        }
        let sent = seen.headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
        let number = sent.and_then(|text| text.strip_prefix("Bearer token-").map(|n| n.parse().unwrap()));
        if number.is_some_and(&accepts) {
            reply(200)
        } else {
            reply(401).json(&json!({"code": "bad_token", "message": "no"}))
        }
    })
    .await
}

fn token_requests(server: &Server) -> usize {
    server.seen().iter().filter(|seen| seen.path == "/oauth/token").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_requests_at_once_ask_for_one_token() {
    let server = vendor(json!(3600), |_| true).await;
    let client = authenticated(&server);
    let all = join_all((0..50).map(|number| client.get(format!("/{number}")).send())).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!((token_requests(&server), server.count()), (1, 51));
}

#[tokio::test]
async fn a_token_is_asked_for_as_the_rfc_says() {
    for client_auth in [ClientAuth::Basic, ClientAuth::BasicVerbatim, ClientAuth::Post] {
        let server = vendor(json!(3600), |_| true).await;
        let credentials = ClientCredentials { client_auth, ..credentials(&server) };
        let auth = OAuth2ClientCredentials::new(&server.settings(), credentials).unwrap();
        let token = auth.token().await.unwrap();
        assert_eq!(token.secret().expose(), "token-0");
        assert!((3590..=3600).contains(&token.expires_in().as_secs()));
        let left = token.expires_at().duration_since(jiff::Timestamp::now()).as_secs();
        assert!((3590..=3600).contains(&left), "{left}");

        let seen = &server.seen()[0];
        assert_eq!(seen.method, Method::POST);
        assert_eq!(seen.headers["content-type"], "application/x-www-form-urlencoded");
        let common = "grant_type=client_credentials&scope=kyc.read+kyc.write&audience=https%3A%2F%2Fkyc.example.test";
        match client_auth {
            ClientAuth::Basic => {
                assert_eq!(seen.body, common);
                // base64 of `terra+form:hunter2%2F%2B`
                assert_eq!(seen.headers["authorization"], "Basic dGVycmErZm9ybTpodW50ZXIyJTJGJTJC");
            }
            ClientAuth::BasicVerbatim => {
                assert_eq!(seen.body, common);
                // base64 of `terra form:hunter2/+`
                assert_eq!(seen.headers["authorization"], "Basic dGVycmEgZm9ybTpodW50ZXIyLys=");
            }
            ClientAuth::Post => {
                assert_eq!(seen.body, format!("{common}&client_id=terra+form&client_secret=hunter2%2F%2B"));
                assert!(!seen.headers.contains_key("authorization"));
            }
        }
    }
}

/// Lets the clock jump; it runs again afterwards, since a paused clock would fire the timeouts of real sockets.
async fn jump(seconds: u64) {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(seconds)).await;
    tokio::time::resume();
}

#[tokio::test]
async fn a_token_is_renewed_before_it_expires() {
    for (lifetime, early, late) in [(json!(3600), 3500, 45), (json!("300.0"), 250, 25)] {
        let server = vendor(lifetime.clone(), |_| true).await;
        let client = authenticated(&server);
        client.get("/a").send().await.unwrap();
        jump(early).await;
        client.get("/b").send().await.unwrap();
        assert_eq!(token_requests(&server), 1, "{lifetime}: more than a minute and a tenth are left");
        jump(late).await;
        client.get("/c").send().await.unwrap();
        assert_eq!(token_requests(&server), 2, "{lifetime}: less than a minute, or a tenth, is left");
    }
}

#[tokio::test]
async fn a_token_without_a_lifetime_has_an_hour_and_one_of_no_life_serves_once() {
    let server = vendor(json!(null), |_| true).await;
    let auth = OAuth2ClientCredentials::new(&server.settings(), credentials(&server)).unwrap();
    assert!(auth.token().await.unwrap().expires_in() > Duration::from_secs(3590));

    let server = vendor(json!(0), |_| true).await;
    let client = authenticated(&server);
    client.get("/a").send().await.unwrap();
    client.get("/b").send().await.unwrap();
    assert_eq!(token_requests(&server), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_token_is_renewed_once_for_all_and_writes_are_repeated() {
    let server = vendor(json!(3600), |number| number >= 1).await;
    let client = authenticated(&server);
    let all = join_all((0..20).map(|number| client.post(format!("/{number}")).send())).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    assert_eq!(token_requests(&server), 2);
}

#[tokio::test]
async fn a_late_401_for_an_old_token_asks_for_no_other() {
    let server = vendor(json!(3600), |_| true).await;
    let auth = OAuth2ClientCredentials::new(&server.settings(), credentials(&server)).unwrap();
    auth.prepare().await.unwrap();
    let url = server.url.clone();
    let mut refused = PreparedRequest {
        method: Method::GET,
        url,
        headers: HeaderMap::new(),
        body: Body::None,
        extension: None,
        route: "/".into(),
        documented: None,
        overrides: None,
        plain: None,
    };
    auth.apply(&mut refused).unwrap();
    let unauthorized = authenticated(&server).get("/x").without_auth().send().await.unwrap_err();
    for _ in 0..3 {
        assert!(auth.renew(&refused, &unauthorized).await.unwrap());
        assert_eq!(token_requests(&server), 2, "the second token has not been refused");
    }
    let mut forbidden = unauthorized;
    forbidden.inner_mut().status = Some(StatusCode::FORBIDDEN);
    assert!(!auth.renew(&refused, &forbidden).await.unwrap(), "a 403 is about permissions");
    let auth = auth.renewing_on_forbidden();
    assert!(auth.renew(&refused, &forbidden).await.unwrap(), "unless the vendor means the token by it");
}

#[tokio::test]
async fn a_second_401_is_the_error() {
    let server = vendor(json!(3600), |_| false).await;
    let error = authenticated(&server).get("/x").operation("reading x").send().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), token_requests(&server)), (Kind::Auth, 2, 2));
    assert_eq!(error.summary(), "Acme: reading x failed: the response was 401 Unauthorized (bad_token: no)");
}

#[tokio::test]
async fn a_public_request_needs_no_token() {
    let server = vendor(json!(3600), |_| true).await;
    let error = authenticated(&server).get("/x").without_auth().send().await.unwrap_err();
    assert_eq!((error.kind(), server.count()), (Kind::Auth, 1), "and its 401 renews nothing");
}

async fn token_error(response: Reply) -> Error {
    let server = Server::script([response]).await;
    let error = authenticated(&server).post("/x").operation("creating x").send().await.unwrap_err();
    assert!(server.seen().iter().all(|seen| seen.path == "/oauth/token"));
    assert_eq!(error.url().unwrap(), server.url.join("/oauth/token").unwrap().as_str());
    let text = format!("{error} {error:?}");
    assert!(text.contains("It was needed for creating x."), "{text}");
    assert!(!text.contains("hunter2") && !text.contains("sesame"), "{text}");
    error
}

#[tokio::test]
async fn what_is_wrong_with_the_token_endpoint_is_said() {
    let refused = json!({"error": "invalid_client", "error_description": "unknown client"});
    for status in [400, 401] {
        let error = token_error(reply(status).json(&refused)).await;
        assert_eq!((error.kind(), error.code()), (Kind::Auth, Some("invalid_client")), "{status}");
        assert!(error.detail().contains("Check the credentials for Acme"), "{error}");
    }
    let absent = token_error(reply(404)).await;
    assert_eq!(absent.kind(), Kind::NotFound);
    assert!(absent.is_token_request(), "which says of its address what to check");
    assert!(!absent.is_not_found(), "which says nothing about what the request is for");
    assert!(absent.detail().contains("there is no token endpoint"), "{absent}");
    assert_eq!(token_error(reply(500)).await.kind(), Kind::Server);
    for (body, problem) in [
        (json!({"token": "sesame"}), "the response has no `access_token`"),
        (json!({"access_token": ""}), "the response has no `access_token`"),
        (json!({"access_token": 5}), "`access_token` of the response is of the type integer where"),
        (
            json!({"access_token": "sesame", "expires_in": "soon"}),
            "`expires_in` of the response is not a number of seconds",
        ),
        (
            json!({"access_token": "sesame", "expires_in": -1}),
            "`expires_in` of the response is not a number of seconds",
        ),
        (json!({"access_token": "sesame", "token_type": "mac"}), "`token_type` of the response is not `Bearer`"),
    ] {
        let error = token_error(reply(200).json(&body)).await;
        assert_eq!(error.kind(), Kind::Decode, "{body}");
        assert!(!error.may_have_applied(), "{body}: the write was not sent");
        assert!(error.summary().contains(problem), "{body}: {error}");
    }
}

/// Objects would be taken for gone, and for deleted, because of a token endpoint that is mistyped or away.
#[tokio::test]
async fn an_address_without_tokens_is_no_missing_object() {
    let server = Server::script([reply(404)]).await;
    // A client of its own for each: only the first error of a run has what came back.
    for request in [authenticated(&server).get("/x"), authenticated(&server).delete("/x")] {
        assert_eq!(request.send_opt().await.unwrap_err().kind(), Kind::NotFound);
    }
}

#[tokio::test]
async fn a_failed_token_request_is_shared_by_those_who_wait_for_it() {
    let server = Server::script([reply(401).after_ms(100)]).await;
    let client = authenticated(&server);
    let all = join_all((0..20).map(|_| client.get("/x").send())).await;
    assert!(all.into_iter().all(|result| result.unwrap_err().kind() == Kind::Auth));
    assert_eq!(server.count(), 1);
}
