//! Mutual TLS with certificates that are valid as long as the process runs, which go-plugin calls automatic mTLS.
//!
//! The host generates a certificate and passes it in the environment; the plugin generates one and passes it in the handshake
//! line. Each side trusts only the certificate of the other, so that no other process on the machine can call the plugin.
//!
//! Two things look odd and are needed (observed against Terraform 1.11). Terraform's certificate is on the curve P-521,
//! and a Go client that is not offered a signature scheme for its key presents no certificate: hence aws-lc-rs, the
//! provider of rustls that has the curve. And the certificate calls itself an authority, which webpki refuses for a
//! client: hence a verifier that compares the bytes, which is stricter than a chain of one.

use std::ffi::OsStr;
use std::sync::Arc;

use rcgen::{CertificateParams, DnType, KeyPair};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{NoServerSessionStorage, ParsedCertificate};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme};

use super::error::Error;

/// The name that the host verifies, whatever the network (go-plugin).
const SERVER_NAME: &str = "localhost";

/// Reads the certificate of `PLUGIN_CLIENT_CERT`, one block of PEM.
pub(super) fn parse_client_certificate(pem: &OsStr) -> Result<CertificateDer<'static>, Error> {
    let malformed = |reason: String| Error::ClientCertificate { reason };
    let pem = pem.to_str().ok_or_else(|| malformed("it is not text".to_owned()))?;
    let certificate = CertificateDer::from_pem_slice(pem.as_bytes())
        .map_err(|error| malformed(format!("it is not a certificate in PEM ({error})")))?;
    // Checked here it is one clear error; later every connection would fail.
    ParsedCertificate::try_from(&certificate)
        .map_err(|error| malformed(format!("it is not an X.509 certificate ({error})")))?;
    Ok(certificate)
}

/// Generates a certificate and the server's configuration for it, which accepts only the holder of `client`.
pub(super) fn configure(client: CertificateDer<'static>) -> Result<(ServerConfig, CertificateDer<'static>), Error> {
    let (certificate, key) = make_certificate().map_err(Error::Certificate)?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = Arc::new(PinnedClient { certificate: client, provider: provider.clone() });
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions() // 1.2 and 1.3
        .map_err(Error::Tls)?
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![certificate.clone()], key)
        .map_err(Error::Tls)?;
    // Current gRPC clients reject a server that does not negotiate HTTP/2.
    config.alpn_protocols = vec![b"h2".to_vec()];
    // The host connects once: session resumption would only cost memory.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok((config, certificate))
}

/// Generates a P-256 key and a leaf certificate for `localhost`, which the host uses as its only root.
fn make_certificate() -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), rcgen::Error> {
    let key = KeyPair::generate()?;
    let mut parameters = CertificateParams::new([SERVER_NAME.to_owned()])?;
    parameters.distinguished_name.push(DnType::CommonName, SERVER_NAME);
    let certificate = parameters.self_signed(&key)?;
    Ok((certificate.der().clone(), PrivatePkcs8KeyDer::from(key.serialize_der()).into()))
}

/// Accepts a client that presents exactly this certificate and proves that it holds its key.
#[derive(Debug)]
struct PinnedClient {
    certificate: CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
}

impl ClientCertVerifier for PinnedClient {
    /// No hints, since there is no certificate authority.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        if *end_entity == self.certificate {
            Ok(ClientCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
