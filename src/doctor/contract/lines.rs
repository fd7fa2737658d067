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
    /// What a user has to know of an entry, by setting and call.
    comments: BTreeMap<(&'static str, String), &'static str>,
    is_incomplete: bool,
}

impl Lines {
    /// Sets an entry of a map.
    pub(super) fn entry(&mut self, setting: &'static str, key: String, value: impl Into<String>) {
        self.maps.entry(setting).or_default().insert(key, value.into());
    }

    /// Sets an entry of a map that is right under a condition.
    pub(super) fn entry_if(
        &mut self,
        setting: &'static str,
        key: String,
        value: impl Into<String>,
        comment: &'static str,
    ) {
        self.comments.insert((setting, key.clone()), comment);
        self.entry(setting, key, value);
    }

    /// Removes a map.
    pub(super) fn remove(&mut self, setting: &str) {
        self.maps.remove(setting);
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
        self.entry_if("paths", call, ROUTE, "the route of your tenant");
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
        self.is_incomplete || self.maps.get("paths").is_some_and(|paths| paths.values().any(|route| route == ROUTE))
    }

    /// The part of the provider block; empty if there is nothing to set.
    pub(super) fn render(&self, vendor: &str) -> String {
        let values = self.values.iter().map(|(name, value)| format!("{name} = {value}"));
        let commented = |setting: &'static str, entries: &BTreeMap<String, String>| {
            let lines = map(setting, entries);
            // The first line opens the map, and the others are its entries in their order.
            let comments = entries.keys().map(|key| self.comments.get(&(setting, key.clone())).copied());
            let comments = std::iter::once(None).chain(comments).chain(std::iter::repeat(None));
            let with = |(line, comment): (String, Option<&str>)| match comment {
                Some(comment) => format!("{line} # {comment}"),
                None => line,
            };
            lines.into_iter().zip(comments).map(with).collect::<Vec<_>>()
        };
        let maps = self.maps.iter().flat_map(|(name, entries)| commented(name, entries));
        let lines: Vec<_> = values.chain(maps).collect();
        if lines.is_empty() { String::new() } else { format!("{vendor} = {{\n  {}\n}}\n", lines.join("\n  ")) }
    }
}
