//! The text of one line, in the format that hosts parse: a detail amiss and they show it raw, or crash.

use jiff::Timestamp;
use serde_json::{Map, Value};
use tracing::Level;

/// The longest line, in bytes. Hosts split a line at 64 KiB, and neither piece is JSON then.
const MAX_LINE_BYTES: usize = 60 * 1024;

/// The lengths to which texts are cut, in bytes, tried one after the other until the line is short enough.
const CUTS: [usize; 4] = [16 * 1024, 2 * 1024, 256, 32];

/// What a line says.
pub(in crate::plugin) struct Line<'a> {
    pub(in crate::plugin) level: Level,
    /// The path of a module, with `::`.
    pub(in crate::plugin) module: &'a str,
    pub(in crate::plugin) message: &'a str,
    pub(in crate::plugin) fields: Map<String, Value>,
}

impl Line<'_> {
    /// Formats the line with its line break, and cuts long texts so that it stays whole.
    pub(in crate::plugin) fn format(&self, time: Timestamp) -> String {
        let whole = self.format_cut(time, usize::MAX);
        if whole.len() <= MAX_LINE_BYTES {
            return whole;
        }
        CUTS.iter().map(|cut| self.format_cut(time, *cut)).find(|line| line.len() <= MAX_LINE_BYTES).unwrap_or_else(
            || {
                let bare = Line { fields: Map::new(), ..*self };
                bare.format_cut(time, 256)
            },
        )
    }

    fn format_cut(&self, time: Timestamp, cut: usize) -> String {
        let mut object: Map<String, Value> =
            self.fields.iter().map(|(name, value)| (name.clone(), shorten(value, cut))).collect();
        // Last, so that no field can take their place.
        object.insert("@level".into(), self.level.as_str().to_ascii_lowercase().into());
        object.insert("@message".into(), shorten_text(self.message, cut).into());
        object.insert("@module".into(), self.module.replace("::", ".").into());
        // Exactly six digits: with any other number a host does not take the line for hclog's.
        object.insert("@timestamp".into(), format!("{time:.6}").into());
        let mut line = Value::Object(object).to_string();
        line.push('\n');
        line
    }
}

fn shorten(value: &Value, cut: usize) -> Value {
    match value {
        Value::String(text) => shorten_text(text, cut).into(),
        other => other.clone(),
    }
}

/// Cuts a text to a number of bytes, at the border of a character, and says how much is missing.
fn shorten_text(text: &str, cut: usize) -> String {
    if text.len() <= cut {
        return text.to_owned();
    }
    let end = (0..=cut).rev().find(|index| text.is_char_boundary(*index)).unwrap_or_default();
    format!("{} ({} bytes more)", &text[..end], text.len() - end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(message: &str, fields: &[(&str, &str)]) -> String {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
        let line = Line { level: Level::INFO, module: "idv::http", message, fields };
        line.format("2024-02-03T04:05:06.000007891Z".parse().unwrap())
    }

    #[test]
    fn a_line_is_hclogs_json() {
        assert_eq!(
            line("said \"hi\"\n", &[("url", "x"), ("@level", "forged")]),
            "{\"@level\":\"info\",\"@message\":\"said \\\"hi\\\"\\n\",\"@module\":\"idv.http\",\
             \"@timestamp\":\"2024-02-03T04:05:06.000007Z\",\"url\":\"x\"}\n"
        );
    }

    #[test]
    fn the_time_always_has_six_digits() {
        for (time, expected) in [("06Z", "06.000000Z"), ("06.5Z", "06.500000Z"), ("06.123456789Z", "06.123456Z")] {
            let line = Line { level: Level::INFO, module: "", message: "", fields: Map::new() };
            let text = line.format(format!("2024-02-03T04:05:{time}").parse().unwrap());
            assert!(text.contains(&format!("\"2024-02-03T04:05:{expected}\"")), "{text}");
        }
    }

    #[test]
    fn long_texts_are_cut_until_the_line_fits() {
        let control = "\u{1}".repeat(200_000); // six bytes each once escaped
        let umlauts = "ä".repeat(100_000);
        let many: Vec<_> = (0..64).map(|number| format!("field{number}")).collect();
        let many: Vec<_> = many.iter().map(|name| (name.as_str(), umlauts.as_str())).collect();
        for text in [line(&control, &[]), line("", &[("a", &umlauts), ("b", &control)]), line(&control, &many)] {
            assert!(text.len() <= MAX_LINE_BYTES, "{}", text.len());
            let parsed: Value = serde_json::from_str(&text).unwrap();
            assert!(text.contains("bytes more)") && parsed["@message"].is_string(), "{parsed}");
        }
    }

    #[test]
    fn a_line_without_hope_loses_its_fields() {
        let name = "n".repeat(MAX_LINE_BYTES);
        assert!(line("kept", &[(&name, "value")]).contains("kept"));
        assert!(line("kept", &[(&name, "value")]).len() < 200);
    }
}
