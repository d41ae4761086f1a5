//! Encryption: certificate and key from files, checked when the server starts.

use std::path::Path;
use std::sync::Arc;

use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{Error, ServerConfig};

use crate::application::{ServerError, TlsFiles};

/// How to make encrypted connections of plain ones: TLS 1.2 and 1.3, and HTTP/1.1 in them.
pub(crate) fn configuration(files: &TlsFiles) -> Result<Arc<ServerConfig>, ServerError> {
    let of_certificate = |error: &dyn ToString| failed(&files.certificate, error);
    let of_key = |error: &dyn ToString| failed(&files.key, error);
    let chain = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(|chain| chain.collect::<Result<Vec<_>, _>>())
        .map_err(|error| of_certificate(&error))?;
    if chain.is_empty() {
        return Err(of_certificate(&"there is no certificate in it"));
    }
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| of_key(&error))?;
    let provider = Arc::new(ring::default_provider());
    let mut configuration = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| of_certificate(&error))?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| match error {
            Error::InvalidCertificate(_) => of_certificate(&error),
            _ => of_key(&error),
        })?;
    configuration.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(configuration))
}

fn failed(path: &Path, error: &dyn ToString) -> ServerError {
    ServerError::Tls {
        path: path.to_path_buf(),
        detail: error.to_string(),
    }
}
