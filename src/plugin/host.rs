//! Whether the host is still there.
//!
//! A plugin leaves SIGINT and SIGTERM to its host and ends when the host asks it to. A host that was killed asks nothing
//! any more, and its plugins would stay for ever.

/// The process that started this one.
pub(super) struct Host {
    #[cfg(unix)]
    id: u32,
}

impl Host {
    /// The host as it is now; to be called before the host can know that the plugin runs.
    pub(super) fn now() -> Self {
        Self {
            #[cfg(unix)]
            id: std::os::unix::process::parent_id(),
        }
    }

    /// Waits until the host is gone: the system gives this process another parent then.
    #[cfg(unix)]
    pub(super) async fn gone(self) {
        while std::os::unix::process::parent_id() == self.id {
            tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        }
    }

    /// Waits for ever: there is no portable way to look.
    #[cfg(not(unix))]
    pub(super) async fn gone(self) {
        std::future::pending().await
    }
}
