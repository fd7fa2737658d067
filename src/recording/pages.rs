//! The sizes of pages, as a recording shows them.

use super::line::Exchange;
use super::shape::Shape;
use super::words::is_page_size;

/// Members that count the elements of a whole list.
const TOTALS: [&str; 4] = ["count", "total", "total_count", "totalCount"];

impl Exchange {
    /// How large a page the request asked for.
    pub fn page_size(&self) -> Option<usize> {
        let in_query = self.request.query.iter().find_map(|pair| {
            let (key, value) = pair.split_once('=')?;
            value.parse::<usize>().ok().filter(|_| is_page_size(key))
        });
        in_query.or_else(|| self.request.body.as_ref().and_then(|body| number(body, is_page_size)))
    }

    /// The size of the page and the one that was asked for, if the page is smaller although the list has more.
    pub fn page_cap(&self) -> Option<(usize, usize)> {
        let asked = self.page_size()?;
        let body = self.body.as_ref()?;
        let (rows, total) = (longest(body), number(body, |name| TOTALS.contains(&name))?);
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

/// The largest number of the members whose names are among those.
fn number(shape: &Shape, is_one: impl Fn(&str) -> bool + Copy) -> Option<usize> {
    let Shape::Object(object) = shape else { return None };
    let of_member = |(name, shape): (&String, &Shape)| match shape {
        Shape::Number { value: Some(value), .. } if is_one(name) => usize::try_from(*value).ok(),
        shape => number(shape, is_one),
    };
    object.members.iter().filter_map(of_member).max()
}
