//! Builds the HTTP clients: TLS with rustls and `ring`, the roots that the user chose, HTTP/2 with
//! windows wide enough for large pages. Redirects and retries are ours (`http`).

use std::path::Path;
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

fn read_roots(
    files: &[std::path::PathBuf],
    folders: &[std::path::PathBuf],
) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for file in files {
        if add_roots(&mut roots, file)? == 0 {
            return Err(format!("`{}` holds no certificate", file.display()));
        }
    }
    for folder in folders {
        let entries = std::fs::read_dir(folder)
            .map_err(|error| format!("`{}` cannot be read: {error}", folder.display()))?;
        let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        if files.iter().any(|file| is_hashed(file)) {
            files.retain(|file| is_hashed(file));
        }
        for file in files {
            // Such folders also hold key lists and dangling links, which OpenSSL passes over.
            let _ = add_roots(&mut roots, &file);
        }
    }
    match roots.is_empty() {
        true => Err("no certificate is left to trust: every connection would fail".to_owned()),
        false => Ok(roots),
    }
}

/// Whether OpenSSL would find a certificate by the name of its file, such as `5f618aec.0`: where
/// some are named so, the others in the folder are the same once more.
fn is_hashed(file: &Path) -> bool {
    let name = file.file_name().and_then(|name| name.to_str());
    let parts = name.and_then(|name| name.split_once('.'));
    parts.is_some_and(|(hash, number)| {
        hash.len() == 8
            && hash.bytes().all(|it| it.is_ascii_hexdigit())
            && !number.is_empty()
            && number.bytes().all(|it| it.is_ascii_digit())
    })
}

/// Adds a PEM file's certificates and returns how many there were.
fn add_roots(roots: &mut RootCertStore, file: &Path) -> Result<usize, String> {
    let pem = std::fs::read(file)
        .map_err(|error| format!("`{}` cannot be read: {error}", file.display()))?;
    let certificates = CertificateDer::pem_slice_iter(&pem).flatten();
    Ok(roots.add_parsable_certificates(certificates).0)
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

    fn with_roots(files: Vec<std::path::PathBuf>) -> FetchOptions {
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
    fn of_a_folder_with_hashed_names_only_those_are_read() {
        let certificate = include_str!("../../fixtures/tls/root.pem");
        let folder = tempfile::tempdir().unwrap();
        let read = |folder: &Path| read_roots(&[], &[folder.to_owned()]).map(|roots| roots.len());
        std::fs::write(folder.path().join("a.pem"), certificate).unwrap();

        assert_eq!(read(folder.path()), Ok(1));

        std::fs::write(folder.path().join("5f618aec.0"), certificate).unwrap();
        assert_eq!(read(folder.path()), Ok(1));
    }

    #[test]
    fn clients_can_be_built_with_the_roots_at_hand_and_without_checks() {
        assert!(checked(&FetchOptions::default()).is_ok());
        assert!(unchecked(&FetchOptions::default()).is_ok());
    }
}
