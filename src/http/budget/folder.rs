//! The folder of the files: in memory where the system has one for the user, and for the user alone.

use std::io;
use std::path::{Path, PathBuf};

const NAME: &str = "terraform-provider-idv";

/// The folder in which the processes of this user on this machine share budgets.
///
/// It is below `XDG_RUNTIME_DIR` if that is a folder of the user, else in the shared memory of Linux, else in the folder for
/// temporary files.
pub fn shared_folder() -> PathBuf {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    match runtime.filter(|path| path.is_absolute() && belongs_to_user(path)) {
        Some(runtime) => runtime.join(NAME),
        None => fallback(),
    }
}

#[cfg(unix)]
fn fallback() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    let parent = if cfg!(target_os = "linux") && memory.is_dir() { memory } else { std::env::temp_dir() };
    // The parent may be everybody's.
    parent.join(format!("{NAME}-{}", rustix::process::geteuid().as_raw()))
}

#[cfg(not(unix))]
fn fallback() -> PathBuf {
    std::env::temp_dir().join(NAME)
}

/// Creates the folder if it is missing. Fails if anybody else could change what is in it.
pub(super) fn prepare(folder: &Path) -> io::Result<()> {
    match create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    // Does not follow a symbolic link.
    let found = std::fs::symlink_metadata(folder)?;
    if !found.is_dir() {
        return Err(unsafe_place("it is not a folder"));
    }
    check_owner(&found)
}

/// The error about a folder or file that others could have made.
pub(super) fn unsafe_place(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, why)
}

#[cfg(unix)]
fn create(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn create(folder: &Path) -> io::Result<()> {
    std::fs::create_dir(folder)
}

#[cfg(unix)]
fn belongs_to_user(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    path.metadata().is_ok_and(|found| found.is_dir() && found.uid() == rustix::process::geteuid().as_raw())
}

#[cfg(not(unix))]
fn belongs_to_user(path: &Path) -> bool {
    path.is_dir()
}

/// Fails if a folder or file belongs to somebody else, or if others may use it.
#[cfg(unix)]
pub(super) fn check_owner(found: &std::fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    if found.uid() != rustix::process::geteuid().as_raw() {
        return Err(unsafe_place("it belongs to another user"));
    }
    if found.mode() & 0o077 != 0 {
        return Err(unsafe_place("others than its owner may use it"));
    }
    Ok(())
}

/// The folder for temporary files belongs to the user.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the signature of the other systems")]
pub(super) fn check_owner(_found: &std::fs::Metadata) -> io::Result<()> {
    Ok(())
}
