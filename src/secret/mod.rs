//! The one type of a secret, text that does not print, and the redaction of every secret that the process holds.
//!
//! Each [`Secret`] registers itself when it is made, so that [`redact`] finds all of them in a text from outside: credentials,
//! access tokens, and the values of sensitive and write-only attributes. The registry holds no copy. A secret is erased from
//! memory with its last clone, and is not searched for any more. So whoever sends a secret keeps a clone until it has read
//! the response.

pub mod age;
mod held;
mod redact;
mod view;

use std::fmt;
use std::sync::Arc;

use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize, Serializer};

use self::held::Held;

pub use self::redact::{REDACTED, redact};

/// Text that must not be printed: secrecy's type in a form that models can read and write. Clones share one copy, which is
/// erased from memory with the last of them. Its `Debug` is redacted, and it has no `Display`.
#[derive(Clone, Deserialize)]
#[serde(from = "secrecy::SecretString")]
pub struct Secret(Arc<Held>);

impl Secret {
    /// The text itself. Review each call.
    pub fn expose(&self) -> &str {
        self.0.text.expose_secret()
    }
}

impl From<secrecy::SecretString> for Secret {
    fn from(text: secrecy::SecretString) -> Self {
        Self(held::register(text))
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        secrecy::SecretString::from(text).into()
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        secrecy::SecretString::from(text).into()
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for Secret {}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(<redacted>)")
    }
}
