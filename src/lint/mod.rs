//! Checks configuration files, offline and without a vendor: keys that Terraform drops, secrets in files, and policies.
//!
//! `source` reads the files of a folder and of its local modules. `object` finds the blocks of this provider and their schemas.
//! `values` checks each attribute by its schema, `policy` checks resources as a whole. `report`, `sarif` and `github` write what
//! was found. What an expression evaluates to is not known here, so what is not literal is not judged.

mod github;
mod object;
mod policy;
mod report;
mod rules;
mod sarif;
mod source;
mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

use hcl_edit::Span;
use serde::Serialize;

use crate::framework::{Provider, Severity};

use self::source::{File, Folder};

pub use self::report::{Format, render};
pub use self::rules::{LintRule, RULES, rule, table};

/// The version of the JSON. It counts up when a field is removed or changes its meaning.
const VERSION: u32 = 1;

/// What to check.
pub struct Options {
    /// The folder of the root module.
    pub folder: PathBuf,
    /// The rules that are off.
    pub ignore: Vec<&'static LintRule>,
    /// The bounds of policies.
    pub bounds: Bounds,
}

/// The bounds of policies. A policy without its bound is off.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bounds {
    /// The least `minimum_liveness_tolerance`.
    pub min_liveness: Option<f64>,
    /// The most `max_retry_attempts`.
    pub max_retries: Option<u64>,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder cannot be read.
    #[error("the folder `{folder}` cannot be read: {error}")]
    Unreadable {
        /// Its path.
        folder: String,
        /// The error of the operating system.
        error: std::io::Error,
    },
    /// The folder has no configuration.
    #[error(
        "the folder `{0}` has no `.tf`, `.tofu` or `.tfquery.hcl` file. Name the folder of a root module: `lint DIR`."
    )]
    Empty(String),
}

/// What was found.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The version of this form.
    pub version: u32,
    /// The findings, by file and line.
    pub findings: Vec<Finding>,
    /// What could not be checked.
    pub problems: Vec<Problem>,
    /// How many files were checked.
    pub files: usize,
    /// How many findings comments switched off.
    pub ignored: usize,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// The path of the file.
    pub file: String,
    /// The line on which it begins, from 1.
    pub line: usize,
    /// The column at which it begins, from 1, in characters.
    pub column: usize,
    /// The line on which it ends.
    pub end_line: usize,
    /// The column behind its end.
    pub end_column: usize,
    /// The id of the rule.
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What was found. Never contains a secret.
    pub message: String,
    /// What to do.
    pub hint: String,
}

/// A file or a module that could not be checked.
#[derive(Clone, Debug, Serialize)]
pub struct Problem {
    /// The path of the file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

impl Report {
    /// How many findings have a severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// Whether a finding is as bad as a threshold.
    pub fn reaches(&self, threshold: Severity) -> bool {
        self.findings.iter().any(|finding| finding.severity <= threshold)
    }
}

/// Collects findings, without those that are switched off.
struct Sink {
    ignore: Vec<&'static LintRule>,
    findings: Vec<Finding>,
    ignored: usize,
}

impl Sink {
    fn push(&mut self, rule: &'static LintRule, file: &File, span: Range<usize>, message: String, hint: String) {
        if self.ignore.contains(&rule) {
            return;
        }
        if file.is_ignored(rule.id, span.start) {
            self.ignored += 1;
            return;
        }
        let (start, end) = (file.position(span.start), file.position(span.end));
        self.findings.push(Finding {
            file: file.name.clone(),
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
            rule: rule.id,
            severity: rule.severity,
            message,
            hint,
        });
    }
}

/// Checks the files of a folder and of its local modules.
pub fn run(provider: &Provider, options: Options) -> Result<Report, Error> {
    let shown = shown(&options.folder);
    let name = options.folder.display().to_string();
    let sink = Sink { ignore: options.ignore, findings: Vec::new(), ignored: 0 };
    let mut linter =
        Linter { provider, bounds: options.bounds, sink, problems: Vec::new(), files: 0, secrets: BTreeMap::new() };
    let root = Folder::read(&options.folder, &shown, &mut linter.problems)
        .map_err(|error| Error::Unreadable { folder: name.clone(), error })?;
    if root.files.is_empty() && linter.problems.is_empty() {
        return Err(Error::Empty(name));
    }
    linter.check(&root);
    let Linter { mut sink, problems, files, .. } = linter;
    sink.findings.sort();
    sink.findings.dedup();
    Ok(Report { version: VERSION, findings: sink.findings, problems, files, ignored: sink.ignored })
}

/// The path of the root in reports: relative to the working folder, or empty for a folder outside of it.
fn shown(folder: &Path) -> PathBuf {
    let normal = source::normal(folder);
    if normal.is_relative() {
        return normal;
    }
    let working = std::env::current_dir().unwrap_or_default();
    normal.strip_prefix(working).map(Path::to_owned).unwrap_or_default()
}

struct Linter<'p> {
    provider: &'p Provider,
    bounds: Bounds,
    sink: Sink,
    problems: Vec<Problem>,
    files: usize,
    /// The variables of each folder whose values become secrets. Folders that are checked already are not checked again.
    secrets: BTreeMap<PathBuf, BTreeSet<String>>,
}

impl Linter<'_> {
    /// Checks a folder after its modules. Returns its variables whose values become secrets.
    fn check(&mut self, folder: &Folder) -> BTreeSet<String> {
        if let Some(secrets) = self.secrets.get(&folder.path) {
            return secrets.clone();
        }
        self.secrets.insert(folder.path.clone(), BTreeSet::new());
        self.files += folder.files.len();
        let mut secrets = BTreeSet::new();
        for (file, block, path, shown) in folder.modules() {
            let module = match Folder::read(&path, &shown, &mut self.problems) {
                Ok(module) => module,
                Err(error) => {
                    let at = file.position(block.span().unwrap_or_default().start);
                    let message = format!("the folder of the module cannot be read: {error}");
                    self.problems.push(Problem { file: file.name.clone(), line: at.line, column: at.column, message });
                    continue;
                }
            };
            for name in self.check(&module) {
                if let Some(argument) = block.body.get_attribute(&name) {
                    let place =
                        format!("`{name}` of `module.{}`", block.labels.first().map_or("", |label| label.as_str()));
                    values::secret(folder, file, &argument.value, &place, "", &mut secrets, &mut self.sink);
                }
            }
        }
        let objects = object::objects(self.provider, folder);
        for object in &objects {
            values::check(folder, object, &mut secrets, &mut self.sink);
            policy::check(folder, object, &self.bounds, &mut self.sink);
        }
        policy::duplicates(self.provider, folder, &objects, &mut self.sink);
        values::defaults(folder, &secrets, &mut self.sink);
        folder.files.iter().for_each(|file| self.comments(file));
        self.secrets.insert(folder.path.clone(), secrets.clone());
        secrets
    }

    /// Reports comments that switch nothing off.
    fn comments(&mut self, file: &File) {
        for ignore in &file.ignores {
            let unknown = ignore.rules.iter().find_map(|id| rule(id).err());
            let message = match unknown {
                Some(unknown) => format!("The comment names an unknown rule: {unknown}"),
                None if !ignore.has_reason => "The comment has no reason, so it has no effect.".to_owned(),
                None => continue,
            };
            let hint = "Write `# idv-lint: ignore=RULE` and why the exception is right, on the same line.".to_owned();
            self.sink.push(&rules::BAD_IGNORE, file, ignore.span.clone(), message, hint);
        }
    }
}
