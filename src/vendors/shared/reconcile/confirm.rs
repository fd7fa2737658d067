//! A write to an object that is known already: whether it was applied.

use std::time::Duration;

use crate::framework::{Diagnostic, Diagnostics};
use crate::http::Error;

use super::{Noun, WAITS, messages};

/// How long the second read waits for.
const PAUSE: Duration = Duration::from_secs(1);

/// A write that was applied.
#[derive(Debug)]
pub(in crate::vendors) struct Confirmed<T> {
    /// What the vendor has after the write.
    pub value: T,
    /// That the response was lost. The caller passes it on.
    pub warning: Diagnostic,
}

/// Reads what the vendor has after a write that failed with `error`, and decides by `applied` whether the write was applied.
///
/// `past` is what was done, as in "updated". An error that says that nothing was applied is returned unchanged, without a
/// read. `recovery` says what to do where the read fails too.
pub(in crate::vendors) async fn confirm<T, E, F>(
    noun: &Noun<'_>,
    past: &str,
    error: Error,
    read: impl Fn() -> F,
    applied: impl Fn(&T) -> bool,
    recovery: &str,
) -> Result<Confirmed<T>, Diagnostics>
where
    E: Into<Diagnostics>,
    F: Future<Output = Result<T, E>>,
{
    if !error.may_have_applied() {
        return Err(error.into());
    }
    match read_until(&WAITS, read, &applied).await {
        Ok(value) if applied(&value) => {
            Ok(Confirmed { value, warning: messages::applied_despite_error(noun, past, &error) })
        }
        Ok(_) => Err(messages::not_applied(noun, past, error).into()),
        Err(read) => Err(messages::unknown(error, recovery, read.into())),
    }
}

/// Reads, and once more after a pause if the first read fails: the transport does not repeat a response that it cannot read,
/// and one such response is not worth an import by hand.
pub(in crate::vendors) async fn retry_once<T, E, F: Future<Output = Result<T, E>>>(
    read: impl Fn() -> F,
) -> Result<T, E> {
    let first = read().await;
    if first.is_ok() {
        return first;
    }
    tokio::time::sleep(PAUSE).await;
    read().await
}

/// Reads until the value shows a write, because a vendor may return what it had before for a while. There is a wait before each
/// read; after the last one the value is returned, whatever it shows.
pub(in crate::vendors) async fn read_until<T, E, F: Future<Output = Result<T, E>>>(
    waits: &[Duration],
    read: impl Fn() -> F,
    shows: impl Fn(&T) -> bool,
) -> Result<T, E> {
    let (first, later) = waits.split_first().unwrap_or((&Duration::ZERO, &[]));
    tokio::time::sleep(*first).await;
    let mut value = retry_once(&read).await?;
    for wait in later {
        if shows(&value) {
            break;
        }
        tokio::time::sleep(*wait).await;
        value = retry_once(&read).await?;
    }
    Ok(value)
}
