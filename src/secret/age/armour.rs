//! The text form of an age file: base64 in lines between two markers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::DecryptError;

const BEGIN: &str = "-----BEGIN AGE ENCRYPTED FILE-----";
const END: &str = "-----END AGE ENCRYPTED FILE-----";

/// How many characters a line has; only the last may have fewer.
const LINE: usize = 64;

/// The text form of a file.
pub(super) fn encode(bytes: &[u8]) -> String {
    let encoded = STANDARD.encode(bytes);
    let mut text = format!("{BEGIN}\n");
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(LINE));
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    text + END + "\n"
}

/// The file in a text; `None` if there is no marker, so that it may be a file in bytes.
///
/// What surrounds the markers and the lines is ignored: Terraform prints a text of several lines between `<<EOT` and `EOT`.
pub(super) fn decode(text: &[u8]) -> Result<Option<Vec<u8>>, DecryptError> {
    let Some((_, rest)) = std::str::from_utf8(text).ok().and_then(|text| text.split_once(BEGIN)) else {
        return Ok(None);
    };
    let (body, _) = rest.split_once(END).ok_or(DecryptError::Damaged)?;
    let digits: String = body.split_ascii_whitespace().collect();
    STANDARD.decode(digits).map(Some).map_err(|_| DecryptError::Damaged)
}
