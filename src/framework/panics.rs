//! Panics of a call: caught, and returned as a diagnostic, so that what the call has saved is kept.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

use super::diagnostics::{Diagnostic, Diagnostics};

tokio::task_local! {
    /// Set while a future runs whose panics are caught.
    static CATCHING: ();
}

/// Whether a panic at this point is caught and reported as a diagnostic. A panic hook asks.
pub fn catches_panics() -> bool {
    CATCHING.try_with(|()| ()).is_ok()
}

/// Runs a future; a panic becomes an error with the panic's message.
pub(crate) async fn catch<F: Future>(call: F) -> Result<F::Output, String> {
    let caught = CATCHING.scope((), AssertUnwindSafe(call).catch_unwind()).await;
    caught.map_err(|panic| message(panic.as_ref()).to_owned())
}

/// Runs a call of an object; a panic becomes a diagnostic.
pub(super) async fn catch_panic<T>(call: impl Future<Output = Result<T, Diagnostics>>) -> Result<T, Diagnostics> {
    catch(call).await.unwrap_or_else(|panic| {
        let detail = format!(
            "The provider failed half-way: {panic}. What it knows of the object is kept in state. This is a bug in the \
             provider; please report it."
        );
        Err(Diagnostic::error("The provider crashed", detail).into())
    })
}

fn message(panic: &(dyn Any + Send)) -> &str {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (None, Some(text)) => text,
        (None, None) => "it gave no reason",
    }
}
