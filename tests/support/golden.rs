//! Generated files that are checked in, with one switch to overwrite them.

use std::path::Path;

/// Compares a checked-in file, named from the repository's root, with its generated text. `UPDATE_GOLDENS=1` writes it
/// instead. `source` names in the failure what the file is generated from.
pub(crate) fn check(file: &str, expected: &str, source: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let actual = std::fs::read_to_string(&path).unwrap_or_default();
    if actual == expected {
        return;
    }
    assert!(
        updating(),
        "{file} differs from {source}: set `UPDATE_GOLDENS=1` for this test, or run `make docs`, and commit the result{}",
        first_difference(&actual, expected)
    );
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, expected).unwrap();
}

/// Whether this run overwrites the files.
pub(crate) fn updating() -> bool {
    std::env::var_os("UPDATE_GOLDENS").is_some_and(|value| value == "1")
}

fn first_difference(actual: &str, expected: &str) -> String {
    let mut lines = (1..)
        .zip(actual.lines().map(Some).chain(std::iter::repeat(None)).zip(expected.lines().map(Some).chain([None])));
    match lines.find(|(_, (actual, expected))| actual != expected) {
        Some((number, (actual, expected))) => format!(
            "\n  line {number} is        {:?}\n  and should be {:?}",
            actual.unwrap_or_default(),
            expected.unwrap_or_default()
        ),
        None => String::new(),
    }
}
