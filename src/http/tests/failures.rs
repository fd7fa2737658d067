//! The error of each response that is wrong in some way.

use std::io::Read as _;

use serde::Deserialize;
use serde_json::json;

use super::super::{Authenticate, Error, Kind, PreparedRequest, Response};
use super::*;

#[derive(Debug, Deserialize)]
struct Webhook {
    #[serde(rename = "id")]
    _id: u32,
}

#[derive(Debug, Deserialize)]
struct Webhooks {
    #[serde(rename = "webhooks")]
    _webhooks: Vec<Webhook>,
}

async fn decoded(response: Reply) -> Error {
    let server = Server::script([response]).await;
    let response: Response = server.client().get("/webhooks").operation("listing webhooks").send().await.unwrap();
    response.json::<Webhooks>().unwrap_err()
}

#[tokio::test]
async fn a_response_of_another_form_names_the_field_and_hides_its_value() {
    let body = json!({"webhooks": [{"id": 1}, {"id": "hunter2"}]});
    let error = decoded(reply(200).header("x-request-id", "r-9").json(&body)).await;
    assert_eq!((error.kind(), error.request_id()), (Kind::Decode, Some("r-9")));
    let summary = error.summary();
    assert!(
        summary.starts_with(
            "Acme: listing webhooks failed: `webhooks[1].id` of the response is of the type string where u32 is expected"
        ),
        "{summary}"
    );
    assert!(!format!("{error} {error:?}").contains("hunter2"));
}

#[tokio::test]
async fn a_response_that_is_no_json_has_its_own_error() {
    for (response, problem) in [
        (reply(200).body("garbage hunter2"), "is not complete JSON"),
        (reply(200).body(r#"{"webhooks": ["#), "is not complete JSON: EOF"),
        (reply(200).body("<html>hunter2</html>"), "is a web page where JSON is expected"),
        (reply(200).body("hunter2").header("content-type", "text/html"), "is a web page where JSON is expected"),
        (reply(200).body(""), "has no body where JSON is expected"),
        (reply(204).body(""), "the response 204 No Content has no body"),
    ] {
        let error = decoded(response).await;
        assert_eq!(error.kind(), Kind::Decode);
        assert!(error.summary().contains(problem), "{error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
}

/// A portal or proxy that responds in place of the vendor has deleted nothing, also where nobody reads the response body.
#[tokio::test]
async fn a_response_of_something_else_to_a_write_is_no_success() {
    for (response, problem) in [
        (reply(200).body("<html>Sign in</html>"), "is a web page where JSON is expected"),
        (reply(200).body("").header("content-type", "text/html"), ""),
        (reply(200).body("{not json").header("content-type", "application/json"), "is not complete JSON"),
        (reply(200).body("OK").header("content-type", "text/plain"), ""),
        (reply(200).body("{}").header("content-type", "application/json"), ""),
        (reply(204).body(""), ""),
    ] {
        let server = Server::script([response.clone()]).await;
        let client = server.client();
        for request in [client.delete("/x"), client.post("/x"), client.put("/x").idempotent()] {
            match (request.operation("writing x").send().await, problem) {
                (Ok(_), "") => {}
                (Err(error), _) if !problem.is_empty() => {
                    assert!(error.summary().contains(problem), "{error}");
                    assert!(error.may_have_applied(), "nobody knows who responded: {error}");
                }
                (result, _) => panic!("{response:?}: {result:?}"),
            }
        }
    }
}

#[tokio::test]
async fn an_error_response_is_quoted() {
    let response = reply(403)
        .header("x-correlation-id", "c-1")
        .header("date", "Sun, 06 Nov 1994 08:49:37 GMT")
        .json(&json!({"code": "insufficient_scope", "message": "kyc.read\nis missing"}));
    let server = Server::script([response]).await;
    let error =
        server.client().get("/weights").query(&[("client_id", "hunter2"), ("take", "5")]).send().await.unwrap_err();
    assert_eq!((error.kind(), error.status().unwrap().as_u16()), (Kind::Forbidden, 403));
    assert_eq!((error.code(), error.message()), (Some("insufficient_scope"), Some("kyc.read is missing")));
    assert_eq!(error.request_id(), Some("c-1"));
    assert!(error.clock_skew().unwrap().as_hours() > 24 * 365 * 30);
    assert!(error.detail().contains("ahead of the vendor's"), "{error}");
    assert_eq!(error.url().unwrap(), format!("{}weights?client_id=(redacted)&take=5", server.url));
    assert!(!format!("{error} {error:?}").contains("hunter2"));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Server::script([reply(200)]).await;
    let target = format!("{}login?secret=hunter2", elsewhere.url);
    let server = Server::script([reply(302).header("location", target)]).await;
    let error = server.client().post("/x").header("licensekey", "abc").send().await.unwrap_err();
    assert_eq!((error.kind(), server.count(), elsewhere.count()), (Kind::Other, 1, 0));
    assert!(error.detail().contains(&format!("It points to `{}login?secret=(redacted)`", elsewhere.url)), "{error}");
}

#[tokio::test]
async fn a_response_without_end_is_cut_off() {
    let server = Server::script([reply(200).body("x".repeat(super::super::transport::MAX_BODY + 1))]).await;
    let error = server.client().get("/x").send().await.unwrap_err();
    assert_eq!((error.kind(), server.count()), (Kind::Decode, 1));
    assert!(error.summary().ends_with("the response is larger than 32 MiB"), "{error}");
}

/// The body in a content coding.
fn compressed(coding: &'static str, body: &[u8]) -> Bytes {
    let level = flate2::Compression::best();
    let mut packed = Vec::new();
    let result = match coding {
        "gzip" => flate2::bufread::GzEncoder::new(body, level).read_to_end(&mut packed),
        _ => flate2::bufread::ZlibEncoder::new(body, level).read_to_end(&mut packed),
    };
    result.unwrap();
    packed.into()
}

#[tokio::test]
async fn a_compressed_response_is_read_and_its_size_counts_unpacked() {
    for coding in ["gzip", "deflate"] {
        let packed =
            |status, body: &[u8]| reply(status).header("content-encoding", coding).body(compressed(coding, body));
        let server = Server::script([packed(200, b"[1, 2]")]).await;
        let response = server.client().get("/x").send().await.unwrap();
        assert_eq!(response.json::<Vec<u32>>().unwrap(), [1, 2], "{coding}");
        let accepted = server.seen()[0].headers["accept-encoding"].to_str().unwrap().to_owned();
        assert!(accepted.contains(coding), "{accepted}");

        let server = Server::script([packed(422, br#"{"code": "x", "message": "packed"}"#)]).await;
        let error = server.client().get("/x").send().await.unwrap_err();
        assert_eq!(error.message(), Some("packed"), "{coding}");

        let bomb = packed(200, &vec![b' '; super::super::transport::MAX_BODY + 1]);
        assert!(bomb.body.len() < 100_000, "{}", bomb.body.len());
        let server = Server::script([bomb]).await;
        let error = server.client().get("/x").send().await.unwrap_err();
        assert!(error.summary().ends_with("the response is larger than 32 MiB"), "{coding}: {error}");
    }
}

#[tokio::test]
async fn a_request_that_cannot_be_made_is_not_sent() {
    let server = Server::script([reply(200)]).await;
    let client = server.client();
    for (request, problem) in [
        (client.get(super::super::Path::new("/lists").segment("..")), "`..` cannot be part of a URL path"),
        (client.get("/x").header("bad name", "v"), "`bad name` cannot be the name of a header"),
        (client.get("/x").header("x-key", "hunter2\n"), "`x-key` contains a character"),
        (client.get("/x").query(&json!({"a": {"b": "hunter2"}})), "the query has a nested value at `a`"),
    ] {
        let error = request.operation("testing").send().await.unwrap_err();
        assert_eq!(error.kind(), Kind::Request);
        assert!(error.summary().contains(problem), "{error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn something_else_than_tls_behind_https_is_said_and_not_repeated() {
    let (url, count) = raw(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    let url = Url::parse(&url.as_str().replace("http:", "https:")).unwrap();
    let error = client(settings(url)).get("/x").send().await.unwrap_err();
    assert_eq!((error.kind(), count.load(Ordering::SeqCst)), (Kind::Tls, 1), "{error}");
    assert!(error.summary().contains("no secure connection to `127.0.0.1:"), "{error}");
}

/// Encrypts anew for every attempt, as far as the transport can tell, and renews its key when a 400 says so.
#[derive(Default)]
struct Sealing {
    applied: AtomicUsize,
    renewed: AtomicUsize,
}

#[async_trait::async_trait]
impl Authenticate for Sealing {
    fn apply(&self, request: &mut PreparedRequest) -> Result<(), Error> {
        let number = self.applied.fetch_add(1, Ordering::SeqCst);
        let body = json!({"data": format!("{number}:{}", request.json().unwrap())});
        assert_eq!(request.extension::<&str>(), Some(&"system"));
        request.headers_mut().insert("requestid", number.into());
        request.set_json(body);
        Ok(())
    }

    async fn renew(&self, refused: &PreparedRequest, error: &Error) -> Result<bool, Error> {
        assert_eq!(refused.headers()["requestid"], "1", "the request as it was sent");
        self.renewed.fetch_add(1, Ordering::SeqCst);
        Ok(error.message() == Some("cannot be decrypted"))
    }
}

#[tokio::test]
async fn an_authenticator_sees_the_original_in_every_attempt_and_may_renew_once() {
    let refused = || reply(400).json(&json!({"message": "cannot be decrypted"}));
    let server = Server::script([reply(503).header("retry-after", "0"), refused(), refused()]).await;
    let sealing = Arc::new(Sealing::default());
    let client = Client::new(server.settings(), sealing.clone()).unwrap();
    let error = client.post("/x").json(&5).extension("system").send().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (Kind::Invalid, 3));
    assert_eq!(sealing.renewed.load(Ordering::SeqCst), 1);
    let bodies: Vec<String> = server.seen().into_iter().map(|seen| seen.body).collect();
    assert_eq!(bodies, [r#"{"data":"0:5"}"#, r#"{"data":"1:5"}"#, r#"{"data":"2:5"}"#]);
}

#[tokio::test]
async fn another_base_url_shares_the_credentials_and_limits() {
    let server = Server::script([reply(200)]).await;
    let client = server.client();
    client.at(server.url.join("/caas").unwrap()).unwrap().get("sd").send().await.unwrap();
    assert_eq!(server.seen()[0].path, "/caas/sd");
    assert_eq!(client.at(Url::parse("https://bob:hunter2@h.test").unwrap()).unwrap_err().kind(), Kind::Request);
}
