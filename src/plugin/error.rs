//! The errors that keep a plugin from being served; they are printed on standard error.

use std::path::PathBuf;

/// Why the plugin was not served. Its `Display` is complete and includes the cause.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The process was not started by a plugin host; the message says what the program is.
    #[error(
        "this is a plugin, a provider that Terraform or OpenTofu starts by itself: it does nothing useful when it is run \
         by hand. Name the provider in a configuration and run `terraform init` there, or run this program with `--help` \
         to see the commands that it has of its own."
    )]
    NotAPlugin,

    /// The host's certificate cannot be read, so the plugin could not authenticate the host.
    #[error(
        "could not read the client certificate in the environment variable PLUGIN_CLIENT_CERT: {reason}. The program that \
         starts the plugin writes this variable; unset it if it was set by hand."
    )]
    ClientCertificate {
        /// What is wrong with it.
        reason: String,
    },

    /// The plugin's certificate could not be generated.
    #[error("could not generate the certificate of the plugin's server: {0}. This is a bug in the plugin.")]
    Certificate(rcgen::Error),

    /// The TLS library rejected the plugin's certificate.
    #[error("could not set up TLS for the plugin's server: {0}. This is a bug in the plugin.")]
    Tls(rustls::Error),

    /// No socket could be opened in the folder for sockets.
    #[error(
        "could not listen on the socket `{}`: {reason}. The folder is that of PLUGIN_UNIX_SOCKET_DIR, or else of TMPDIR: \
         it must exist, be writable, and be short enough for a socket (about 100 bytes).", path.display()
    )]
    Socket {
        /// The socket's file.
        path: PathBuf,
        /// The operating system's error.
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

    /// The signal handlers could not be installed.
    #[error("could not install the signal handlers: {0}")]
    Signals(std::io::Error),

    /// The handshake line could not be written.
    #[error("could not write the plugin's address to standard output: {0}. The program that reads it may have ended.")]
    Announce(std::io::Error),

    /// The gRPC server failed.
    #[error("the plugin's gRPC server ended with an error: {0:?}")]
    Serve(tonic::transport::Error),
}
