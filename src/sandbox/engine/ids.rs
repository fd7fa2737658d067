//! The ids that a stand-in assigns: counted and not random, so that a run can be repeated exactly.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The number of the last id of each kind.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ids(BTreeMap<String, u64>);

/// A state that assigns ids.
pub trait IdSource {
    /// The type of its ids.
    type Id;

    /// The counters.
    fn ids(&mut self) -> &mut Ids;

    /// Whether an object of this state has the id, which a seed may have set.
    fn has_id(&self, id: &Self::Id) -> bool;

    /// Returns the next free id of a kind; `format` writes a number as an id.
    fn next_id(&mut self, kind: &str, format: impl Fn(u64) -> Self::Id) -> Self::Id {
        loop {
            let last = self.ids().0.entry(kind.to_owned()).or_default();
            *last += 1;
            let id = format(*last);
            if !self.has_id(&id) {
                return id;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Shelf {
        books: Vec<&'static str>,
        ids: Ids,
    }

    impl IdSource for Shelf {
        type Id = String;

        fn ids(&mut self) -> &mut Ids {
            &mut self.ids
        }

        fn has_id(&self, id: &String) -> bool {
            self.books.contains(&id.as_str())
        }
    }

    #[test]
    fn counts_each_kind_and_skips_ids_that_a_seed_has_set() {
        let mut shelf = Shelf { books: vec!["book_1", "book_3"], ..Shelf::default() };
        let mut next = |kind: &str| shelf.next_id(kind, |number| format!("{kind}_{number}"));
        assert_eq!([next("book"), next("book"), next("map")], ["book_2", "book_4", "map_1"]);
    }
}
