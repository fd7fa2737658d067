//! No secret in a log at the most talkative level, in a `Debug` text or in an error.

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use serde_json::json;
use tracing::field::{Field, Visit};
use tracing::subscriber::NoSubscriber;
use tracing::{Dispatch, Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use super::super::{
    Authenticate, ClientAuth, ClientCredentials, FieldError, HeaderName, OAuth2ClientCredentials, Path, StaticHeader,
    VendorError, parse_common,
};
use super::*;
use crate::secret::Secret;

/// Writes every event of every library into one text.
#[derive(Clone, Default)]
pub(super) struct Everything(pub(super) Arc<Mutex<String>>);

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
        documented_path: "/oauth/token".to_owned(),
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

/// The forms in which a vendor may repeat a text.
fn encoded(text: &str) -> [(&'static str, String); 5] {
    let form: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    let json = serde_json::to_string(text).unwrap().replace('/', "\\/");
    [
        ("plain", text.to_owned()),
        ("form", form),
        ("URL", percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()),
        ("JSON", json[1..json.len() - 1].to_owned()),
        ("base64", base64::prelude::BASE64_STANDARD.encode(format!("id:{text}"))),
    ]
}

#[tokio::test]
async fn a_secret_that_a_response_repeats_is_in_no_error_and_no_log() {
    let log = Everything::default();
    let _other = Dispatch::new(NoSubscriber::default());
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(log.clone()));
    for (of, secret) in
        [("key", "s3/key+of \"Acme\""), ("token", "s3/token+with~signs"), ("value", "s3/value\\of+100%")]
    {
        for (form, repeated) in encoded(secret) {
            for (place, response) in [
                ("message", reply(400).json(&json!({"message": format!("no {repeated}?")}))),
                ("description", reply(403).json(&json!({"error": "x", "error_description": repeated}))),
                ("code", reply(422).json(&json!({"code": repeated, "message": "m"}))),
                ("plain text", reply(400).body(format!("no {repeated}?"))),
                ("field errors", reply(400).json(&json!({"errors": [{"param": repeated, "message": repeated}]}))),
                ("fields of the vendor's parser", reply(400).body(format!("fields {repeated}"))),
                ("object keys", reply(409).json(&json!({repeated.as_str(): [1]}))),
                ("keys of a success", reply(200).json(&json!({repeated.as_str(): "no number"}))),
                ("request id", reply(404).header("x-request-id", repeated.as_str())),
                ("headers of a success", reply(200).header("x-correlation-id", repeated.as_str())),
                ("content type", reply(200).header("content-type", repeated.as_str())),
                ("Location path", reply(302).header("location", format!("http://h.test/{repeated}/x"))),
            ] {
                let text = repeat(of, secret, response).await;
                let logged = std::mem::take(&mut *log.0.lock().unwrap());
                for (where_to, shown) in [("error", text), ("log", logged)] {
                    let shown = format!("{shown} {}", shown.replace("\\\\", "\\"));
                    assert!(!shown.contains(&repeated), "{of} as {form} in {place} is in the {where_to}: {shown}");
                    assert!(!shown.contains("s3"), "{of} as {form} in {place} is in the {where_to}: {shown}");
                }
            }
        }
    }
}

/// Sends a request that holds the secret to a server that repeats it, and returns every text of the result.
async fn repeat(of: &str, secret: &str, response: Reply) -> String {
    let token = json!({"access_token": if of == "token" { secret } else { "another-token" }});
    let server = Server::start(move |seen, _| match seen.path.as_str() {
        "/oauth/token" => reply(200).json(&token),
        _ => response.clone(),
    })
    .await;
    let value = Secret::from(if of == "value" { secret } else { "another-value" });
    let auth: Arc<dyn Authenticate> = if of == "key" {
        Arc::new(StaticHeader::bearer("Acme", &Secret::from(secret)).unwrap())
    } else {
        let credentials = ClientCredentials {
            token_url: server.url.join("/oauth/token").unwrap(),
            documented_path: "/oauth/token".to_owned(),
            client_id: "id".to_owned(),
            client_secret: Secret::from("another-secret"),
            scopes: vec![],
            audience: None,
            client_auth: ClientAuth::Post,
        };
        Arc::new(OAuth2ClientCredentials::new(&server.settings(), credentials).unwrap())
    };
    let mut settings = server.settings();
    settings.parse_error = |status, headers, body| match std::str::from_utf8(body).unwrap().strip_prefix("fields ") {
        Some(text) => {
            let field = FieldError { path: vec![text.to_owned()], message: text.to_owned() };
            VendorError { fields: vec![field], ..VendorError::default() }
        }
        None => parse_common(status, headers, body),
    };
    let client = Client::new(settings, auth).unwrap();
    let sent = client.post("/x").json(&json!({"value": value.expose()})).send().await;
    let read = sent.map(|response| response.json::<std::collections::HashMap<String, u32>>());
    let (Ok(Err(error)) | Err(error)) = read else { return String::new() };
    let fields: Vec<_> = error.fields().iter().map(|field| format!("{:?} {}", field.path, field.message)).collect();
    let detail = format!("{error}\n{}", error.description());
    format!("{detail} {:?} {:?} {:?} {}", error.code(), error.message(), error.request_id(), fields.join(" "))
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
