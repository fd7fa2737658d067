//! Opens the ports, announces them, and serves until SIGINT or SIGTERM.
//!
//! The connections are served with hyper directly, because a fault must be able to close one without a response.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    net::{IpAddr, SocketAddr},
    num::NonZeroU32,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use axum::Router;
use hyper::service::{Service, service_fn};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use super::{
    Format, Handle, StandIn, StoreError,
    accounts::Limit,
    clock::Clock,
    control,
    faults::Faults,
    file::{remove_if_there, write_atomically},
    intercept::{DropConnection, Engine, Gate, intercept},
    log::Log,
    origin,
    ready::{CONTROL, Ready, Tenant},
    replay::{Replay, Unreadable},
    store::Store,
};

/// The settings of a sandbox.
#[derive(Clone, Debug)]
pub struct Options {
    /// The address to listen on.
    pub listen: IpAddr,
    /// The first vendor's port, the others following in order and the control port last; 0 for any free ports.
    pub port_base: u16,
    /// Kept between runs: read at the start if it exists, written after each change.
    pub state: Option<PathBuf>,
    /// The state to begin from where there is no state file yet.
    pub seed: Option<PathBuf>,
    /// How many tenants there are beside the first account of each vendor.
    pub tenants: u16,
    /// How many requests of each account a vendor accepts in a minute; `None` for any number.
    pub account_limit: Option<NonZeroU32>,
    /// How long each response of a vendor is delayed after the request was applied.
    pub latency: Duration,
    /// A recording whose form the responses have.
    pub replay: Option<PathBuf>,
    /// The file that receives the ready line once all ports are open.
    pub ready_file: Option<PathBuf>,
    /// The format of the ready line on standard output.
    pub format: Format,
}

/// Why the sandbox could not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The state or the seed cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The recording cannot be replayed.
    #[error(transparent)]
    Replay(#[from] Unreadable),
    /// A port is taken or not allowed.
    #[error("cannot listen on {address}: {source}; choose another `--listen` or `--port-base`, or 0 for free ports")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The error of the operating system.
        source: io::Error,
    },
    /// `--port-base` leaves no room for all ports below 65536.
    #[error(
        "`--port-base {port_base}` is too high: {needed} ports are needed from there on, and the last one is 65535"
    )]
    PortBase {
        /// The value of the option.
        port_base: u16,
        /// How many ports are needed.
        needed: usize,
    },
    /// Another operation of the operating system failed.
    #[error("cannot {action}: {source}")]
    System {
        /// The operation.
        action: String,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The background process ended or hung instead of becoming ready.
    #[error("the sandbox did not start in the background: {reason}")]
    Background {
        /// How it ended and what it wrote.
        reason: String,
    },
}

impl Error {
    /// For `map_err` on an operation of the operating system.
    pub(super) fn system(action: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let action = action.into();
        |source| Self::System { action, source }
    }
}

/// Serves the vendors until SIGINT or SIGTERM.
pub async fn run(options: Options, vendors: Vec<&'static StandIn>) -> Result<(), Error> {
    if let Some(path) = &options.ready_file {
        // A file of an earlier run would announce readiness too early.
        remove_if_there(path).map_err(Error::system(format!("remove the old `{}`", path.display())))?;
    }
    let tenants = (1..=options.tenants).map(|number| format!("tenant-{number:03}").into()).collect();
    let store = Arc::new(Store::open(vendors.clone(), tenants, options.seed.as_deref(), options.state.clone())?);
    let replay = options.replay.as_deref().map(|path| Replay::read(path, &vendors)).transpose()?;
    let engine = Arc::new(Engine {
        vendors,
        store,
        clock: Arc::new(Clock::default()),
        faults: Faults::default(),
        log: Log::default(),
        limit: Limit::new(options.account_limit),
        latency: options.latency,
        replay,
    });
    // Before the ready line, so that whoever reads it can end the process cleanly at once.
    let mut end = Termination::listen()?;
    let mut ports = JoinSet::new();
    let ready = open_ports(&options, &engine, &mut ports).await?;
    announce(&ready, &options)?;
    end.wait().await;
    Ok(())
}

async fn open_ports(options: &Options, engine: &Arc<Engine>, ports: &mut JoinSet<()>) -> Result<Ready, Error> {
    let mut urls = BTreeMap::new();
    let mut env = vec![BTreeMap::new(); engine.store.tenants().len() + 1];
    for (index, vendor) in engine.vendors.iter().enumerate() {
        let (listener, url) = bind(options, engine, index).await?;
        let handle = |account| Handle {
            vendor: vendor.name,
            account,
            base_url: url.as_str().into(),
            started: engine.clock.now(),
            store: engine.store.clone(),
            clock: engine.clock.clone(),
        };
        let handles: Arc<[_]> = (0..env.len()).map(handle).collect();
        if let (Some(replay), Some(adopt)) = (&engine.replay, vendor.replay) {
            handles.iter().try_for_each(|handle| adopt(handle, replay.exchanges(vendor.name)))?;
        }
        for (env, handle) in env.iter_mut().zip(&*handles) {
            env.extend((vendor.environment)(handle)?.into_iter().map(|(name, value)| (name.to_owned(), value)));
        }
        let router = |handle: &Handle| (vendor.routes)().into_router(handle.clone(), vendor.error_body);
        let routers = handles.iter().map(router).collect();
        let gate = Gate { vendor, handles, routers, engine: engine.clone() };
        let router = Router::new().fallback(intercept).with_state(gate);
        ports.spawn(serve(listener, origin::only_for(options.listen, router)));
        urls.insert(vendor.name.to_owned(), url);
    }
    let (listener, url) = bind(options, engine, engine.vendors.len()).await?;
    ports.spawn(serve(listener, origin::only_for(options.listen, control::router(engine.clone()))));
    urls.insert(CONTROL.to_owned(), url);
    let mut env = env.into_iter();
    let first = env.next().unwrap_or_default();
    let tenant = |(name, env): (&Arc<str>, _)| Tenant { name: name.to_string(), env };
    let tenants = engine.store.tenants().iter().zip(env).map(tenant).collect();
    Ok(Ready::new(urls, first, tenants))
}

async fn bind(options: &Options, engine: &Engine, index: usize) -> Result<(TcpListener, String), Error> {
    let port = match options.port_base {
        0 => 0,
        base => u16::try_from(index)
            .ok()
            .and_then(|index| base.checked_add(index))
            .ok_or(Error::PortBase { port_base: base, needed: engine.vendors.len() + 1 })?,
    };
    let address = SocketAddr::new(options.listen, port);
    let failed = |source| Error::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let url = format!("http://{}", listener.local_addr().map_err(failed)?);
    Ok((listener, url))
}

fn announce(ready: &Ready, options: &Options) -> Result<(), Error> {
    let render = |format| ready.render(format).map_err(io::Error::from);
    if let Some(path) = &options.ready_file {
        let text = render(Format::Json).map_err(Error::system("write the ready line"))?;
        write_atomically(path, text.as_bytes()).map_err(Error::system(format!("write `{}`", path.display())))?;
    }
    let text = render(options.format).map_err(Error::system("write the ready line"))?;
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
        .map_err(Error::system("write the ready line to standard output"))
}

async fn serve(listener: TcpListener, router: Router) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(serve_connection(stream, router.clone()));
            }
            Err(error) => {
                // Too many open files, mostly: it passes when connections close.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

async fn serve_connection(stream: TcpStream, router: Router) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "responses may be delayed by Nagle's algorithm");
    }
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |request| {
        let response = router.call(request);
        async move {
            let Ok(response) = response.await;
            // An error makes hyper close the connection without a response.
            let dropped = response.extensions().get::<DropConnection>().is_some();
            if dropped { Err("the connection was dropped by a fault") } else { Ok(response) }
        }
    });
    if let Err(error) = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await
    {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// The signals that end the sandbox.
struct Termination {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Termination {
    fn listen() -> Result<Self, Error> {
        use tokio::signal::unix::{SignalKind, signal};
        let open = |kind| signal(kind).map_err(Error::system("listen for signals"));
        Ok(Self { terminate: open(SignalKind::terminate())?, interrupt: open(SignalKind::interrupt())? })
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(not(unix))]
impl Termination {
    fn listen() -> Result<Self, Error> {
        Ok(Self {})
    }

    async fn wait(&mut self) {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::warn!(%error, "cannot listen for Ctrl-C");
            std::future::pending::<()>().await;
        }
    }
}
