//! The backend's own certificate authority: kiosks trust this backend by it and are known by certificates of it.

use std::path::{Path, PathBuf};

use jiff::{Timestamp, ToSpan as _};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use sha2::{Digest as _, Sha256};

use crate::secrets::{SecretsError, private_file};

const KEY: &str = "ca-key.pem";
const CERTIFICATE: &str = "ca-cert.pem";
const CA_YEARS: i64 = 20;
const KIOSK_YEARS: i64 = 3;
const SERVER_YEARS: i64 = 1;

/// Why a certificate cannot be made or read.
#[derive(Debug, thiserror::Error)]
pub enum CaError {
    /// The files in the data directory.
    #[error(transparent)]
    File(#[from] SecretsError),
    /// The certificate in the data directory cannot be read.
    #[error("{0} is damaged: restore it from the backup")]
    Damaged(PathBuf),
    /// A certificate cannot be made.
    #[error("a certificate cannot be made: {0}")]
    Make(#[from] rcgen::Error),
    /// The kiosk's request is not a signed PKCS#10 request.
    #[error("the certificate request cannot be used: {0}")]
    Request(rcgen::Error),
    /// The date is outside the calendar.
    #[error("the date of a certificate is outside the calendar: is the clock right?")]
    Date,
}

/// The certificate authority.
pub struct Ca {
    issuer: Issuer<'static, KeyPair>,
    der: CertificateDer<'static>,
    pem: String,
}

/// A server's certificate chain and key.
#[derive(Debug)]
pub struct ServerIdentity {
    /// Own certificate, then the authority's.
    pub chain: Vec<CertificateDer<'static>>,
    /// Private key, in memory only: a new one at every start.
    pub key: PrivateKeyDer<'static>,
}

/// A kiosk's new certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KioskCertificate {
    /// PEM.
    pub pem: String,
    /// SHA-256 of the DER, hex: by which the kiosk is known.
    pub fingerprint: String,
}

impl Ca {
    /// Reads the authority of a data directory, or makes it at the first start.
    ///
    /// # Errors
    /// [`CaError`].
    pub fn open_or_make(data_dir: &Path, now: Timestamp) -> Result<Self, CaError> {
        let key = private_file(data_dir, KEY, || {
            KeyPair::generate()
                .map(|key| key.serialize_pem())
                .map_err(|_| SecretsError::Damaged(data_dir.join(KEY)))
        })?;
        let key = KeyPair::from_pem(&key).map_err(|_| CaError::Damaged(data_dir.join(KEY)))?;
        let path = data_dir.join(CERTIFICATE);
        if !path.exists() {
            let made = authority_params(now)?.self_signed(&key)?;
            crate::secrets::write_private(&path, &made.pem())?;
        }
        let damaged = || CaError::Damaged(path.clone());
        let pem = std::fs::read_to_string(&path).map_err(|_| damaged())?;
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|_| damaged())?;
        let issuer = Issuer::from_ca_cert_der(&der, key).map_err(|_| damaged())?;
        Ok(Self { issuer, der, pem })
    }

    /// The authority's certificate, PEM.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// The authority's certificate.
    #[must_use]
    pub fn der(&self) -> &CertificateDer<'static> {
        &self.der
    }

    /// SHA-256 of the authority's certificate; its first 10 bytes are in every one-time code.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(&self.der).into()
    }

    /// Makes the certificate under which the kiosk listener answers, for `names` beside the usual ones.
    ///
    /// # Errors
    /// [`CaError`], such as for a name that no certificate can carry.
    pub fn server_identity(&self, names: &[String], now: Timestamp) -> Result<ServerIdentity, CaError> {
        let usual = ["pickup-backend", "localhost", "127.0.0.1"].map(str::to_owned);
        let all: Vec<String> = usual.into_iter().chain(names.iter().cloned()).collect();
        let mut params = leaf_params(CertificateParams::new(all)?, "pickup-backend", now, SERVER_YEARS)?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate()?;
        let leaf = params.signed_by(&key, &self.issuer)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        Ok(ServerIdentity { chain: vec![leaf.der().clone(), self.der.clone()], key })
    }

    /// Certifies a kiosk. Of the request only the public key is taken; its signature proves that the kiosk has the key.
    ///
    /// # Errors
    /// [`CaError::Request`] when the request is not one or its signature is wrong.
    pub fn certify_kiosk(
        &self,
        csr_pem: &str,
        kiosk_id: &str,
        now: Timestamp,
    ) -> Result<KioskCertificate, CaError> {
        let mut request = CertificateSigningRequestParams::from_pem(csr_pem).map_err(CaError::Request)?;
        request.params = leaf_params(CertificateParams::default(), kiosk_id, now, KIOSK_YEARS)?;
        request.params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let certificate = request.signed_by(&self.issuer)?;
        Ok(KioskCertificate { pem: certificate.pem(), fingerprint: fingerprint(certificate.der()) })
    }
}

/// SHA-256 of a certificate, hex.
#[must_use]
pub fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    hex::encode(Sha256::digest(certificate))
}

fn authority_params(now: Timestamp) -> Result<CertificateParams, CaError> {
    let mut params = leaf_params(CertificateParams::default(), "Bonded Pickup", now, CA_YEARS)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

/// Common name and validity, from the day before: a kiosk's clock may be behind.
fn leaf_params(
    mut params: CertificateParams,
    name: &str,
    now: Timestamp,
    years: i64,
) -> Result<CertificateParams, CaError> {
    let today = jiff::tz::TimeZone::UTC.to_datetime(now).date();
    let yesterday = today.checked_sub(1.day()).map_err(|_| CaError::Date)?;
    let end = today.checked_add(years.years()).map_err(|_| CaError::Date)?;
    let (year, month, day) = parts(yesterday)?;
    params.not_before = date_time_ymd(year, month, day);
    let (year, month, day) = parts(end)?;
    params.not_after = date_time_ymd(year, month, day);
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

fn parts(day: jiff::civil::Date) -> Result<(i32, u8, u8), CaError> {
    let month = u8::try_from(day.month()).map_err(|_| CaError::Date)?;
    let of_month = u8::try_from(day.day()).map_err(|_| CaError::Date)?;
    Ok((i32::from(day.year()), month, of_month))
}
