//! The lines for the provider block that adapt to what was found.

use std::collections::BTreeMap;

use crate::doctor::openapi::{map, quoted};

/// What stands for a route that the recording does not show.
pub(super) const ROUTE: &str = "METHOD /path";

/// The settings of one vendor.
#[derive(Default)]
pub(super) struct Lines {
    maps: BTreeMap<&'static str, BTreeMap<String, String>>,
    values: BTreeMap<&'static str, String>,
    is_incomplete: bool,
}

impl Lines {
    /// Sets an entry of a map.
    pub(super) fn entry(&mut self, setting: &'static str, key: String, value: impl Into<String>) {
        self.maps.entry(setting).or_default().insert(key, value.into());
    }

    /// Sets a number or a text.
    pub(super) fn value(&mut self, setting: &'static str, literal: impl Into<String>) {
        self.values.insert(setting, literal.into());
    }

    /// Sets a text of which the user has to complete a part. `missing` names it.
    pub(super) fn incomplete(&mut self, setting: &'static str, text: &str, missing: &str) {
        self.is_incomplete = true;
        self.value(setting, format!("{} # {missing}", quoted(text)));
    }

    /// Sets the route of a call that the recording does not show.
    pub(super) fn unknown_route(&mut self, call: String) {
        self.is_incomplete = true;
        self.entry("paths", call, ROUTE);
    }

    /// The entry of a map.
    pub(super) fn get(&self, setting: &str, key: &str) -> Option<&str> {
        self.maps.get(setting)?.get(key).map(String::as_str)
    }

    /// Makes an entry the only one of a map.
    pub(super) fn replace(&mut self, setting: &'static str, key: String, value: String) {
        self.maps.insert(setting, [(key, value)].into());
    }

    /// Says that a part of the lines has to be completed.
    pub(super) fn mark_incomplete(&mut self) {
        self.is_incomplete = true;
    }

    /// Whether a part of the lines has to be completed.
    pub(super) fn is_incomplete(&self) -> bool {
        self.is_incomplete
    }

    /// The part of the provider block; empty if there is nothing to set.
    pub(super) fn render(&self, vendor: &str) -> String {
        let values = self.values.iter().map(|(name, value)| format!("{name} = {value}"));
        let maps = self.maps.iter().flat_map(|(name, entries)| map(name, entries));
        let comment = |line: String| {
            let is_unknown = line.ends_with(&quoted(ROUTE));
            if is_unknown { line + " # the route of your tenant" } else { line }
        };
        let lines: Vec<_> = values.chain(maps).map(comment).collect();
        if lines.is_empty() { String::new() } else { format!("{vendor} = {{\n  {}\n}}\n", lines.join("\n  ")) }
    }
}
