//! Files that a person passes to a command, among them the one that configures a tenant.

use std::collections::BTreeMap;

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be read.
    #[error("`{path}` cannot be read: {error}")]
    Unreadable {
        /// Its path, or `-` for standard input.
        path: String,
        /// The error of the operating system.
        error: std::io::Error,
    },
    /// It has other content than the command takes.
    #[error("`{path}` {problem}")]
    Content {
        /// Its path, or `-` for standard input.
        path: String,
        /// What is wrong, and what to do.
        problem: String,
    },
}

/// Reads a file, or standard input for `-`.
pub(crate) fn read(path: &str) -> Result<String, FileError> {
    let text = if path == "-" { std::io::read_to_string(std::io::stdin()) } else { std::fs::read_to_string(path) };
    text.map_err(|error| FileError::Unreadable { path: path.to_owned(), error })
}

/// The variables of a file: lines of `NAME=value` or `export NAME=value`, as the sandbox prints them. Values may be quoted.
pub(crate) fn variables(path: &str) -> Result<BTreeMap<String, String>, FileError> {
    let text = read(path)?;
    let mut variables = BTreeMap::new();
    for (number, line) in
        text.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
    {
        let assignment = line.strip_prefix("export ").unwrap_or(line).trim_end_matches(';');
        let Some((name, value)) = assignment.split_once('=') else {
            // Such a line may be a secret, so it is not shown.
            let problem =
                format!("has no variable in line {}. Write lines of the form `IDV_VULT_CLIENT_ID=value`.", number + 1);
            return Err(FileError::Content { path: path.to_owned(), problem });
        };
        let value = value.trim();
        let quoted = ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote));
        variables.insert(name.trim().to_owned(), quoted.unwrap_or(value).to_owned());
    }
    Ok(variables)
}
