//! A list that was read as a whole, with an index of its rows.

use std::collections::HashMap;
use std::ops::Deref;

/// The rows of a list in the vendor's order; [`get`](List::get) finds one by its id. It is read as the slice of its rows.
#[derive(Clone, Debug)]
pub struct List<T> {
    rows: Vec<T>,
    positions: HashMap<String, usize>,
}

impl<T> List<T> {
    /// A list of these rows. `key` returns the id of a row; of two rows with one id, [`get`](List::get) finds the first.
    pub fn new(rows: Vec<T>, key: impl Fn(&T) -> String) -> Self {
        let mut list = Self { rows: Vec::with_capacity(rows.len()), positions: HashMap::with_capacity(rows.len()) };
        list.append(rows, key);
        list
    }

    /// The row with this id.
    pub fn get(&self, key: &str) -> Option<&T> {
        self.rows.get(*self.positions.get(key)?)
    }

    /// Adds rows at the end.
    pub(super) fn append(&mut self, rows: Vec<T>, key: impl Fn(&T) -> String) {
        for row in rows {
            self.positions.entry(key(&row)).or_insert(self.rows.len());
            self.rows.push(row);
        }
    }
}

impl<T> Deref for List<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_found_by_its_id() {
        let mut list = List::new(vec![("a", 1), ("b", 2), ("a", 3)], |row| row.0.to_owned());
        list.append(vec![("c", 4)], |row| row.0.to_owned());
        assert_eq!((list.get("a"), list.get("c"), list.get("d")), (Some(&("a", 1)), Some(&("c", 4)), None));
        assert_eq!(list.iter().map(|row| row.1).collect::<Vec<_>>(), [1, 2, 3, 4]);
    }
}
