//! Credentials that the vendor refuses are not sent again for every object.

use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::json;

use super::super::{ClientAuth, ClientCredentials, Error, Kind, OAuth2ClientCredentials, StaticHeader};
use super::*;
use crate::secret::Secret;

fn by_token(server: &Server) -> Client {
    let credentials = ClientCredentials {
        token_url: server.url.join("/oauth/token").unwrap(),
        documented_path: "/oauth/token".to_owned(),
        client_id: "terraform".to_owned(),
        client_secret: Secret::from("hunter2-hunter2"),
        scopes: vec![],
        audience: None,
        client_auth: ClientAuth::Post,
    };
    let auth = OAuth2ClientCredentials::new(&server.settings(), credentials).unwrap().renewing_on_forbidden();
    Client::new(server.settings(), Arc::new(auth)).unwrap()
}

fn by_key(server: &Server) -> Client {
    let key = StaticHeader::bearer("Acme", &Secret::from("hunter2-hunter2")).unwrap();
    Client::new(server.settings(), Arc::new(key)).unwrap()
}

/// Sends requests one after the other and returns the errors.
async fn one_by_one(client: &Client, count: usize) -> Vec<Error> {
    let mut errors = Vec::new();
    for number in 0..count {
        errors.extend(client.get(format!("/{number}")).operation(format!("reading {number}")).send().await.err());
    }
    errors
}

fn is_brief(error: &Error) -> bool {
    error.summary().ends_with("the credentials were refused before in this run")
}

fn token_requests(server: &Server) -> usize {
    server.seen().iter().filter(|seen| seen.path == "/oauth/token").count()
}

#[tokio::test]
async fn a_refusal_of_the_token_endpoint_is_requested_once_and_reported_once() {
    for status in [400, 401, 403] {
        let server = Server::script([reply(status).json(&json!({"error": "invalid_client"})).after_ms(50)]).await;
        let client = by_token(&server);
        let burst = join_all((0..10).map(|_| client.post("/x").operation("creating x").send())).await;
        let mut errors: Vec<_> = burst.into_iter().map(Result::unwrap_err).collect();
        errors.extend(one_by_one(&client, 10).await);
        assert_eq!((server.count(), errors.len()), (1, 20), "{status}");
        let (brief, full): (Vec<_>, Vec<_>) = errors.iter().partition(|error| is_brief(error));
        assert_eq!((full.len(), brief.len()), (1, 19), "{status}: {errors:?}");
        assert!(full[0].summary().contains("invalid_client"), "{}", full[0]);
        assert!(errors.iter().all(|error| !error.may_have_applied() && !error.is_not_found()));
        let last = errors.last().unwrap();
        assert_eq!(last.summary(), "Acme: reading 9 failed: the credentials were refused before in this run");
        assert_eq!((last.kind(), last.attempts(), last.url()), (Kind::Auth, 0, None));
    }
}

#[tokio::test]
async fn a_token_endpoint_that_does_not_exist_is_requested_once_and_reported_once() {
    let server = Server::script([reply(404).after_ms(50)]).await;
    let client = by_token(&server);
    let burst = join_all((0..10).map(|_| client.get("/x").operation("reading x").send_opt())).await;
    let mut errors: Vec<_> = burst.into_iter().map(Result::unwrap_err).collect();
    errors.extend(one_by_one(&client, 10).await);
    let is_brief = |error: &&Error| error.summary().ends_with("there was no token endpoint before in this run");
    assert_eq!((server.count(), errors.len(), errors.iter().filter(is_brief).count()), (1, 20, 19), "{errors:?}");
    assert!(errors.iter().all(|error| !error.is_not_found()), "no object is missing");
    let last = errors.last().unwrap();
    assert!(last.detail().contains("first error about the access token"), "{}", last.detail());
}

#[tokio::test]
async fn a_token_endpoint_that_fails_otherwise_is_asked_again() {
    for response in [reply(409), reply(501), reply(200).body("{}")] {
        let server = Server::script([response]).await;
        let errors = one_by_one(&by_token(&server), 3).await;
        assert_eq!((server.count(), errors.len()), (3, 3));
        assert!(!errors.iter().any(is_brief), "{errors:?}");
    }
}

#[tokio::test]
async fn a_key_that_is_refused_is_not_sent_again() {
    let server = Server::script([reply(401).after_ms(50)]).await;
    let client = by_key(&server);
    let burst = join_all((0..5).map(|_| client.get("/x").send())).await;
    let brief = burst.into_iter().filter(|result| is_brief(result.as_ref().unwrap_err())).count();
    assert_eq!((server.count(), brief), (5, 4), "those that were on the wire");
    assert!(one_by_one(&client, 10).await.iter().all(is_brief));
    assert_eq!(server.count(), 5);
    client.get("/public").without_auth().send().await.unwrap_err();
    assert_eq!(server.count(), 6, "a request without the key is sent");
}

#[tokio::test]
async fn a_key_without_a_permission_is_sent_again() {
    let server = Server::script([reply(403)]).await;
    assert!(!one_by_one(&by_key(&server), 4).await.iter().any(is_brief));
    assert_eq!(server.count(), 4);
}

/// A vendor with tokens `0`, `1` and so on, whose API responds to a token with a status.
async fn vendor(respond: impl Fn(usize) -> u16 + Send + Sync + 'static) -> Server {
    let given = AtomicUsize::new(0);
    Server::start(move |seen, _| {
        if seen.path == "/oauth/token" {
            let token = given.fetch_add(1, Ordering::SeqCst).to_string();
            return reply(200).json(&json!({"access_token": token}));
        }
        let sent = seen.headers["authorization"].to_str().unwrap();
        reply(respond(sent.strip_prefix("Bearer ").unwrap().parse().unwrap()))
    })
    .await
}

#[tokio::test]
async fn an_api_that_accepts_no_token_ends_the_token_requests() {
    let server = vendor(|_| 401).await;
    let errors = one_by_one(&by_token(&server), 20).await;
    assert_eq!((token_requests(&server), server.count()), (2, 5));
    assert_eq!(errors.iter().filter(|error| is_brief(error)).count(), 18, "{errors:?}");

    let server = vendor(|_| 403).await;
    let errors = one_by_one(&by_token(&server), 20).await;
    assert_eq!(token_requests(&server), 2, "a 403 may be about one permission, so requests are sent");
    assert!(errors.len() == 20 && !errors.iter().any(is_brief), "{errors:?}");
}

#[tokio::test]
async fn a_token_that_was_accepted_is_renewed_each_time_it_expires() {
    let uses = AtomicUsize::new(0);
    // Each token serves two requests.
    let server = vendor(move |token| if token == uses.fetch_add(1, Ordering::SeqCst) / 3 { 200 } else { 401 }).await;
    assert!(one_by_one(&by_token(&server), 12).await.is_empty(), "{:?}", server.seen());
    assert!(token_requests(&server) >= 4, "{}", token_requests(&server));
}
