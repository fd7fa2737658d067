//! A gateway with mutual TLS and a private authority in front of a vendor: the client certificate, its key and the authority
//! come from the provider block or from the environment, as paths or as PEM text.

use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use idv::registry::VENDORS;
use rcgen::{BasicConstraints, Certificate, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;

use crate::support::objects;
use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

/// A certificate authority.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its certificate, which clients trust.
    pub(crate) certificate: Certificate,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self { issuer: Issuer::new(params, key), certificate }
    }

    fn sign(&self, name: &str) -> (Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned(), "127.0.0.1".to_owned()]).unwrap();
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }
}

/// A gateway on a port of its own, which passes on what clients with a certificate of the authority send.
pub(crate) struct Gateway {
    /// Its base URL.
    pub(crate) url: String,
    connections: Arc<AtomicUsize>,
    _runtime: Runtime,
}

impl Gateway {
    fn start(authority: &Authority, target: &str) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(authority.certificate.der().clone()).unwrap();
        let verifier =
            WebPkiClientVerifier::builder_with_provider(roots.into(), Arc::new(aws_lc_rs::default_provider()));
        Self::with_verifier(authority, target, verifier.build().unwrap())
    }

    /// A gateway that asks clients for no certificate.
    pub(crate) fn start_for_all(authority: &Authority, target: &str) -> Self {
        Self::with_verifier(authority, target, WebPkiClientVerifier::no_client_auth())
    }

    fn with_verifier(authority: &Authority, target: &str, verifier: Arc<dyn ClientCertVerifier>) -> Self {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let (certificate, key) = authority.sign("localhost");
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(verifier)
            .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let target = target.strip_prefix("http://").unwrap().to_owned();
        let connections = Arc::new(AtomicUsize::new(0));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.spawn({
            let connections = connections.clone();
            async move {
                let listener = asynchronous(listener);
                loop {
                    let (stream, _) = listener.accept().await.unwrap();
                    connections.fetch_add(1, Ordering::SeqCst);
                    let (acceptor, target) = (acceptor.clone(), target.clone());
                    tokio::spawn(async move {
                        // A client that is refused, or ends its connection, is no failure of the gateway.
                        let Ok(mut stream) = acceptor.accept(stream).await else { return };
                        let mut vendor = tokio::net::TcpStream::connect(target).await.unwrap();
                        let _ = tokio::io::copy_bidirectional(&mut stream, &mut vendor).await;
                    });
                }
            }
        });
        Self { url, connections, _runtime: runtime }
    }
}

/// The listener for the runtime.
pub(crate) fn asynchronous(listener: TcpListener) -> tokio::net::TcpListener {
    listener.set_nonblocking(true).unwrap();
    tokio::net::TcpListener::from_std(listener).unwrap()
}

/// A vendor behind a gateway, with a data source that needs a request.
fn behind(gateway: &Gateway, sandbox: &Sandbox, vendor: &str) -> Workspace {
    let mut workspace = Workspace::new(sandbox);
    let variable = format!("IDV_{}_BASE_URL", vendor.to_uppercase());
    let path = sandbox.env()[&variable].strip_prefix(sandbox.url(vendor)).unwrap();
    workspace.set(&variable, &format!("{}{path}", gateway.url));
    workspace.set("NO_PROXY", "localhost");
    workspace
}

fn reads(vendor: &str) -> String {
    let name = match vendor {
        "vult" => "webhooks",
        "onekosmos" => "service_keys",
        "fiven" => "credentials",
        "xident" => "usage",
        _ => "lists",
    };
    format!("data \"idv_{vendor}_{name}\" \"all\" {{}}")
}

#[test]
fn gateway_with_mutual_tls_is_used_by_every_vendor() {
    let sandbox = objects::sandbox().with_variable("IDV_XIDENT_API", "v1");
    let authority = Authority::new();
    let (certificate, key) = authority.sign("terraform");
    for (vendor, _) in VENDORS {
        let vendor = vendor.name();
        let gateway = Gateway::start(&authority, sandbox.url(vendor));
        for in_environment in [true, false] {
            let mut workspace = behind(&gateway, &sandbox, vendor);
            workspace.write("client.pem", &certificate.pem());
            workspace.write("key.pem", &key.serialize_pem());
            let mut configuration = reads(vendor);
            if in_environment {
                let name = |attribute: &str| format!("IDV_{}_{attribute}", vendor.to_uppercase());
                workspace.set(&name("CLIENT_CERTIFICATE"), "client.pem");
                workspace.set(&name("CLIENT_KEY"), &key.serialize_pem());
                workspace.set(&name("CA_CERTIFICATE"), &authority.certificate.pem());
            } else {
                workspace.write("ca.pem", &authority.certificate.pem());
                let block =
                    "client_certificate = file(\"client.pem\")\nclient_key = \"key.pem\"\nca_certificate = \"ca.pem\"";
                configuration = format!("provider \"idv\" {{\n  {vendor} = {{\n{block}\n}}\n}}\n{configuration}");
            }
            workspace.configure(&configuration);
            let before = sandbox.requests().len();
            workspace.plan();
            assert!(sandbox.requests().len() > before, "{vendor}");
        }
        assert!(gateway.connections.load(Ordering::SeqCst) > 0, "{vendor}");
    }
}

#[test]
fn gateway_that_refuses_the_client_names_what_to_set() {
    let sandbox = Sandbox::start();
    let authority = Authority::new();
    for vendor in ["vult", "fiven", "didit"] {
        let gateway = Gateway::start(&authority, sandbox.url(vendor));
        let mut workspace = behind(&gateway, &sandbox, vendor);
        workspace.configure(&reads(vendor));
        let errors = workspace.try_plan().failed().errors();
        assert!(
            errors.contains("no secure connection to `localhost:") && errors.contains("`ca_certificate`"),
            "{errors}"
        );
        assert_eq!(gateway.connections.swap(0, Ordering::SeqCst), 1, "{vendor}: it is not repeated");

        let name = |attribute: &str| format!("IDV_{}_{attribute}", vendor.to_uppercase());
        workspace.set(&name("CA_CERTIFICATE"), &authority.certificate.pem());
        let errors = workspace.try_plan().failed().errors();
        assert!(errors.contains("the TLS alert `CertificateRequired`") && errors.contains("`client_key`"), "{errors}");
        assert_eq!(gateway.connections.swap(0, Ordering::SeqCst), 1, "{vendor}: it is not repeated");

        workspace.set(&name("CLIENT_CERTIFICATE"), "missing.pem");
        let errors = workspace.try_plan().failed().errors();
        assert!(errors.contains("`client_certificate` cannot be read") && errors.contains("-----BEGIN"), "{errors}");
        workspace.set(&name("CLIENT_CERTIFICATE"), &authority.certificate.pem());
        let errors = workspace.try_plan().failed().errors();
        assert!(errors.contains(&format!("`{vendor}.client_key` is missing")), "{errors}");
        workspace.set(&name("CLIENT_KEY"), "-----BEGIN PRIVATE KEY-----\nhunter2hunter2\n-----END PRIVATE KEY-----\n");
        let errors = workspace.try_plan().failed().errors();
        assert!(errors.contains("failed to parse private key") && !errors.contains("hunter2"), "{errors}");
        assert_eq!(gateway.connections.load(Ordering::SeqCst), 0, "{vendor}");

        // Plain HTTP to the port of the gateway.
        let plain = gateway.url.replace("https:", "http:");
        assert!(TcpStream::connect(plain.trim_start_matches("http://")).is_ok());
        for attribute in ["CA_CERTIFICATE", "CLIENT_CERTIFICATE", "CLIENT_KEY"] {
            workspace.set(&name(attribute), "");
        }
        workspace.set(&name("BASE_URL"), &plain);
        workspace.set("IDV_MAX_RETRIES", "0");
        let errors = workspace.try_plan().failed().errors();
        assert!(errors.contains("and probably TLS: write `https://localhost:"), "{errors}");
    }
}
