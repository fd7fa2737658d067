//! A client of 1Kosmos for these tests only: it shares no code with the provider or the sandbox.

use aes_gcm::{
    AesGcm, KeyInit, Nonce,
    aead::{Aead, Generate},
    aes::{Aes256, cipher::consts::U16},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use k256::elliptic_curve::sec1::ToSec1Point;
use reqwest::{Method, blocking::RequestBuilder};
use serde_json::{Value, json};

use crate::{sandbox::send, support::sandbox::Sandbox};

pub(super) const SYSTEM: &str = "sandbox-license-system-41c7";
pub(super) const SERVICE: &str = "sandbox-license-service-92ab";
pub(super) const SERVICE_EXT: &str = "sandbox-license-service-ext-d05e";

/// A client with a key of its own and the service's key at the time of its creation.
pub(super) struct Caller<'sandbox> {
    sandbox: &'sandbox Sandbox,
    pub(super) public_key: String,
    cipher: AesGcm<Aes256, U16>,
    /// The tenant's and the community's part of a path.
    pub(super) place: String,
}

impl<'sandbox> Caller<'sandbox> {
    pub(super) fn new(sandbox: &'sandbox Sandbox) -> Self {
        let url = format!("{}/idproofingapi/publickeys", sandbox.url("onekosmos"));
        let response = send(sandbox.http().get(url)).1;
        let mut peer = vec![4];
        BASE64_STANDARD.decode_vec(response["publicKey"].as_str().unwrap(), &mut peer).unwrap();
        let (point, key) = if sandbox.state()["onekosmos"]["curve"] == "prime256v1" {
            let own = p256::SecretKey::generate();
            let shared = own.diffie_hellman(&p256::PublicKey::from_sec1_bytes(&peer).unwrap());
            (own.public_key().to_sec1_point(false).as_bytes().to_vec(), shared.raw_secret_bytes().to_vec())
        } else {
            let own = k256::SecretKey::generate();
            let shared = own.diffie_hellman(&k256::PublicKey::from_sec1_bytes(&peer).unwrap());
            (own.public_key().to_sec1_point(false).as_bytes().to_vec(), shared.raw_secret_bytes().to_vec())
        };
        let state = &sandbox.state()["onekosmos"];
        let [tenant, community] =
            [&state["tenant"]["id"], &state["communities"][0]["id"]].map(|id| id.as_str().unwrap().to_owned());
        Self {
            sandbox,
            public_key: BASE64_STANDARD.encode(&point[1..]),
            cipher: AesGcm::new_from_slice(&key).unwrap(),
            place: format!("tenant/{tenant}/community/{community}"),
        }
    }

    pub(super) fn seal(&self, plain: &str) -> String {
        let nonce = Nonce::<U16>::generate();
        let sealed = self.cipher.encrypt(&nonce, plain.as_bytes()).unwrap();
        BASE64_STANDARD.encode([nonce.as_slice(), &sealed].concat())
    }

    pub(super) fn open(&self, wire: &Value) -> Value {
        let bytes = BASE64_STANDARD.decode(wire.as_str().unwrap()).unwrap();
        let nonce = Nonce::try_from(&bytes[..16]).unwrap();
        serde_json::from_slice(&self.cipher.decrypt(&nonce, &bytes[16..]).unwrap()).unwrap()
    }

    pub(super) fn envelope(&self, body: &Value) -> Value {
        json!({"data": self.seal(&body.to_string())})
    }

    pub(super) fn request_id(&self, ts: i64) -> String {
        let id = json!({"ts": ts, "appid": "test", "uuid": uuid::Uuid::new_v4().to_string()});
        self.seal(&id.to_string())
    }

    pub(super) fn unsigned(&self, method: Method, path: &str) -> RequestBuilder {
        self.sandbox.http().request(method, format!("{}/idproofingapi/{path}", self.sandbox.url("onekosmos")))
    }

    pub(super) fn request(&self, method: Method, path: &str, license: &str) -> RequestBuilder {
        self.unsigned(method, path)
            .header("publickey", &self.public_key)
            .header("requestid", self.request_id(now()))
            .header("licensekey", self.seal(license))
    }

    pub(super) fn send(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        send(self.request(method, path, SYSTEM).json(body))
    }

    pub(super) fn get(&self, path: &str) -> (u16, Value) {
        send(self.request(Method::GET, path, SYSTEM))
    }

    pub(super) fn in_place(&self, kind: &str, rest: &str) -> String {
        format!("{kind}/{}{rest}", self.place)
    }
}

/// Seconds since 1970.
pub(super) fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}
