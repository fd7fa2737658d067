//! A unix socket that only its owner may open, and a group if the host requests one.

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

/// The folder for the socket, and the group that may open it.
#[derive(Debug)]
pub(in crate::plugin) struct Place {
    folder: PathBuf,
    group: Option<String>,
}

impl Place {
    /// Reads `PLUGIN_UNIX_SOCKET_DIR` and `PLUGIN_UNIX_SOCKET_GROUP`, which a host in another container sets.
    #[expect(clippy::unnecessary_wraps, reason = "the same shape as for ports, which can be malformed")]
    pub(in crate::plugin) fn read(environment: Lookup<'_>) -> Result<Self, Error> {
        Ok(Self {
            folder: set_variable(environment, "PLUGIN_UNIX_SOCKET_DIR").map_or_else(std::env::temp_dir, PathBuf::from),
            group: set_variable(environment, "PLUGIN_UNIX_SOCKET_GROUP")
                .map(|group| group.to_string_lossy().into_owned()),
        })
    }
}

/// A listening socket; its file is removed when it is dropped.
#[derive(Debug)]
pub(in crate::plugin) struct Listener {
    listener: UnixListener,
    file: SocketFile,
}

impl Listener {
    /// Opens a socket under a random name.
    pub(in crate::plugin) fn bind(place: &Place) -> Result<Self, Error> {
        let path = place.folder.join(format!("plugin{}", uuid::Uuid::new_v4().simple()));
        if path.to_str().is_none_or(|text| text.contains(['|', '\n', '\r'])) {
            return Err(Error::SocketPath { path });
        }
        let failed = |reason| Error::Socket { path: path.clone(), reason };
        let listener = UnixListener::bind(&path).map_err(failed)?;
        let file = SocketFile(path.clone());
        match &place.group {
            None => set_mode(&path, OWNER_ALONE).map_err(failed)?,
            Some(group) => share(&path, group)
                .map_err(|error| Error::SocketGroup { group: group.clone(), reason: error.to_string() })?,
        }
        Ok(Self { listener, file })
    }

    pub(in crate::plugin) fn address(&self) -> Address {
        // `bind` rejects a path that is not text.
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
    async fn a_folder_that_is_missing_is_named() {
        let error = Listener::bind(&place(Path::new("/no/such/folder"), None)).unwrap_err();
        assert!(error.to_string().contains("/no/such/folder/plugin"), "{error}");
        let error = Listener::bind(&place(Path::new("/a|b"), None)).unwrap_err();
        assert!(error.to_string().contains("/a|b"), "{error}");
    }

    #[test]
    fn groups_are_found_by_their_whole_name() {
        let text = "root:x:0:\nterraform-users:x:12:a,b\nterraform:x:1000:\nbroken\n";
        assert_eq!(find_group(text, "terraform"), Some(1000));
        assert_eq!(find_group(text, "terra"), None);
        assert_eq!(find_group(text, "broken"), None);
    }
}
