//! Reads a recording.

use std::collections::BTreeMap;

use super::line::{Exchange, FORMAT, Header, Line, VERSION};

/// The exchanges of a recording, in the order in which they were made in each process. The body of an encrypted response is what was
/// decrypted.
#[derive(Debug)]
pub struct Recording {
    /// The exchanges.
    pub exchanges: Vec<Exchange>,
    /// The numbers in [`Recording::exchanges`] of those whose response was encrypted.
    pub encrypted: Vec<usize>,
}

impl Recording {
    /// Reads the lines. The error is the end of a sentence about the file, and shows nothing of its content.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut recording = Self { exchanges: Vec::new(), encrypted: Vec::new() };
        let mut places = BTreeMap::new();
        let mut has_header = false;
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let number = index + 1;
            match serde_json::from_str(line) {
                Err(_) => return Err(format!("line {number} is not one of a recording")),
                Ok(Line::Header(Header { format, version, .. })) => {
                    if format != FORMAT || version != VERSION {
                        return Err(format!("line {number} has another format or version than {VERSION}"));
                    }
                    has_header = true;
                }
                Ok(Line::Exchange(exchange)) => {
                    places.insert((exchange.process.clone(), exchange.exchange), recording.exchanges.len());
                    recording.exchanges.push(*exchange);
                }
                Ok(Line::Decrypted(decrypted)) => {
                    if let Some(place) = places.get(&(decrypted.process, decrypted.decrypts)) {
                        recording.exchanges[*place].body = decrypted.body;
                        recording.encrypted.push(*place);
                    }
                }
            }
        }
        if has_header { Ok(recording) } else { Err("it has no line with a format and a version".to_owned()) }
    }
}
