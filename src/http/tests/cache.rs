//! Shared reads: one request for many, dropped by writes, also while one is in flight.

use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future::join_all;

use super::*;

/// A server that holds one number: PUT sets it, GET reads it, slowly if asked with `?slow=true`.
async fn number() -> Server {
    let value = AtomicUsize::new(0);
    Server::start(move |seen, _| {
        if seen.method == Method::PUT {
            value.store(seen.body.parse().unwrap(), Ordering::SeqCst);
            return reply(200).after_ms(100);
        }
        let delay = if seen.path.contains("slow") { 300 } else { 0 };
        reply(200).json(&value.load(Ordering::SeqCst)).after_ms(delay)
    })
    .await
}

async fn read(client: &Client, path: &str) -> usize {
    let request = client.get(path).query(&[("slow", path == "/slow")]).shared("number");
    request.send().await.unwrap().json().unwrap()
}

#[tokio::test]
async fn identical_reads_are_one_request() {
    let server = Server::script([reply(200).body("7").after_ms(100)]).await;
    let client = server.client();
    let shared = || client.get("/list").query(&[("take", 10)]).shared("list");
    let all = join_all((0..50).map(|_| shared().send())).await;
    assert!(all.into_iter().all(|response| response.unwrap().json::<u32>().unwrap() == 7));
    assert_eq!(server.count(), 1);
    shared().send().await.unwrap();
    assert_eq!(server.count(), 1, "a later read has the response from the cache");

    shared().query(&[("skip", 10)]).send().await.unwrap();
    assert_eq!(server.count(), 2, "another query is another read");
    shared().header("x-api-version", "2").send().await.unwrap();
    assert_eq!(server.count(), 3, "another header is another read");
    shared().without_auth().send().await.unwrap();
    assert_eq!(server.count(), 4, "a read without credentials is another read");
    client.post("/list").json(&["a"]).read_only().shared("list").send().await.unwrap();
    client.post("/list").json(&["b"]).read_only().shared("list").send().await.unwrap();
    assert_eq!(server.count(), 6, "another body is another read");
    client.get("/list").query(&[("take", 10)]).send().await.unwrap();
    assert_eq!(server.count(), 7, "a read that is not shared is sent");
}

#[tokio::test]
async fn a_write_makes_reads_ask_again() {
    let server = number().await;
    let client = server.client();
    assert_eq!(read(&client, "/x").await, 0);
    client.put("/x").json(&5).invalidates("number").send().await.unwrap();
    assert_eq!(read(&client, "/x").await, 5);
    client.put("/x").json(&6).invalidates("another").send().await.unwrap();
    assert_eq!(read(&client, "/x").await, 5, "a write of something else leaves it");
    let fresh = client.get("/x").query(&[("slow", false)]).shared("number").fresh().send().await.unwrap();
    assert_eq!(fresh.json::<usize>().unwrap(), 6);
    assert_eq!(read(&client, "/x").await, 6, "what was read afresh is kept");
}

#[tokio::test]
async fn a_failed_write_may_have_been_carried_out_and_invalidates_too() {
    let server =
        Server::start(|seen, _| if seen.method == Method::POST { reply(500) } else { reply(200).body("1") }).await;
    let client = server.client();
    client.get("/x").shared("x").send().await.unwrap();
    client.post("/x").invalidates("x").send().await.unwrap_err();
    client.get("/x").shared("x").send().await.unwrap();
    assert_eq!(server.count(), 3);
}

#[tokio::test]
async fn a_read_in_flight_during_a_write_does_not_stay() {
    let server = number().await;
    let client = server.client();
    let write = async {
        while server.count() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        client.put("/slow").json(&5).invalidates("number").send().await.unwrap();
    };
    let (old, ()) = tokio::join!(read(&client, "/slow"), write);
    assert_eq!(old, 0, "the read began before the write and has its value");
    assert_eq!(read(&client, "/slow").await, 5, "the old response came last and was not kept");
}

#[tokio::test]
async fn a_write_drops_what_was_read_before_it_and_while_it_went_on() {
    let reads = AtomicUsize::new(0);
    let server = Server::start(move |seen, _| match seen.method {
        Method::PUT => reply(200).after_ms(300),
        _ => reply(200).json(&reads.fetch_add(1, Ordering::SeqCst)),
    })
    .await;
    let client = server.client();
    let read = || async { client.get("/x").shared("x").send().await.unwrap().json::<usize>().unwrap() };
    assert_eq!((read().await, read().await), (0, 0));
    let during = async {
        while server.count() < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        (read().await, read().await)
    };
    let (write, during) = tokio::join!(client.put("/x").invalidates("x").send(), during);
    write.unwrap();
    assert_eq!(during, (1, 1), "the write may have taken semantics already, so the vendor is asked again");
    assert_eq!(read().await, 2, "and again after it, since it may have taken semantics later");
}

#[tokio::test]
async fn a_failed_read_is_shared_and_not_kept() {
    let server = Server::script([reply(404).after_ms(100), reply(200)]).await;
    let client = server.client();
    let all = join_all((0..10).map(|_| client.get("/x").shared("x").send_opt())).await;
    assert!(all.into_iter().all(|response| response.unwrap().is_none()));
    assert_eq!(server.count(), 1);
    assert!(client.get("/x").shared("x").send_opt().await.unwrap().is_some());
}

#[tokio::test]
async fn responses_that_a_write_invalidated_are_not_kept() {
    const LIST: usize = 100_000;
    let list = format!("\"{}\"", "x".repeat(LIST));
    let server = Server::start(move |seen, _| match seen.method {
        Method::GET => reply(200).body(list.clone()),
        _ => reply(200),
    })
    .await;
    let client = server.client();
    for _ in 0..50 {
        client.get("/list").shared("list").send().await.unwrap();
        client.post("/list").invalidates("list").send().await.unwrap();
    }
    client.get("/other").shared("other").send().await.unwrap();
    client.get("/list").shared("list").send().await.unwrap();
    let kept = client.cached_bytes().await;
    assert!((2 * LIST as u64..3 * LIST as u64).contains(&kept), "{kept}");
}
