//! A start that fails: Terraform shows why, or the plugin does without what failed.

use std::thread;

use crate::support::workspace::Workspace;

/// Something that makes Terraform start the provider.
const CONFIGURATION: &str = "provider \"idv\" {}\n";

#[test]
fn start_uses_another_folder_if_that_of_tmpdir_cannot_have_a_socket() {
    thread::scope(|scope| {
        for folder in ["/no/such/folder", "long", "file", "/proc", "a|b"] {
            scope.spawn(move || {
                let mut workspace = Workspace::without_vendors();
                let path = workspace.path().join(if folder == "long" { "f".repeat(100) } else { folder.to_owned() });
                match folder {
                    "file" => workspace.write("file", ""),
                    "long" | "a|b" => std::fs::create_dir(&path).unwrap(),
                    _ => {}
                }
                workspace.set("TMPDIR", path.to_str().unwrap());
                workspace.configure(CONFIGURATION);
                workspace.validate().succeeded();
            });
        }
    });
}

/// What goes wrong in a shell script before the provider, and what Terraform shows of it.
const FAILURES: &[(&str, &[&str])] = &[
    (
        "export PLUGIN_UNIX_SOCKET_DIR=/no/such/folder",
        &["could not open the socket", "/no/such/folder", "No such file or directory", "PLUGIN_UNIX_SOCKET_DIR"],
    ),
    ("export PLUGIN_UNIX_SOCKET_GROUP=no-such-group", &["could not share it with the group", "no-such-group"]),
    ("export PLUGIN_CLIENT_CERT=nonsense", &["PLUGIN_CLIENT_CERT", "it is not a certificate in PEM"]),
    ("export PLUGIN_PROTOCOL_VERSIONS=4,5", &["offers the plugin protocol 4,5", "the plugin has 6", "Upgrade"]),
    // For the runtime, for its handling of signals, and for the socket.
    ("ulimit -n 5", &["could not start the plugin's runtime", "ulimit -n"]),
    ("ulimit -n 6", &["Too many open files", "ulimit -n"]),
    ("ulimit -n 9", &["could not open the socket", "Too many open files", "ulimit -n"]),
];

#[test]
fn terraform_shows_why_the_provider_could_not_start() {
    thread::scope(|scope| {
        for (lines, parts) in FAILURES {
            scope.spawn(move || {
                let workspace = Workspace::without_vendors().with_lines_before_the_provider(lines);
                workspace.configure(CONFIGURATION);
                let run = workspace.run(&["validate", "-no-color"]).failed();
                // Terraform breaks the lines of its boxes.
                let text = run.transcript().replace(['\u{2502}', '\n'], " ");
                let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
                assert!(text.contains("the provider could not start: "), "after {lines}: {text}");
                for part in *parts {
                    assert!(text.contains(part), "after {lines}, {part:?} is missing: {text}");
                }
            });
        }
    });
}
