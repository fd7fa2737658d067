//! No secret in a log at the most talkative level, in a `Debug` text or in an error.

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};

use serde_json::json;
use tracing::field::{Field, Visit};
use tracing::subscriber::NoSubscriber;
use tracing::{Dispatch, Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use super::super::{ClientAuth, ClientCredentials, HeaderName, OAuth2ClientCredentials, Path, StaticHeader};
use super::*;
use crate::secret::Secret;

/// Writes every event of every library into one text.
#[derive(Clone, Default)]
struct Everything(Arc<Mutex<String>>);

struct Fields<'a>(&'a mut String);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

impl<S: Subscriber> Layer<S> for Everything {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut text = self.0.lock().unwrap();
        write!(text, "\n{}", event.metadata().target()).unwrap();
        event.record(&mut Fields(&mut text));
    }
}

#[tokio::test]
async fn no_secret_is_logged_or_printed() {
    let log = Everything::default();
    // With one subscriber alone, an event first met on another test's thread is switched off for good; with two it is not.
    let _other = Dispatch::new(NoSubscriber::default());
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(log.clone()));

    let server = Server::start(|seen, number| match (seen.path.as_str(), number) {
        ("/oauth/token", _) => reply(200).json(&json!({"access_token": "s3-token"})),
        (_, 1) => reply(500).header("set-cookie", "s3-cookie"),
        (_, 2) => reply(200).header("x-licence", "s3-licence").json(&json!({"secret": "s3-body"})),
        _ => reply(403).json(&json!({"secret": "s3-body"})),
    })
    .await;
    let credentials = ClientCredentials {
        token_url: server.url.join("/oauth/token").unwrap(),
        client_id: "id".to_owned(),
        client_secret: Secret::from("s3-client-secret"),
        scopes: vec![],
        audience: None,
        client_auth: ClientAuth::Post,
    };
    let mut text = format!("{credentials:?} {:?}", server.settings());
    let auth = Arc::new(OAuth2ClientCredentials::new(&server.settings(), credentials).unwrap());
    write!(text, " {:?}", auth.token().await.unwrap()).unwrap();
    let client = Client::new(server.settings(), auth).unwrap();
    let request = || {
        let path = Path::new("/check").secret_segment("s3-path");
        client.put(path).query(&[("token", "s3-query"), ("take", "5")]).header("x-note", "s3-header").json(&["s3-sent"])
    };
    let response = request().send().await.unwrap();
    write!(text, " {response:?} {client:?}").unwrap();
    let problem = response.json::<Vec<u32>>().unwrap_err();
    let refused = request().send().await.unwrap_err();
    write!(text, " {problem} {problem:?} {refused} {refused:?}").unwrap();

    let log = log.0.lock().unwrap().clone();
    for secret in ["s3-", "s3%2D", "czMt"] {
        assert!(!log.contains(secret), "{secret} is logged: {log}");
        assert!(!text.contains(secret), "{secret} is printed: {text}");
    }
    let shown = format!("{}check/(redacted)?token=(redacted)&take=5", server.url);
    assert!(log.contains(&shown) && refused.url() == Some(shown.as_str()), "{log}");
    assert!(log.contains("authorization: (redacted)") && log.contains("status=\"500\""), "{log}");
}

#[tokio::test]
async fn a_fixed_header_is_sent_and_a_bad_one_is_named() {
    let server = Server::script([reply(200)]).await;
    let key = Secret::from("s3-key");
    let bearer = StaticHeader::bearer("Acme", &key).unwrap();
    Client::new(server.settings(), Arc::new(bearer)).unwrap().get("/x").send().await.unwrap();
    let header = StaticHeader::new("Acme", HeaderName::from_static("x-api-key"), &key).unwrap();
    Client::new(server.settings(), Arc::new(header)).unwrap().get("/x").send().await.unwrap();
    assert_eq!(server.seen()[0].headers["authorization"], "Bearer s3-key");
    assert_eq!(server.seen()[1].headers["x-api-key"], "s3-key");

    let error = StaticHeader::bearer("Acme", &Secret::from("s3-key\n")).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("such as a line break") && !error.to_string().contains("s3-key"), "{error}");
}
