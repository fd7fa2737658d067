//! Removes secrets from a text that came from outside.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use memchr::memmem;

use super::held::{self, Held};
use super::view::View;

/// Replaces a value that may not be shown.
pub const REDACTED: &str = "(redacted)";

/// The shortest secret that is redacted, in bytes. A shorter one would hide ordinary words of a message, such as `test`.
pub(super) const MIN_BYTES: usize = 8;

/// A vendor may repeat only the beginning of a long secret, such as of an image. This many bytes of it are redacted too.
const BEGINNING: usize = 24;

/// How many layers of encoding are removed: a form in base64 in a URL has three, and so has JSON in a URL on a web page.
const LAYERS: usize = 3;

/// The text with every secret that the process holds replaced by [`REDACTED`], also where it is form-, URL-, base64- or
/// JSON-encoded, in hexadecimal or with HTML entities, or in several of these. Secrets of fewer than 8 bytes stay, and so do parts of less than 24.
pub fn redact(text: &str) -> Cow<'_, str> {
    let secrets = held::all();
    if secrets.is_empty() || text.len() < MIN_BYTES {
        return Cow::Borrowed(text);
    }
    let mut found = Vec::new();
    search(&View::of(text), &secrets, LAYERS, &mut found);
    if found.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(without(text, found)) }
}

/// Finds the secrets in a view and in what it decodes to, and adds their places in the original text.
fn search(view: &View, secrets: &[Arc<Held>], layers: usize, found: &mut Vec<Range<usize>>) {
    for secret in secrets.iter().flat_map(|held| held.texts()).filter(|secret| secret.len() >= MIN_BYTES) {
        let secret = secret.as_bytes();
        // The beginning of a URL is no secret.
        let is_url = memmem::find(secret, b"://").is_some();
        let beginning = if is_url { secret } else { &secret[..secret.len().min(BEGINNING)] };
        for start in memmem::find_iter(&view.bytes, beginning) {
            let same = view.bytes[start..].iter().zip(secret).take_while(|(ours, theirs)| ours == theirs).count();
            found.push(view.origin(&(start..start + same)));
        }
    }
    if layers > 0 {
        for decoded in view.decoded() {
            search(&decoded, secrets, layers - 1, found);
        }
    }
}

/// The text without these ranges, in any order.
fn without(text: &str, mut ranges: Vec<Range<usize>>) -> String {
    ranges.sort_unstable_by_key(|range| range.start);
    let mut kept = String::with_capacity(text.len());
    let mut end = 0;
    for range in ranges {
        if range.start > end || kept.is_empty() {
            kept.push_str(&text[end..range.start]);
            kept.push_str(REDACTED);
        }
        // The beginning of a secret may end within a character, which goes with it.
        end = end.max((range.end..text.len()).find(|index| text.is_char_boundary(*index)).unwrap_or(text.len()));
    }
    kept.push_str(&text[end..]);
    kept
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use url::form_urlencoded::byte_serialize;

    use super::super::Secret;
    use super::*;

    /// Has what each encoding changes: a space, a slash, a plus, quotes, a percent sign, an ampersand, angle brackets, a line
    /// break, and letters outside of ASCII.
    const SECRET: &str = "k3y /+\"%&<'>\nschlüssel😀=~";

    /// The text with the entities that a template engine writes.
    fn in_html(text: &str, quotes: [&str; 2]) -> String {
        let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        text.replace('"', quotes[0]).replace('\'', quotes[1])
    }

    #[test]
    fn a_secret_is_redacted_in_every_encoding() {
        let _secret = Secret::from(SECRET);
        let form: String = byte_serialize(SECRET.as_bytes()).collect();
        let url = percent_encoding::utf8_percent_encode(SECRET, percent_encoding::NON_ALPHANUMERIC).to_string();
        let json = serde_json::to_string(SECRET).unwrap();
        let json = json.trim_matches('"');
        let ascii = SECRET.encode_utf16().fold(String::new(), |text, unit| format!("{text}\\u{unit:04X}"));
        let pair = format!("id:{SECRET}");
        for (what, encoded) in
            [
                ("plain", SECRET.to_owned()),
                ("form", form.clone()),
                ("form in lower case", form.replace("%2F", "%2f")),
                ("URL", url.clone()),
                ("JSON", json.to_owned()),
                ("JSON with escaped slashes", json.replace('/', "\\/")),
                ("JSON in ASCII", ascii.clone()),
                ("JSON in JSON", ascii.replace('\\', "\\\\")),
                ("base64", STANDARD.encode(SECRET)),
                ("base64 for URLs", URL_SAFE_NO_PAD.encode(SECRET)),
                ("base64 in a URL", byte_serialize(STANDARD.encode(SECRET).as_bytes()).collect()),
                ("base64 of a form", STANDARD.encode(format!("id:{form}"))),
                ("base64 of JSON", STANDARD.encode(format!("{{\"key\":\"{json}\"}}"))),
                ("base64 of a pair", STANDARD.encode(pair)),
                ("hexadecimal", base16ct::lower::encode_string(SECRET.as_bytes())),
                ("hexadecimal in upper case", base16ct::upper::encode_string(SECRET.as_bytes())),
                ("hexadecimal of JSON", base16ct::lower::encode_string(json.as_bytes())),
                ("base64 of hexadecimal", STANDARD.encode(base16ct::lower::encode_string(SECRET.as_bytes()))),
                ("HTML", in_html(SECRET, ["&quot;", "&#39;"])),
                ("HTML with numbers", in_html(SECRET, ["&#34;", "&#x27;"])),
                ("HTML with names", in_html(SECRET, ["&quot;", "&apos;"])),
                ("JSON in HTML", in_html(json, ["&quot;", "&#39;"])),
                ("HTML twice", in_html(&in_html(SECRET, ["&quot;", "&#39;"]), ["", ""])),
                ("URL in HTML", in_html(&form, ["&quot;", "&#39;"])),
                ("a URL in a URL", byte_serialize(url.as_bytes()).collect()),
                (
                    "base64 in lines",
                    STANDARD.encode(SECRET).as_bytes().chunks(9).fold(String::new(), |lines, line| {
                        format!("{lines}{}\r\n", std::str::from_utf8(line).unwrap())
                    }),
                ),
            ]
        {
            let text = format!("not known: <{encoded}> (7)");
            let shown = redact(&text);
            assert!(shown.starts_with("not known: <") && shown.ends_with("> (7)"), "{what}: {shown}");
            assert!(shown.contains(REDACTED), "{what}: {shown}");
            for part in ["k3y", "schl", "~", "azN5", "6b3379", "6B3379"] {
                assert!(!shown.contains(part), "{what}: {shown}");
            }
        }
    }

    #[test]
    fn a_text_without_a_secret_is_left_as_it_is() {
        let _secret = Secret::from("a-secret-of-this-test");
        for text in [
            "",
            "a-secret-of-another-test",
            "6e6f2d7365637265742d61742d616c6c",
            "a &amp; b &#39; &nosuch; &",
            "100% of a+b \\u00zz \\",
            "aHVudGVyMmh1bnRlcjI=",
            "ä%E4%zz\u{0}",
        ] {
            assert_eq!(redact(text), text);
        }
    }

    #[test]
    fn neighbours_and_overlaps_are_redacted_once() {
        let _secrets = ["overlapping-one", "one-two-three"].map(Secret::from);
        assert_eq!(redact("overlapping-one-two-three"), REDACTED);
        assert_eq!(redact("overlapping-one, overlapping-one;"), "(redacted), (redacted);");
        assert_eq!(redact("(one-two-three)one-two-three"), "((redacted))(redacted)");
    }

    #[test]
    fn the_beginning_of_a_long_secret_is_redacted_and_a_short_secret_is_not() {
        let image = STANDARD.encode([7; 3000]);
        let (_image, _short) = (Secret::from(image.as_str()), Secret::from("7bytes!"));
        assert_eq!(redact(&format!("`{}...` is no image", &image[..200])), "`(redacted)...` is no image");
        assert_eq!(redact("7bytes! is too short"), "7bytes! is too short");
        let _url = Secret::from("https://scan.example.com/scan/0123456789ab");
        assert_eq!(redact("https://scan.example.com/scan/none"), "https://scan.example.com/scan/none");
        assert_eq!(redact("see /scan/0123456789ab"), "see /(redacted)");
    }

    #[test]
    fn a_line_break_around_a_secret_is_not_part_of_it() {
        let _secret = Secret::from("read-from-a-file\n");
        assert_eq!(redact("read-from-a-file is refused"), "(redacted) is refused");
    }
}
