//! What a promotion does to the target, and what it leaves out: its part of the summary.

use std::collections::BTreeMap;
use std::fmt;

use super::capture::Capture;
use crate::tenant::words;

/// The most names of objects that one line has.
const MOST_NAMES: usize = 5;

/// What a promotion does.
pub(super) struct Promotion {
    /// The name of the target.
    pub(super) title: String,
    /// Whether the target could list everything.
    pub(super) is_complete: bool,
    /// What a person should check.
    pub(super) notes: Vec<String>,
    counts: BTreeMap<String, Count>,
    /// What is not promoted, by the reason.
    left_out: BTreeMap<String, Vec<String>>,
    only_in_target: BTreeMap<String, Vec<String>>,
}

/// The objects of a type by what applying them does.
#[derive(Clone, Copy, Default)]
pub(super) struct Count {
    pub(super) imported: usize,
    pub(super) added: usize,
    pub(super) changed: usize,
    pub(super) replaced: usize,
}

impl Promotion {
    pub(super) fn new(title: String) -> Self {
        Self {
            title,
            is_complete: true,
            notes: Vec::new(),
            counts: BTreeMap::new(),
            left_out: BTreeMap::new(),
            only_in_target: BTreeMap::new(),
        }
    }

    /// Records what is not promoted.
    pub(super) fn leave_out(&mut self, what: String, reason: &str) {
        self.left_out.entry(reason.to_owned()).or_default().push(what);
    }

    /// Records an object that the source does not have.
    pub(super) fn only_in_target(&mut self, capture: &Capture, name: String) {
        self.only_in_target.entry(capture.type_name.clone()).or_default().push(name);
    }

    /// Records what applying the objects of a type does.
    pub(super) fn count(&mut self, capture: &Capture, count: Count) {
        self.counts.insert(capture.type_name.clone(), count);
    }

    /// The line of Terraform's plan.
    pub(super) fn plan(&self) -> String {
        let sum = |of: fn(&Count) -> usize| self.counts.values().map(of).sum::<usize>();
        format!(
            "{} to import, {} to add, {} to change, {} to destroy",
            sum(|count| count.imported),
            sum(|count| count.added + count.replaced),
            sum(|count| count.changed),
            sum(|count| count.replaced)
        )
    }
}

impl fmt::Display for Promotion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.counts.keys().map(String::len).max().unwrap_or_default();
        writeln!(f, "  {:width$}  import  add  change  replace", "")?;
        for (type_name, count) in &self.counts {
            let Count { imported, added, changed, replaced } = count;
            writeln!(f, "  {type_name:width$}  {imported:>6}  {added:>3}  {changed:>6}  {replaced:>7}")?;
        }
        let only: usize = self.only_in_target.values().map(Vec::len).sum();
        if only > 0 {
            let verb = if only == 1 { "is" } else { "are" };
            writeln!(
                f,
                "\n{} {verb} only in the target. Nothing changes or destroys them:",
                words::count(only, "object")
            )?;
        }
        for (type_name, names) in &self.only_in_target {
            let more = names.len().saturating_sub(MOST_NAMES);
            let named: Vec<_> = names.iter().take(MOST_NAMES).map(|name| words::short(name)).collect();
            let rest = if more > 0 { format!("; and {more} more") } else { String::new() };
            writeln!(f, "  {type_name}: {}{rest}", named.join("; "))?;
        }
        if !self.left_out.is_empty() {
            writeln!(f, "\nNot promoted:")?;
        }
        for (reason, what) in &self.left_out {
            writeln!(f, "  {}\n    {reason}", what.join(", "))?;
        }
        if !self.notes.is_empty() {
            writeln!(f, "\nTo check:")?;
        }
        for note in &self.notes {
            writeln!(f, "  {note}")?;
        }
        Ok(())
    }
}
