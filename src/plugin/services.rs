//! The services that go-plugin expects beside the plugin's own: shutdown, standard output, and further connections.
//!
//! All three end with one token. The streams must: a graceful stop waits for every call that is open, and the host keeps
//! these two open for as long as it lives.

use std::future::ready;

use futures_util::future::{BoxFuture, Shared};
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt};
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic::{Request, Response, Status, Streaming};
use tonic_health::ServingStatus;

use super::generated::plugin::grpc_broker_server::{GrpcBroker, GrpcBrokerServer};
use super::generated::plugin::grpc_controller_server::{GrpcController, GrpcControllerServer};
use super::generated::plugin::grpc_stdio_server::{GrpcStdio, GrpcStdioServer};
use super::generated::plugin::{ConnInfo, Empty, StdioData};

/// The name under which the host asks for the plugin's health (go-plugin, `GRPCServiceName`).
const HEALTH_NAME: &str = "plugin";

/// The future that runs before a plugin ends; it runs once, however often it is awaited.
pub(super) type ShutdownHook = Shared<BoxFuture<'static, ()>>;

/// Adds the services to a plugin's own. `stop` ends them; it is cancelled when the host asked to stop and `shutdown` is
/// done.
pub(super) async fn add(routes: Routes, stop: CancellationToken, shutdown: ShutdownHook) -> Routes {
    let (reporter, health) = tonic_health::server::health_reporter();
    reporter.set_service_status(HEALTH_NAME, ServingStatus::Serving).await;
    let services = Services { stop, shutdown };
    routes
        .add_service(health)
        .add_service(GrpcControllerServer::new(services.clone()))
        .add_service(GrpcStdioServer::new(services.clone()))
        .add_service(GrpcBrokerServer::new(services))
}

#[derive(Debug, Clone)]
struct Services {
    stop: CancellationToken,
    shutdown: ShutdownHook,
}

impl Services {
    /// Ends a stream when the plugin has to stop.
    fn until_stopped<T>(&self, items: impl Stream<Item = T> + Send + 'static) -> BoxStream<'static, T> {
        items.take_until(self.stop.clone().cancelled_owned()).boxed()
    }
}

#[tonic::async_trait]
impl GrpcController for Services {
    /// Begins the graceful stop, which lets calls in flight finish: this one too, so the host gets its reply first.
    ///
    /// The shutdown hook runs before the reply, for which the host waits without a limit; after it the host waits two seconds.
    async fn shutdown(&self, _request: Request<Empty>) -> Result<Response<Empty>, Status> {
        tracing::debug!("asked to stop");
        self.shutdown.clone().await;
        self.stop.cancel();
        Ok(Response::new(Empty {}))
    }
}

#[tonic::async_trait]
impl GrpcStdio for Services {
    type StreamStdioStream = BoxStream<'static, Result<StdioData, Status>>;

    /// Stays open and silent: the plugin writes its log to the real standard error, and nothing to standard output.
    async fn stream_stdio(&self, _request: Request<()>) -> Result<Response<Self::StreamStdioStream>, Status> {
        Ok(Response::new(self.until_stopped(stream::pending())))
    }
}

#[tonic::async_trait]
impl GrpcBroker for Services {
    type StartStreamStream = BoxStream<'static, Result<ConnInfo, Status>>;

    /// Stays open until the host ends it, and offers no further connections.
    async fn start_stream(
        &self,
        request: Request<Streaming<ConnInfo>>,
    ) -> Result<Response<Self::StartStreamStream>, Status> {
        let offers = request.into_inner().filter_map(|offer| {
            match offer {
                Ok(offer) => {
                    tracing::debug!(service = offer.service_id, "ignored the offer of a further connection");
                }
                Err(status) => tracing::debug!(%status, "the host's broker ended the stream"),
            }
            ready(None)
        });
        Ok(Response::new(self.until_stopped(offers)))
    }
}
