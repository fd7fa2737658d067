//! A value in a file that the processes of a credential share: read, changed and written under the lock of the file.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use tracing::{debug, warn};
use zeroize::Zeroizing;

use super::file::Files;
use super::seal::{Owner, Seal};
use super::{Moment, clock};

/// How long a request waits for the lock, which a process has for some microseconds unless it is stopped meanwhile.
const PATIENCE: Duration = Duration::from_millis(500);

/// How long it waits between two tries.
const BETWEEN_TRIES: Duration = Duration::from_millis(1);

/// How long this process goes on by itself if it cannot join the others.
const BETWEEN_JOINS: Duration = Duration::from_secs(1);

/// How long this process goes on by itself if another one keeps the lock.
const ALONE_FOR: Duration = Duration::from_secs(30);

/// A value that processes share.
pub(in crate::http) trait Content: Default + Serialize + DeserializeOwned {
    /// Removes what is out of date and what cannot be, such as the times of another clock.
    fn keep_what_can_be(&mut self, now: Moment);

    /// The value if an earlier one was lost: it assumes that nothing is left of any limit.
    fn after_loss(now: Moment) -> Self;

    /// Whether the next process has to know the value although no process uses it meanwhile. By default it has not.
    fn is_needed_later(&self, _now: Moment) -> bool {
        false
    }
}

/// A value that is shared if it can be, and that otherwise is this process's own.
pub(in crate::http) struct Shared<C: Content>(Mutex<State<C>>);

struct State<C> {
    vendor: &'static str,
    /// The value as this process knows it.
    content: C,
    link: Link,
}

/// The connection to the other processes.
enum Link {
    /// Nothing is shared.
    None,
    /// The files are not open: a process that sends no request needs none. They are opened at this time at the earliest.
    Closed(PathBuf, Box<Seal>, Instant),
    /// The files are in use.
    Open(Files, Box<Seal>),
    /// Another process keeps the lock. The files stay in use, and are tried again at this time.
    Busy(Files, Box<Seal>, Instant),
}

impl<C: Content> Shared<C> {
    /// The value of an owner in this folder. Without a folder or an owner it is this process's own.
    pub(in crate::http) fn new(vendor: &'static str, folder: Option<PathBuf>, owner: Option<&Owner<'_>>) -> Self {
        let link = match (folder, owner.map(Seal::new)) {
            (Some(folder), Some(Ok(seal))) => Link::Closed(folder, Box::new(seal), Instant::now()),
            _ => Link::None,
        };
        Self(Mutex::new(State { vendor, content: C::default(), link }))
    }

    /// The value as this process last read it.
    pub(in crate::http) fn glance<R>(&self, look: impl FnOnce(&C) -> R) -> R {
        look(&self.lock().content)
    }

    /// Reads the value, changes it and writes it. Waits a short time for the lock, and never fails.
    pub(in crate::http) async fn change<R>(&self, mut change: impl FnMut(&mut C, Moment) -> R) -> R {
        let began = Instant::now();
        loop {
            let may_wait = began.elapsed() < PATIENCE;
            if let Some(result) = self.try_change(&mut change, may_wait) {
                return result;
            }
            tokio::time::sleep(BETWEEN_TRIES).await;
        }
    }

    /// Uses the files, if they can be used now.
    pub(super) fn with_files<R>(&self, use_files: impl FnOnce(&Files) -> R) -> Option<R> {
        let mut state = self.lock();
        state.open();
        match &state.link {
            Link::Open(files, ..) => Some(use_files(files)),
            Link::None | Link::Closed(..) | Link::Busy(..) => None,
        }
    }

    /// One try. None if another process has the lock and this one may wait for it.
    fn try_change<R>(&self, change: &mut impl FnMut(&mut C, Moment) -> R, may_wait: bool) -> Option<R> {
        let mut state = self.lock();
        state.open();
        let State { vendor, content, link } = &mut *state;
        let Link::Open(files, seal) = link else {
            let now = clock::now();
            content.keep_what_can_be(now);
            return Some(change(content, now));
        };
        let exchanged = files.lock().map(|locked| {
            locked.map(|mut locked| {
                let now = clock::now();
                let sealed = locked.read()?;
                let was_written = !sealed.is_empty();
                let text = seal.open(sealed);
                let read = text.as_ref().and_then(|text| serde_json::from_slice::<C>(text).ok());
                *content = match read {
                    Some(read) => read,
                    None if was_written => C::after_loss(now),
                    None => C::default(),
                };
                content.keep_what_can_be(now);
                let result = change(content, now);
                let new = Zeroizing::new(serde_json::to_vec(content).map_err(std::io::Error::other)?);
                if text.is_none_or(|text| *text != *new) {
                    let sealed = seal.close(&new).map_err(std::io::Error::other)?;
                    locked.write(&sealed)?;
                }
                Ok::<_, std::io::Error>(result)
            })
        });
        let problem = match exchanged {
            Ok(Some(Ok(result))) => return Some(result),
            Ok(None) if may_wait => return None,
            Ok(None) => {
                debug!(vendor, "another process keeps the lock on the shared limits: this one goes on by itself");
                state.stay_alone();
                None
            }
            Ok(Some(Err(error))) | Err(error) => Some(error),
        };
        if let Some(error) = problem {
            state.give_up(&error);
        }
        drop(state);
        self.try_change(change, false)
    }

    fn lock(&self) -> MutexGuard<'_, State<C>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C: Content> Drop for Shared<C> {
    fn drop(&mut self) {
        if !matches!(self.lock().link, Link::Open(..)) {
            return;
        }
        let is_needed = self.try_change(&mut |content, now| content.is_needed_later(now), false);
        if let Link::Open(files, _) = &mut self.lock().link {
            files.keep = is_needed == Some(true);
        }
    }
}

impl<C: Content> State<C> {
    /// Opens the files, if they are not open and can be.
    fn open(&mut self) {
        self.link = match std::mem::replace(&mut self.link, Link::None) {
            Link::Closed(folder, seal, from) if from <= Instant::now() => match Files::join(&folder, &seal.name) {
                Ok(files) => Link::Open(files, seal),
                // The last of the other processes is removing the files.
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    Link::Closed(folder, seal, Instant::now() + BETWEEN_JOINS)
                }
                Err(error) => {
                    self.give_up(&error);
                    Link::None
                }
            },
            Link::Busy(files, seal, until) if until <= Instant::now() => Link::Open(files, seal),
            other => other,
        };
    }

    fn stay_alone(&mut self) {
        if let Link::Open(files, seal) = std::mem::replace(&mut self.link, Link::None) {
            self.link = Link::Busy(files, seal, Instant::now() + ALONE_FOR);
        }
    }

    fn give_up(&mut self, error: &std::io::Error) {
        let vendor = self.vendor;
        let reason = error.to_string();
        warn!(vendor, reason, "processes of this machine do not share the vendor's limits and access token");
        self.link = Link::None;
    }
}
