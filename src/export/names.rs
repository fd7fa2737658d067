//! Names of resources: identifiers of HCL from the vendor's display names.

use std::collections::BTreeSet;

/// The longest name in characters; display names have no limit.
const LONGEST: usize = 60;

/// Converts a display name to lower case letters, digits and underscores. `fallback` replaces a name that has none of them,
/// and is the prefix of one that begins with a digit.
pub(super) fn slug(display_name: &str, fallback: &str) -> String {
    let lower = display_name.to_lowercase();
    let words = lower.split(|character: char| !character.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut name = words.collect::<Vec<_>>().join("_");
    if name.is_empty() {
        return fallback.to_owned();
    }
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        name = format!("{fallback}_{name}");
    }
    name.truncate(LONGEST);
    name.trim_end_matches('_').to_owned()
}

/// The names that are taken.
#[derive(Default)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    /// Takes this name, or the first free one with a number appended.
    pub(super) fn take(&mut self, wanted: &str) -> String {
        let numbered = (2_usize..).map(|number| format!("{wanted}_{number}"));
        let mut candidates = std::iter::once(wanted.to_owned()).chain(numbered);
        // There are more numbers than names, so one is found; the fallback keeps this total.
        let name = candidates.find(|name| !self.0.contains(name)).unwrap_or_default();
        self.0.insert(name.clone());
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_identifiers() {
        for (display_name, expected) in [
            ("Events (prod)", "events_prod"),
            ("a \"b\" ${c} %{d}", "a_b_c_d"),
            ("7-eleven", "webhook_7_eleven"),
            ("Überweisung", "berweisung"),
            ("日本", "webhook"),
            ("", "webhook"),
            ("__x__", "x"),
        ] {
            assert_eq!(slug(display_name, "webhook"), expected, "{display_name}");
        }
        assert_eq!(slug(&"long name ".repeat(20), "webhook").len(), 59);
    }

    #[test]
    fn names_are_unique() {
        let mut names = Names::default();
        let given = ["a", "a", "a_2", "a"].map(|wanted| names.take(wanted));
        assert_eq!(given, ["a", "a_2", "a_2_2", "a_3"]);
    }
}
