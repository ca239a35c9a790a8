//! TLS towards the backend: its own authority and nothing else is trusted, by key and not by address.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use jiff::Timestamp;
use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use sha2::{Digest as _, Sha256};

use crate::clock::Clock;

/// The name in the backend's certificate, whatever its address is.
const NAME: &str = "pickup-backend";

/// An HTTP client for one backend.
#[derive(Clone, Debug)]
pub struct Client {
    /// The client.
    pub http: reqwest::Client,
    base: Url,
}

impl Client {
    /// The address of a path.
    #[must_use]
    pub fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(path);
        url
    }
}

/// A client that speaks to the backend at `address`, such as `https://10.0.0.5:8443`.
///
/// # Errors
/// When the address is none.
pub fn client(address: &str, tls: ClientConfig) -> Result<Client> {
    let mut base = Url::parse(address).with_context(|| format!("`{address}` is no address of a backend"))?;
    anyhow::ensure!(base.scheme() == "https", "`{address}` must begin with https://");
    let host = base.host_str().context("the backend's address has no host")?;
    let host = host.trim_matches(['[', ']']).to_owned();
    base.set_host(Some(NAME)).with_context(|| format!("`{address}` is no address of a backend"))?;
    let http = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .dns_resolver(Arc::new(At(host)))
        .no_proxy()
        .tcp_nodelay(true)
        .connect_timeout(Duration::from_secs(3))
        .timeout(Duration::from_secs(10))
        .pool_idle_timeout(Duration::from_secs(60))
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .context("no HTTP client can be made")?;
    Ok(Client { http, base })
}

/// Settings for a kiosk that has its certificate: mutual TLS, only this authority, checked by the kiosk's clock, since the
/// system's may begin in 1970.
///
/// # Errors
/// When certificate or key cannot be read.
pub fn mutual(ca_pem: &str, certificate_pem: &str, key_pem: &str, clock: Clock) -> Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate(ca_pem)?)?;
    let key = PrivateKeyDer::from_pem_slice(key_pem.as_bytes());
    let key = key.ok().context("the kiosk's key is damaged: enrol the kiosk again")?;
    let config = ClientConfig::builder_with_details(provider(), Arc::new(clock))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_root_certificates(roots)
        .with_client_auth_cert(vec![certificate(certificate_pem)?], key)
        .context("the kiosk's certificate and key do not fit: enrol the kiosk again")?;
    Ok(config)
}

/// Settings for a kiosk that has none yet: only an authority whose certificate has this fingerprint.
///
/// # Errors
/// When TLS cannot be set up.
pub fn pinned(authority: [u8; 10]) -> Result<ClientConfig> {
    let verifier = Arc::new(Pinned { authority, provider: provider() });
    Ok(builder()?.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

/// From when until when a certificate in PEM is good.
///
/// # Errors
/// When it cannot be read.
pub fn validity(pem: &str) -> Result<(Timestamp, Timestamp)> {
    let read = validity_of(&certificate(pem)?);
    read.context("a certificate in enrolment.json is damaged: enrol the kiosk again")
}

fn validity_of(certificate: &CertificateDer<'_>) -> Option<(Timestamp, Timestamp)> {
    let (_, read) = x509_parser::parse_x509_certificate(certificate).ok()?;
    let validity = read.validity();
    let second = |at: x509_parser::time::ASN1Time| Timestamp::from_second(at.timestamp()).ok();
    Some((second(validity.not_before)?, second(validity.not_after)?))
}

/// The first 10 bytes of the SHA-256 of a certificate.
#[must_use]
pub fn fingerprint(certificate: &CertificateDer<'_>) -> [u8; 10] {
    let digest: [u8; 32] = Sha256::digest(certificate).into();
    digest.first_chunk().copied().unwrap_or_default()
}

/// Whether a request failed because somebody else answered: the certificate shown is not of the authority asked for.
#[must_use]
pub fn is_another(error: &reqwest::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        let io = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let inner = io.and_then(|inner| inner.downcast_ref::<rustls::Error>());
        let found = error.downcast_ref::<rustls::Error>().or(inner);
        if matches!(found, Some(rustls::Error::InvalidCertificate(_))) {
            return true;
        }
        cause = error.source();
    }
    false
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

fn builder() -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>> {
    let builder = ClientConfig::builder_with_provider(provider());
    Ok(builder.with_protocol_versions(&[&rustls::version::TLS13])?)
}

fn certificate(pem: &str) -> Result<CertificateDer<'static>> {
    let read = CertificateDer::from_pem_slice(pem.as_bytes());
    read.ok().context("a certificate in enrolment.json is damaged: enrol the kiosk again")
}

/// Finds the backend's one name at its address.
struct At(String);

impl Resolve for At {
    fn resolve(&self, _: Name) -> Resolving {
        let host = self.0.clone();
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((host.as_str(), 0)).await?.collect();
            let found: Addrs = Box::new(found.into_iter());
            Ok(found)
        })
    }
}

/// Takes the authority out of the chain that is shown, if its fingerprint is right, and checks the rest against it.
#[derive(Debug)]
struct Pinned {
    authority: [u8; 10],
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let unknown = || rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        let authority =
            intermediates.iter().find(|c| fingerprint(c) == self.authority).ok_or_else(unknown)?;
        let mut roots = RootCertStore::empty();
        roots.add(authority.clone().into_owned())?;
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&self.provider))
                .build()
                .map_err(|_| unknown())?;
        // The clock may not be set yet; the authority that was pinned is not from the future.
        let made = validity_of(&authority.clone()).and_then(|(from, _)| u64::try_from(from.as_second()).ok());
        let now =
            UnixTime::since_unix_epoch(Duration::from_secs(now.as_secs().max(made.unwrap_or_default())));
        verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, dss, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, dss, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests;
