//! Lists in pages with limit and offset, as Django REST framework returns them.

use axum::{Json, extract::FromRequestParts, http::request::Parts};
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::sandbox::engine::{ApiError, Handle, Page, Query};

/// The most rows of a page, whatever the request asks for.
const MOST_ROWS: usize = 100;

/// The query of a list: which page, and filters.
pub(super) struct PageQuery {
    limit: Option<usize>,
    offset: usize,
    query: Query,
}

impl PageQuery {
    /// Rejects filters that this list does not have.
    pub(super) fn allow(&self, known: &[&str]) -> Result<(), ApiError> {
        self.query.allow(known)
    }

    /// The value of a filter, if it was given.
    pub(super) fn filter(&self, name: &str) -> Option<&str> {
        self.query.filter(name).last().map(String::as_str)
    }

    /// The response with one page of the objects, each written by `row`; `usual` is the size of a page if the request has no
    /// limit. Only the objects of the page are written, since a list may have thousands.
    pub(super) fn response<T>(
        &self,
        handle: &Handle,
        usual: usize,
        cap: Option<usize>,
        objects: Vec<T>,
        row: impl Fn(T) -> Value,
    ) -> Json<Value> {
        let page = Page::at_offset(self.offset, self.limit.unwrap_or(usual).min(MOST_ROWS), cap);
        let count = objects.len();
        let end = page.offset.saturating_add(page.size);
        let next = (end < count).then(|| self.link(handle, page.size, end));
        let previous = (page.offset > 0).then(|| self.link(handle, page.size, page.offset.saturating_sub(page.size)));
        let rows: Vec<Value> = page.of(objects).into_iter().map(row).collect();
        Json(json!({"count": count, "next": next, "previous": previous, "results": rows}))
    }

    fn link(&self, handle: &Handle, limit: usize, offset: usize) -> String {
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(self.query.filters())
            .append_pair("limit", &limit.to_string())
            .append_pair("offset", &offset.to_string())
            .finish();
        format!("{}{}?{query}", handle.base_url(), self.query.path)
    }
}

impl FromRequestParts<Handle> for PageQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, handle: &Handle) -> Result<Self, ApiError> {
        let mut query = Query::from_request_parts(parts, handle).await?;
        let limit = query.number("limit")?.map(|limit| limit.max(1));
        let offset = query.number("offset")?.unwrap_or_default();
        Ok(Self { limit, offset, query })
    }
}
