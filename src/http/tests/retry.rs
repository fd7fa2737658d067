//! Which requests are repeated, how often and after which wait; and the outcome of a write without a clear response.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::super::Kind;
use super::*;

/// Sends one request of this method to a server that always sends the reply; returns the number of requests and the error.
async fn sent(method: Method, response: Reply) -> (usize, super::super::Error) {
    let server = Server::script([response]).await;
    let mut settings = server.settings();
    settings.max_retries = 2;
    let error = client(settings).request(method, "/x").operation("testing").send().await.unwrap_err();
    (server.count(), error)
}

#[tokio::test]
async fn a_request_is_repeated_if_its_method_and_the_response_allow_it() {
    let overloaded = || reply(503).header("retry-after", "0");
    for (method, response, requests, kind) in [
        (Method::GET, reply(500), 3, Kind::Server),
        (Method::GET, reply(503), 3, Kind::Server),
        (Method::GET, reply(404), 1, Kind::NotFound),
        (Method::GET, reply(429), 3, Kind::RateLimited),
        (Method::PUT, reply(500), 3, Kind::Unconfirmed),
        (Method::DELETE, reply(502), 3, Kind::Unconfirmed),
        (Method::PUT, reply(409), 1, Kind::Conflict),
        (Method::POST, reply(500), 1, Kind::Unconfirmed),
        (Method::POST, reply(503), 1, Kind::Unconfirmed),
        (Method::POST, overloaded(), 3, Kind::Server),
        (Method::POST, reply(429), 3, Kind::RateLimited),
        (Method::POST, reply(400), 1, Kind::Invalid),
        (Method::POST, reply(501), 1, Kind::Server),
        (Method::PATCH, reply(504), 1, Kind::Unconfirmed),
    ] {
        let status = response.status;
        let (count, error) = sent(method.clone(), response).await;
        assert_eq!((count, error.kind()), (requests, kind), "{method} {status}: {error}");
        assert_eq!(usize::try_from(error.attempts()).unwrap(), requests, "{method} {status}");
        assert_eq!(error.status().unwrap().as_u16(), status);
        assert_eq!(error.may_have_applied(), kind == Kind::Unconfirmed, "{method} {status}");
    }
}

#[tokio::test]
async fn a_request_can_say_that_it_may_or_may_not_be_repeated() {
    let server = Server::script([reply(500), reply(200)]).await;
    server.client().post("/search").read_only().send().await.unwrap();
    assert_eq!(server.count(), 2);

    let server = Server::script([reply(500), reply(200)]).await;
    server.client().patch("/weights").idempotent().send().await.unwrap();
    assert_eq!(server.count(), 2);

    let server = Server::script([reply(500), reply(200)]).await;
    let error = server.client().delete("/servicekey/1").once().send().await.unwrap_err();
    assert_eq!((server.count(), error.kind()), (1, Kind::Unconfirmed));
    assert!(error.summary().ends_with("500 Internal Server Error; the request may have been applied"), "{error}");
}

#[tokio::test]
async fn a_final_response_after_an_unclear_one_keeps_its_kind_and_says_so() {
    let server = Server::script([reply(500), reply(409)]).await;
    let error = server.client().put("/x").send().await.unwrap_err();
    assert_eq!(error.kind(), Kind::Conflict);
    assert!(error.may_have_applied());
    assert!(error.detail().contains("An earlier attempt had no clear response"), "{error}");
}

#[tokio::test]
async fn the_body_and_headers_are_the_same_in_every_attempt() {
    let server = Server::script([reply(503).header("retry-after", "0"), reply(200)]).await;
    let request = server.client().post("/x").query(&[("take", 1)]).header("x-api-version", "2").json(&[1, 2]);
    request.send().await.unwrap();
    let seen = server.seen();
    assert_eq!(seen.len(), 2);
    for attempt in seen {
        assert_eq!(
            (attempt.method, attempt.path.as_str(), attempt.body.as_str()),
            (Method::POST, "/x?take=1", "[1,2]")
        );
        assert_eq!(attempt.headers["x-api-version"], "2");
        assert_eq!(attempt.headers["content-type"], "application/json");
        assert!(attempt.headers["user-agent"].to_str().unwrap().starts_with("terraform-provider-idv/"));
    }
}

#[tokio::test]
async fn the_wait_that_the_vendor_names_is_kept_by_every_request_of_the_client() {
    let server = Server::script([reply(429).header("retry-after", "1"), reply(200)]).await;
    let client = server.client();
    let begin = Instant::now();
    let first = client.get("/a").send();
    let second = async {
        while server.count() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // Long enough for the first response to arrive, and much less than a second.
        tokio::time::sleep(Duration::from_millis(200)).await;
        client.get("/b").send().await.map(|_| begin.elapsed())
    };
    let (first, second) = tokio::join!(first, second);
    first.unwrap();
    assert!(begin.elapsed() >= Duration::from_secs(1), "{:?}", begin.elapsed());
    let second = second.unwrap();
    assert!(second >= Duration::from_secs(1), "the second request waited for {second:?} only");
    assert_eq!(server.count(), 3);
}

#[tokio::test]
async fn a_wait_that_is_too_long_fails_at_once_and_names_it() {
    let (count, error) = sent(Method::GET, reply(429).header("retry-after", "3600")).await;
    assert_eq!((count, error.kind(), error.retry_after()), (1, Kind::RateLimited, Some(Duration::from_secs(3600))));
    assert!(error.detail().contains("requests a wait of 3600s; the longest wait is 60s"), "{error}");
}

#[tokio::test]
async fn a_connection_that_breaks_is_repeated_for_reads_and_unconfirmed_for_writes() {
    let truncated = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\ncontent-type: application/json\r\n\r\n{\"id\":";
    for (method, requests, kind) in
        [(Method::GET, 5, Kind::Connect), (Method::PUT, 5, Kind::Unconfirmed), (Method::POST, 1, Kind::Unconfirmed)]
    {
        let (url, count) = raw(truncated).await;
        let error = client(settings(url)).request(method.clone(), "/x").send().await.unwrap_err();
        assert_eq!((count.load(Ordering::SeqCst), error.kind()), (requests, kind), "{method}: {error}");
        assert!(error.summary().contains("broke before the response was complete"), "{error}");
        assert_eq!(error.status().unwrap().as_u16(), 200, "the status came and is kept");
    }
}

#[tokio::test]
async fn a_timeout_of_a_write_is_unconfirmed() {
    let server = Server::script([reply(200).after_ms(5_000)]).await;
    let mut settings = server.settings();
    settings.timeout = Duration::from_millis(100);
    settings.max_retries = 1;
    let client = client(settings);
    let write = client.post("/x").send().await.unwrap_err();
    assert_eq!((write.kind(), write.attempts()), (Kind::Unconfirmed, 1), "{write}");
    assert!(write.summary().contains("did not respond within 100ms"), "{write}");
    let read = client.get("/x").send().await.unwrap_err();
    assert_eq!((read.kind(), read.attempts()), (Kind::Timeout, 2), "{read}");
}

#[tokio::test]
async fn a_refused_connection_is_certainly_not_carried_out() {
    let url = closed_port().await;
    let mut settings = settings(url.clone());
    settings.max_retries = 1;
    let error = client(settings)
        .post("/hooks")
        .query(&[("key", "hunter2")])
        .operation("creating the webhook")
        .send()
        .await
        .unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (Kind::Connect, 2));
    assert!(!error.may_have_applied());
    let host = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
    assert_eq!(error.summary(), format!("Acme: creating the webhook failed: no connection to `{host}`"));
    let detail = error.detail();
    assert!(detail.starts_with(&format!("Request: POST http://{host}/hooks?key=(redacted) (2 attempts)")), "{detail}");
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    assert!(detail.contains("Check that Acme can be reached") && detail.contains("Connection refused"), "{detail}");
}

/// The address of a port where nothing listens.
async fn closed_port() -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap()
}
