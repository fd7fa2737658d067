//! The plugin as a process of its own, and calls of it as bytes, so that a message may be anything.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Stdio};
use std::time::Duration;

use bytes::{Buf, BufMut};
use hyper_util::rt::TokioIo;
use tempfile::TempDir;
use tokio::net::UnixStream;
use tokio::runtime::Runtime;
use tokio_stream::StreamExt;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

use crate::support::sandbox::{BINARY, Sandbox};
use crate::support::terraform;

/// The value of go-plugin's cookie, which makes the binary a plugin.
const COOKIE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

/// How long a call may take before it counts as one that does not end.
const PATIENCE: Duration = Duration::from_secs(60);

/// The plugin, with the environment that makes it use a sandbox. It is killed when this is dropped.
pub(super) struct Plugin {
    process: Child,
    // Open as long as the plugin runs, which ends when nobody reads its output.
    _stdout: BufReader<ChildStdout>,
    client: Grpc<Channel>,
    runtime: Runtime,
    folder: TempDir,
}

impl Plugin {
    pub(super) fn start(sandbox: &Sandbox) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = File::create(log_in(folder.path())).unwrap();
        let mut process = terraform::command(BINARY)
            .envs(sandbox.env())
            .envs([("TF_PLUGIN_MAGIC_COOKIE", COOKIE), ("PLUGIN_PROTOCOL_VERSIONS", "6")])
            .envs([("IDV_MAX_RETRIES", "0"), ("IDV_REQUEST_TIMEOUT", "5")])
            .env("PLUGIN_UNIX_SOCKET_DIR", folder.path())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let socket = PathBuf::from(line.split('|').nth(3).unwrap_or_else(|| panic!("no handshake: {line}")));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let connect = tower::service_fn(move |_| {
            let socket = socket.clone();
            async move { UnixStream::connect(socket).await.map(TokioIo::new) }
        });
        let channel = {
            let _inside = runtime.enter();
            Endpoint::from_static("http://localhost").connect_with_connector_lazy(connect)
        };
        let client = Grpc::new(channel).max_decoding_message_size(usize::MAX);
        Self { process, _stdout: stdout, client, runtime, folder }
    }

    /// Sends a message and returns those of the response, one in a call that is no stream.
    pub(super) fn call(&mut self, method: &str, message: Vec<u8>) -> Result<Vec<Vec<u8>>, Status> {
        let path = format!("/tfplugin6.Provider/{method}").parse().unwrap();
        let client = &mut self.client;
        let call = async {
            client.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
            let stream = client.server_streaming(Request::new(message), path, Bytes).await?.into_inner();
            stream.collect::<Result<Vec<_>, _>>().await
        };
        let call = async { tokio::time::timeout(PATIENCE, call).await };
        self.runtime.block_on(call).unwrap_or_else(|_| panic!("{method} does not end within {PATIENCE:?}"))
    }

    /// Whether the process is still there.
    pub(super) fn is_alive(&mut self) -> bool {
        self.process.try_wait().unwrap().is_none()
    }

    /// What the plugin has written to standard error.
    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(log_in(self.folder.path())).unwrap()
    }

    /// The private memory of the process, in KB.
    pub(super) fn private_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).expect("this needs Linux");
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

impl Drop for Plugin {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn log_in(folder: &Path) -> PathBuf {
    folder.join("stderr")
}

/// Messages as they are on the wire.
struct Bytes;

impl Codec for Bytes {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, message: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&message);
        Ok(())
    }
}

impl Decoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let mut message = vec![0; buffer.remaining()];
        buffer.copy_to_slice(&mut message);
        Ok(Some(message))
    }
}
