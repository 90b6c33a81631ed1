//! Builds the HTTP clients: TLS with rustls and `ring`, the roots that the user chose, HTTP/2 with
//! windows wide enough for large pages. Redirects and retries are ours (`http`).

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use reqwest::{Client, ClientBuilder, redirect};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::options::{FetchOptions, Proxy, Roots};

/// Receive windows of HTTP/2: a page of some megabytes must not stop for an acknowledgement.
const STREAM_WINDOW: u32 = 2 << 20;
const CONNECTION_WINDOW: u32 = 16 << 20;

/// Returns the client for most hosts.
pub(super) fn checked(options: &FetchOptions) -> Result<Client, String> {
    let builder = match &options.roots {
        Roots::System => {
            install_ring();
            ClientBuilder::new()
        }
        Roots::BuiltIn => {
            let roots = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
            ClientBuilder::new().tls_backend_preconfigured(tls(roots)?)
        }
        Roots::Only { files, folders } => {
            let roots = read_roots(files, folders)?;
            ClientBuilder::new().tls_backend_preconfigured(tls(roots)?)
        }
    };
    finish(builder, options)
}

/// Returns the client for servers without TLS: it reads no certificates, and trusts none. There is
/// none where a proxy may have to be asked over TLS.
pub(super) fn plain(options: &FetchOptions) -> Result<Option<Client>, String> {
    match options.proxy {
        Proxy::System | Proxy::Url(_) => Ok(None),
        Proxy::None => {
            let tls = tls(RootCertStore::empty())?;
            finish(ClientBuilder::new().tls_backend_preconfigured(tls), options).map(Some)
        }
    }
}

/// Returns the client for hosts whose certificates the user told us not to check.
pub(super) fn unchecked(options: &FetchOptions) -> Result<Client, String> {
    install_ring();
    let builder = ClientBuilder::new().tls_danger_accept_invalid_certs(true);
    finish(builder, options)
}

fn finish(builder: ClientBuilder, options: &FetchOptions) -> Result<Client, String> {
    let builder = builder
        .user_agent(concat!("pyaudit/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .referer(false)
        .connect_timeout(options.connect_timeout)
        .read_timeout(options.read_timeout)
        .http2_initial_stream_window_size(STREAM_WINDOW)
        .http2_initial_connection_window_size(CONNECTION_WINDOW);
    let builder = match &options.proxy {
        Proxy::System => builder,
        Proxy::None => builder.no_proxy(),
        Proxy::Url(url) => {
            let proxy = reqwest::Proxy::all(url.reveal())
                .map_err(|_| "the proxy's address is not a URL".to_owned())?;
            builder.proxy(proxy)
        }
    };
    builder
        .build()
        .map_err(|error| format!("the HTTP client cannot be set up: {}", root_cause(&error)))
}

fn tls(roots: RootCertStore) -> Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS cannot be set up: {error}"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// Makes `ring` the provider for configurations that reqwest builds; whoever came first stays.
fn install_ring() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

fn read_roots(files: &[PathBuf], folders: &[PathBuf]) -> Result<RootCertStore, String> {
    let mut read = Certificates {
        roots: RootCertStore::empty(),
        known: HashSet::new(),
    };
    for file in files {
        if read.add(file)? == 0 {
            return Err(format!("`{}` holds no certificate", file.display()));
        }
    }
    for folder in folders {
        let entries = std::fs::read_dir(folder)
            .map_err(|error| format!("`{}` cannot be read: {error}", folder.display()))?;
        for entry in entries.flatten() {
            // Such folders also hold key lists and dangling links, which OpenSSL passes over.
            let _ = read.add(&entry.path());
        }
    }
    match read.roots.is_empty() {
        true => Err("no certificate is left to trust: every connection would fail".to_owned()),
        false => Ok(read.roots),
    }
}

/// Certificates that were read, each once: a folder of OpenSSL's has every one under two names, and a
/// bundle of all of them beside.
struct Certificates {
    roots: RootCertStore,
    known: HashSet<Vec<u8>>,
}

impl Certificates {
    /// Adds a PEM file's certificates and returns how many of them can be used.
    fn add(&mut self, file: &Path) -> Result<usize, String> {
        let pem = std::fs::read(file)
            .map_err(|error| format!("`{}` cannot be read: {error}", file.display()))?;
        let mut usable = 0;
        for certificate in CertificateDer::pem_slice_iter(&pem).flatten() {
            if self.known.contains(&*certificate) {
                usable += 1;
                continue;
            }
            let bytes = certificate.to_vec();
            if self.roots.add(certificate).is_ok() {
                self.known.insert(bytes);
                usable += 1;
            }
        }
        Ok(usable)
    }
}

/// Returns the innermost cause of an error, which is the one that tells.
pub(super) fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_roots(files: Vec<PathBuf>) -> FetchOptions {
        FetchOptions {
            roots: Roots::Only {
                files,
                folders: Vec::new(),
            },
            ..FetchOptions::default()
        }
    }

    #[test]
    fn a_certificate_file_that_is_missing_or_empty_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let empty = folder.path().join("empty.pem");
        std::fs::write(&empty, "").unwrap();

        let missing = checked(&with_roots(vec![folder.path().join("none.pem")])).unwrap_err();
        let without = checked(&with_roots(vec![empty])).unwrap_err();

        assert!(missing.contains("none.pem"), "{missing}");
        assert!(without.contains("empty.pem"), "{without}");
    }

    #[test]
    fn a_certificate_that_a_folder_holds_twice_is_trusted_once() {
        let certificate = include_str!("../../fixtures/tls/root.pem");
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("5f618aec.0"), certificate).unwrap();
        std::fs::write(at("root.pem"), certificate).unwrap();
        std::fs::write(at("bundle.crt"), [certificate, certificate].concat()).unwrap();

        let read = |files: &[PathBuf]| read_roots(files, &[folder.path().to_owned()]);

        assert_eq!(read(&[]).unwrap().len(), 1);
        assert_eq!(read(&[at("root.pem")]).unwrap().len(), 1);
    }

    #[test]
    fn clients_can_be_built_with_the_roots_at_hand_and_without_checks() {
        assert!(checked(&FetchOptions::default()).is_ok());
        assert!(unchecked(&FetchOptions::default()).is_ok());
    }
}
