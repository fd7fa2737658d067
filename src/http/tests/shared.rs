//! Clients with one credential in one folder share limits and tokens, as processes do; and what a long wait logs.

use std::num::NonZeroU32;
use std::path::Path;
use std::time::Instant;

use futures_util::future::join_all;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use tracing::Dispatch;
use tracing::subscriber::NoSubscriber;
use tracing_subscriber::layer::SubscriberExt;

use super::super::limits::Limits;
use super::super::{ClientAuth, ClientCredentials, Kind, OAuth2ClientCredentials, StaticHeader};
use super::redaction::Everything;
use super::*;
use crate::secret::Secret;

fn shared(server: &Server, folder: &Path) -> Settings {
    Settings { shared_folder: Some(folder.join("budgets")), ..server.settings() }
}

/// A client as a process of its own would have it.
fn process(server: &Server, folder: &Path, secret: &str) -> Client {
    let credentials = ClientCredentials {
        token_url: server.url.join("/oauth/token").unwrap(),
        documented_path: "/oauth/token".to_owned(),
        client_id: "terraform".to_owned(),
        client_secret: Secret::from(secret),
        scopes: Vec::new(),
        audience: None,
        client_auth: ClientAuth::Post,
    };
    let settings = shared(server, folder);
    let auth = OAuth2ClientCredentials::new(&settings, credentials).unwrap();
    Client::new(settings, Arc::new(auth)).unwrap()
}

/// A vendor that gives out `token-0` and so on, slowly, and accepts those from `first_accepted` on.
async fn vendor(first_accepted: Arc<AtomicUsize>) -> Server {
    let given = AtomicUsize::new(0);
    Server::start(move |seen, _| {
        if seen.path == "/oauth/token" {
            if seen.body.contains("wrong") {
                return reply(401);
            }
            let token = format!("token-{}", given.fetch_add(1, Ordering::SeqCst));
            return reply(200).json(&json!({"access_token": token, "expires_in": 3600})).after_ms(100);
        }
        let sent = seen.headers["authorization"].to_str().unwrap();
        let number: usize = sent.strip_prefix("Bearer token-").unwrap().parse().unwrap();
        reply(if number >= first_accepted.load(Ordering::SeqCst) { 200 } else { 401 })
    })
    .await
}

fn tokens(server: &Server) -> usize {
    server.seen().iter().filter(|seen| seen.path == "/oauth/token").count()
}

#[tokio::test]
async fn processes_with_one_credential_request_one_token() {
    let (folder, first_accepted) = (tempfile::tempdir().unwrap(), Arc::new(AtomicUsize::new(0)));
    let server = vendor(first_accepted.clone()).await;
    let processes: Vec<_> = (0..12).map(|_| process(&server, folder.path(), "hunter2-of-this-test")).collect();
    let all = join_all(processes.iter().map(|client| client.get("/x").send())).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    assert_eq!(tokens(&server), 1);
    process(&server, folder.path(), "another-secret").get("/x").send().await.unwrap();
    assert_eq!(tokens(&server), 2, "another credential has another token");

    // The token is revoked: one of them replaces it, and the others take the new one.
    first_accepted.store(2, Ordering::SeqCst);
    let all = join_all(processes.iter().map(|client| client.post("/x").send())).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    assert_eq!(tokens(&server), 3);
    // A process that starts now does, too.
    process(&server, folder.path(), "hunter2-of-this-test").get("/x").send().await.unwrap();
    assert_eq!(tokens(&server), 3);
}

#[tokio::test]
async fn a_refusal_is_not_shared_and_does_not_loop() {
    let folder = tempfile::tempdir().unwrap();
    let server = vendor(Arc::default()).await;
    let processes: Vec<_> = (0..3).map(|_| process(&server, folder.path(), "wrong-secret")).collect();
    for _ in 0..2 {
        let all = join_all(processes.iter().map(|client| client.get("/x").send())).await;
        assert!(all.into_iter().all(|result| result.unwrap_err().kind() == Kind::Auth));
    }
    assert_eq!((tokens(&server), server.count()), (3, 3), "one for each process");
}

#[tokio::test]
async fn a_429_of_one_process_pauses_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::script([reply(429).header("retry-after", "1"), reply(200)]).await;
    let key = Secret::from("key-of-this-test");
    let client = |folder: &Path| {
        let auth = StaticHeader::bearer("Acme", &key).unwrap();
        Client::new(Settings { max_retries: 0, ..shared(&server, folder) }, Arc::new(auth)).unwrap()
    };
    let (one, other, alone) = (client(folder.path()), client(folder.path()), client(&folder.path().join("none")));
    let begin = Instant::now();
    assert_eq!(one.get("/x").send().await.unwrap_err().kind(), Kind::RateLimited);
    alone.get("/x").send().await.unwrap();
    assert!(begin.elapsed() < Duration::from_millis(900));
    other.get("/x").send().await.unwrap();
    assert!(begin.elapsed() >= Duration::from_millis(950), "{:?}", begin.elapsed());
}

fn limits(change: impl FnOnce(&mut Settings)) -> Limits {
    let mut settings = settings(Url::parse("http://127.0.0.1:1").unwrap());
    change(&mut settings);
    Limits::new(&settings, None)
}

#[tokio::test(start_paused = true)]
async fn long_waits_log_one_line_for_the_client_every_fifteen_seconds() {
    let log = Everything::default();
    let _other = Dispatch::new(NoSubscriber::default());
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(log.clone()));
    let stop = CancellationToken::new();
    let limits = limits(|settings| settings.requests_per_minute = NonZeroU32::new(120));
    let all = join_all((0..100).map(|_| limits.acquire_rate("reading", "/", &stop))).await;
    assert_eq!(all.len(), 100);
    let text = std::mem::take(&mut *log.0.lock().unwrap());
    let lines: Vec<_> = text.lines().filter(|line| line.contains("waiting for")).collect();
    // Twelve at once, and 108 a minute.
    assert_eq!(lines.len(), 3, "{text}");
    let first =
        "waiting for the rate limit of Acme: 61 requests wait, 120 per minute are allowed, which takes about 31 s";
    assert!(lines[0].contains(first), "{text}");

    limits.pause(Duration::from_secs(50)).await;
    let (paused, repeated) =
        tokio::join!(limits.acquire_permit("reading", &stop), limits.wait_to_repeat(Duration::from_secs(20), &stop));
    assert!(paused.is_ok() && repeated.is_ok());
    let text = log.0.lock().unwrap().clone();
    let lines: Vec<_> = text.lines().filter(|line| line.contains("waiting for")).collect();
    assert_eq!(lines.len(), 3, "{text}");
    let both = "waiting for the end of a pause that Acme requests: 1 request waits, for at most 35 s; \
                for the time to send to Acme again: 1 request waits, for at most 5 s";
    assert!(lines[0].contains(both), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_short_wait_logs_nothing() {
    let log = Everything::default();
    let _other = Dispatch::new(NoSubscriber::default());
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(log.clone()));
    let (stop, limits) = (CancellationToken::new(), limits(|_| ()));
    for _ in 0..10 {
        limits.wait_to_repeat(Duration::from_secs(14), &stop).await.unwrap();
    }
    assert_eq!(*log.0.lock().unwrap(), "");
}

#[tokio::test(start_paused = true)]
async fn a_request_of_another_kind_does_not_wait_for_thousands() {
    let stop = CancellationToken::new();
    let limits = limits(|settings| {
        settings.requests_per_minute = NonZeroU32::new(600);
        settings.max_concurrent_requests = NonZeroU32::MIN;
    });
    let begin = tokio::time::Instant::now();
    let kinds = std::iter::repeat_n("reading", 3000).chain(["deleting"]);
    let waits = kinds.map(|kind| {
        let (limits, stop) = (&limits, &stop);
        async move {
            limits.acquire_rate(kind, "/", stop).await.unwrap();
            drop(limits.acquire_permit(kind, stop).await.unwrap());
            begin.elapsed()
        }
    });
    let waits = join_all(waits).await;
    assert!(waits[3000] < Duration::from_secs(1), "{:?}", waits[3000]);
    assert!(waits[2999] > Duration::from_secs(250), "{:?}", waits[2999]);
}
