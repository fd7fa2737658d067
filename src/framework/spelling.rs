//! When two spellings of a value mean the same.
//!
//! A vendor may store a value in another spelling than it received: a text without the spaces around it or with other line ends,
//! a URL with a slash at its end, a number as a float. Such a difference is not drift. A [`Spelling`] compares two values, and
//! the framework keeps the configured one if they are equal.
//!
//! What a vendor returns is compared more tolerantly than what a user writes: a user who adds a slash to a URL wants it sent.

use icu_normalizer::ComposingNormalizerBorrowed;
use url::Url;

use super::value::Value;

/// Whether two values mean the same.
pub type Same = fn(&Value, &Value) -> bool;

/// The characters that vendors put in place of those of a secret.
const MASKS: [char; 4] = ['*', '•', '●', '…'];

/// What counts as the same value of an attribute.
#[derive(Clone, Copy, Debug)]
pub struct Spelling {
    configured: Same,
    returned: Same,
}

impl Spelling {
    /// Text: line ends, the form of Unicode and, if a vendor returns it, spaces around it do not matter.
    pub const TEXT: Self = Self { configured: configured_text, returned: returned_text };

    /// A URL: as text, and the case of the host, the default port, an empty path and, if a vendor returns it, a slash at the
    /// end do not matter.
    pub const URL: Self = Self { configured: configured_url, returned: returned_url };

    /// A colour or another text whose letter case does not matter.
    pub const ANY_CASE: Self = Self { configured: any_case, returned: any_case };

    /// A number that a vendor stores as a float of 64 or 32 bits.
    pub const FLOAT: Self = Self { configured: same_double, returned: same_float };

    /// A credential that a vendor may return with masked characters: such a value says nothing.
    pub const MASKED: Self = Self { configured: configured_text, returned: same_or_masked };

    /// The same comparison for a configuration and for a response.
    pub const fn of(same: Same) -> Self {
        Self { configured: same, returned: same }
    }

    /// Whether a configured value equals that of the state, so that nothing is planned.
    pub fn equals_configured(&self, state: &Value, configured: &Value) -> bool {
        (self.configured)(state, configured)
    }

    /// Whether the value that a vendor returned equals the known one, so that a read shows no drift.
    pub fn equals_returned(&self, known: &Value, returned: &Value) -> bool {
        (self.returned)(known, returned)
    }
}

/// Whether a vendor that received one text may store it as the other.
pub fn same_text(a: &str, b: &str) -> bool {
    // A create compares its object with each row of a list, and most texts need no key for that.
    let is_plain = |text: &str| text.is_ascii() && !text.contains('\r');
    if is_plain(a) && is_plain(b) { a.trim() == b.trim() } else { text_key(a) == text_key(b) }
}

/// Whether a vendor that received one URL may store it as the other.
pub fn same_url(a: &str, b: &str) -> bool {
    a == b || url_key(a) == url_key(b)
}

/// The text that [`same_text`] compares: texts with the same key cannot be told apart.
pub fn text_key(text: &str) -> String {
    normal(text).trim().to_owned()
}

/// The text that [`same_url`] compares.
pub fn url_key(text: &str) -> String {
    normal_url(text).trim_end_matches('/').to_owned()
}

/// Whether a text has characters in place of those of a secret: `AK****`, `********` or `xxxxxxxx`.
pub fn is_masked(text: &str) -> bool {
    let is_filler = |filler: char| text.len() >= 3 && text.chars().all(|character| character == filler);
    is_filler('x')
        || is_filler('X')
        || is_filler('#')
        || MASKS.iter().any(|mask| text.contains(&mask.to_string().repeat(3)))
}

/// A text with line feeds as line ends, in Unicode's composed form.
fn normal(text: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc().normalize(&text.replace("\r\n", "\n")).into_owned()
}

/// A URL with its host in lower case, without the default port, with a path; any other text as it is.
fn normal_url(text: &str) -> String {
    let text = normal(text);
    Url::parse(text.trim()).map_or_else(|_| text.trim().to_owned(), String::from)
}

/// Compares texts, the elements of lists and the values of maps. Null is an empty text, as vendors treat it.
fn texts(a: &Value, b: &Value, same: fn(&str, &str) -> bool) -> bool {
    match (a, b) {
        (Value::String(a), Value::String(b)) => same(a, b),
        (Value::String(text), Value::Null) | (Value::Null, Value::String(text)) => text.is_empty(),
        (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| texts(a, b, same)),
        (Value::Map(a), Value::Map(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| texts(a, b, same)))
        }
        (a, b) => a == b,
    }
}

fn configured_text(a: &Value, b: &Value) -> bool {
    texts(a, b, |a, b| normal(a) == normal(b))
}

fn returned_text(a: &Value, b: &Value) -> bool {
    texts(a, b, same_text)
}

fn configured_url(a: &Value, b: &Value) -> bool {
    texts(a, b, |a, b| normal_url(a) == normal_url(b))
}

fn returned_url(a: &Value, b: &Value) -> bool {
    texts(a, b, same_url)
}

fn any_case(a: &Value, b: &Value) -> bool {
    texts(a, b, |a, b| normal(a).trim().to_lowercase() == normal(b).trim().to_lowercase())
}

fn same_or_masked(a: &Value, b: &Value) -> bool {
    texts(a, b, |a, b| same_text(a, b) || is_masked(b))
}

fn same_double(a: &Value, b: &Value) -> bool {
    matches!((a, b), (Value::Number(a), Value::Number(b)) if a.same_double(b))
}

fn same_float(a: &Value, b: &Value) -> bool {
    matches!((a, b), (Value::Number(a), Value::Number(b)) if a.same_double(b) || a.same_float(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_that_mean_the_same() {
        // For each: the known value, the other one, whether it is unchanged in a configuration, and no drift in a response.
        for (spelling, known, other, unchanged, no_drift) in [
            (Spelling::TEXT, "Café\r\nBar", "Cafe\u{301}\nBar", true, true),
            (Spelling::TEXT, "a", " a\n", false, true),
            (Spelling::TEXT, "a", "A", false, false),
            (Spelling::TEXT, "a b", "a  b", false, false),
            (Spelling::URL, "https://h.example.com", "https://H.example.com:443/", true, true),
            (Spelling::URL, "https://h.example.com/a", "https://h.example.com/a/", false, true),
            (Spelling::URL, "https://h.example.com/a", "https://h.example.com/A", false, false),
            (Spelling::URL, "https://h.example.com/a", "http://h.example.com/a", false, false),
            (Spelling::ANY_CASE, "#A1B2C3", "#a1b2c3", true, true),
            (Spelling::ANY_CASE, "#A1B2C3", "#a1b2c4", false, false),
            (Spelling::MASKED, "AKIA1234", "AK****34", false, true),
            (Spelling::MASKED, "AKIA1234", "xxxxxxxx", false, true),
            (Spelling::MASKED, "AKIA1234", "AKIA1235", false, false),
        ] {
            let (known, other) = (known.into(), other.into());
            assert_eq!(spelling.equals_configured(&known, &other), unchanged, "{known:?} {other:?} in a configuration");
            assert_eq!(spelling.equals_returned(&known, &other), no_drift, "{known:?} {other:?} in a response");
        }
    }

    #[test]
    fn numbers_that_were_stored_as_floats() {
        let number = |text: &str| Value::Number(text.parse().unwrap());
        for (known, returned, no_drift) in [
            ("0.55", "0.550000011920929", true),
            ("0.1", "0.1000000000000000055511151231257827", true),
            ("14.5", "14.5", true),
            ("0.55", "0.5500001", false),
            ("16777216", "16777217", false),
            ("15", "33", false),
        ] {
            assert_eq!(
                Spelling::FLOAT.equals_returned(&number(known), &number(returned)),
                no_drift,
                "{known} {returned}"
            );
        }
    }

    #[test]
    fn lists_and_maps_are_compared_by_element() {
        let list = |texts: &[&str]| Value::List(texts.iter().map(|text| (*text).into()).collect());
        assert!(Spelling::TEXT.equals_returned(&list(&["a", "b"]), &list(&["a ", " b"])));
        assert!(!Spelling::TEXT.equals_returned(&list(&["a", "b"]), &list(&["b", "a"])));
        assert!(!Spelling::TEXT.equals_returned(&list(&["a"]), &list(&["a", "b"])));
        assert!(Spelling::TEXT.equals_returned(&Value::Null, &"".into()), "no text");
    }

    #[test]
    fn masks_are_recognised() {
        for (text, masked) in [
            ("****", true),
            ("AK****", true),
            ("••••••", true),
            ("XXXX", true),
            ("xx", false),
            ("a*b", false),
            ("", false),
            ("AKIA", false),
        ] {
            assert_eq!(is_masked(text), masked, "{text}");
        }
    }
}
