//! A placeholder until the stand-in is there; it answers nothing.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::sandbox::{Environment, Routes, StoreError, Vendor};

/// The stand-in for Didit.
pub const VENDOR: Vendor = Vendor {
    name: "didit",
    routes: Routes::new,
    state: Ok,
    environment,
    error_body,
    expire_token: None,
    rotate_key: None,
};

fn environment(base_url: &str, _: &Value) -> Result<Environment, StoreError> {
    Ok(vec![("IDV_DIDIT_BASE_URL", base_url.to_owned()), ("IDV_DIDIT_API_KEY", "sandbox".to_owned())])
}

fn error_body(_: StatusCode, message: &str) -> Value {
    json!({"detail": message})
}
