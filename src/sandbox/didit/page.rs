//! Lists in pages, as Django's limit and offset make them.

use std::collections::BTreeMap;

use axum::{Json, extract::FromRequestParts, http::request::Parts};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::ApiError;
use crate::sandbox::engine::Handle;

/// More are not given at a time, whatever is asked for.
const MOST_ROWS: usize = 100;

/// Which page a query asks for, and the filters beside it.
pub(super) struct Page {
    path: String,
    limit: Option<usize>,
    offset: usize,
    filters: BTreeMap<String, String>,
}

impl Page {
    /// Refuses filters that this list does not have.
    pub(super) fn refuse_but(&self, known: &[&str]) -> Result<(), ApiError> {
        match self.filters.keys().find(|name| !known.contains(&name.as_str())) {
            Some(unknown) => Err(ApiError::bad_request(&format!("There is no query parameter {unknown}."))),
            None => Ok(()),
        }
    }

    /// A filter, if it was given.
    pub(super) fn filter(&self, name: &str) -> Option<&str> {
        self.filters.get(name).map(String::as_str)
    }

    /// The answer that has this page of some rows; `usual` is how many it has when nothing was asked for.
    pub(super) fn of(&self, handle: &Handle, usual: usize, cap: Option<usize>, rows: Vec<Value>) -> Json<Value> {
        let limit = self.limit.unwrap_or(usual).min(MOST_ROWS).min(cap.unwrap_or(MOST_ROWS)).max(1);
        let count = rows.len();
        let end = self.offset.saturating_add(limit);
        let next = (end < count).then(|| self.link(handle, limit, end));
        let previous = (self.offset > 0).then(|| self.link(handle, limit, self.offset.saturating_sub(limit)));
        let results: Vec<_> = rows.into_iter().skip(self.offset).take(limit).collect();
        Json(json!({"count": count, "next": next, "previous": previous, "results": results}))
    }

    fn link(&self, handle: &Handle, limit: usize, offset: usize) -> String {
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.filters)
            .append_pair("limit", &limit.to_string())
            .append_pair("offset", &offset.to_string())
            .finish();
        format!("{}{}?{query}", handle.base_url(), self.path)
    }
}

impl FromRequestParts<Handle> for Page {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Handle) -> Result<Self, ApiError> {
        let mut page = Self { path: parts.uri.path().to_owned(), limit: None, offset: 0, filters: BTreeMap::new() };
        for (name, value) in form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()) {
            let number = || {
                let refusal = || ApiError::bad_request(&format!("{name} must be a whole number, found {value}."));
                value.parse::<usize>().map_err(|_| refusal())
            };
            match &*name {
                "limit" => page.limit = Some(number()?.max(1)),
                "offset" => page.offset = number()?,
                _ => drop(page.filters.insert(name.into_owned(), value.into_owned())),
            }
        }
        Ok(page)
    }
}
