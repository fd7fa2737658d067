//! The registry of the secrets that the process holds.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::redact::MIN_BYTES;

/// The shortest part of a secret that is a secret by itself, in bytes: a shorter one may be an ordinary word.
const MIN_PART: usize = 16;

/// Below this number of entries the registry is not searched for secrets that were dropped.
const SMALL: usize = 64;

/// The text of a secret, and the parts of it that are secrets by themselves.
pub(super) struct Held {
    pub(super) text: SecretString,
    parts: Vec<SecretString>,
}

impl Held {
    /// The text and its parts. What surrounds the text, such as the line break of a file, is not part of the secret.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        let parts = self.parts.iter().map(ExposeSecret::expose_secret);
        std::iter::once(self.text.expose_secret().trim()).chain(parts)
    }
}

/// The registry, and its size after secrets that were dropped were last removed.
struct Registry {
    held: Vec<Weak<Held>>,
    size: usize,
}

static REGISTRY: Mutex<Registry> = Mutex::new(Registry { held: Vec::new(), size: 0 });

/// Adds a secret to the registry for as long as somebody holds it.
pub(super) fn register(text: SecretString) -> Arc<Held> {
    let parts = parts(text.expose_secret());
    let secret = Arc::new(Held { text, parts });
    if secret.text.expose_secret().len() >= MIN_BYTES {
        let mut registry = REGISTRY.lock().unwrap_or_else(PoisonError::into_inner);
        if registry.held.len() > SMALL.max(2 * registry.size) {
            registry.held.retain(|secret| secret.strong_count() > 0);
            registry.size = registry.held.len();
        }
        registry.held.push(Arc::downgrade(&secret));
    }
    secret
}

/// The secrets that somebody holds now.
pub(super) fn all() -> Vec<Arc<Held>> {
    let registry = REGISTRY.lock().unwrap_or_else(PoisonError::into_inner);
    registry.held.iter().filter_map(Weak::upgrade).collect()
}

/// What a vendor may repeat without the rest of a secret: the texts in a JSON document, the lines of a PEM file, and a URL
/// without its host.
fn parts(text: &str) -> Vec<SecretString> {
    let text = text.trim();
    let mut parts = Vec::new();
    let mut add = |part: &str| {
        if part.len() >= MIN_PART && part.len() < text.len() {
            parts.push(SecretString::from(part));
        }
    };
    if text.starts_with(['{', '['])
        && let Ok(document) = serde_json::from_str(text)
    {
        leaves(&document, &mut add);
    } else if text.contains('\n') {
        text.lines().map(str::trim).filter(|line| !line.starts_with("-----")).for_each(add);
    } else if let Some((_, rest)) = text.split_once("://")
        && let Some((_, path)) = rest.split_once('/')
    {
        add(path);
    }
    parts
}

fn leaves(value: &Value, add: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => add(text),
        Value::Array(items) => items.iter().for_each(|item| leaves(item, add)),
        Value::Object(members) => members.values().for_each(|member| leaves(member, add)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn a_secret_that_nobody_holds_is_not_in_the_registry() {
        let has = |wanted: &str| all().iter().any(|held| held.text.expose_secret() == wanted);
        let first = register("held-by-two-owners".into());
        let second = first.clone();
        drop(first);
        assert!(has("held-by-two-owners"));
        drop(second);
        // A test on another thread may be searching a text, and holds every secret meanwhile.
        let end = Instant::now() + Duration::from_secs(5);
        while has("held-by-two-owners") {
            assert!(Instant::now() < end);
            std::thread::yield_now();
        }
    }

    #[test]
    fn the_registry_does_not_grow_with_secrets_that_were_dropped() {
        for _ in 0..10_000 {
            drop(register("dropped-at-once".into()));
        }
        let registry = REGISTRY.lock().unwrap();
        assert!(registry.held.len() < 5_000, "{}", registry.held.len());
    }

    #[test]
    fn parts_of_documents_files_and_urls_are_secrets_too() {
        let parts_of = |text: &str| {
            let found = parts(text);
            found.iter().map(|part| part.expose_secret().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(parts_of(r#"{"kind":"short","a":[{"license":"0123456789abcdef"}]}"#), ["0123456789abcdef"]);
        let pem = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\r\nhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----\n";
        assert_eq!(parts_of(pem), ["MIIEvQIBADANBgkq", "hkiG9w0BAQEFAASC"]);
        assert_eq!(parts_of("https://scan.example.com/scan/0123456789"), [""; 0]);
        assert_eq!(parts_of("https://scan.example.com/scan/0123456789ab"), ["scan/0123456789ab"]);
        assert!(parts_of("one text in one line").is_empty());
    }
}
