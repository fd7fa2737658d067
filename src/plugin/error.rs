//! What can keep a plugin from being served, told to whoever reads the standard error of a process that ended.

use std::path::PathBuf;

/// Why the plugin was not served. Its `Display` is meant for people and complete: the cause is part of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The process was not started by a host of plugins; whoever started it wants to know what it is.
    #[error(
        "this is a plugin, a provider that Terraform or OpenTofu starts by itself: it does nothing useful when it is run \
         by hand. Name the provider in a configuration and run `terraform init` there, or run this program with `--help` \
         to see the commands that it has of its own."
    )]
    NotAPlugin,

    /// The certificate that the host handed over cannot be read, so that the host could not be told from a stranger.
    #[error(
        "could not read the client certificate in the environment variable PLUGIN_CLIENT_CERT: {reason}. The program that \
         starts the plugin writes this variable; unset it if it was set by hand."
    )]
    ClientCertificate {
        /// What is wrong with it.
        reason: String,
    },

    /// The plugin's own certificate could not be made.
    #[error("could not make the certificate of the plugin's server: {0}. This is a fault of the plugin.")]
    Certificate(rcgen::Error),

    /// The plugin's own certificate was refused by the library that is to serve it.
    #[error("could not set up TLS for the plugin's server: {0}. This is a fault of the plugin.")]
    Tls(rustls::Error),

    /// No socket could be opened in the folder for sockets.
    #[error(
        "could not listen on the socket `{}`: {reason}. The folder is that of PLUGIN_UNIX_SOCKET_DIR, or else of TMPDIR: \
         it must exist, be writable, and be short enough for a socket (about 100 bytes).", path.display()
    )]
    Socket {
        /// The socket's file.
        path: PathBuf,
        /// The operating system's answer.
        reason: std::io::Error,
    },

    /// The socket's path cannot be written into the handshake line, which is text.
    #[error(
        "the path of the socket, `{}`, is not text that the handshake can carry: set PLUGIN_UNIX_SOCKET_DIR or TMPDIR to a \
         folder whose name is UTF-8 and has no `|` and no line break.", path.display()
    )]
    SocketPath {
        /// The socket's file.
        path: PathBuf,
    },

    /// The group that the socket is to be shared with does not exist.
    #[error(
        "could not share the socket with the group `{group}` of PLUGIN_UNIX_SOCKET_GROUP: {reason}. Give the name of a \
         group in /etc/group, or its number."
    )]
    SocketGroup {
        /// The group as it was given.
        group: String,
        /// What went wrong.
        reason: String,
    },

    /// No TCP port could be opened.
    #[error(
        "could not listen on any port of 127.0.0.1 from {first} to {last} (PLUGIN_MIN_PORT, PLUGIN_MAX_PORT): {reason}"
    )]
    Ports {
        /// The lowest port.
        first: String,
        /// The highest port.
        last: String,
        /// What went wrong.
        reason: String,
    },

    /// The handlers of signals could not be installed.
    #[error("could not take over the signals of the process: {0}")]
    Signals(std::io::Error),

    /// The host could not be told where the plugin listens.
    #[error("could not write to standard output where the plugin listens: {0}. Did the program that reads it end?")]
    Announce(std::io::Error),

    /// The server ended by itself.
    #[error("the plugin's gRPC server ended with an error: {0:?}")]
    Serve(tonic::transport::Error),
}
