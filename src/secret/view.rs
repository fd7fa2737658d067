//! A text with one layer of encoding removed, in which each byte knows where it comes from.
//!
//! An encoding has many forms: which characters are escaped, the case of hexadecimal digits, the alignment of base64 in a
//! longer text. Decoding the text finds the secret in all of them; encoding the secret would find it in one.

use std::ops::Range;

/// The shortest run of base64 digits that is decoded: 8 bytes have 11 digits.
const MIN_BASE64: usize = 11;

/// The shortest run of hexadecimal digits that is decoded: 8 bytes have 16.
const MIN_HEX: usize = 16;

/// The most bytes of an HTML entity, such as `&#x1F600;` with leading zeros.
const MAX_ENTITY: usize = 12;

/// Separates decoded runs. It is in no UTF-8 text, so no secret is found across it.
const SEPARATOR: u8 = 0xFF;

/// A text, decoded any number of times.
pub(super) struct View {
    pub(super) bytes: Vec<u8>,
    /// For each byte the bytes of the original text that it was decoded from.
    origins: Vec<Range<usize>>,
}

impl View {
    /// The text itself.
    pub(super) fn of(text: &str) -> Self {
        Self { bytes: text.as_bytes().to_vec(), origins: (0..text.len()).map(|index| index..index + 1).collect() }
    }

    /// Where a range of this view comes from.
    pub(super) fn origin(&self, range: &Range<usize>) -> Range<usize> {
        let origins = &self.origins[range.clone()];
        let (first, last) = (origins.first(), origins.last());
        first.map_or(0, |first| first.start)..last.map_or(0, |last| last.end)
    }

    /// The views of this text by each encoding that it may have.
    pub(super) fn decoded(&self) -> Vec<Self> {
        let mut views = Vec::new();
        if self.bytes.contains(&b'%') {
            views.push(self.percent(false));
        }
        if self.bytes.contains(&b'+') {
            views.push(self.percent(true));
        }
        if self.bytes.contains(&b'\\') {
            views.push(self.unescaped(Self::json_escape));
        }
        if self.bytes.contains(&b'&') {
            views.push(self.unescaped(Self::html_entity));
        }
        views.extend((0..2).filter_map(|offset| self.hexadecimal(offset)));
        views.extend((0..4).filter_map(|offset| self.base64(offset)));
        views
    }

    fn empty() -> Self {
        Self { bytes: Vec::new(), origins: Vec::new() }
    }

    fn push(&mut self, byte: u8, origin: Range<usize>) {
        self.bytes.push(byte);
        self.origins.push(origin);
    }

    /// Percent-encoding as in a URL, or as in a form, where `+` is a space.
    fn percent(&self, form: bool) -> Self {
        let mut view = Self::empty();
        let mut index = 0;
        while index < self.bytes.len() {
            let pair = || Some((hex(*self.bytes.get(index + 1)?)?, hex(*self.bytes.get(index + 2)?)?));
            let (byte, length) = match self.bytes[index] {
                b'%' => pair().map_or((b'%', 1), |(high, low)| (high << 4 | low, 3)),
                b'+' if form => (b' ', 1),
                byte => (byte, 1),
            };
            view.push(byte, self.origin(&(index..index + length)));
            index += length;
        }
        view
    }

    /// The text with each escape replaced by its character. `escape` returns the character that is escaped at a place, and the
    /// length of the escape; no character and one byte where there is none.
    fn unescaped(&self, escape: impl Fn(&Self, usize) -> (Option<char>, usize)) -> Self {
        let mut view = Self::empty();
        let mut index = 0;
        while index < self.bytes.len() {
            let (text, length) = escape(self, index);
            let origin = self.origin(&(index..index + length));
            match text {
                Some(character) => {
                    let mut buffer = [0; 4];
                    for byte in character.encode_utf8(&mut buffer).bytes() {
                        view.push(byte, origin.clone());
                    }
                }
                None => view.push(self.bytes[index], origin),
            }
            index += length;
        }
        view
    }

    /// An escape of a JSON string.
    fn json_escape(&self, at: usize) -> (Option<char>, usize) {
        if self.bytes[at] != b'\\' {
            return (None, 1);
        }
        let simple = match self.bytes.get(at + 1) {
            Some(byte @ (b'"' | b'\\' | b'/')) => Some(char::from(*byte)),
            Some(b'b') => Some('\u{8}'),
            Some(b'f') => Some('\u{c}'),
            Some(b'n') => Some('\n'),
            Some(b'r') => Some('\r'),
            Some(b't') => Some('\t'),
            _ => None,
        };
        if simple.is_some() {
            return (simple, 2);
        }
        let Some(first) = self.unit(at) else { return (None, 1) };
        if let Some(character) = char::from_u32(first.into()) {
            return (Some(character), 6);
        }
        let pair = self.unit(at + 6).and_then(|second| char::decode_utf16([first, second]).next()?.ok());
        pair.map_or((None, 1), |character| (Some(character), 12))
    }

    /// The UTF-16 code unit of a `\uXXXX` here.
    fn unit(&self, at: usize) -> Option<u16> {
        let digits = self.bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
        digits.iter().try_fold(0, |number: u16, digit| Some(number << 4 | u16::from(hex(*digit)?)))
    }

    /// An entity of HTML or XML: by its name, or by the number of its character.
    fn html_entity(&self, at: usize) -> (Option<char>, usize) {
        let entity = || {
            let rest = self.bytes[at..].strip_prefix(b"&")?;
            let end = rest.iter().take(MAX_ENTITY).position(|byte| *byte == b';')?;
            let character = match std::str::from_utf8(&rest[..end]).ok()? {
                "amp" => '&',
                "lt" => '<',
                "gt" => '>',
                "quot" => '"',
                "apos" => '\'',
                name => {
                    let number = name.strip_prefix('#')?;
                    let (digits, radix) = number.strip_prefix(['x', 'X']).map_or((number, 10), |digits| (digits, 16));
                    char::from_u32(u32::from_str_radix(digits, radix).ok()?)?
                }
            };
            Some((Some(character), end + "&;".len()))
        };
        entity().unwrap_or((None, 1))
    }

    /// The runs of at least this many digits, each with its value and its place. A line break does not end a run.
    fn runs(&self, least: usize, digit: fn(u8) -> Option<u8>) -> Vec<Vec<(u8, usize)>> {
        let mut runs = Vec::new();
        let mut run = Vec::new();
        for index in 0..=self.bytes.len() {
            let byte = self.bytes.get(index).copied();
            if matches!(byte, Some(b'\r' | b'\n')) {
                continue;
            }
            if let Some(digit) = byte.and_then(digit) {
                run.push((digit, index));
            } else if run.len() >= least {
                runs.push(std::mem::take(&mut run));
            } else {
                run.clear();
            }
        }
        runs
    }

    /// The runs of hexadecimal digits, decoded from this many digits after the beginning of each: in a longer text either of two
    /// alignments may be the right one.
    fn hexadecimal(&self, offset: usize) -> Option<Self> {
        let mut view = Self::empty();
        for run in self.runs(MIN_HEX, hex) {
            for pair in run[offset..].chunks_exact(2) {
                let [(high, first), (low, last)] = [pair[0], pair[1]];
                view.push(high << 4 | low, self.origins[first].start..self.origins[last].end);
            }
            view.push(SEPARATOR, 0..0);
        }
        (!view.bytes.is_empty()).then_some(view)
    }

    /// The runs of base64 digits of both alphabets, decoded from this many digits after the beginning of each: in a longer
    /// text any of four alignments may be the right one.
    fn base64(&self, offset: usize) -> Option<Self> {
        let mut view = Self::empty();
        for run in self.runs(MIN_BASE64, base64_digit) {
            for group in run[offset..].chunks(4) {
                self.base64_group(group, &mut view);
            }
            view.push(SEPARATOR, 0..0);
        }
        (!view.bytes.is_empty()).then_some(view)
    }

    /// Decodes up to four digits: each two neighbours have the bits of one byte.
    fn base64_group(&self, group: &[(u8, usize)], view: &mut Self) {
        for (place, pair) in group.windows(2).enumerate() {
            let [(high, first), (low, last)] = [pair[0], pair[1]];
            let byte = match place {
                0 => high << 2 | low >> 4,
                1 => high << 4 | low >> 2,
                _ => high << 6 | low,
            };
            view.push(byte, self.origins[first].start..self.origins[last].end);
        }
    }
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

fn base64_digit(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(view: &View) -> (String, Vec<Range<usize>>) {
        (String::from_utf8_lossy(&view.bytes).into_owned(), view.origins.clone())
    }

    #[test]
    fn each_byte_knows_where_it_comes_from() {
        let view = View::of("a%2Fb+c%zz");
        assert_eq!(
            decoded(&view.percent(true)),
            ("a/b c%zz".to_owned(), { vec![0..1, 1..4, 4..5, 5..6, 6..7, 7..8, 8..9, 9..10] })
        );
        assert_eq!(view.percent(false).bytes, b"a/b+c%zz");
        let view = View::of(r"\/\u00e4\ud83d\ude00\x\");
        assert_eq!(
            decoded(&view.unescaped(View::json_escape)),
            (r"/ä😀\x\".to_owned(), vec![0..2, 2..8, 2..8, 8..20, 8..20, 8..20, 8..20, 20..21, 21..22, 22..23])
        );
    }

    #[test]
    fn html_entities_are_decoded() {
        let view = View::of("&lt;&#39;&#x1F600;&apos;&");
        assert_eq!(
            decoded(&view.unescaped(View::html_entity)),
            ("<'😀'&".to_owned(), vec![0..4, 4..9, 9..18, 9..18, 9..18, 9..18, 18..24, 24..25])
        );
        for text in ["&nosuch;", "&#xD800;", "&#;", "&;", "a & b;", "&#xFFFFFFFFFFFFFFFF;"] {
            assert_eq!(decoded(&View::of(text).unescaped(View::html_entity)).0, text);
        }
    }

    #[test]
    fn hexadecimal_is_decoded_at_each_alignment() {
        // Of "hunter2!", with digits before it and in either case.
        for (before, offset) in [("", 0), ("a", 1), ("0x", 0), ("ab", 0)] {
            for digits in ["68756e7465723221", "68756E7465723221"] {
                let view = View::of(&format!("{before}{digits}."));
                let found = view.hexadecimal(offset).unwrap();
                assert!(decoded(&found).0.contains("hunter2!"), "{before}{digits}");
                let start = found.bytes.iter().position(|byte| *byte == b'h').unwrap();
                assert_eq!(found.origin(&(start..start + 8)), before.len()..before.len() + 16);
            }
        }
        assert!(View::of("68756e74657232").hexadecimal(0).is_none(), "seven bytes are no secret");
    }

    #[test]
    fn base64_is_decoded_at_each_alignment() {
        // Of "hunter2hunter2", with digits before it.
        for before in ["", "x", "xy", "xyz"] {
            let view = View::of(&format!("{before}aHVudGVyMmh1\nbnRlcjI=."));
            let found = (0..4).filter_map(|offset| view.base64(offset));
            let found: Vec<_> = found.filter(|view| decoded(view).0.contains("hunter2hunter2")).collect();
            assert_eq!(found.len(), 1, "{before}");
        }
        assert!(View::of("short words only").base64(0).is_none());
    }

    #[test]
    fn a_view_of_a_view_points_to_the_original() {
        let view = View::of("--%61%2562");
        let twice = view.percent(false).percent(false);
        assert_eq!(decoded(&twice), ("--ab".to_owned(), vec![0..1, 1..2, 2..5, 5..10]));
    }
}
