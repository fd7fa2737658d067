//! Handshakes with a real TLS server: certificates that are missing, unknown or refused, and a port that speaks something else.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

use super::super::{Kind, TlsSettings};
use super::*;
use crate::secret::Secret;

/// An authority, and the PEM of a certificate and a key that it signed.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: rcgen::Certificate,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self { issuer: Issuer::new(params, key), certificate }
    }

    fn sign(&self, name: &str) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }

    /// The settings of a client that trusts this authority, and shows a certificate of another one.
    fn settings(&self, of_client: Option<&Self>) -> TlsSettings {
        let mut tls = TlsSettings::default();
        tls.trust(&self.certificate.pem()).unwrap();
        if let Some(authority) = of_client {
            let (certificate, key) = authority.sign("terraform");
            tls.show(&certificate.pem(), &Secret::from(key.serialize_pem())).unwrap();
        }
        tls
    }
}

/// A server that accepts clients with a certificate of its authority; counts the connections.
async fn server(authority: &Authority) -> (Url, Arc<AtomicUsize>) {
    let mut roots = RootCertStore::empty();
    roots.add(authority.certificate.der().clone()).unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider.clone()).build().unwrap();
    let (certificate, key) = authority.sign("localhost");
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("https://localhost:{}", listener.local_addr().unwrap().port())).unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    tokio::spawn({
        let count = count.clone();
        async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                count.fetch_add(1, Ordering::SeqCst);
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let _ = stream.read(&mut [0; 4096]).await;
                let response = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
                let _ = stream.write_all(response).await;
                let _ = stream.shutdown().await;
            }
        }
    });
    (url, count)
}

fn client_with(url: &Url, tls: TlsSettings) -> Client {
    let mut settings = settings(url.clone());
    settings.tls = tls;
    client(settings)
}

#[tokio::test]
async fn a_client_certificate_and_a_private_authority_are_used() {
    let authority = Authority::new();
    let (url, _) = server(&authority).await;
    client_with(&url, authority.settings(Some(&authority))).get("/x").send().await.unwrap();
}

#[tokio::test]
async fn a_handshake_that_fails_names_the_alert_and_is_not_repeated() {
    let (authority, other) = (Authority::new(), Authority::new());
    let (url, count) = server(&authority).await;
    let host = format!("localhost:{}", url.port().unwrap());
    for (tls, problem) in [
        (
            authority.settings(None),
            format!("`{host}` refused the secure connection with the TLS alert `CertificateRequired`"),
        ),
        (authority.settings(Some(&other)), format!("`{host}` refused the secure connection with the TLS alert")),
        (other.settings(Some(&authority)), format!("no secure connection to `{host}`")),
    ] {
        let before = count.load(Ordering::SeqCst);
        for method in [Method::GET, Method::POST] {
            let error = client_with(&url, tls.clone()).request(method, "/x").send().await.unwrap_err();
            assert_eq!((error.kind(), error.attempts()), (Kind::Tls, 1), "{error}");
            assert!(error.summary().contains(&problem), "{error}");
            assert!(!error.may_have_applied());
        }
        assert_eq!(count.load(Ordering::SeqCst) - before, 2);
    }
}

#[tokio::test]
async fn a_port_that_speaks_the_other_protocol_is_named() {
    let (url, _) = server(&Authority::new()).await;
    let host = format!("localhost:{}", url.port().unwrap());
    let plain = Url::parse(&format!("http://{host}")).unwrap();
    let error = client_with(&plain, TlsSettings::default()).get("/x").send().await.unwrap_err();
    let hint = format!("`{host}` does not speak plain HTTP, and probably TLS: write `https://{host}`.");
    assert!(error.detail().contains(&hint), "{error}");

    for page in ["The plain HTTP request was sent to HTTPS port", "Client sent an HTTP request to an HTTPS server."] {
        let server = Server::script([reply(400).body(format!("<html>{page}</html>"))]).await;
        let error = server.client().get("/x").send().await.unwrap_err();
        assert!(error.detail().contains("write `https://127.0.0.1:"), "{error}");
    }

    let server = Server::script([reply(200)]).await;
    let host = format!("127.0.0.1:{}", server.url.port().unwrap());
    let error = client_with(&Url::parse(&format!("https://{host}")).unwrap(), TlsSettings::default());
    let error = error.get("/x").send().await.unwrap_err();
    assert!(error.detail().contains(&format!("write `http://{host}`")), "{error}");
}

#[test]
fn text_that_is_no_certificate_is_refused() {
    let mut tls = TlsSettings::default();
    let (certificate, key) = Authority::new().sign("terraform");
    assert!(tls.trust("hunter2").unwrap_err().contains("no certificate"));
    for (certificate, key) in [("", key.serialize_pem()), (&certificate.pem(), String::new())] {
        assert!(tls.show(certificate, &Secret::from(key)).unwrap_err().contains("in PEM"));
    }
}
