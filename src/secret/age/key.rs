//! The keys of age: public keys (`age1...`) and files of private keys (`AGE-SECRET-KEY-1...`).

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::agreement::{PrivateKey, UnparsedPublicKey, X25519, agree};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use bech32::primitives::decode::CheckedHrpstring;
use bech32::{Bech32, Hrp};
use zeroize::Zeroizing;

use super::CryptoError;

/// What precedes the separator of a public key.
const PUBLIC: &str = "age";

/// What precedes the separator of a private key.
const PRIVATE: &str = "AGE-SECRET-KEY-";

/// The bytes of either key.
const LENGTH: usize = 32;

/// The bytes of a symmetric key.
pub(super) type Key = Zeroizing<[u8; LENGTH]>;

/// Whether a text has a private key in it, also as a line of a whole file or in another case.
pub fn is_private_key(text: &str) -> bool {
    let text = text.to_ascii_uppercase();
    text.contains(PRIVATE) || text.contains("PRIVATE KEY-----")
}

/// A public key, which a secret is encrypted for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient([u8; LENGTH]);

/// Why a text is no public key. No message quotes the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecipientError {
    /// It is a private key.
    #[error("is a private key, where its public key belongs: `age-keygen -y FILE` prints that one")]
    Private,
    /// White space surrounds it.
    #[error("has white space around it: use `trimspace(...)`")]
    Surrounded,
    /// It begins like a public key and is not complete, or has a wrong character.
    #[error("is not complete or has a wrong character: copy the whole line that begins with `age1`")]
    Misspelt,
    /// It is something else, such as an SSH key or the name of a plugin.
    #[error("is no public key of age: expected `age1` and 58 further characters, as `age-keygen` prints it")]
    OtherText,
}

impl FromStr for Recipient {
    type Err = RecipientError;

    fn from_str(text: &str) -> Result<Self, RecipientError> {
        if is_private_key(text) {
            return Err(RecipientError::Private);
        }
        if text.trim() != text {
            return Err(RecipientError::Surrounded);
        }
        // The type of a key is before the last `1`: a plugin's key has other letters there.
        if text.rsplit_once('1').is_none_or(|(kind, _)| kind != PUBLIC) {
            return Err(RecipientError::OtherText);
        }
        let recipient = decode(PUBLIC, text).map(|key| Self(*key)).ok_or(RecipientError::Misspelt)?;
        // Some 32 bytes are no key that can be agreed with. Found here, no secret is created for them.
        agreed(&PrivateKey::generate(&X25519).map_err(|_| RecipientError::Misspelt)?, &recipient)
            .map_err(|_| RecipientError::Misspelt)?;
        Ok(recipient)
    }
}

impl Recipient {
    /// A new key for one file: the public half of a key pair that is dropped at once, and the key that wraps the file's.
    pub(super) fn wrap(&self) -> Result<(Self, Key), CryptoError> {
        let ephemeral = PrivateKey::generate(&X25519)?;
        let share = public(&ephemeral)?;
        let key = wrapping_key(&ephemeral, self, &share, self)?;
        Ok((share, key))
    }

    /// The key of a file that carries these bytes.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The key as a file carries it.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// A private key, which decrypts what was encrypted for its public key. It does not print.
pub struct Identity(PrivateKey);

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(<redacted>)")
    }
}

/// Why a file has no private keys that can be used. No message quotes the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityFileError {
    /// Every line is empty or a comment.
    #[error(
        "it has no private key: expected a line that begins with `AGE-SECRET-KEY-1`, as `age-keygen -o FILE` writes it"
    )]
    Empty,
    /// It has the public key alone.
    #[error("line {0} is a public key, and the private key is needed: the line that begins with `AGE-SECRET-KEY-1`")]
    Public(usize),
    /// It is an age file itself.
    #[error(
        "it is encrypted with a passphrase: decrypt it with `age -d` first, or use `age -d -i` in place of this command"
    )]
    Encrypted,
    /// A line is something else, or is not complete.
    #[error("line {0} is no private key of age: expected `AGE-SECRET-KEY-1` and 58 further characters")]
    Line(usize),
}

impl Identity {
    /// The private keys of a file: one a line; empty lines and lines that begin with `#` are ignored.
    pub fn parse_file(file: &[u8]) -> Result<Vec<Self>, IdentityFileError> {
        if file.starts_with(b"age-encryption.org/") || file.starts_with(b"-----BEGIN AGE ENCRYPTED FILE-----") {
            return Err(IdentityFileError::Encrypted);
        }
        let mut identities = Vec::new();
        for (number, line) in file.split(|byte| *byte == b'\n').enumerate() {
            let line = line.trim_ascii();
            // Some editors begin a file with a byte order mark.
            let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
            if line.is_empty() || line.starts_with(b"#") {
                continue;
            }
            if line.starts_with(b"age1") {
                return Err(IdentityFileError::Public(number + 1));
            }
            let key = std::str::from_utf8(line).ok().and_then(|line| decode(PRIVATE, line));
            let key = key.and_then(|key| PrivateKey::from_private_key(&X25519, key.as_slice()).ok());
            identities.push(Self(key.ok_or(IdentityFileError::Line(number + 1))?));
        }
        if identities.is_empty() { Err(IdentityFileError::Empty) } else { Ok(identities) }
    }

    /// Its public key.
    pub fn recipient(&self) -> Result<Recipient, CryptoError> {
        public(&self.0)
    }

    /// The key that wraps the key of a file, from the share that the file carries.
    pub(super) fn unwrap(&self, share: &Recipient) -> Result<Key, CryptoError> {
        wrapping_key(&self.0, share, share, &self.recipient()?)
    }
}

/// The bytes of a key of this type and case.
fn decode(kind: &str, text: &str) -> Option<Key> {
    let checked = CheckedHrpstring::new::<Bech32>(text).ok()?;
    let is_of_kind = checked.hrp() == Hrp::parse(kind).ok()? && text.starts_with(kind);
    let bytes: Zeroizing<Vec<u8>> = Zeroizing::new(checked.byte_iter().collect());
    let mut key = Key::default();
    (is_of_kind && bytes.len() == LENGTH).then(|| {
        key.copy_from_slice(&bytes);
        key
    })
}

fn public(key: &PrivateKey) -> Result<Recipient, CryptoError> {
    Recipient::of(key.compute_public_key()?.as_ref()).ok_or(CryptoError)
}

/// What two keys agree on; an error for a key with which everybody agrees on zero.
fn agreed(ours: &PrivateKey, theirs: &Recipient) -> Result<Key, CryptoError> {
    agree(ours, UnparsedPublicKey::new(&X25519, theirs.bytes()), CryptoError, |shared| {
        let mut key = Key::default();
        key.copy_from_slice(shared);
        Ok(key)
    })
}

fn wrapping_key(ours: &PrivateKey, theirs: &Recipient, share: &Recipient, to: &Recipient) -> Result<Key, CryptoError> {
    let salt = [share.bytes(), to.bytes()].concat();
    derive(agreed(ours, theirs)?.as_slice(), &salt, b"age-encryption.org/v1/X25519")
}

struct Length;

impl KeyType for Length {
    fn len(&self) -> usize {
        LENGTH
    }
}

/// HKDF with SHA-256 (RFC 5869).
pub(super) fn derive(secret: &[u8], salt: &[u8], info: &[u8]) -> Result<Key, CryptoError> {
    let mut key = Key::default();
    Salt::new(HKDF_SHA256, salt).extract(secret).expand(&[info], Length)?.fill(key.as_mut_slice())?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key pair of another implementation.
    const PRIVATE_KEY: &str = "AGE-SECRET-KEY-1L35CQUQWK654MLH6ZDV5EF4999U3KNN3J3NF2X7ET4JE28Z7SS5QHATXFH";
    const PUBLIC_KEY: &str = "age1jymym3n6gdq6ntvlv97f7gz3szn7fp2ddt9lg06es9ljx82n3axqh45htq";

    #[test]
    fn a_public_key_is_checked() {
        let key = PUBLIC_KEY;
        let identities = Identity::parse_file(PRIVATE_KEY.as_bytes()).unwrap();
        assert_eq!(key.parse(), Ok(identities[0].recipient().unwrap()));
        let typo = key.replacen("age1", "age1q", 1).chars().take(62).collect::<String>();
        let zero = bech32::encode::<Bech32>(Hrp::parse(PUBLIC).unwrap(), &[0; 32]).unwrap();
        for (text, error) in [
            (PRIVATE_KEY, RecipientError::Private),
            (&PRIVATE_KEY.to_lowercase(), RecipientError::Private),
            (&format!("# public key: {key}\n{PRIVATE_KEY}\n"), RecipientError::Private),
            ("-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blbg==\n", RecipientError::Private),
            (&format!("{key}\n"), RecipientError::Surrounded),
            (&key[..60], RecipientError::Misspelt),
            (&typo, RecipientError::Misspelt),
            (&zero, RecipientError::Misspelt),
            (&key.to_uppercase(), RecipientError::OtherText),
            ("age1yubikey1qwertyqwerty", RecipientError::OtherText),
            ("ssh-ed25519 AAAAC3Nz ops@example.com", RecipientError::OtherText),
            ("", RecipientError::OtherText),
        ] {
            assert_eq!(text.parse::<Recipient>(), Err(error), "{text}");
        }
    }

    #[test]
    fn a_file_of_private_keys_is_checked() {
        let key = PUBLIC_KEY;
        let file = format!("\u{FEFF}# created: 2026-11-30T00:00:00Z\r\n# public key: {key}\r\n\r\n{PRIVATE_KEY}  ");
        assert_eq!(Identity::parse_file(file.as_bytes()).unwrap().len(), 1);
        for (file, error) in [
            (String::new(), IdentityFileError::Empty),
            ("# nothing\n\n".to_owned(), IdentityFileError::Empty),
            (format!("# mine\n{key}\n"), IdentityFileError::Public(2)),
            (PRIVATE_KEY[..40].to_owned(), IdentityFileError::Line(1)),
            (PRIVATE_KEY.replacen('E', "Q", 2), IdentityFileError::Line(1)),
            (format!("{PRIVATE_KEY}\nhunter2\n"), IdentityFileError::Line(2)),
            ("age-encryption.org/v1\n-> scrypt".to_owned(), IdentityFileError::Encrypted),
        ] {
            let found = Identity::parse_file(file.as_bytes()).unwrap_err();
            assert_eq!(found, error, "{file}");
            assert!(!found.to_string().contains("hunter2"), "{found}");
        }
        let identities = Identity::parse_file(PRIVATE_KEY.as_bytes()).unwrap();
        assert_eq!(format!("{identities:?}"), "[Identity(<redacted>)]");
    }
}
