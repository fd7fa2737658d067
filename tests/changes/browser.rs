//! The HTML report in a real browser.
//!
//! `make browser` installs one. Without it these tests say so and check nothing, unless `IDV_REQUIRE_BROWSER` is set, as `.ci/run` does.
//! `make screenshots` writes the pictures of the documentation.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::{change_by_hand, demo, report};
use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

/// The browser, if there is one.
fn browser() -> Option<PathBuf> {
    let path = root().join("target/browser/browser");
    if path.is_file() {
        return Some(path);
    }
    assert!(std::env::var_os("IDV_REQUIRE_BROWSER").is_none(), "there is no browser: run `make browser`");
    eprintln!("not checked in a browser: there is none in target/browser; `make browser` installs one");
    None
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The demo after changes by hand, with a jump that skips the selfie, and the page about the plan that repairs it.
fn page(sandbox: &Sandbox) -> Workspace {
    let workspace = demo(sandbox);
    sandbox.change_state(change_by_hand);
    let file = workspace.path().join("onekosmos.tf");
    let changed = std::fs::read_to_string(&file).unwrap().replace("jump_to = \"selfie\"", "jump_to = \"wait\"");
    std::fs::write(&file, changed).unwrap();
    let (_, html) = report(&workspace, "html");
    workspace.write("report.html", &html);
    workspace
}

fn open(browser: &Path, workspace: &Workspace, arguments: &[&str]) -> Value {
    let output =
        Command::new(browser).arg("report.html").args(arguments).current_dir(workspace.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_browser_shows_the_page_without_an_error_and_asks_nobody_for_anything() {
    let Some(browser) = browser() else { return };
    let sandbox = Sandbox::start();
    let workspace = page(&sandbox);
    let light = open(&browser, &workspace, &[]);
    assert_eq!(
        (light["errors"].as_array().unwrap().len(), light["requests"].as_array().unwrap().len()),
        (0, 0),
        "{light}"
    );
    // A screen reader reads each picture, and the Tab key reaches every object and both workflows.
    let names: Vec<_> = light["names"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    assert!(names.len() == 2 && names[1].contains("A path skips selfie: welcome, front, wait"), "{names:?}");
    let reached = |tag: &str| light["focusable"].as_array().unwrap().iter().filter(|found| *found == tag).count();
    assert_eq!((reached("summary"), reached("svg")), (5, 2), "{light}");
    let dark = open(&browser, &workspace, &["--dark"]);
    assert_ne!(light["background"], dark["background"]);
    if std::env::var_os("UPDATE_SCREENSHOTS").is_some() {
        for (name, arguments) in [("report-light.png", vec![]), ("report-dark.png", vec!["--dark"])] {
            let file = root().join("docs/images").join(name);
            let size = ["--width", "900", "--height", "820", "--screenshot", file.to_str().unwrap()];
            open(&browser, &workspace, &[&arguments[..], &size].concat());
        }
    }
}
