//! Detects the end of the host process.
//!
//! A plugin ignores SIGINT and SIGTERM and ends when the host asks it to. A host that was killed cannot ask, and its
//! plugins would never end.

/// The process that started this one.
pub(super) struct Host {
    #[cfg(unix)]
    id: u32,
}

impl Host {
    /// Returns the current parent. Must be called before the handshake line is written.
    pub(super) fn now() -> Self {
        Self {
            #[cfg(unix)]
            id: std::os::unix::process::parent_id(),
        }
    }

    /// Waits until the host has ended: the system then gives this process another parent.
    #[cfg(unix)]
    pub(super) async fn gone(self) {
        while std::os::unix::process::parent_id() == self.id {
            tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        }
    }

    /// Never returns: there is no portable way to detect the end of the host.
    #[cfg(not(unix))]
    pub(super) async fn gone(self) {
        std::future::pending().await
    }
}
