//! Proxies and certificate authorities from the environment: on real sockets, with a proxy that counts and a server with a
//! private authority.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

use crate::mutual_tls::{Authority, Gateway, asynchronous};
use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

const READS: &str = "data \"idv_vult_webhooks\" \"all\" {}\n";

/// A proxy for HTTP, and by CONNECT for anything. Every name leads to the one target, so a host need not exist.
struct Proxy {
    url: String,
    requests: Arc<AtomicUsize>,
    connects: Arc<AtomicUsize>,
    _runtime: Runtime,
}

impl Proxy {
    fn start(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let target = target.split_once("://").unwrap().1.to_owned();
        let (requests, connects) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let counters = (requests.clone(), connects.clone());
        runtime.spawn(async move {
            let listener = asynchronous(listener);
            loop {
                let (client, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(client, target.clone(), counters.0.clone(), counters.1.clone()));
            }
        });
        Self { url, requests, connects, _runtime: runtime }
    }

    /// How many requests and how many tunnels there were since the last call.
    fn used(&self) -> (usize, usize) {
        (self.requests.swap(0, Ordering::SeqCst), self.connects.swap(0, Ordering::SeqCst))
    }
}

async fn serve(mut client: TcpStream, target: String, requests: Arc<AtomicUsize>, connects: Arc<AtomicUsize>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = client.read_u8().await else { return };
        head.push(byte);
    }
    let mut vendor = TcpStream::connect(&target).await.unwrap();
    if head.starts_with(b"CONNECT ") {
        connects.fetch_add(1, Ordering::SeqCst);
        client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
    } else {
        // The request line of a proxy has the whole URL, which the sandbox has to get as a path of its own host.
        requests.fetch_add(1, Ordering::SeqCst);
        let text = String::from_utf8(head).unwrap();
        let (line, headers) = text.split_once("\r\n").unwrap();
        let mut parts = line.split(' ');
        let (method, url) = (parts.next().unwrap(), parts.next().unwrap());
        let path = url.splitn(4, '/').nth(3).unwrap();
        let headers: Vec<_> = headers.split("\r\n").filter(|line| !line.to_lowercase().starts_with("host:")).collect();
        let headers = headers.join("\r\n");
        let head = format!("{method} /{path} HTTP/1.1\r\nhost: {target}\r\nconnection: close\r\n{headers}");
        vendor.write_all(head.as_bytes()).await.unwrap();
    }
    // Either side may end the connection.
    let _ = tokio::io::copy_bidirectional(&mut client, &mut vendor).await;
}

/// A workspace whose VULT is at a base URL, and tokens with it.
fn at(sandbox: &Sandbox, base: &str) -> Workspace {
    let mut workspace = Workspace::new(sandbox);
    let (url, path) = (sandbox.url("vult"), &sandbox.env()["IDV_VULT_BASE_URL"]);
    workspace.set("IDV_VULT_BASE_URL", &path.replace(url, base));
    workspace.set("IDV_MAX_RETRIES", "0");
    workspace.configure(READS);
    workspace
}

#[test]
fn proxy_is_used_for_plain_http_to_other_machines() {
    let sandbox = Sandbox::start();
    let proxy = Proxy::start(sandbox.url("vult"));
    let nowhere = "http://vult.example.com";
    // Plain HTTP to this machine needs no proxy.
    for (base, no_proxy, is_used) in
        [(nowhere, "", true), (nowhere, "elsewhere.example.com,localhost", true), (sandbox.url("vult"), "", false)]
    {
        let mut workspace = at(&sandbox, base);
        workspace.set("HTTP_PROXY", &proxy.url);
        workspace.set("NO_PROXY", no_proxy);
        sandbox.forget_requests();
        workspace.plan();
        let (requests, connects) = proxy.used();
        assert!(!sandbox.requests().is_empty(), "{base} {no_proxy}");
        assert_eq!((requests > 0, connects), (is_used, 0), "{base} with NO_PROXY={no_proxy}");
    }
}

#[test]
fn https_goes_through_a_tunnel_of_the_proxy_unless_no_proxy_covers_the_host() {
    let sandbox = Sandbox::start();
    let authority = Authority::new();
    let gateway = Gateway::start_for_all(&authority, sandbox.url("vult"));
    let proxy = Proxy::start(&gateway.url.replace("localhost", "127.0.0.1"));
    let mut workspace = at(&sandbox, &gateway.url);
    workspace.set("IDV_VULT_CA_CERTIFICATE", &authority.certificate.pem());
    workspace.set("HTTPS_PROXY", &proxy.url);
    let literal = gateway.url.replace("localhost", "127.0.0.1");
    for (base, no_proxy, is_used) in [
        (&gateway.url, "", true),
        (&gateway.url, "127.0.0.1", true),
        (&gateway.url, "localhost", false),
        (&gateway.url, "*", false),
        (&literal, "", true),
        (&literal, "localhost", true),
        (&literal, "127.0.0.1", false),
        (&literal, "127.0.0.0/8", false),
        (&literal, "*", false),
    ] {
        workspace.set("IDV_VULT_BASE_URL", &sandbox.env()["IDV_VULT_BASE_URL"].replace(sandbox.url("vult"), base));
        workspace.set("NO_PROXY", no_proxy);
        workspace.plan();
        let (requests, connects) = proxy.used();
        assert_eq!((requests, connects > 0), (0, is_used), "{base} with NO_PROXY={no_proxy}");
    }
    // A proxy that is not there is named.
    workspace.set("NO_PROXY", "");
    workspace.set("HTTPS_PROXY", "http://127.0.0.1:1");
    let errors = workspace.try_plan().failed().errors();
    assert!(errors.contains("HTTPS_PROXY"), "{errors}");
}

#[test]
fn private_authority_is_trusted_from_a_file_or_a_folder_of_the_environment() {
    let sandbox = Sandbox::start();
    let authority = Authority::new();
    let gateway = Gateway::start_for_all(&authority, sandbox.url("vult"));
    let mut workspace = at(&sandbox, &gateway.url);
    workspace.set("NO_PROXY", "*");
    let errors = workspace.try_plan().failed().errors();
    assert!(errors.contains("SSL_CERT_FILE"), "{errors}");

    workspace.write("ca.pem", &authority.certificate.pem());
    let file = workspace.path().join("ca.pem").display().to_string();
    workspace.set("SSL_CERT_FILE", &file);
    workspace.plan();

    let folder = workspace.path().join("authorities");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("5ed36f99.0"), authority.certificate.pem()).unwrap();
    let mut workspace = at(&sandbox, &gateway.url);
    workspace.set("NO_PROXY", "*");
    workspace.set("SSL_CERT_DIR", &folder.display().to_string());
    workspace.plan();
}
