//! The handshake: the host's environment variables, and the one line on standard output that the plugin returns.
//!
//! Pure functions of an environment, after go-plugin's `server.go` and `constants.go`; sockets and certificates are
//! made elsewhere.

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use rustls::pki_types::CertificateDer;

use super::environment::{Lookup, set_variable};
use super::error::Error;
use super::listener::{Address, Place};
use super::tls;

/// Terraform's cookie, which distinguishes a start by Terraform from a start by hand. It is not a secret.
const COOKIE_NAME: &str = "TF_PLUGIN_MAGIC_COOKIE";
const COOKIE_VALUE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

/// The version of go-plugin's own protocol, the first part of the line.
const CORE_VERSION: u32 = 1;

/// The host's parameters from the environment.
#[derive(Debug)]
pub struct Handshake {
    /// The version of the plugin's protocol that was chosen.
    pub(super) version: u32,
    /// The only certificate that a client may present; none when the host switched TLS off (`TF_DISABLE_PLUGIN_TLS`).
    pub(super) client_certificate: Option<CertificateDer<'static>>,
    pub(super) place: Place,
    /// Whether the host asked if several services may share one connection.
    asks_for_multiplexing: bool,
}

impl Handshake {
    /// Reads the host's parameters; `versions` are the major versions of the protocol that the plugin serves.
    ///
    /// Fails with [`Error::NotAPlugin`] when the cookie is missing: then nothing may be printed on standard output.
    pub fn read(environment: Lookup<'_>, versions: &[u32]) -> Result<Self, Error> {
        let get = |name| set_variable(environment, name);
        if get(COOKIE_NAME).is_none_or(|cookie| cookie != COOKIE_VALUE) {
            return Err(Error::NotAPlugin);
        }
        let offered = get("PLUGIN_PROTOCOL_VERSIONS").unwrap_or_default();
        Ok(Self {
            version: choose_version(&offered.to_string_lossy(), versions)?,
            client_certificate: get("PLUGIN_CLIENT_CERT").map(|pem| tls::parse_client_certificate(&pem)).transpose()?,
            place: Place::read(environment)?,
            asks_for_multiplexing: environment("PLUGIN_MULTIPLEX_GRPC").is_some(),
        })
    }

    /// Formats the line with the address for the host, without its line break.
    pub(super) fn line(&self, address: &Address, certificate: Option<&CertificateDer<'_>>) -> String {
        let certificate = certificate.map(|der| STANDARD_NO_PAD.encode(der)).unwrap_or_default();
        let Address { network, text } = address;
        let mut line = format!("{CORE_VERSION}|{}|{network}|{text}|grpc|{certificate}", self.version);
        if self.asks_for_multiplexing {
            // An older host would read a seventh part as a piece of the certificate, so it is sent only on request.
            // Multiplexing changes the bytes on the wire, so a server without it has to decline it.
            line.push_str("|false");
        }
        line
    }
}

/// Chooses the highest version that both sides have, and the plugin's lowest for a host that lists none.
///
/// The host's list comes in no order. Parts that are not numbers are skipped. A go-plugin server responds to a list without a
/// match with its lowest version, and the host then shows two lists of numbers; the error says what to upgrade.
fn choose_version(offered: &str, served: &[u32]) -> Result<u32, Error> {
    let parsed: Vec<u32> = offered.split(',').filter_map(|version| version.trim().parse().ok()).collect();
    let common = parsed.iter().copied().filter(|version| served.contains(version)).max();
    match common {
        Some(version) => Ok(version),
        None if parsed.is_empty() => Ok(served.iter().copied().min().unwrap_or_default()),
        None => {
            let served: Vec<_> = served.iter().map(u32::to_string).collect();
            Err(Error::Versions { offered: offered.to_owned(), served: served.join(",") })
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    const COOKIE: (&str, &str) = (COOKIE_NAME, COOKIE_VALUE);

    fn read(variables: &[(&str, &str)]) -> Result<Handshake, Error> {
        let environment =
            |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value));
        Handshake::read(&environment, &[6])
    }

    fn address() -> Address {
        Address { network: "unix", text: "/tmp/plugin123".to_owned() }
    }

    #[test]
    fn the_highest_common_version_is_chosen() {
        for (offered, ours, expected) in [
            ("5,6", [5, 6].as_slice(), 6),
            ("6,5", &[5, 6], 6),
            ("5,6", &[6, 5], 6),
            ("5", &[5, 6], 5),
            ("", &[6], 6),
            ("", &[6, 5], 5),
            ("x", &[6], 6),
            ("6, x, -1, 99999999999", &[5, 6], 6),
            (" 5 ", &[5, 6], 5),
        ] {
            assert_eq!(choose_version(offered, ours).unwrap(), expected, "{offered:?} and {ours:?}");
        }
    }

    #[test]
    fn a_host_without_a_common_version_is_an_error_with_both_lists() {
        for (offered, ours) in [("4,5", [6].as_slice()), ("7", &[6, 5])] {
            let error = choose_version(offered, ours).unwrap_err().to_string();
            assert!(error.contains(offered) && error.contains("plugin has 6") && error.contains("Upgrade"), "{error}");
        }
    }

    #[test]
    fn without_the_cookie_the_error_says_what_the_program_is() {
        for variables in
            [&[][..], &[(COOKIE_NAME, "")], &[(COOKIE_NAME, "wrong")], &[("PLUGIN_PROTOCOL_VERSIONS", "6")]]
        {
            let error = read(variables).unwrap_err();
            assert!(error.to_string().starts_with("this is a plugin"), "{error}");
        }
    }

    #[test]
    fn the_line_has_six_parts_and_an_unpadded_certificate() {
        let handshake = read(&[COOKIE, ("PLUGIN_PROTOCOL_VERSIONS", "5,6")]).unwrap();
        let certificate = CertificateDer::from(vec![0xff, 0xef]);
        assert_eq!(handshake.line(&address(), Some(&certificate)), "1|6|unix|/tmp/plugin123|grpc|/+8");
        assert_eq!(handshake.line(&address(), None), "1|6|unix|/tmp/plugin123|grpc|");
    }

    #[test]
    fn multiplexing_is_declined_only_when_asked_for() {
        let handshake = read(&[COOKIE, ("PLUGIN_MULTIPLEX_GRPC", "true")]).unwrap();
        assert_eq!(handshake.line(&address(), None), "1|6|unix|/tmp/plugin123|grpc||false");
    }

    #[test]
    fn an_unreadable_client_certificate_is_an_error_that_names_the_variable() {
        let not_der = "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n";
        for pem in ["nonsense", "-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----\n", not_der] {
            let error = read(&[COOKIE, ("PLUGIN_CLIENT_CERT", pem)]).unwrap_err();
            assert!(error.to_string().contains("PLUGIN_CLIENT_CERT"), "{error}");
        }
        assert!(read(&[COOKIE, ("PLUGIN_CLIENT_CERT", "")]).unwrap().client_certificate.is_none());
    }
}
