//! Counts of rows by the value of a field, for data sources that show numbers and no row.

use std::collections::BTreeMap;

use crate::framework::Attr;

/// The number of rows with each value of a field. A row without the field is in no count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::vendors) struct Counts(BTreeMap<String, u64>);

impl Counts {
    /// Counts a row with this value.
    pub(in crate::vendors) fn add(&mut self, value: Option<String>) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            *self.0.entry(value).or_default() += 1;
        }
    }

    /// How many rows have this value.
    pub(in crate::vendors) fn of(&self, value: &str) -> u64 {
        self.0.get(value).copied().unwrap_or_default()
    }

    /// How many rows have any value.
    pub(in crate::vendors) fn sum(&self) -> u64 {
        self.0.values().sum()
    }

    /// The values with the number of their rows, in the order of the values.
    pub(in crate::vendors) fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(value, count)| (value.as_str(), *count))
    }
}

impl From<Counts> for Attr<BTreeMap<String, Attr<u64>>> {
    fn from(counts: Counts) -> Self {
        Self::Known(counts.0.into_iter().map(|(value, count)| (value, count.into())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_without_a_value_is_in_no_count() {
        let mut counts = Counts::default();
        for value in [Some("a"), None, Some("b"), Some(""), Some("a")] {
            counts.add(value.map(str::to_owned));
        }
        assert_eq!(counts.iter().collect::<Vec<_>>(), [("a", 2), ("b", 1)]);
        assert_eq!((counts.sum(), counts.of("a"), counts.of("c")), (3, 2, 0));
    }
}
