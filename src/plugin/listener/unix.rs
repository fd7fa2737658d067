//! A unix socket that only its owner may open, and a group if the host requests one.

mod abandoned;

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::Stream;
use tokio::net::{UnixListener, UnixStream};

use super::Address;
use crate::plugin::environment::{Lookup, set_variable};
use crate::plugin::error::Error;

const OWNER_ALONE: u32 = 0o600;
const OWNER_AND_GROUP: u32 = 0o660;

/// The folder of every POSIX system for files that need not last.
const LAST_RESORT: &str = "/tmp";

/// The error of a process without a free file descriptor, on Linux, macOS and the BSDs.
const EMFILE: i32 = 24;

/// The folders that may hold the socket, and the group that may open it.
#[derive(Debug)]
pub(in crate::plugin) struct Place {
    folders: Folders,
    group: Option<String>,
}

/// Where the socket may be.
#[derive(Debug)]
enum Folders {
    /// The folder that the host reads, so no other folder is of use.
    Fixed(PathBuf),
    /// The first of these that can hold a socket.
    AnyOf(Vec<PathBuf>),
}

impl Place {
    /// Reads `PLUGIN_UNIX_SOCKET_DIR` and `PLUGIN_UNIX_SOCKET_GROUP`, which a host in another container sets; without
    /// them the folder is that of `TMPDIR`, or else `/tmp`.
    #[expect(clippy::unnecessary_wraps, reason = "the same shape as for ports, which can be malformed")]
    pub(in crate::plugin) fn read(environment: Lookup<'_>) -> Result<Self, Error> {
        let get = |name| set_variable(environment, name).map(PathBuf::from);
        let folders = if let Some(folder) = get("PLUGIN_UNIX_SOCKET_DIR") {
            Folders::Fixed(folder)
        } else {
            let mut folders: Vec<_> = get("TMPDIR").into_iter().chain([LAST_RESORT.into()]).collect();
            folders.dedup();
            Folders::AnyOf(folders)
        };
        let group = set_variable(environment, "PLUGIN_UNIX_SOCKET_GROUP");
        Ok(Self { folders, group: group.map(|group| group.to_string_lossy().into_owned()) })
    }
}

/// A listening socket; its file is removed when it is dropped.
#[derive(Debug)]
pub(in crate::plugin) struct Listener {
    listener: UnixListener,
    file: SocketFile,
}

impl Listener {
    /// Opens a socket under a random name, in the first folder that can hold one.
    pub(in crate::plugin) fn bind(place: &Place) -> Result<Self, Error> {
        let (folders, advice) = match &place.folders {
            Folders::Fixed(folder) => (
                std::slice::from_ref(folder),
                "PLUGIN_UNIX_SOCKET_DIR names the folder: it must exist, be writable, have a name without a vertical bar, and be short \
                 enough for a socket (about 80 bytes). The program that starts the plugin sets it; unset it if it was set by \
                 hand.",
            ),
            Folders::AnyOf(folders) => (
                folders.as_slice(),
                "Set TMPDIR, where you run Terraform, to a folder that exists, that you can write to, and whose path is \
                 short enough for a socket (about 80 bytes).",
            ),
        };
        let mut tried = Vec::new();
        for folder in folders {
            match Self::bind_in(folder, place.group.as_deref()) {
                Ok(listener) => {
                    if !tried.is_empty() {
                        tracing::warn!(failed = tried.join("; "), folder = %folder.display(), "used another folder for the socket");
                    }
                    return Ok(listener);
                }
                Err(reason) => tried.push(format!("in the folder `{}`: {reason}", folder.display())),
            }
        }
        Err(Error::Socket { tried, advice })
    }

    /// Opens a socket in a folder; the error is the reason why this folder cannot hold it.
    fn bind_in(folder: &Path, group: Option<&str>) -> Result<Self, String> {
        let path = folder.join(abandoned::socket_name(std::process::id()));
        if path.to_str().is_none_or(|text| text.contains(['|', '\n', '\r'])) {
            return Err(
                "the handshake cannot carry a name that is not UTF-8 or has a vertical bar or a line break".to_owned()
            );
        }
        let listener = UnixListener::bind(&path).map_err(|error| match error.kind() {
            // The system's text is about a constant of C.
            io::ErrorKind::InvalidInput => "the path is too long for a socket".to_owned(),
            _ if error.raw_os_error() == Some(EMFILE) => format!("{error}; raise the limit (`ulimit -n`)"),
            _ => error.to_string(),
        })?;
        let file = SocketFile(path.clone());
        match group {
            None => set_mode(&path, OWNER_ALONE).map_err(|error| error.to_string())?,
            Some(group) => share(&path, group)
                .map_err(|error| format!("could not share it with the group `{group}` of PLUGIN_UNIX_SOCKET_GROUP, which is a name in /etc/group or a number: {error}"))?,
        }
        Ok(Self { listener, file })
    }

    /// Removes the sockets that killed plugins left in the folder of this one, beside the work of the caller.
    pub(in crate::plugin) fn remove_abandoned(&self) {
        if let Some(folder) = self.file.0.parent().map(Path::to_owned) {
            tokio::task::spawn_blocking(move || abandoned::remove_all(&folder));
        }
    }

    pub(in crate::plugin) fn address(&self) -> Address {
        // `bind_in` rejects a path that is not text.
        Address { network: "unix", text: self.file.0.to_string_lossy().into_owned() }
    }
}

impl Stream for Listener {
    type Item = io::Result<UnixStream>;

    fn poll_next(self: Pin<&mut Self>, ctx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.listener.poll_accept(ctx).map_ok(|(socket, _)| socket).map(Some)
    }
}

/// The file of a socket, which the operating system does not remove.
#[derive(Debug)]
struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.0) {
            tracing::warn!(%error, path = %self.0.display(), "could not remove the socket");
        }
    }
}

fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    fs::set_permissions(path, Permissions::from_mode(mode))
}

/// Gives the socket to a group, by number or by name.
fn share(path: &Path, group: &str) -> io::Result<()> {
    let number = match group.parse() {
        Ok(number) => number,
        Err(_not_a_number) => find_group(&fs::read_to_string("/etc/group")?, group)
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "/etc/group has no such group"))?,
    };
    chown(path, None, Some(number))?;
    set_mode(path, OWNER_AND_GROUP)
}

/// Finds a group's number in the text of `/etc/group`, lines of `name:password:number:members`.
fn find_group(text: &str, name: &str) -> Option<u32> {
    text.lines().find_map(|line| {
        let mut parts = line.split(':');
        if parts.next() == Some(name) { parts.nth(1)?.parse().ok() } else { None }
    })
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::os::unix::fs::MetadataExt;

    use super::*;

    fn place(folder: &Path, group: Option<&str>) -> Place {
        let variables = [
            ("PLUGIN_UNIX_SOCKET_DIR", Some(OsString::from(folder))),
            ("PLUGIN_UNIX_SOCKET_GROUP", group.map(OsString::from)),
        ];
        let lookup =
            move |name: &str| variables.iter().find(|(key, _)| *key == name).and_then(|(_, value)| value.clone());
        Place::read(&lookup).unwrap()
    }

    #[tokio::test]
    async fn a_socket_is_its_owners_and_goes_with_the_listener() {
        let folder = tempfile::tempdir().unwrap();
        let listener = Listener::bind(&place(folder.path(), None)).unwrap();
        let path = PathBuf::from(listener.address().text);
        assert_eq!(path.parent(), Some(folder.path()));
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, OWNER_ALONE);
        drop(listener);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn a_group_may_share_the_socket_by_number() {
        let folder = tempfile::tempdir().unwrap();
        let own = fs::metadata(folder.path()).unwrap().gid();
        let listener = Listener::bind(&place(folder.path(), Some(&own.to_string()))).unwrap();
        let metadata = fs::metadata(listener.address().text).unwrap();
        assert_eq!((metadata.mode() & 0o777, metadata.gid()), (OWNER_AND_GROUP, own));
    }

    #[tokio::test]
    async fn an_unknown_group_is_an_error_and_leaves_no_socket() {
        let folder = tempfile::tempdir().unwrap();
        let error = Listener::bind(&place(folder.path(), Some("no-such-group"))).unwrap_err();
        assert!(error.to_string().contains("`no-such-group`"), "{error}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn the_folder_of_the_host_is_the_only_one_and_is_named_in_the_error() {
        let error = Listener::bind(&place(Path::new("/no/such/folder"), None)).unwrap_err().to_string();
        assert!(
            error.contains("`/no/such/folder`: No such file") && error.contains("PLUGIN_UNIX_SOCKET_DIR"),
            "{error}"
        );
        let error = Listener::bind(&place(Path::new("/a|b"), None)).unwrap_err().to_string();
        assert!(error.contains("`/a|b`: the handshake cannot carry"), "{error}");
    }

    #[tokio::test]
    async fn a_folder_of_the_user_that_cannot_have_a_socket_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let long = folder.path().join("f".repeat(100));
        fs::create_dir(&long).unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let bar = folder.path().join("a|b");
        fs::create_dir(&bar).unwrap();
        for temporary in [long, file, bar, "/no/such/folder".into(), "/proc".into()] {
            let lookup = |name: &str| (name == "TMPDIR").then(|| temporary.clone().into_os_string());
            let listener = Listener::bind(&Place::read(&lookup).unwrap()).unwrap();
            let path = PathBuf::from(listener.address().text);
            assert_eq!(path.parent(), Some(Path::new(LAST_RESORT)), "for {}", temporary.display());
        }
        let lookup = |name: &str| (name == "TMPDIR").then(|| folder.path().into());
        let listener = Listener::bind(&Place::read(&lookup).unwrap()).unwrap();
        assert_eq!(PathBuf::from(listener.address().text).parent(), Some(folder.path()));
    }

    #[test]
    fn an_error_names_each_folder_and_its_reason() {
        let place = Place { folders: Folders::AnyOf(vec!["/no/such/folder".into(), "/proc".into()]), group: None };
        let error = Listener::bind(&place).unwrap_err().to_string();
        assert!(error.contains("`/no/such/folder`: ") && error.contains("`/proc`: "), "{error}");
        assert!(error.contains("Set TMPDIR"), "{error}");
    }

    #[test]
    fn groups_are_found_by_their_whole_name() {
        let text = "root:x:0:\nterraform-users:x:12:a,b\nterraform:x:1000:\nbroken\n";
        assert_eq!(find_group(text, "terraform"), Some(1000));
        assert_eq!(find_group(text, "terra"), None);
        assert_eq!(find_group(text, "broken"), None);
    }
}
