//! The path of a request below the base URL. A value from a user cannot change the route.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::redact::REDACTED;

/// Everything but the unreserved characters of RFC 3986 is encoded inside a segment.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A path below the base URL: fixed text is used as it is, a [`segment`](Path::segment) is percent-encoded.
#[derive(Clone)]
pub struct Path {
    wire: String,
    shown: String,
    /// With `{}` in place of each segment from data.
    template: String,
    /// The segments from data, as they are sent and as they are shown.
    values: Vec<(String, String)>,
    problem: Option<String>,
}

impl Path {
    /// Starts with fixed text from the client or the configuration, such as `/v3/lists`.
    pub fn new(text: impl AsRef<str>) -> Self {
        let text = text.as_ref().trim_start_matches('/').to_owned();
        Self { wire: text.clone(), template: fixed(&text), shown: text, values: Vec::new(), problem: None }
    }

    /// The path of a template such as `/lists/{id}`, with its parameters replaced in order by segments. Those without a value stay.
    pub fn filled(template: &str, values: &[&str]) -> Self {
        let given = values.iter().fold(Self::new(""), Self::segment);
        let order: Vec<_> = (0..values.len()).collect();
        given.moved(template, &order)
    }

    /// Adds one segment from data: `/`, `?`, `#` and `%` in it are encoded.
    ///
    /// An empty segment, `.` and `..` would select another route even if they were encoded, so sending the request fails.
    #[must_use]
    pub fn segment(mut self, value: impl AsRef<str>) -> Self {
        let value = value.as_ref();
        if matches!(value, "" | "." | "..") {
            self.problem.get_or_insert(format!("`{value}` cannot be part of a URL path after `{}`", self.shown));
        }
        let encoded = utf8_percent_encode(value, SEGMENT).to_string();
        self.push_value(encoded.clone(), encoded);
        self
    }

    /// Adds one segment that is a secret, such as a token: no message or log shows it.
    #[must_use]
    pub fn secret_segment(mut self, value: impl AsRef<str>) -> Self {
        let value = value.as_ref();
        if matches!(value, "" | "." | "..") {
            self.problem.get_or_insert(format!("the secret after `{}` is empty or consists of dots", self.shown));
        }
        let encoded = utf8_percent_encode(value, SEGMENT).to_string();
        self.push_value(encoded, REDACTED.to_owned());
        self
    }

    /// Adds fixed text after a `/`, with which it may start; the empty string ends the path with a slash.
    #[must_use]
    pub fn then(mut self, text: &str) -> Self {
        let text = text.trim_start_matches('/');
        self.push(text, text, &fixed(text));
        self
    }

    /// The path of the URL with `{}` in place of each value, which says nothing about an object.
    pub(super) fn template(&self, base_url: &Url) -> String {
        let base = fixed(base_url.path().trim_end_matches('/'));
        if self.template.is_empty() && !base.is_empty() { base } else { format!("{base}/{}", self.template) }
    }

    /// The path below the base URL, with `{}` in place of each value.
    pub(super) fn pattern(&self) -> &str {
        &self.template
    }

    /// The same values in another path. `order` has the position of the value that each parameter of the template takes.
    pub(super) fn moved(&self, template: &str, order: &[usize]) -> Self {
        let mut path = Self { problem: self.problem.clone(), ..Self::new("") };
        let mut rest = template;
        for (wire, shown) in order.iter().filter_map(|position| self.values.get(*position)) {
            let Some((before, after)) = rest.split_once('{') else { break };
            let Some((_, after)) = after.split_once('}') else { break };
            path = path.then(before);
            path.push_value(wire.clone(), shown.clone());
            rest = after;
        }
        if rest.is_empty() { path } else { path.then(rest) }
    }

    fn push_value(&mut self, wire: String, shown: String) {
        self.push(&wire, &shown, "{}");
        self.values.push((wire, shown));
    }

    fn push(&mut self, wire: &str, shown: &str, template: &str) {
        for (target, text) in [(&mut self.wire, wire), (&mut self.shown, shown), (&mut self.template, template)] {
            target.truncate(target.trim_end_matches('/').len());
            if !target.is_empty() {
                target.push('/');
            }
            target.push_str(text);
        }
    }

    /// Returns the URL and a version of it that may be shown, or why there is none.
    pub(super) fn on(&self, base_url: &Url) -> Result<(Url, Url), String> {
        if let Some(problem) = &self.problem {
            return Err(problem.clone());
        }
        let join = |text: &str| {
            let mut url = base_url.clone();
            // `set_path` encodes `?` and `#`, so fixed text cannot start a query either.
            if !text.is_empty() {
                url.set_path(&format!("{}/{text}", base_url.path().trim_end_matches('/')));
            }
            url
        };
        Ok((join(&self.wire), join(&self.shown)))
    }
}

/// Fixed text for a template. A segment with many digits comes from a configuration, and may be the id of a tenant.
fn fixed(text: &str) -> String {
    let is_id = |segment: &&str| segment.bytes().filter(u8::is_ascii_digit).count() > 3;
    let segments = text.split('/').map(|segment| if is_id(&segment) { "{}" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

impl From<&str> for Path {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Path {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&String> for Path {
    fn from(text: &String) -> Self {
        Self::new(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(base: &str, path: &Path) -> String {
        path.on(&Url::parse(base).unwrap()).unwrap().0.to_string()
    }

    #[test]
    fn a_segment_cannot_change_the_route() {
        let base = "https://api.example.test/kyc/";
        for (id, expected) in [
            ("a/b", "a%2Fb"),
            ("a?x=1", "a%3Fx%3D1"),
            ("a#b", "a%23b"),
            ("%2e%2e", "%252e%252e"),
            ("größe 1", "gr%C3%B6%C3%9Fe%201"),
            ("plain-1.0_~", "plain-1.0_~"),
            ("...", "..."),
        ] {
            let path = Path::new("/lists").segment(id);
            assert_eq!(wire(base, &path), format!("https://api.example.test/kyc/lists/{expected}"));
        }
        for id in ["", ".", ".."] {
            assert!(Path::new("/lists").segment(id).on(&Url::parse(base).unwrap()).is_err(), "{id:?}");
        }
    }

    #[test]
    fn values_of_parameters_cannot_change_a_route() {
        for (template, values, expected) in [
            ("/a", &[][..], "/a"),
            ("/", &[], "/"),
            ("/a/", &[], "/a/"),
            ("/a", &["1"], "/a"),
            ("/a/{id}", &["x/y"], "/a/x%2Fy"),
            ("/a/{id}/", &["1"], "/a/1/"),
            ("/a/{id}/b/{other}/c/", &["1", "2"], "/a/1/b/2/c/"),
        ] {
            assert_eq!(wire("https://h.test", &Path::filled(template, values)), format!("https://h.test{expected}"));
        }
    }

    #[test]
    fn fixed_text_is_joined_to_the_base_url_with_one_slash() {
        for (base, path, expected) in [
            ("https://h.test", Path::new("/v1/x"), "https://h.test/v1/x"),
            ("https://h.test/api/", Path::new("v1/x"), "https://h.test/api/v1/x"),
            ("https://h.test/api", Path::new("v3/lists/").segment("7").then(""), "https://h.test/api/v3/lists/7/"),
            ("https://h.test", Path::new("/lists").segment("7").then("entries/"), "https://h.test/lists/7/entries/"),
            ("https://h.test/oauth/token", Path::new(""), "https://h.test/oauth/token"),
            ("https://h.test", Path::new("/v1?admin=1"), "https://h.test/v1%3Fadmin=1"),
        ] {
            assert_eq!(wire(base, &path), expected);
        }
    }

    #[test]
    fn a_secret_segment_is_sent_and_not_shown() {
        let path = Path::new("/verification/check").secret_segment("tok/en").then("status");
        let (wire, shown) = path.on(&Url::parse("https://h.test").unwrap()).unwrap();
        assert_eq!(wire.path(), "/verification/check/tok%2Fen/status");
        assert_eq!(shown.path(), "/verification/check/(redacted)/status");
    }
}
