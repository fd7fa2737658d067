//! Reads a list that a vendor returns in pages.
//!
//! A vendor's client implements [`PageSource`], which requests one page by the position that the vendor takes: an offset, a
//! page number or a token. [`Pages`] walks the pages one at a time; [`Client::list`](super::Client::list) reads all of them
//! into a [`List`](super::List), once in a run.
//!
//! A list may change while it is read. Rows that are added move others to a later page: each row is returned once. A row that
//! is deleted moves others to a page that was read already, where they would be missed: the list is read again from its first
//! page. So a whole list is returned only after a complete and stable pass, and a caller may conclude from it that an object does not exist.
//!
//! How a pass ends: by the total where the vendor returns one, else by the first empty page. A short page is no end, since a
//! vendor may return fewer rows than were requested.

use std::collections::HashSet;

use async_trait::async_trait;

use super::cache::CachePolicy;
use super::error::Error;
use super::list::List;
use super::response::Response;

/// How often a list is read from its first page before the read fails.
const MAX_PASSES: u32 = 5;

/// Requests one page of a list.
#[async_trait]
pub trait PageSource: Send + Sync {
    /// A row of the list.
    type Row: Send;

    /// What the rows are called in an error, such as `webhooks`.
    fn noun(&self) -> &str;

    /// What tells the list from others that are cached under the same tag, such as a filter. By default there are none.
    fn part(&self) -> String {
        String::new()
    }

    /// The row's id, which no other row of the list has.
    fn key(&self, row: &Self::Row) -> String;

    /// Requests the page at this position. The request takes its cache policy from [`Request::page`](super::Request::page).
    async fn page(&self, at: &PageRequest) -> Result<Page<Self::Row>, Error>;
}

/// The position of a page. A source sends the one member that its vendor takes.
#[derive(Clone, Debug)]
pub struct PageRequest {
    /// How many rows the earlier pages had: `offset` or `skip`.
    pub offset: usize,
    /// How many pages were before this one: 0 for the first page.
    pub index: usize,
    /// The token that the page before returned: `cursor` or `page_token`.
    pub token: Option<String>,
    pub(super) policy: CachePolicy,
}

/// One page as the vendor returned it.
pub struct Page<T> {
    rows: Vec<T>,
    response: Response,
    total: Option<usize>,
    next: Next,
}

/// What follows a page.
enum Next {
    /// The page at the next offset or number, if there is one.
    Position,
    /// The page of this token; the list ends without one.
    Token(Option<String>),
}

impl<T> Page<T> {
    /// A page with these rows; `response` is what errors about the page refer to.
    pub fn new(rows: Vec<T>, response: Response) -> Self {
        Self { rows, response, total: None, next: Next::Position }
    }

    /// Sets how many rows the list has in all, if the vendor returns it.
    #[must_use]
    pub fn with_total(mut self, total: Option<usize>) -> Self {
        self.total = total;
        self
    }

    /// Sets the token of the next page; the list ends where the vendor returns none.
    #[must_use]
    pub fn with_next_token(mut self, token: Option<String>) -> Self {
        self.next = Next::Token(token);
        self
    }
}

/// The rows of a list, page by page, each row once.
pub struct Pages<S: PageSource> {
    source: S,
    at: PageRequest,
    passes: u32,
    pass: Pass,
    /// Keys of the rows that `next` has returned, in any pass.
    returned: HashSet<String>,
    finished: bool,
}

/// What one pass over the list has seen.
#[derive(Default)]
struct Pass {
    keys: HashSet<String>,
    /// The total when the pass began: rows that are added later may be missed.
    first_total: Option<usize>,
    last_total: Option<usize>,
    /// The size of the responses.
    bytes: usize,
}

impl Pass {
    /// Records a total; `true` if it is less than before, so that rows have moved to a page that was read already.
    fn shrank(&mut self, total: Option<usize>) -> bool {
        let before = self.last_total;
        self.last_total = total.or(before);
        self.first_total = self.first_total.or(total);
        before.zip(total).is_some_and(|(before, now)| now < before)
    }

    fn is_complete(&self) -> bool {
        self.first_total.is_none_or(|total| self.keys.len() >= total)
    }
}

impl<S: PageSource> Pages<S> {
    /// Starts before the first page. `policy` is for the first page; the later pages follow it.
    pub fn new(source: S, policy: CachePolicy) -> Self {
        Self {
            source,
            at: PageRequest { offset: 0, index: 0, token: None, policy },
            passes: 1,
            pass: Pass::default(),
            returned: HashSet::new(),
            finished: false,
        }
    }

    /// Requests the next page and returns its rows, without those of earlier pages; `None` after the last page.
    pub async fn next(&mut self) -> Result<Option<Vec<S::Row>>, Error> {
        if self.finished {
            return Ok(None);
        }
        let mut rows = self.advance().await?;
        rows.retain(|row| self.returned.insert(self.source.key(row)));
        Ok(Some(rows))
    }

    /// Reads the whole list: the rows of one complete pass in which no row was deleted. Returns the size of its responses too.
    pub(super) async fn all(mut self) -> Result<(List<S::Row>, usize), Error> {
        let mut rows = Vec::new();
        while !self.finished {
            let pass = self.passes;
            rows.append(&mut self.advance().await?);
            if self.passes > pass {
                rows.clear();
            }
        }
        Ok((List::new(rows, |row| self.source.key(row)), self.pass.bytes))
    }

    /// Reads the rows that were added at the end of a list since `known` was read; `None` if something else has changed, if
    /// the vendor returns no total, or if it adds rows elsewhere.
    ///
    /// The read begins with the last known row: it is at its former position only if no row before it was deleted.
    pub(super) async fn added(mut self, known: &List<S::Row>) -> Result<Option<Vec<S::Row>>, Error> {
        let Some(last) = known.last() else { return Ok(None) };
        self.at.offset = known.len() - 1;
        let mut added = Vec::new();
        loop {
            let Page { mut rows, total, .. } = self.source.page(&self.at).await?;
            let received = rows.len();
            if self.at.index == 0 && received > 0 && self.source.key(&rows.remove(0)) != self.source.key(last) {
                return Ok(None);
            }
            let is_new = rows.iter().all(|row| {
                let key = self.source.key(row);
                known.get(&key).is_none() && self.pass.keys.insert(key)
            });
            added.append(&mut rows);
            self.at.offset += received;
            self.at.index += 1;
            match total {
                Some(total) if is_new && received > 0 && self.at.offset < total => {}
                Some(total) if is_new && received > 0 && self.at.offset == total => return Ok(Some(added)),
                _ => return Ok(None),
            }
        }
    }

    /// Whether the list was read to its end.
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// How many rows the list has, as far as the vendor has returned it.
    pub fn total(&self) -> Option<usize> {
        self.pass.last_total
    }

    /// Requests a page, and moves to the next one or back to the first. Returns the rows that are new in this pass.
    async fn advance(&mut self) -> Result<Vec<S::Row>, Error> {
        let Page { mut rows, response, total, next } = self.source.page(&self.at).await?;
        let received = rows.len();
        self.pass.bytes += response.bytes().len();
        rows.retain(|row| self.pass.keys.insert(self.source.key(row)));
        let repeated_token = matches!(&next, Next::Token(Some(token)) if self.at.token.as_ref() == Some(token));
        if repeated_token || (received > 0 && rows.is_empty()) {
            return Err(self.repeats(&response));
        }
        if self.pass.shrank(total) {
            self.restart(&response)?;
            return Ok(rows);
        }
        self.at.offset += received;
        self.at.index += 1;
        let is_last = match next {
            Next::Position => received == 0 || total.is_some_and(|total| self.at.offset >= total),
            Next::Token(token) => {
                self.at.token = token;
                self.at.token.is_none()
            }
        };
        if is_last && self.pass.is_complete() {
            self.finished = true;
        } else if is_last {
            self.restart(&response)?;
        }
        Ok(rows)
    }

    /// Goes back to the first page, which is read from the vendor and not from the cache.
    fn restart(&mut self, response: &Response) -> Result<(), Error> {
        if self.passes == MAX_PASSES {
            return Err(self.unstable(response));
        }
        let is_settling = self.at.policy.is_settling();
        let policy = if is_settling { CachePolicy::RefreshAfterWrite } else { CachePolicy::Refresh };
        self.at = PageRequest { offset: 0, index: 0, token: None, policy };
        self.pass = Pass::default();
        self.passes += 1;
        Ok(())
    }

    /// The error for a vendor that ignores the position, which would otherwise return the first page forever.
    fn repeats(&self, response: &Response) -> Error {
        let (page, noun) = (self.at.index + 1, self.source.noun());
        response.error(format!("page {page} of the {noun} repeats earlier pages")).with_hint(format!(
            "{} seems to ignore which page is requested, so the list cannot be read to its end.",
            response.context.vendor
        ))
    }

    /// The error for a list that has no complete and stable pass.
    fn unstable(&self, response: &Response) -> Error {
        let (noun, found) = (self.source.noun(), self.pass.keys.len());
        let total = self.pass.first_total.unwrap_or_default();
        response
            .error(format!(
                "the list of {noun} could not be read completely: its total was {total}, and its pages had {found} of them"
            ))
            .with_hint(format!(
                "The list was read {MAX_PASSES} times. If something else is deleting {noun}, wait until it has ended and run again."
            ))
    }
}
