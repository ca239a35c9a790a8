//! The kiosk listener: HTTPS with our own certificate; a client certificate of our authority is asked for, not demanded,
//! since a kiosk that enrols has none yet. Who may do what is decided above, by the certificate that was shown.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use jiff::Timestamp;
use rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::ca::{Ca, CaError, fingerprint};

const CONNECTIONS: usize = 256;
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);
const HEADERS_WITHIN: Duration = Duration::from_secs(90);
const FINISH_WITHIN: Duration = Duration::from_secs(5);

/// Why the listener cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// Our own certificate.
    #[error(transparent)]
    Ca(#[from] CaError),
    /// The library refuses the settings.
    #[error("TLS cannot be set up: {0}")]
    Rustls(#[from] rustls::Error),
    /// The library refuses our authority.
    #[error("kiosks' certificates cannot be checked: {0}")]
    Verifier(#[from] VerifierBuilderError),
}

/// The certificate a request came with; every request of the kiosk listener carries one of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer(
    /// SHA-256 of the client certificate, hex; `None` when none was shown.
    pub Option<String>,
);

/// Settings of the listener: TLS 1.3, a fresh certificate of our authority, client certificates of our authority only.
///
/// # Errors
/// [`TlsError`].
pub fn acceptor(ca: &Ca, names: &[String], now: Timestamp) -> Result<TlsAcceptor, TlsError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(ca.der().clone())?;
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
        .allow_unauthenticated()
        .build()?;
    let identity = ca.server_identity(names, now)?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_client_cert_verifier(verifier)
        .with_single_cert(identity.chain, identity.key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Serves `router` until `stop` becomes `true`; requests under way are finished.
pub async fn serve(tcp: TcpListener, tls: TlsAcceptor, router: Router, mut stop: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, tcp.accept().await)
        };
        let (Ok(place), accepted) = (tokio::select! {
            next = next => next,
            () = stopped(&mut stop) => break,
        }) else {
            break;
        };
        match accepted {
            Ok((stream, _)) => {
                let (tls, router) = (tls.clone(), router.clone());
                connections.spawn(connection(stream, tls, router, stop.clone(), place));
            }
            Err(cause) => {
                // Out of file handles, most often: give the others time to end.
                tracing::warn!(%cause, "a kiosk's connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
    let _ = tokio::time::timeout(FINISH_WITHIN, connections.join_all()).await;
}

/// Returns once `stop` is `true`, or nobody is left who could say so.
pub async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

async fn connection(
    stream: TcpStream,
    tls: TlsAcceptor,
    router: Router,
    mut stop: watch::Receiver<bool>,
    _place: OwnedSemaphorePermit,
) {
    let _ = stream.set_nodelay(true);
    let stream = match tokio::time::timeout(HANDSHAKE_WITHIN, tls.accept(stream)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(cause)) => return tracing::info!(%cause, "a TLS handshake failed"),
        Err(_) => return tracing::info!("a TLS handshake took too long"),
    };
    let shown = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
    let peer = Peer(shown.map(fingerprint));
    let service = TowerToHyperService::new(router);
    let with_peer = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(peer.clone());
        service.call(request)
    });
    let mut serving = std::pin::pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADERS_WITHIN)
            .serve_connection(TokioIo::new(stream), with_peer)
    );
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = stopped(&mut stop) => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(cause) = ended {
        tracing::debug!(%cause, "a kiosk's connection ended badly");
    }
}
