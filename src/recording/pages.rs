//! The sizes of pages, as a recording shows them.

use super::line::Exchange;
use super::shape::Shape;

/// The keys by which a request says how large a page may be, in lower case.
const SIZES: [&str; 5] = ["limit", "page_size", "per_page", "psize", "take"];

/// The keys by which a request says where a page begins, in lower case.
const PLACES: [&str; 4] = ["offset", "page", "pindex", "skip"];

/// Members that count the elements of a whole list.
const TOTALS: [&str; 4] = ["count", "total", "total_count", "totalCount"];

/// Whether a key of a query is about pages.
pub(super) fn is_about_pages(key: &str) -> bool {
    let key = key.to_lowercase();
    SIZES.contains(&key.as_str()) || PLACES.contains(&key.as_str())
}

impl Exchange {
    /// The size of the page and the one that was asked for, if the page is smaller although the list has more.
    pub fn page_cap(&self) -> Option<(usize, usize)> {
        let asked = self.request.query.iter().find_map(|pair| {
            let (key, value) = pair.split_once('=')?;
            value.parse::<usize>().ok().filter(|_| SIZES.contains(&key.to_lowercase().as_str()))
        })?;
        let body = self.body.as_ref()?;
        let (rows, total) = (longest(body), total(body));
        (rows > 0 && rows < asked && total > rows).then_some((rows, asked))
    }
}

/// The length of the longest array.
fn longest(shape: &Shape) -> usize {
    match shape {
        Shape::Array(items) => items.length,
        Shape::Object(object) => object.members.values().map(longest).max().unwrap_or_default(),
        _ => 0,
    }
}

/// How many elements the whole list has; 0 if no member says so.
fn total(shape: &Shape) -> usize {
    let Shape::Object(object) = shape else { return 0 };
    let of_member = |(name, shape): (&String, &Shape)| match shape {
        Shape::Number { value: Some(value), .. } if TOTALS.contains(&name.as_str()) => {
            usize::try_from(*value).unwrap_or(usize::MAX)
        }
        shape => total(shape),
    };
    object.members.iter().map(of_member).max().unwrap_or_default()
}
