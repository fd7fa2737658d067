//! The words that a recording may contain: constants of this provider, and names of fields.

use std::collections::BTreeSet;

/// Values of responses that no schema has, since nobody configures them.
const VALUES: &[&str] = &[
    "abandoned",
    "active",
    "approved",
    "bearer",
    "cancelled",
    "canceled",
    "completed",
    "declined",
    "degraded",
    "disabled",
    "down",
    "enabled",
    "error",
    "expired",
    "fail",
    "failed",
    "failure",
    "healthy",
    "inactive",
    "in_progress",
    "in_review",
    "live",
    "ok",
    "operational",
    "pass",
    "passed",
    "pending",
    "processing",
    "ready",
    "rejected",
    "revoked",
    "sandbox",
    "started",
    "success",
    "test",
    "unhealthy",
    "up",
    "verified",
    "unverified",
];

/// Fields of envelopes, pages and errors that no schema has.
const FIELDS: &[&str] = &[
    "access_token",
    "body",
    "code",
    "content",
    "count",
    "created_at",
    "data",
    "detail",
    "details",
    "elements",
    "entries",
    "envelope",
    "error",
    "error_description",
    "errors",
    "expires_in",
    "field",
    "fields",
    "has_more",
    "id",
    "items",
    "list",
    "message",
    "meta",
    "name",
    "next",
    "object",
    "objects",
    "output",
    "pages",
    "pagination",
    "payload",
    "previous",
    "public_key",
    "publickey",
    "records",
    "request_id",
    "response",
    "result",
    "results",
    "rows",
    "statistics",
    "status",
    "success",
    "timestamp",
    "title",
    "token_type",
    "total",
    "type",
    "updated_at",
    "url",
    "uuid",
    "values",
    "version",
];

/// Fields whose numbers count objects or pages, and say nothing about a person; folded.
const COUNTS: &[&str] = &["count", "expiresin", "pages", "size", "total", "totalcount", "totalpages"];

/// The keys by which a request says how large a page may be, folded.
const PAGE_SIZES: &[&str] = &["limit", "pagesize", "perpage", "psize", "take"];

/// The keys by which a request says where a page begins, folded.
const PAGE_PLACES: &[&str] = &["offset", "page", "pindex", "skip"];

/// How keys and tokens begin, in lower case: a map may have them as its keys.
const CREDENTIALS: &[&str] = &["sk_", "pk_", "rk_", "eyj", "bearer"];

/// The longest name of a field that a recording has, in characters.
const LONGEST_NAME: usize = 40;

/// The constants of this provider.
#[derive(Debug, Default)]
pub struct Vocabulary {
    values: BTreeSet<String>,
    fields: BTreeSet<String>,
}

impl Vocabulary {
    /// The words of the provider's schemas: the values that it knows, and the names of attributes.
    pub fn new(values: impl IntoIterator<Item = String>, fields: impl IntoIterator<Item = String>) -> Self {
        let values = values.into_iter().chain(VALUES.iter().map(|&value| value.to_owned()));
        let fields = fields.into_iter().chain(FIELDS.iter().map(|&field| field.to_owned()));
        Self { values: values.collect(), fields: fields.map(|field| folded(&field)).collect() }
    }

    /// Whether a text is one of the provider's constants, in any case.
    pub fn has_value(&self, text: &str) -> bool {
        self.values.contains(text) || self.values.contains(&text.to_lowercase())
    }

    /// Whether a field is known: `community_id` is also known as `communityId`.
    pub fn has_field(&self, name: &str) -> bool {
        self.fields.contains(&folded(name)) || is_about_pages(name)
    }
}

/// A name without its separators, in lower case.
fn folded(name: &str) -> String {
    name.chars().filter(|character| !matches!(character, '_' | '-')).flat_map(char::to_lowercase).collect()
}

/// Whether a field has the id of an object, which is written as a hash.
pub(super) fn is_id(name: &str) -> bool {
    let folded = folded(name);
    matches!(folded.as_str(), "id" | "uuid" | "ids")
        || name.ends_with("_id")
        || name.ends_with("Id")
        || name.ends_with("ID")
}

/// Whether a field counts objects or pages.
pub(super) fn is_count(name: &str) -> bool {
    COUNTS.contains(&folded(name).as_str()) || is_about_pages(name)
}

/// Whether a key of a query or a body is about pages.
pub(super) fn is_about_pages(key: &str) -> bool {
    is_page_size(key) || PAGE_PLACES.contains(&folded(key).as_str())
}

/// Whether a key of a query or a body limits the size of a page.
pub fn is_page_size(key: &str) -> bool {
    PAGE_SIZES.contains(&folded(key).as_str())
}

/// Whether a text can be the name of a field of an API: `session_id`, `dvcID`, and no text of a person. Only such names are written,
/// and only beside a known one.
pub(super) fn is_name(text: &str) -> bool {
    let mut characters = text.chars();
    let digits = text.chars().filter(char::is_ascii_digit).count();
    characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|character| character.is_ascii_alphanumeric() || matches!(character, '_' | '-'))
        && text.len() <= LONGEST_NAME
        && digits <= 3
        && !CREDENTIALS.iter().any(|beginning| text.to_lowercase().starts_with(beginning))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_words_are_found_in_the_spelling_of_a_vendor() {
        let words = Vocabulary::new(["passport".to_owned()], ["community_id".to_owned()]);
        assert!(words.has_value("PASSPORT") && words.has_value("Approved") && !words.has_value("Ada"));
        assert!(words.has_field("communityId") && words.has_field("created-at") && !words.has_field("Ada"));
    }

    #[test]
    fn names_of_fields_are_told_from_data() {
        for name in ["session_id", "dvcID", "x-total", "line_2"] {
            assert!(is_name(name), "{name}");
        }
        for data in [
            "sk_live_SecretValue",
            "",
            "ada@example.com",
            "+49 40 5550",
            "a5550894",
            "Ada Lovelace",
            "ключ",
            &"a".repeat(41),
        ] {
            assert!(!is_name(data), "{data}");
        }
    }
}
