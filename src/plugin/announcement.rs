//! The one line that a plugin writes to standard output: its address, or why it has none.
//!
//! A host that reads anything but an address ends the plugin and shows the line to the user. It shows nothing of standard
//! error, so a failure that is only written there is invisible.

use std::fmt::Display;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Whether a host waits for the line. One line is written, whoever writes it first.
static AWAITED: AtomicBool = AtomicBool::new(false);

/// How long a failed plugin stays: a host that sees its end before its line reports the end alone. A host that has read the
/// line kills the plugin at once.
const TIME_TO_READ: Duration = Duration::from_secs(1);

/// The length of the line that a host reads at most is 64 KiB; a cause of any length must fit.
const LONGEST: usize = 8000;

/// Notes that a host started this process and waits for the line.
pub(super) fn expect() {
    AWAITED.store(true, Ordering::Relaxed);
}

/// Writes the handshake line.
pub(super) fn announce(line: &str) -> io::Result<()> {
    AWAITED.store(false, Ordering::Relaxed);
    write(line)
}

/// Reports to the host why there is no handshake line, if it still waits for one, and gives it time to read that.
pub(super) fn announce_failure(reason: &dyn Display) {
    if !AWAITED.swap(false, Ordering::Relaxed) {
        return;
    }
    if write(&failure_line(reason)).is_ok() {
        std::thread::sleep(TIME_TO_READ);
    }
}

/// One line that no host takes for an address, whose parts are separated by `|`.
fn failure_line(reason: &dyn Display) -> String {
    let text = format!("the provider could not start: {reason}");
    let one_line = |character: char| if character.is_control() { ' ' } else { character };
    text.chars().take(LONGEST).map(one_line).collect::<String>().replace('|', "%7C")
}

fn write(line: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{line}")?;
    stdout.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_one_line_without_the_separator() {
        assert_eq!(failure_line(&"1|6|unix|/tmp\nof\tx"), "the provider could not start: 1%7C6%7Cunix%7C/tmp of x");
        assert_eq!(failure_line(&"a".repeat(100_000)).len(), LONGEST);
    }
}
