//! The panic hook, which decides what Terraform shows of a panic.
//!
//! A host that reads a line beginning with `panic: ` collects what follows and reports a crash of the plugin. That is
//! right for a panic that nobody handles. A panic inside a call is caught there and returned in the call's diagnostics;
//! it is logged as an error with its stack, and is no crash. Only the code that catches panics knows which of the two it
//! is, so the hook calls a function of that code.
//!
//! Before the handshake the host shows nothing of standard error, so a crash is announced on standard output as well: the
//! runtime panics if it gets no file descriptor.

use std::backtrace::Backtrace;
use std::panic::PanicHookInfo;

use jiff::Timestamp;
use serde_json::Map;
use tracing::Level;

use super::announcement;
use super::hclog::{Line, write_to_stderr};

/// Replaces Rust's report of a panic, which hosts do not recognise.
///
/// `is_caught` is called on the thread that panics, before its stack unwinds. It returns whether the running code will catch
/// the panic, for example from a task-local variable that is set around a call's future.
pub fn install_hook(is_caught: fn() -> bool) {
    std::panic::set_hook(Box::new(move |info| {
        let message = message_of(info);
        let stack = Backtrace::force_capture().to_string();
        if is_caught() {
            write_to_stderr(&format_caught(&message, &stack, Timestamp::now()));
        } else {
            write_to_stderr(&format_crash(&message, &stack));
            announcement::announce_failure(&format_args!(
                "{message}. This is a bug in the provider, or the limit on file \
                descriptors (`ulimit -n`) is too low."
            ));
        }
    }));
}

/// Returns the message of the panic and its location.
fn message_of(info: &PanicHookInfo<'_>) -> String {
    let payload = info.payload();
    let words = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("(a panic without a message)");
    match info.location() {
        Some(location) => format!("{words} (at {location})"),
        None => words.to_owned(),
    }
}

/// Formats a panic that is caught, as a line of the log. It is written whatever the level of the log: the host filters.
fn format_caught(message: &str, stack: &str, time: Timestamp) -> String {
    let fields = Map::from_iter([("stack".to_owned(), stack.into())]);
    let message = format!("panic in a call, returned in its diagnostics: {message}");
    Line { level: Level::ERROR, module: module_path!(), message: &message, fields }.format(time)
}

/// Formats a panic that nobody catches, in the form by which a host recognises a crash.
fn format_crash(message: &str, stack: &str) -> String {
    format!("panic: {message}\n\n{}\n", stack.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crash_starts_with_the_word_that_hosts_search() {
        assert_eq!(
            format_crash("out of range (at a.rs:1:2)", "   0: main\n"),
            "panic: out of range (at a.rs:1:2)\n\n   0: main\n"
        );
    }

    #[test]
    fn a_caught_panic_is_one_line_of_the_log() {
        let text = format_caught("panic: odd", "   0: main\n   1: start", Timestamp::UNIX_EPOCH);
        assert_eq!(text.lines().count(), 1);
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["@level"], "error");
        assert!(line["@message"].as_str().unwrap().ends_with(": panic: odd"));
        assert!(line["stack"].as_str().unwrap().contains("1: start"));
    }

    #[test]
    fn the_hook_distinguishes_a_crash_from_a_caught_panic() {
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "plugin::panic::tests::child_that_panics", "--ignored", "--nocapture"])
            .output()
            .unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        let (caught, crash) = errors.split_once('\n').unwrap();
        let caught: serde_json::Value = serde_json::from_str(caught).unwrap();
        assert!(caught["@message"].as_str().unwrap().contains("first 1 (at src/plugin/panic.rs:"), "{caught}");
        assert!(crash.starts_with("panic: second (at src/plugin/panic.rs:"), "{crash}");
        assert!(crash.contains("child_that_panics"), "the stack is missing: {crash}");
    }

    #[test]
    #[ignore = "the process of the test above, which starts it"]
    fn child_that_panics() {
        thread_local!(static CAUGHT: std::cell::Cell<bool> = const { std::cell::Cell::new(true) });
        install_hook(|| CAUGHT.get());
        let _caught = std::panic::catch_unwind(|| panic!("first {}", 1));
        CAUGHT.set(false);
        panic!("second");
    }
}
