//! Query parameters and pages.

use std::collections::BTreeMap;

use axum::{
    extract::{FromRequestParts, OriginalUri, Query as Parsed},
    http::request::Parts,
};
use serde::de::DeserializeOwned;
use url::form_urlencoded;

use super::{ApiError, Handle};

/// A query that fits `T`; any other is a 400.
pub struct Parameters<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<Handle> for Parameters<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, handle: &Handle) -> Result<Self, ApiError> {
        let parsed = Parsed::from_request_parts(parts, handle).await;
        parsed.map(|Parsed(value)| Self(value)).map_err(|rejection| ApiError::bad_request(rejection.body_text()))
    }
}

/// A query of a list: numbers that select the page, and filters, which may be repeated.
pub struct Query {
    /// The path that was requested.
    pub path: String,
    parameters: BTreeMap<String, Vec<String>>,
}

impl Query {
    /// Removes a parameter and returns it as a whole number.
    pub fn number(&mut self, name: &str) -> Result<Option<usize>, ApiError> {
        let Some(value) = self.parameters.remove(name).and_then(|mut values| values.pop()) else {
            return Ok(None);
        };
        let invalid = |_| ApiError::bad_request(format!("{name} must be a whole number, found {value}."));
        value.parse().map(Some).map_err(invalid)
    }

    /// Rejects parameters that this list does not have.
    pub fn allow(&self, known: &[&str]) -> Result<(), ApiError> {
        match self.parameters.keys().find(|name| !known.contains(&name.as_str())) {
            Some(unknown) => Err(ApiError::bad_request(format!("There is no query parameter {unknown}."))),
            None => Ok(()),
        }
    }

    /// The values of a filter.
    pub fn filter(&self, name: &str) -> &[String] {
        self.parameters.get(name).map_or(&[], Vec::as_slice)
    }

    /// All filters as pairs.
    pub fn filters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parameters.iter().flat_map(|(name, values)| values.iter().map(|value| (name.as_str(), value.as_str())))
    }
}

impl FromRequestParts<Handle> for Query {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, handle: &Handle) -> Result<Self, ApiError> {
        // A replay may have changed the path of the request to the documented one.
        let Ok(OriginalUri(requested)) = OriginalUri::from_request_parts(parts, handle).await;
        let mut query = Self { path: requested.path().to_owned(), parameters: BTreeMap::new() };
        for (name, value) in form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()) {
            query.parameters.entry(name.into_owned()).or_default().push(value.into_owned());
        }
        Ok(query)
    }
}

/// One page of a list.
pub struct Page {
    /// How many rows come before it.
    pub offset: usize,
    /// How many rows it has at most.
    pub size: usize,
}

impl Page {
    /// The page that begins after `offset` rows; `cap` is the state's `page_cap`.
    pub fn at_offset(offset: usize, size: usize, cap: Option<usize>) -> Self {
        Self { offset, size: size.min(cap.unwrap_or(size)).max(1) }
    }

    /// The page with an index, 0 for the first one; `cap` is the state's `page_cap`.
    pub fn at_index(index: usize, size: usize, cap: Option<usize>) -> Self {
        let page = Self::at_offset(0, size, cap);
        Self { offset: index.saturating_mul(page.size), ..page }
    }

    /// The rows of this page out of all rows.
    pub fn of<T>(&self, rows: impl IntoIterator<Item = T>) -> Vec<T> {
        rows.into_iter().skip(self.offset).take(self.size).collect()
    }
}
