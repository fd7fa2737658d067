//! The cap on requests in flight, and what stopping the provider means for waits, reads and writes.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use futures_util::future::join_all;

use super::super::Kind;
use super::*;

#[tokio::test]
async fn no_more_requests_are_in_flight_than_allowed() {
    let server = Server::script([reply(200).after_ms(20)]).await;
    let mut settings = server.settings();
    settings.max_concurrent_requests = NonZeroU32::new(3).unwrap();
    let client = client(settings);
    let all = join_all((0..20).map(|number| client.get(format!("/{number}")).send())).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!((server.count(), server.most_in_flight()), (20, 3));
}

#[tokio::test]
async fn a_request_that_waits_to_be_repeated_holds_no_permit() {
    let server =
        Server::start(|seen, number| if seen.path == "/slow" && number == 0 { reply(500) } else { reply(200) }).await;
    let mut settings = server.settings();
    settings.max_concurrent_requests = NonZeroU32::MIN;
    settings.first_retry_delay = Duration::from_secs(1);
    let client = client(settings);
    let begin = Instant::now();
    let fast = async {
        while server.count() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        client.get("/fast").send().await.map(|_| begin.elapsed())
    };
    let (slow, fast) = tokio::join!(client.get("/slow").send(), fast);
    slow.unwrap();
    assert!(fast.unwrap() < Duration::from_millis(900), "the fast request waited for the slow one's backoff");
    assert!(begin.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn stopping_ends_a_backoff_and_says_what_had_happened() {
    for (method, response, kind) in [
        (Method::GET, reply(500), Kind::Cancelled),
        (Method::POST, reply(429), Kind::Cancelled),
        (Method::PUT, reply(500), Kind::Unconfirmed),
    ] {
        let server = Server::script([response]).await;
        let mut settings = server.settings();
        settings.first_retry_delay = Duration::from_secs(20);
        let cancel = settings.cancel.clone();
        let client = client(settings);
        let begin = Instant::now();
        let stop = async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            cancel.cancel();
        };
        let (result, ()) = tokio::join!(client.request(method.clone(), "/x").send(), stop);
        let error = result.unwrap_err();
        assert_eq!((error.kind(), server.count()), (kind, 1), "{method}: {error}");
        assert!(error.detail().contains("asked to stop"), "{error}");
        assert!(begin.elapsed() < Duration::from_secs(10));
    }
}

#[tokio::test]
async fn after_stopping_no_write_begins_and_a_read_is_sent_once() {
    let server = Server::script([reply(500)]).await;
    let settings = server.settings();
    settings.cancel.cancel();
    let client = client(settings);
    let write = client.put("/x").operation("updating").send().await.unwrap_err();
    assert_eq!((write.kind(), server.count(), write.attempts()), (Kind::Cancelled, 0, 0));
    assert_eq!(write.summary(), "Acme: updating failed: stopped before the request was sent");
    assert!(client.get("/x").send().await.is_err());
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn a_request_on_the_wire_runs_to_its_end() {
    let server = Server::script([reply(200).after_ms(300)]).await;
    let settings = server.settings();
    let cancel = settings.cancel.clone();
    let client = client(settings);
    let stop = async {
        while server.count() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        cancel.cancel();
    };
    let (result, ()) = tokio::join!(client.post("/x").send(), stop);
    result.unwrap();
}

#[tokio::test]
async fn what_settles_a_write_is_waited_for_after_stopping() {
    for (settles, count) in [(false, 1), (true, 2)] {
        let server = Server::script([reply(503), reply(200)]).await;
        let settings = server.settings();
        settings.cancel.cancel();
        let client = client(settings);
        let read = client.get("/x");
        let result = if settles { read.settling().send().await } else { read.send().await };
        assert_eq!((result.is_ok(), server.count()), (settles, count));
    }
}
