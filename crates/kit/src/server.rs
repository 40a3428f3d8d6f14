//! One port: routes behind the gate, health and reflection.

use std::{net::SocketAddr, time::Duration};

use tokio::net::TcpListener;
use tonic::{
    service::Routes,
    transport::{Server, server::TcpIncoming},
};
use tonic_health::ServingStatus;

use crate::{Error, Result, gate::GateLayer, run::Stop};

/// Calls at once on one connection; tonic's default is no limit.
const STREAMS_PER_CONNECTION: u32 = 100;
/// Calls at once on one connection before others wait.
const CALLS_PER_CONNECTION: usize = 64;
const HEADER_LIST: u32 = 16 * 1024;

/// A port that is ours.
#[derive(Debug)]
pub struct Port(TcpListener);

impl Port {
    /// Takes a port; `:0` takes any free one.
    ///
    /// # Errors
    /// One line that names the address when it is busy or not ours.
    pub async fn take(address: SocketAddr) -> std::result::Result<Self, String> {
        let listener = TcpListener::bind(address).await;
        listener
            .map(Self)
            .map_err(|error| format!("cannot listen on {address}: {error}"))
    }

    /// Returns the address it listens on.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn address(&self) -> Result<SocketAddr> {
        self.0.local_addr().map_err(Error::internal)
    }
}

/// Serves until asked to stop: then health says "not serving", running calls finish,
/// and the port closes.
///
/// # Errors
/// When the listener breaks.
pub async fn serve(
    port: Port,
    routes: Routes,
    gate: GateLayer,
    services: &[&'static str],
    stop: Stop,
) -> Result<()> {
    let (mut health, health_service) = tonic_health::server::health_reporter();
    for service in services.iter().copied().chain([""]) {
        health
            .set_service_status(service, ServingStatus::Serving)
            .await;
    }
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(proto::DESCRIPTORS)
        .build_v1()
        .map_err(Error::internal)?;
    let routes = routes.add_service(health_service).add_service(reflection);
    let services: Vec<_> = services.to_vec();
    let stopping = async move {
        stop.asked().await;
        for service in services.iter().copied().chain([""]) {
            health
                .set_service_status(service, ServingStatus::NotServing)
                .await;
        }
        // Whoever watches health has heard it; a watch would otherwise never end.
        for service in services.iter().copied().chain([""]) {
            health.clear_service_status(service).await;
        }
    };
    // A small answer must not wait for the delayed acknowledgement of the one before.
    let connections = TcpIncoming::from(port.0).with_nodelay(Some(true));
    Server::builder()
        // For `/oauth2/token` and the like: many HTTP clients speak nothing newer.
        .accept_http1(true)
        .max_concurrent_streams(STREAMS_PER_CONNECTION)
        .concurrency_limit_per_connection(CALLS_PER_CONNECTION)
        .http2_keepalive_interval(Some(Duration::from_secs(30)))
        .http2_keepalive_timeout(Some(Duration::from_secs(10)))
        .http2_max_header_list_size(HEADER_LIST)
        .layer(gate)
        .add_routes(routes)
        .serve_with_incoming_shutdown(connections, stopping)
        .await
        .map_err(Error::internal)
}
