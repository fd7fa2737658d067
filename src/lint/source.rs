//! Reads configuration files: folders, their local modules, positions, and the comments that switch rules off.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use hcl_edit::Span;
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Block, Body};
use hcl_edit::template::{HeredocTemplate, StringTemplate};
use hcl_edit::visit::{self, Visit};

use super::Problem;

/// The endings of files that are read.
const ENDINGS: &[&str] = &[".tf", ".tofu", ".tfquery.hcl"];

/// The word that begins a comment for this command.
const MARKER: &str = "idv-lint:";

/// A folder of configuration files: a root module or a local module.
pub(super) struct Folder {
    /// Its path on this machine, without symbolic links.
    pub(super) path: PathBuf,
    /// Its path in reports.
    pub(super) shown: PathBuf,
    pub(super) files: Vec<File>,
}

/// A configuration file.
pub(super) struct File {
    /// Its path in reports, with `/`.
    pub(super) name: String,
    pub(super) body: Body,
    text: String,
    /// The comments that switch rules off.
    pub(super) ignores: Vec<Ignore>,
}

/// A comment that switches rules off.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ignore {
    /// Where it begins.
    pub(super) span: Range<usize>,
    /// Its line, from 0.
    line: usize,
    /// The first line below it that is no comment, if it is alone on its line.
    below: Option<usize>,
    /// The ids of the rules.
    pub(super) rules: Vec<String>,
    pub(super) has_reason: bool,
}

/// A line and a column, from 1. The column counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position {
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Folder {
    /// Reads the files of a folder. A file that is not HCL becomes a problem.
    pub(super) fn read(path: &Path, shown: &Path, problems: &mut Vec<Problem>) -> std::io::Result<Self> {
        let path = path.canonicalize()?;
        let names = std::fs::read_dir(&path)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
        let mut names = names.collect::<std::io::Result<Vec<_>>>()?;
        names.retain(|name| !name.starts_with('.') && ENDINGS.iter().any(|ending| name.ends_with(ending)));
        names.sort();
        let mut files = Vec::new();
        for name in names {
            let shown = slashes(&shown.join(&name));
            match std::fs::read_to_string(path.join(&name)) {
                Ok(text) => match File::parse(shown.clone(), text) {
                    Ok(file) => files.push(file),
                    Err(problem) => problems.push(problem),
                },
                Err(error) => {
                    let message = format!("the file cannot be read: {error}");
                    problems.push(Problem { file: shown, line: 1, column: 1, message });
                }
            }
        }
        Ok(Self { path, shown: shown.to_owned(), files })
    }

    /// The blocks of all files.
    pub(super) fn blocks(&self) -> impl Iterator<Item = (&File, &Block)> {
        self.files.iter().flat_map(|file| file.body.blocks().map(move |block| (file, block)))
    }

    /// The value of a local in this folder.
    pub(super) fn local(&self, name: &str) -> Option<(&File, &Expression)> {
        let mut locals = self.blocks().filter(|(_, block)| block.has_ident("locals"));
        locals.find_map(|(file, block)| Some((file, &block.body.get_attribute(name)?.value)))
    }

    /// The block of a variable.
    pub(super) fn variable(&self, name: &str) -> Option<(&File, &Block)> {
        self.blocks().find(|(_, block)| block.has_ident("variable") && block.has_exact_labels(&[name]))
    }

    /// The calls of local modules: the file, the block, and the folder's path on this machine and in reports.
    pub(super) fn modules(&self) -> impl Iterator<Item = (&File, &Block, PathBuf, PathBuf)> {
        let calls = self.blocks().filter(|(_, block)| block.has_ident("module"));
        calls.filter_map(|(file, block)| {
            let source = block.body.get_attribute("source")?.value.as_str()?;
            let is_local = source.starts_with("./") || source.starts_with("../");
            is_local.then(|| (file, block, self.path.join(source), normal(&self.shown.join(source))))
        })
    }
}

impl File {
    /// Parses a file.
    pub(super) fn parse(name: String, text: String) -> Result<Self, Problem> {
        match text.parse::<Body>() {
            Ok(body) => {
                let ignores = ignores(&text, &body);
                Ok(Self { name, body, text, ignores })
            }
            Err(error) => {
                let at = error.location();
                let message = format!("the file is not HCL: {}", error.message());
                Err(Problem { file: name, line: at.line(), column: at.column(), message })
            }
        }
    }

    /// The position of an offset.
    pub(super) fn position(&self, offset: usize) -> Position {
        let before = self.text.get(..offset).unwrap_or(&self.text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Position { line: self.line(offset) + 1, column: before[line_start..].chars().count() + 1 }
    }

    /// The line of an offset, from 0.
    fn line(&self, offset: usize) -> usize {
        line(&self.text, offset)
    }

    /// Whether a comment switches a rule off at an offset: on its line or above it, or on the first line of a block around it or
    /// above that.
    pub(super) fn is_ignored(&self, rule: &str, offset: usize) -> bool {
        let around = self.body.blocks().filter_map(|block| block.span().filter(|span| span.contains(&offset)));
        let lines: Vec<_> =
            around.map(|span| self.line(span.start)).chain(std::iter::once(self.line(offset))).collect();
        let applies = |ignore: &Ignore| lines.iter().any(|line| ignore.line == *line || ignore.below == Some(*line));
        let rules = self.ignores.iter().filter(|ignore| ignore.has_reason && applies(ignore));
        rules.flat_map(|ignore| &ignore.rules).any(|ignored| ignored == rule)
    }
}

fn line(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

/// The comments that switch rules off: `# idv-lint: ignore=RULE,RULE reason`, or the same with `//`.
fn ignores(text: &str, body: &Body) -> Vec<Ignore> {
    let mut strings = Strings::default();
    strings.visit_body(body);
    let is_text = |offset: &usize| strings.0.iter().any(|span| span.contains(offset));
    let lines: Vec<&str> = text.lines().collect();
    let is_comment = |line: &str| line.trim_start().starts_with('#') || line.trim_start().starts_with("//");
    let marked = text.match_indices(MARKER).map(|(offset, _)| offset).filter(|offset| !is_text(offset));
    let ignore = |offset: usize| {
        let number = line(text, offset);
        let before = text[..offset].trim_end_matches([' ', '\t']);
        let start = before.strip_suffix('#').or_else(|| before.strip_suffix("//"))?.len();
        let rest = text[offset + MARKER.len()..].lines().next().unwrap_or_default().trim();
        let (rules, reason) =
            rest.strip_prefix("ignore=")?.split_once(char::is_whitespace).unwrap_or((&rest["ignore=".len()..], ""));
        let alone = lines.get(number).is_some_and(|line| is_comment(line));
        let below = || lines.iter().skip(number).position(|line| !is_comment(line)).map(|after| number + after);
        Some(Ignore {
            span: start..offset + MARKER.len() + rest.len(),
            line: number,
            below: if alone { below() } else { None },
            rules: rules.split(',').map(str::to_owned).collect(),
            has_reason: !reason.trim().is_empty(),
        })
    };
    marked.filter_map(ignore).collect()
}

/// The spans of strings and templates, which can contain what looks like a comment.
#[derive(Default)]
struct Strings(Vec<Range<usize>>);

impl Visit for Strings {
    fn visit_expr(&mut self, expression: &Expression) {
        if matches!(expression, Expression::String(_)) {
            self.0.extend(expression.span());
        }
        visit::visit_expr(self, expression);
    }

    fn visit_string_template(&mut self, template: &StringTemplate) {
        self.0.extend(template.span());
    }

    fn visit_heredoc_template(&mut self, heredoc: &HeredocTemplate) {
        self.0.extend(heredoc.template.span());
    }
}

/// A path without `.` and without `..` behind a name.
pub(super) fn normal(path: &Path) -> PathBuf {
    let mut parts = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(parts.components().next_back(), Some(Component::Normal(_))) => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    parts
}

/// A path with `/` between its names.
fn slashes(path: &Path) -> String {
    let names: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    names.join("/")
}

/// The words of a path: `["envs", "eu", "prod"]` for `envs/eu-prod`.
pub(super) fn words(path: &Path) -> BTreeSet<String> {
    let text = slashes(path).to_lowercase();
    text.split(|letter: char| !letter.is_alphanumeric()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> File {
        File::parse("main.tf".to_owned(), text.to_owned()).unwrap_or_else(|problem| panic!("{}", problem.message))
    }

    #[test]
    fn positions_count_lines_and_characters() {
        let file = file("a = \"é\" # x\nb = 1\n");
        assert_eq!(file.position(0), Position { line: 1, column: 1 });
        assert_eq!(file.position("a = \"é\"".len()), Position { line: 1, column: 8 });
        assert_eq!(file.position("a = \"é\" # x\nb".len()), Position { line: 2, column: 2 });
    }

    #[test]
    fn comments_apply_to_their_line_and_to_what_is_below() {
        let text = "# idv-lint: ignore=one,two a reason\n# more\nresource \"a\" \"b\" {\n  x = 1\n  y = 2 // idv-lint: ignore=three why\n}\n";
        let file = file(text);
        let at = |needle: &str| text.find(needle).unwrap();
        assert!(file.is_ignored("one", at("x = 1")) && file.is_ignored("two", at("resource")));
        assert!(file.is_ignored("three", at("y = 2")) && !file.is_ignored("three", at("x = 1")));
        assert!(!file.is_ignored("four", at("x = 1")));
    }

    #[test]
    fn text_that_looks_like_a_comment_is_none() {
        let file = file("a = \"# idv-lint: ignore=one why\"\nb = <<EOT\n# idv-lint: ignore=two why\n${x}\nEOT\n");
        assert_eq!(file.ignores, Vec::new());
    }

    #[test]
    fn a_comment_without_a_reason_ignores_nothing() {
        let file = file("a = 1 # idv-lint: ignore=one\n");
        assert!(!file.ignores[0].has_reason && !file.is_ignored("one", 0));
    }

    #[test]
    fn a_syntax_error_has_its_line() {
        let problem = File::parse("main.tf".to_owned(), "a = 1\nb = = 2\n".to_owned()).err().unwrap();
        assert_eq!((problem.file.as_str(), problem.line), ("main.tf", 2));
    }

    #[test]
    fn paths_are_normal() {
        assert_eq!(normal(Path::new("./envs/prod/../../modules/x")), PathBuf::from("modules/x"));
        assert_eq!(normal(Path::new("../x/.")), PathBuf::from("../x"));
        assert!(words(Path::new("/infra/eu-Prod/main.tf")).contains("prod"));
        assert!(!words(Path::new("/infra/products")).contains("prod"));
    }
}
