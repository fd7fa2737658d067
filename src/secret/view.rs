//! A text with one layer of encoding removed, in which each byte knows where it comes from.
//!
//! An encoding has many forms: which characters are escaped, the case of hexadecimal digits, the alignment of base64 in a
//! longer text. Decoding the text finds the secret in all of them; encoding the secret would find it in one.

use std::ops::Range;

/// The shortest run of base64 digits that is decoded: 8 bytes have 11 digits.
const MIN_RUN: usize = 11;

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
            views.push(self.json());
        }
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

    /// The escapes of a JSON string.
    fn json(&self) -> Self {
        let mut view = Self::empty();
        let mut index = 0;
        while index < self.bytes.len() {
            let (text, length) = self.escape(index);
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

    /// The character that is escaped here, and the length of the escape; no character and one byte where there is none.
    fn escape(&self, at: usize) -> (Option<char>, usize) {
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

    /// The runs of base64 digits of both alphabets, decoded from this many digits after the beginning of each: in a longer
    /// text any of four alignments may be the right one. A line break does not end a run.
    fn base64(&self, offset: usize) -> Option<Self> {
        let mut view = Self::empty();
        let mut run: Vec<(u8, usize)> = Vec::new();
        for index in 0..=self.bytes.len() {
            let byte = self.bytes.get(index).copied();
            if matches!(byte, Some(b'\r' | b'\n')) {
                continue;
            }
            if let Some(digit) = byte.and_then(base64_digit) {
                run.push((digit, index));
                continue;
            }
            if run.len() >= MIN_RUN {
                for group in run[offset..].chunks(4) {
                    self.base64_group(group, &mut view);
                }
                view.push(SEPARATOR, 0..0);
            }
            run.clear();
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
            decoded(&view.json()),
            (r"/ä😀\x\".to_owned(), vec![0..2, 2..8, 2..8, 8..20, 8..20, 8..20, 8..20, 20..21, 21..22, 22..23])
        );
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
