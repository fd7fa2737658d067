//! Tests of a plugin over a real socket, with a client like Terraform's: a P-521 key, and the plugin's certificate as its only
//! root. The plugin runs in this process, and in a child process where a test concerns the whole process.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::future::ready;
use std::io::{BufRead, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, PKCS_ECDSA_P521_SHA512};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion, version};
use tokio::net::UnixStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::service::Routes;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_prost::ProstCodec;

use super::generated::plugin::{ConnInfo, Empty, StdioData};
use super::server::{Server, with_timeout};
use super::{Application, Error, Handshake, process_environment, run};

const COOKIE_VALUE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

/// A client's certificate as go-plugin makes it: self-signed on P-521, an authority, for `localhost`.
struct Identity {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Identity {
    fn new() -> Self {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P521_SHA512).unwrap();
        let mut parameters = CertificateParams::new(["localhost".to_owned()]).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self { certificate: parameters.self_signed(&key).unwrap(), key }
    }
}

/// What a client reads from the handshake line.
#[derive(Clone)]
struct Line {
    socket: PathBuf,
    certificate: Option<CertificateDer<'static>>,
}

impl Line {
    fn parse(line: &str) -> Self {
        let parts: Vec<_> = line.split('|').collect();
        let ["1", "6", "unix", socket, "grpc", certificate] = parts.as_slice() else { panic!("{line}") };
        let certificate = STANDARD_NO_PAD.decode(certificate).unwrap();
        let certificate = (!certificate.is_empty()).then(|| CertificateDer::from(certificate));
        Self { socket: socket.into(), certificate }
    }

    /// Connects, with TLS if the plugin has it; fails at the first call if the plugin refuses the client.
    fn connect(&self, identity: Option<&Identity>, tls: &'static SupportedProtocolVersion) -> Channel {
        let connector = self.certificate.clone().map(|root| TlsConnector::from(client_config(root, identity, tls)));
        let socket = self.socket.clone();
        let connect = tower::service_fn(move |_| {
            let (connector, socket) = (connector.clone(), socket.clone());
            async move {
                let stream = UnixStream::connect(socket).await?;
                Ok::<_, std::io::Error>(match connector {
                    Some(tls) => {
                        let name = ServerName::try_from("localhost").unwrap();
                        TokioIo::new(tokio_util::either::Either::Left(tls.connect(name, stream).await?))
                    }
                    None => TokioIo::new(tokio_util::either::Either::Right(stream)),
                })
            }
        });
        Endpoint::from_static("http://localhost").connect_with_connector_lazy(connect)
    }
}

fn client_config(
    root: CertificateDer<'static>,
    identity: Option<&Identity>,
    version: &'static SupportedProtocolVersion,
) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(root).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match identity {
        Some(identity) => {
            let key = PrivatePkcs8KeyDer::from(identity.key.serialize_der());
            let key = aws_lc_rs::sign::any_ecdsa_type(&key.into()).unwrap();
            // Not checked against each other: one of the strangers has a certificate without its key.
            let pair = CertifiedKey::new(vec![identity.certificate.der().clone()], key);
            config.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(pair)))
        }
        None => config.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    Arc::new(config)
}

async fn health(channel: &Channel) -> Result<ServingStatus, Status> {
    let request = HealthCheckRequest { service: "plugin".to_owned() };
    Ok(HealthClient::new(channel.clone()).check(request).await?.into_inner().status())
}

async fn shut_down(channel: &Channel) {
    let mut client = Grpc::new(channel.clone());
    client.ready().await.unwrap();
    let path = PathAndQuery::from_static("/plugin.GRPCController/Shutdown");
    let codec = ProstCodec::<Empty, Empty>::default();
    client.unary(Request::new(Empty {}), path, codec).await.expect("the reply comes before the end");
}

async fn open_stdio(channel: &Channel) -> tonic::Streaming<StdioData> {
    let mut client = Grpc::new(channel.clone());
    client.ready().await.unwrap();
    let path = PathAndQuery::from_static("/plugin.GRPCStdio/StreamStdio");
    let codec = ProstCodec::<(), StdioData>::default();
    client.server_streaming(Request::new(()), path, codec).await.unwrap().into_inner()
}

async fn open_broker(channel: &Channel) -> tonic::Streaming<ConnInfo> {
    let mut client = Grpc::new(channel.clone());
    client.ready().await.unwrap();
    let path = PathAndQuery::from_static("/plugin.GRPCBroker/StartStream");
    let offer = ConnInfo { service_id: 1, ..ConnInfo::default() };
    let offers = tokio_stream::StreamExt::chain(tokio_stream::once(offer), tokio_stream::pending());
    client
        .streaming(Request::new(offers), path, ProstCodec::<ConnInfo, ConnInfo>::default())
        .await
        .unwrap()
        .into_inner()
}

/// A plugin that serves in this process.
struct Plugin {
    line: Line,
    serving: JoinHandle<Result<(), Error>>,
    folder: tempfile::TempDir,
}

impl Plugin {
    fn start(client: Option<&Identity>, routes: Routes) -> Self {
        Self::start_with(client, routes, ready(()))
    }

    fn start_with(
        client: Option<&Identity>,
        routes: Routes,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let variables = variables(client, folder.path());
        let lookup = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone());
        let server = Server::bind(&Handshake::read(&lookup, &[6]).unwrap()).unwrap();
        Self {
            line: Line::parse(&server.line),
            serving: tokio::spawn(server.run(routes, with_timeout(Box::pin(shutdown)), std::future::pending())),
            folder,
        }
    }

    /// Waits for the end of the server and returns how long it took.
    async fn end(self) -> Duration {
        let start = Instant::now();
        tokio::time::timeout(Duration::from_secs(5), self.serving).await.expect("it ends").unwrap().unwrap();
        assert_eq!(fs::read_dir(self.folder.path()).unwrap().count(), 0, "the socket is removed");
        start.elapsed()
    }
}

fn variables(client: Option<&Identity>, folder: &Path) -> Vec<(&'static str, OsString)> {
    let mut variables = vec![
        ("TF_PLUGIN_MAGIC_COOKIE", COOKIE_VALUE.into()),
        ("PLUGIN_PROTOCOL_VERSIONS", "5,6".into()),
        ("PLUGIN_MIN_PORT", "10000".into()),
        ("PLUGIN_MAX_PORT", "25000".into()),
        ("PLUGIN_UNIX_SOCKET_DIR", folder.into()),
    ];
    variables.extend(client.map(|identity| ("PLUGIN_CLIENT_CERT", identity.certificate.pem().into())));
    variables
}

#[tokio::test]
async fn only_the_holder_of_the_certificate_can_connect() {
    let (host, stranger) = (Identity::new(), Identity::new());
    // The host's certificate, which is no secret, without its key.
    let thief = Identity {
        certificate: host.certificate.clone(),
        key: KeyPair::generate_for(&PKCS_ECDSA_P521_SHA512).unwrap(),
    };
    let plugin = Plugin::start(Some(&host), Routes::default());
    let channel = plugin.line.connect(Some(&host), &version::TLS13);
    assert_eq!(health(&channel).await.unwrap(), ServingStatus::Serving);
    for tls in [&version::TLS13, &version::TLS12] {
        for refused in [Some(&stranger), Some(&thief), None] {
            let refused = plugin.line.connect(refused, tls);
            health(&refused).await.expect_err("a stranger is refused");
        }
        let again = plugin.line.connect(Some(&host), tls);
        assert_eq!(health(&again).await.unwrap(), ServingStatus::Serving);
    }
    assert_eq!(health(&channel).await.unwrap(), ServingStatus::Serving);
    shut_down(&channel).await;
    plugin.end().await;
}

#[tokio::test]
async fn a_silent_client_does_not_block_others() {
    let host = Identity::new();
    let plugin = Plugin::start(Some(&host), Routes::default());
    let mut silent = Vec::new();
    for _ in 0..10 {
        silent.push(UnixStream::connect(&plugin.line.socket).await.unwrap());
    }
    let channel = plugin.line.connect(Some(&host), &version::TLS13);
    let health = tokio::time::timeout(Duration::from_secs(5), health(&channel)).await.unwrap();
    assert_eq!(health.unwrap(), ServingStatus::Serving);
}

#[tokio::test]
async fn a_stop_request_is_confirmed_and_ends_open_streams_at_once() {
    let plugin = Plugin::start(None, Routes::default());
    let channel = plugin.line.connect(None, &version::TLS13);
    let (mut stdio, mut broker) = (open_stdio(&channel).await, open_broker(&channel).await);
    let silence = tokio::time::timeout(Duration::from_millis(50), stdio.message()).await;
    silence.expect_err("the stream is open and silent");
    shut_down(&channel).await;
    let took = plugin.end().await;
    assert!(took < Duration::from_millis(500), "{took:?}");
    assert!(stdio.message().await.unwrap().is_none() && broker.message().await.unwrap().is_none());
}

#[tokio::test]
async fn a_stop_request_is_confirmed_after_the_shutdown_hook_ran_once() {
    let said = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&said);
    let shutdown = async move {
        tokio::time::sleep(Duration::from_millis(100)).await;
        counter.fetch_add(1, Ordering::SeqCst);
    };
    let plugin = Plugin::start_with(None, Routes::default(), shutdown);
    let channel = plugin.line.connect(None, &version::TLS13);
    health(&channel).await.unwrap();
    assert_eq!(said.load(Ordering::SeqCst), 0);
    tokio::join!(shut_down(&channel), shut_down(&channel));
    assert_eq!(said.load(Ordering::SeqCst), 1);
    plugin.end().await;
}

#[tokio::test]
async fn a_stop_request_cancels_a_call_that_does_not_end() {
    let endless = axum::Router::new().route("/endless", axum::routing::post(std::future::pending::<()>));
    let plugin = Plugin::start(None, Routes::from(endless));
    let channel = plugin.line.connect(None, &version::TLS13);
    let mut client = Grpc::new(channel.clone());
    client.ready().await.unwrap();
    let call = tokio::spawn(async move {
        let codec = ProstCodec::<Empty, Empty>::default();
        client.unary(Request::new(Empty {}), PathAndQuery::from_static("/endless"), codec).await
    });
    health(&channel).await.unwrap(); // by now the call before it has arrived
    shut_down(&channel).await;
    let took = plugin.end().await;
    assert!((Duration::from_millis(900)..Duration::from_millis(1900)).contains(&took), "{took:?}");
    call.abort();
}

#[tokio::test]
async fn a_method_that_is_not_served_is_unimplemented() {
    let plugin = Plugin::start(None, Routes::default());
    let mut client = Grpc::new(plugin.line.connect(None, &version::TLS13));
    client.ready().await.unwrap();
    let codec = ProstCodec::<Empty, Empty>::default();
    let path = PathAndQuery::from_static("/tfplugin6.Provider/Nonsense");
    let status = client.unary(Request::new(Empty {}), path, codec).await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::Unimplemented);
}

/// A plugin in a process of its own.
struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    channel: Channel,
    folder: tempfile::TempDir,
}

impl Process {
    /// Starts one through these words, such as those of a shell that stays its parent.
    fn start(words: &[&str]) -> Self {
        let (host, folder) = (Identity::new(), tempfile::tempdir().unwrap());
        let program = std::env::current_exe().unwrap();
        let arguments = ["--exact", "plugin::tests::child_that_serves", "--ignored", "--nocapture"];
        let all = words.iter().map(OsStr::new).chain([program.as_os_str()]).chain(arguments.map(OsStr::new));
        let all: Vec<_> = all.collect();
        let mut child = Command::new(all[0])
            .args(&all[1..])
            .envs(variables(Some(&host), folder.path()))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // The test harness has printed a line or two of its own.
        let line = lines.by_ref().map(Result::unwrap).find(|line| line.starts_with("1|")).unwrap();
        let channel = Line::parse(&line).connect(Some(&host), &version::TLS13);
        Self { child, lines, channel, folder }
    }

    fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap().success());
    }

    /// Begins a call, and returns when it has arrived.
    async fn begin(&self, path: &'static str) -> JoinHandle<Result<(), Status>> {
        let call = tokio::spawn(call(self.channel.clone(), path));
        tokio::time::sleep(Duration::from_millis(200)).await;
        call
    }

    /// Waits for the end of the process, which must not fail and leaves no socket; returns how long it took.
    fn end(mut self) -> Duration {
        let start = Instant::now();
        let rest: Vec<_> = self.lines.map(Result::unwrap).collect(); // ends with the process
        assert!(self.child.wait().unwrap().success(), "{rest:?}");
        assert_eq!(fs::read_dir(self.folder.path()).unwrap().count(), 0, "the socket is removed");
        start.elapsed()
    }
}

fn has_lost_connection(status: &Status) -> bool {
    matches!(status.code(), tonic::Code::Cancelled | tonic::Code::Unavailable)
}

async fn call(channel: Channel, path: &'static str) -> Result<(), Status> {
    let mut client = Grpc::new(channel);
    client.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
    let codec = ProstCodec::<Empty, Empty>::default();
    client.unary(Request::new(Empty {}), PathAndQuery::from_static(path), codec).await.map(drop)
}

// With a thread of its own for the client, which has to respond to the server while the test waits for the process.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_process_ignores_ctrl_c_and_ends_on_a_stop_request() {
    let process = Process::start(&["env"]);
    for _ in 0..2 {
        process.signal("-INT");
        assert_eq!(health(&process.channel).await.unwrap(), ServingStatus::Serving);
    }
    let _stdio = open_stdio(&process.channel).await;
    shut_down(&process.channel).await;
    let took = process.end();
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_process_finishes_the_calls_in_flight_after_sigterm_and_accepts_no_other() {
    let process = Process::start(&["env"]);
    let _stdio = open_stdio(&process.channel).await;
    let slow = process.begin("/slow").await;
    process.signal("-TERM");
    tokio::time::sleep(Duration::from_millis(200)).await;
    let late = call(process.channel.clone(), "/slow").await.unwrap_err();
    assert!(has_lost_connection(&late), "{late}");
    // The route responds with something that is not gRPC. What counts is that it responds.
    let response = slow.await.unwrap().unwrap_err();
    assert!(!has_lost_connection(&response), "{response}");
    let took = process.end();
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_process_gives_up_calls_that_do_not_end_after_sigterm() {
    let process = Process::start(&["env"]);
    let _endless = process.begin("/endless").await;
    process.signal("-TERM");
    let took = process.end();
    assert!((Duration::from_secs(8)..Duration::from_secs(13)).contains(&took), "{took:?}");
}

/// A shell between the host and the plugin stays its parent whatever becomes of the host.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_process_ends_when_nobody_reads_its_output() {
    let Process { mut child, lines, channel, folder } = Process::start(&["sh", "-c", "\"$@\"; exit 0", "sh"]);
    assert_eq!(health(&channel).await.unwrap(), ServingStatus::Serving);
    drop(lines);
    // A host that still reads one of the two is alive.
    tokio::time::sleep(Duration::from_millis(1200)).await;
    assert_eq!(health(&channel).await.unwrap(), ServingStatus::Serving);
    drop((child.stderr.take(), channel));
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(start.elapsed() < Duration::from_secs(5), "the plugin outlives its host");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "the socket is removed");
}

#[test]
#[ignore = "the process of the tests above, which start it"]
fn child_that_serves() {
    let slow = || tokio::time::sleep(Duration::from_secs(1));
    let routes = axum::Router::new()
        .route("/slow", axum::routing::post(slow))
        .route("/endless", axum::routing::post(std::future::pending::<()>));
    let application =
        Application { routes: Routes::from(routes), stop: Box::new(|| {}), shutdown: Box::pin(ready(())) };
    run(Handshake::read(&process_environment, &[6]), || application).unwrap();
}
