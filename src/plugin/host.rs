//! Detects the end of the host process.
//!
//! A plugin ends when the host asks it to. A host that was killed cannot ask, and its plugins would keep their credentials
//! in memory for ever. There are two signs. The system gives a process whose parent ended another parent; a parent
//! between the two, such as a shell script, hides that. The pipes that go-plugin reads lose their reader; a host that reads
//! no pipes, or no longer, is still alive, so all of them have to.

#[cfg(unix)]
use std::{io, os::fd::AsFd, os::unix::process::parent_id, time::Duration};

#[cfg(unix)]
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::{FileType, fstat},
};

/// The pause between two checks, each of which costs two system calls.
#[cfg(unix)]
const PAUSE: Duration = Duration::from_millis(500);

/// The process that started this one.
pub(super) struct Host {
    #[cfg(unix)]
    id: u32,
    /// Whether standard output and standard error are pipes.
    #[cfg(unix)]
    pipes: [bool; 2],
}

#[cfg(unix)]
impl Host {
    /// Returns the current parent. Must be called before the handshake line is written.
    pub(super) fn now() -> Self {
        let is_pipe = |stream: &dyn AsFd| {
            fstat(stream.as_fd())
                .is_ok_and(|stat| matches!(FileType::from_raw_mode(stat.st_mode), FileType::Fifo | FileType::Socket))
        };
        Self { id: parent_id(), pipes: [is_pipe(&io::stdout()), is_pipe(&io::stderr())] }
    }

    /// Waits until the host has ended.
    pub(super) async fn gone(self) {
        while parent_id() == self.id && !self.has_stopped_reading() {
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Whether there are pipes, and none of them has a reader.
    fn has_stopped_reading(&self) -> bool {
        let (stdout, stderr) = (io::stdout(), io::stderr());
        // The sign of a lost reader is reported whether it was asked for or not.
        let streams = [PollFd::new(&stdout, PollFlags::empty()), PollFd::new(&stderr, PollFlags::empty())];
        let mut pipes: Vec<_> =
            streams.into_iter().zip(self.pipes).filter_map(|(stream, is_pipe)| is_pipe.then_some(stream)).collect();
        match poll(&mut pipes, Some(&Timespec::default())) {
            Ok(_) => {
                let lost = |pipe: &PollFd<'_>| pipe.revents().intersects(PollFlags::ERR | PollFlags::HUP);
                !pipes.is_empty() && pipes.iter().all(lost)
            }
            Err(error) => {
                tracing::debug!(%error, "could not check whether the host still reads");
                false
            }
        }
    }
}

#[cfg(not(unix))]
impl Host {
    /// Nothing is known about the parent.
    pub(super) fn now() -> Self {
        Self {}
    }

    /// Never returns: there is no portable way to detect the end of the host.
    pub(super) async fn gone(self) {
        std::future::pending().await
    }
}
