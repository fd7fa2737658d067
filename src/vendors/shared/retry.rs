//! Looking what became of a write, where the object is lost to Terraform if nobody can say.

use std::time::Duration;

/// How long is waited before the second look.
const PAUSE: Duration = Duration::from_secs(1);

/// Looks, and once more where that failed: an answer that cannot be read, or a refusal, is not repeated by the transport,
/// and one of them is not worth an import by hand.
pub(in crate::vendors) async fn retry_once<T, E, F: Future<Output = Result<T, E>>>(
    look: impl Fn() -> F,
) -> Result<T, E> {
    let first = look().await;
    if first.is_ok() {
        return first;
    }
    tokio::time::sleep(PAUSE).await;
    look().await
}
