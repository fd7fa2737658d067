//! The errors that keep a plugin from being served.

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

    /// The host offers none of the plugin's versions of the protocol.
    #[error(
        "the program that started this plugin offers the plugin protocol {offered} (PLUGIN_PROTOCOL_VERSIONS), and the \
         plugin has {served}. The program is probably too old: protocol 6 needs Terraform 1.0 or OpenTofu 1.6 at least, \
         and this provider is tested from Terraform 1.8. Upgrade the program."
    )]
    Versions {
        /// The versions of the host, as it listed them.
        offered: String,
        /// The versions of the plugin.
        served: String,
    },

    /// No socket could be opened in any of the folders for sockets.
    #[error("could not open the socket that Terraform connects to: {}. {advice}", tried.join("; "))]
    Socket {
        /// Each folder with the reason why it cannot have the socket.
        tried: Vec<String>,
        /// What to do, which depends on where the folders came from.
        advice: &'static str,
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

    /// The plugin could not wait for sockets, timers and signals.
    #[error(
        "could not start the plugin's runtime: {0}. The process probably has too few file descriptors: raise the limit \
         (`ulimit -n`) of the shell or service that runs Terraform."
    )]
    Runtime(std::io::Error),

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
