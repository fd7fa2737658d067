//! The report that `export` prints at its end.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use super::capture::Capture;
use super::promotion::Promotion;
use super::selection::Chosen;
use super::variables::Variables;
use super::{Format, Options};
use crate::framework::{Diagnostics, Provider, Severity};
use crate::tenant::words;

/// What was captured, what was not and why, and the next commands. Its `Display` is for standard output.
pub struct Summary {
    folder: PathBuf,
    format: Format,
    types: Vec<Line>,
    unlistable: Vec<String>,
    unavailable: Vec<(String, Diagnostics)>,
    not_configured: Vec<&'static str>,
    variables: Vec<(String, String, bool)>,
    /// What the vendors do not return.
    unknown: Vec<String>,
    /// What the lists can never show.
    limits: Vec<String>,
    promotion: Option<Promotion>,
}

struct Line {
    type_name: String,
    objects: usize,
    unplannable: usize,
    problems: Diagnostics,
    complete: bool,
}

impl Summary {
    pub(super) fn new(
        provider: &Provider,
        options: Options,
        chosen: Chosen,
        captures: &[Capture],
        variables: &Variables,
        promotion: Option<Promotion>,
    ) -> Self {
        let line = |capture: &Capture| Line {
            type_name: capture.type_name.clone(),
            objects: capture.objects.len(),
            unplannable: capture.objects.iter().filter(|object| !object.violations.is_empty()).count(),
            problems: capture.problems.clone(),
            complete: capture.is_complete(),
        };
        let names = provider.vendors().iter().map(|vendor| vendor.name());
        let variables = variables.all().iter();
        let unknown = |capture: &Capture| {
            let mut counts: BTreeMap<String, usize> = BTreeMap::new();
            for path in capture.objects.iter().flat_map(|object| capture.not_returned(object)) {
                *counts.entry(path).or_default() += 1;
            }
            let line = |(path, count): (String, usize)| {
                format!("{path} of {} ({})", capture.type_name, words::count(count, "object"))
            };
            counts.into_iter().map(line).collect::<Vec<_>>()
        };
        let limit = |capture: &Capture| provider.lists.get(&capture.type_name)?.limit();
        Self {
            folder: options.folder,
            format: options.format,
            unknown: captures.iter().flat_map(unknown).collect(),
            limits: captures.iter().filter_map(limit).collect(),
            types: captures.iter().map(line).collect(),
            unlistable: chosen.unlistable,
            unavailable: chosen.unavailable,
            not_configured: names
                .filter(|name| !provider.clients().configured().any(|vendor| vendor == *name))
                .collect(),
            variables: variables
                .map(|variable| (variable.name.clone(), variable.address.clone(), variable.required))
                .collect(),
            promotion,
        }
    }

    /// Whether everything that was selected was captured.
    pub fn is_complete(&self) -> bool {
        self.types.iter().all(|line| line.complete) && self.promotion.as_ref().is_none_or(|it| it.is_complete)
    }

    fn captured(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Captured into {}:\n", self.folder.display())?;
        let width = self.types.iter().map(|line| line.type_name.len()).max().unwrap_or_default();
        for line in &self.types {
            let state = if line.complete { "" } else { "  NOT COMPLETE" };
            writeln!(f, "  {:width$}  {:>5}{state}", line.type_name, line.objects)?;
        }
        Ok(())
    }

    fn next(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total: usize = self.types.iter().map(|line| line.objects).sum();
        if total == 0 {
            return writeln!(f, "\nThere is nothing to import.");
        }
        let folder = shell_word(&self.folder.display().to_string());
        let plan = match self.format {
            Format::Hcl => "plan".to_owned(),
            Format::ImportBlocks => "plan -generate-config-out=generated.tf".to_owned(),
        };
        let unplannable: usize = self.types.iter().map(|line| line.unplannable).sum();
        if unplannable > 0 {
            writeln!(f, "\nFirst fix what cannot be planned, as described above. The plan then shows it as a change.")?;
        }
        let before = match &self.promotion {
            Some(promotion) => format!("Next, with the variables of {} in the environment", promotion.title),
            None => "Next".to_owned(),
        };
        let changed = if unplannable > 0 { format!("up to {unplannable}") } else { "0".to_owned() };
        let shown = match &self.promotion {
            Some(promotion) => promotion.plan(),
            None => format!("{total} to import, 0 to add, {changed} to change, 0 to destroy"),
        };
        writeln!(
            f,
            "\n{before} (OpenTofu's `tofu` works too; skip `init` with `dev_overrides`):\n\n  \
             terraform -chdir={folder} init\n  terraform -chdir={folder} {plan}\n  terraform -chdir={folder} apply\n\n\
             The plan shows \"{shown}\". After the apply, imports.tf is no longer needed."
        )
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.promotion {
            Some(promotion) => {
                write!(f, "Written into {}, for {}:\n\n{promotion}", self.folder.display(), promotion.title)?;
            }
            None => self.captured(f)?,
        }
        for line in &self.types {
            for problem in &line.problems {
                let what = if problem.severity == Severity::Error { "Incomplete:" } else { "Warning for" };
                writeln!(f, "\n{what} {}: {}", line.type_name, problem.summary)?;
                writeln!(f, "{}", indented(&problem.detail))?;
            }
            if !line.complete {
                writeln!(f, "  To export without it: --exclude {}", line.type_name)?;
            }
        }
        if !self.unlistable.is_empty() {
            let types = self.unlistable.join(", ");
            writeln!(f, "\nNot captured, because the vendor has no list of them: {types}. Import them one by one.")?;
        }
        for (type_name, why) in &self.unavailable {
            for reason in why {
                writeln!(f, "\nSkipped {type_name}: {}", reason.summary)?;
                writeln!(f, "{}", indented(&reason.detail))?;
            }
        }
        if !self.not_configured.is_empty() {
            writeln!(f, "\nNot configured, so not captured: {}.", self.not_configured.join(", "))?;
        }
        if !self.unknown.is_empty() {
            writeln!(f, "\nNot returned by the vendor, so not known and not in the configuration:")?;
        }
        for line in &self.unknown {
            writeln!(f, "  {line}")?;
        }
        if !self.limits.is_empty() {
            writeln!(f, "\nLimits:")?;
        }
        for line in &self.limits {
            writeln!(f, "  {line}")?;
        }
        if !self.variables.is_empty() {
            writeln!(f, "\nNot returned by the vendor, so variables in variables.tf:")?;
        }
        for (name, address, required) in &self.variables {
            let when = if *required { "needed for a plan" } else { "null until the object changes" };
            writeln!(f, "  {name}: for {address}, {when}")?;
        }
        self.next(f)
    }
}

/// A text quoted as one word of a shell command.
fn shell_word(text: &str) -> String {
    let plain = |character: char| character.is_alphanumeric() || "/._-".contains(character);
    if text.chars().all(plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}
