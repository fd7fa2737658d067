//! Looking what became of a write, where the object is lost to Terraform if nobody can say.

use std::time::Duration;

/// How long is waited before the second look.
const PAUSE: Duration = Duration::from_secs(1);

/// The first look, or a second one where that failed: an answer that cannot be read, or a refusal, is not repeated by the
/// transport, and one of them is not worth an import by hand.
pub(super) async fn or_once_more<T, E>(
    first: Result<T, E>,
    second: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    if first.is_ok() {
        return first;
    }
    tokio::time::sleep(PAUSE).await;
    second.await
}
