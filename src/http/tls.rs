//! What a client shows and trusts in a TLS handshake, beside the certificates of this machine.

use reqwest::{Certificate, ClientBuilder, Identity};

use crate::secret::Secret;

/// A client certificate for mutual TLS, and the authorities of a private network.
#[derive(Clone, Default)]
pub struct TlsSettings {
    /// The certificate with its key, and the key as text: held, so that it is redacted from responses.
    identity: Option<(Identity, Secret)>,
    authorities: Vec<Certificate>,
}

impl TlsSettings {
    /// Shows a client certificate. Both parameters are PEM, the certificate with its chain; the error is the end of a sentence
    /// about both.
    pub fn show(&mut self, certificate: &str, key: &Secret) -> Result<(), String> {
        let pem = Secret::from(format!("{certificate}\n{}", key.expose()));
        let identity = Identity::from_pem(pem.expose().as_bytes()).map_err(|_| {
            "are no certificate and private key in PEM (PKCS #8, PKCS #1 or SEC 1, not encrypted)".to_owned()
        })?;
        self.identity = Some((identity, key.clone()));
        Ok(())
    }

    /// Trusts the authorities of a PEM bundle, in addition to those of this machine.
    pub fn trust(&mut self, pem: &str) -> Result<(), String> {
        let found = Certificate::from_pem_bundle(pem.as_bytes()).unwrap_or_default();
        if found.is_empty() {
            return Err("has no certificate in PEM".to_owned());
        }
        self.authorities.extend(found);
        Ok(())
    }

    /// Applies the settings to a client of the HTTP library.
    pub(super) fn apply(&self, builder: ClientBuilder) -> ClientBuilder {
        let builder = builder.tls_certs_merge(self.authorities.iter().cloned());
        match &self.identity {
            Some((identity, _)) => builder.identity(identity.clone()),
            None => builder,
        }
    }
}
