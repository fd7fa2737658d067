//! The sockets of plugins that were killed, which nobody else removes.
//!
//! A socket is removed if its name is one that this provider gives, this user owns it, no process has the number in its
//! name, and nothing listens on it. The last two are not the same: in another container, which may share the folder, other
//! processes have the numbers.

use std::fs::{self, DirEntry};
use std::io::ErrorKind;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::UnixStream;
use std::path::Path;

use rustix::io::Errno;
use rustix::process::{Pid, geteuid, test_kill_process};

/// The beginning of the names.
const PREFIX: &str = concat!(env!("CARGO_CRATE_NAME"), "-plugin-");

/// A new name for the socket of a process. It is short, because a socket's path may have about 100 bytes only.
pub(super) fn socket_name(process: u32) -> String {
    let mut random = uuid::Uuid::new_v4().simple().to_string();
    random.truncate(12);
    format!("{PREFIX}{process}-{random}")
}

/// Removes the abandoned sockets of a folder. A failure is logged: it does not concern this plugin.
pub(super) fn remove_all(folder: &Path) {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            tracing::debug!(%error, folder = %folder.display(), "could not look for abandoned sockets");
            return;
        }
    };
    for entry in entries.flatten().filter(is_abandoned) {
        let path = entry.path();
        match fs::remove_file(&path) {
            Ok(()) => tracing::debug!(path = %path.display(), "removed an abandoned socket"),
            // Another plugin starts at the same time and does the same.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => tracing::warn!(%error, path = %path.display(), "could not remove an abandoned socket"),
        }
    }
}

fn is_abandoned(entry: &DirEntry) -> bool {
    let Some(process) = entry.file_name().to_str().and_then(process_of) else { return false };
    // Of the file itself, not of what a link points to.
    let is_our_socket =
        entry.metadata().is_ok_and(|file| file.file_type().is_socket() && file.uid() == geteuid().as_raw());
    let is_gone = || test_kill_process(process) == Err(Errno::SRCH);
    let is_deaf = || UnixStream::connect(entry.path()).is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused);
    is_our_socket && is_gone() && is_deaf()
}

/// The process in the name of a socket.
fn process_of(name: &str) -> Option<Pid> {
    let (process, random) = name.strip_prefix(PREFIX)?.split_once('-')?;
    let is_random = random.len() == 12 && random.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_random { Pid::from_raw(process.parse().ok()?) } else { None }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;
    use std::process::Command;

    use super::*;

    /// The number of a process that has ended.
    fn ended() -> u32 {
        let mut child = Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        child.id()
    }

    #[test]
    fn only_sockets_of_ours_that_nobody_serves_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let bind = |name: &str| UnixListener::bind(path(name)).unwrap();
        let (abandoned, alive) = (socket_name(ended()), socket_name(std::process::id()));
        drop((bind(&abandoned), bind(&alive)));
        let elsewhere = socket_name(ended());
        let _served = bind(&elsewhere);
        // Of another program, of go-plugin, and something else under a name of ours.
        let foreign = [
            format!("other-plugin-{}-0123456789ab", ended()),
            "plugin123456".to_owned(),
            format!("{PREFIX}x-0123456789ab"),
        ];
        for name in &foreign {
            drop(bind(name));
        }
        let (file, link) = (socket_name(ended()), socket_name(ended()));
        fs::write(path(&file), "").unwrap();
        std::os::unix::fs::symlink(path("plugin123456"), path(&link)).unwrap();

        remove_all(folder.path());

        assert!(!path(&abandoned).exists());
        for kept in [alive, elsewhere, file, link].iter().chain(&foreign) {
            assert!(path(kept).symlink_metadata().is_ok(), "{kept} was removed");
        }
    }
}
