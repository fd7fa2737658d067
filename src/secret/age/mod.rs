//! age files (`age-encryption.org/v1`) for X25519 keys: a secret that only the holder of a private key can read.
//!
//! Covers what a secret in state needs: files for public keys `age1...`, and text in place of bytes (ASCII armour). Passphrases,
//! SSH keys and plugins are absent. `docs/decisions/0004-age-files-without-the-age-crate.md` says why the format is in this
//! tree. Every primitive is one of aws-lc-rs.

mod armour;
mod file;
mod key;

use zeroize::Zeroizing;

use super::Secret;

pub use key::{Identity, IdentityFileError, Recipient, RecipientError, is_private_key};

/// A failed primitive, such as one without randomness. It says nothing, so that it leaks nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cryptographic library failed")]
pub struct CryptoError;

impl From<aws_lc_rs::error::Unspecified> for CryptoError {
    fn from(_: aws_lc_rs::error::Unspecified) -> Self {
        Self
    }
}

/// Why a text cannot be decrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecryptError {
    /// The text is something else.
    #[error(
        "it is no age file: it neither has the line `-----BEGIN AGE ENCRYPTED FILE-----` nor begins with `age-encryption.org/v1`"
    )]
    NotAnAgeFile,
    /// The text begins like an age file, and a part is missing or was changed.
    #[error("the age file is damaged: a part of it is missing or was changed")]
    Damaged,
    /// None of the private keys belongs to a public key that it was encrypted for.
    #[error("it was encrypted for another key")]
    OtherKey,
}

/// Encrypts a secret for a recipient. The result is text in lines that begins with `-----BEGIN AGE ENCRYPTED FILE-----`.
pub fn encrypt(secret: &Secret, recipient: &Recipient) -> Result<String, CryptoError> {
    file::seal(secret.expose().as_bytes(), recipient).map(|bytes| armour::encode(&bytes))
}

/// Decrypts an age file, as text or as bytes, with the first of these private keys that it was encrypted for. White space and
/// other text around the armour are ignored.
pub fn decrypt(encrypted: &[u8], identities: &[Identity]) -> Result<Zeroizing<Vec<u8>>, DecryptError> {
    match armour::decode(encrypted)? {
        Some(bytes) => file::open(&bytes, identities),
        None => file::open(encrypted, identities),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From C2SP's test vectors for age (CCTV, `age/testdata/armor`).
    const IDENTITY: &str = "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0";
    const FILE: &str = "-----BEGIN AGE ENCRYPTED FILE-----
YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBURWlGMHlwcXIrYnB2Y3FY
TnlDVkpwTDdPdXdQZFZ3UEw3S1FFYkZET0NjCmhqYWJHWHdTTFE5YzNTNkx3Mmkr
UzJUdTJmaXdRSEhzbGJCTjZCNDFGTEUKLS0tIFd5SnA5Ri85Rk9aaDdnSmRoZXEy
V0lKY3dIZ1ljOE5JVmgzZGR3aHJjTmcK7s9ix86RtDMnTmjU8vkTTLdMW/73vqpS
yPC8DpksHoMx+2Y=
-----END AGE ENCRYPTED FILE-----
";

    /// Another private key.
    const OTHER: &str = "AGE-SECRET-KEY-1L35CQUQWK654MLH6ZDV5EF4999U3KNN3J3NF2X7ET4JE28Z7SS5QHATXFH";

    fn identities(text: &str) -> Vec<Identity> {
        Identity::parse_file(text.as_bytes()).unwrap()
    }

    fn decrypted(text: &str) -> Result<String, DecryptError> {
        decrypt(text.as_bytes(), &identities(IDENTITY)).map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[test]
    fn a_file_of_another_implementation_is_decrypted() {
        assert_eq!(decrypted(FILE).unwrap(), "age");
    }

    #[test]
    fn the_spacing_of_the_text_does_not_matter() {
        let unix = FILE.trim_end();
        for text in [
            unix.to_owned(),
            format!("\n\n  {unix}  \n\n"),
            FILE.replace('\n', "\r\n"),
            FILE.replace('\n', "\n    "),
            format!("<<EOT\n{FILE}EOT\n"),
        ] {
            assert_eq!(decrypted(&text).as_deref(), Ok("age"), "{text}");
        }
    }

    #[test]
    fn a_secret_of_any_length_is_decrypted_again() {
        let keys = identities(IDENTITY);
        let recipient = keys[0].recipient().unwrap();
        for length in [0, 1, 100, 65_535, 65_536, 65_537, 131_072, 200_000] {
            let secret = Secret::from("k".repeat(length));
            let encrypted = encrypt(&secret, &recipient).unwrap();
            assert!(encrypted.lines().all(|line| line.len() <= 64), "{length}");
            assert!(decrypt(encrypted.as_bytes(), &keys).unwrap().as_slice() == secret.expose().as_bytes(), "{length}");
        }
        let secret = Secret::from("the same secret");
        assert_ne!(encrypt(&secret, &recipient).unwrap(), encrypt(&secret, &recipient).unwrap(), "a key for each file");
    }

    #[test]
    fn the_first_private_key_that_fits_is_used() {
        let secret = Secret::from("for one of two");
        let keys = identities(&format!("# created: 2026-11-30\n{OTHER}\n\n{IDENTITY}\r\n"));
        let encrypted = encrypt(&secret, &keys[1].recipient().unwrap()).unwrap();
        assert_eq!(decrypt(encrypted.as_bytes(), &keys).unwrap().as_slice(), secret.expose().as_bytes());
        assert_eq!(decrypt(encrypted.as_bytes(), &keys[..1]), Err(DecryptError::OtherKey));
    }

    #[test]
    fn every_part_that_is_missing_or_changed_is_noticed() {
        let whole = armour::decode(FILE.as_bytes()).unwrap().unwrap();
        let keys = identities(IDENTITY);
        assert_eq!(decrypt(&whole, &keys).unwrap().as_slice(), b"age", "bytes work as well");
        for index in 0..whole.len() {
            let mut changed = whole.clone();
            changed[index] ^= 1;
            assert!(decrypt(&changed, &keys).is_err(), "byte {index} was changed");
            assert!(decrypt(&whole[..index], &keys).is_err(), "only {index} bytes are left");
        }
        let longer = [&whole[..], b"x"].concat();
        assert_eq!(decrypt(&longer, &keys), Err(DecryptError::Damaged));
        for (text, error) in [
            ("", DecryptError::NotAnAgeFile),
            ("sk_test_1234567890", DecryptError::NotAnAgeFile),
            (&FILE[..100], DecryptError::Damaged),
            (&FILE.replace("YWdl", "YW!l"), DecryptError::Damaged),
        ] {
            assert_eq!(decrypted(text), Err(error), "{text}");
        }
    }
}
