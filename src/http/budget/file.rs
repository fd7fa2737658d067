//! The files of one credential: the content, a lock for the token request, and the lock that says who uses them.
//!
//! A process has the lock on `NAME.users` in common with the others for as long as it uses the credential. The last one gets
//! it alone, and removes the files, unless their content is needed later: then a process of any credential removes them that
//! ends an hour after their last use. So nobody removes a file that somebody uses, and the content is locked only while it is
//! read and written. The kernel releases all locks of a process that ends in any way.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::folder;

/// The largest content that is read; a larger one is not ours.
const LARGEST: u64 = 1 << 20;

/// How often a process tries to join while the last of the others removes the files, and how long it waits in between.
const JOINS: u32 = 20;
const BETWEEN_JOINS: Duration = Duration::from_micros(500);

/// After this time nothing in a file that nobody uses counts any more.
const OUT_OF_DATE: Duration = Duration::from_secs(3600);

/// The files of one credential, for as long as this process uses them.
pub(super) struct Files {
    path: PathBuf,
    /// Whether the last process leaves the files to the next one.
    pub(super) keep: bool,
    users: File,
    content: File,
}

/// The content under its lock, which ends when this is dropped.
pub(super) struct Locked<'f>(&'f File);

impl Files {
    /// Joins the processes that use the files, or creates them.
    pub(super) fn join(folder: &Path, name: &str) -> io::Result<Self> {
        folder::prepare(folder)?;
        let path = folder.join(name);
        for _ in 0..JOINS {
            let users = open(&path.with_extension("users"))?;
            match users.try_lock_shared() {
                Ok(()) if is_at(&users, &path.with_extension("users")) => {
                    return Ok(Self { content: open(&path)?, users, path, keep: false });
                }
                // The last process has removed the file since it was opened.
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => std::thread::sleep(BETWEEN_JOINS),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Err(io::ErrorKind::WouldBlock.into())
    }

    /// Locks the content; none if another process has the lock.
    pub(super) fn lock(&self) -> io::Result<Option<Locked<'_>>> {
        match self.content.try_lock() {
            Ok(()) => Ok(Some(Locked(&self.content))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Locks the right to request a token, until the file is dropped; none if another process has it.
    pub(super) fn lead(&self) -> io::Result<Option<File>> {
        let file = open(&self.path.with_extension("lead"))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        if self.users.unlock().is_ok() && !self.keep {
            remove_unused(&self.path, &self.users);
        }
        if let Some(folder) = self.path.parent() {
            // What cannot be removed has nothing to read without its credential.
            let _ = remove_out_of_date(folder);
        }
    }
}

/// Removes the files at a path unless somebody uses them. Two processes may end at once: only the one that has the lock alone,
/// and on the file that is there, removes them.
fn remove_unused(path: &Path, users: &File) {
    let users_path = path.with_extension("users");
    if users.try_lock().is_ok() && is_at(users, &users_path) {
        for path in [path, &path.with_extension("lead"), &users_path] {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Removes the files of all credentials that nobody has used for long.
fn remove_out_of_date(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        let age = entry.metadata()?.modified()?.elapsed().unwrap_or_default();
        if path.extension().is_none() && age >= OUT_OF_DATE {
            remove_unused(&path, &open(&path.with_extension("users"))?);
        }
    }
    Ok(())
}

impl Locked<'_> {
    /// The content; empty if it was never written.
    pub(super) fn read(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.0.rewind()?;
        self.0.take(LARGEST).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Replaces the content. A process that is killed meanwhile leaves a content that does not open.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.rewind()?;
        self.0.write_all(bytes)?;
        self.0.set_len(u64::try_from(bytes.len()).unwrap_or(LARGEST))
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        // If this fails, the lock ends with the process.
        let _ = self.0.unlock();
    }
}

/// Opens or creates a file that only this user may use, and no link.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        let no_follow = i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).unwrap_or_default();
        options.mode(0o600).custom_flags(no_follow);
    }
    let file = options.open(path)?;
    let found = file.metadata()?;
    if !found.is_file() {
        return Err(folder::unsafe_place("it is not a file"));
    }
    folder::check_owner(&found)?;
    Ok(file)
}

/// Whether the open file is still the one at its path.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let id = |found: io::Result<std::fs::Metadata>| found.ok().map(|found| (found.dev(), found.ino()));
    let open = id(file.metadata());
    open.is_some() && open == id(std::fs::symlink_metadata(path))
}

/// Windows does not remove the name of a file that is open before it is closed.
#[cfg(not(unix))]
fn is_at(_file: &File, path: &Path) -> bool {
    path.exists()
}
