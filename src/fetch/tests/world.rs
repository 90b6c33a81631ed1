//! Small invented indexes: wheels, pages and catalogs for the tests of this room.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::server::{Answer, Server};
use crate::fetch::{
    BuildOptions, CachePolicy, FetchOptions, Index, IndexStrategy, Indexes, LiveCatalog, Outside,
    Proxy,
};
use crate::index::{Metadata, Project};
use crate::package::{IndexUrl, PackageName, Timestamp};
use crate::solve::{Catalog, FileAt, Refusal};

pub(super) const JSON: &str = "application/vnd.pypi.simple.v1+json";
pub(super) const BINARY: &str = "application/octet-stream";

pub(super) fn name(text: &str) -> PackageName {
    PackageName::new(text.to_owned()).unwrap()
}

pub(super) fn sha256(bytes: &[u8]) -> String {
    let hex = |text: String, byte: &u8| text + &format!("{byte:02x}");
    Sha256::digest(bytes).iter().fold(String::new(), hex)
}

pub(super) fn metadata(name: &str, version: &str, requires: &[&str]) -> String {
    let mut text = format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n");
    for requirement in requires {
        text += &format!("Requires-Dist: {requirement}\n");
        if let Some((_, extra)) = requirement.split_once("extra == ") {
            text += &format!("Provides-Extra: {}\n", extra.trim_matches('\''));
        }
    }
    text
}

/// Builds a wheel; `padding` bytes that do not compress stand before the metadata.
pub(super) fn wheel(name: &str, version: &str, metadata: &str, padding: usize) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let stored =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    zip.start_file(format!("{name}/data.bin"), stored).unwrap();
    zip.write_all(&vec![7; padding]).unwrap();
    zip.start_file(format!("{name}-{version}.dist-info/METADATA"), stored)
        .unwrap();
    zip.write_all(metadata.as_bytes()).unwrap();
    zip.finish().unwrap().into_inner()
}

/// One file of a page.
pub(super) struct Listed {
    pub(super) filename: String,
    pub(super) url: String,
    pub(super) sha256: Option<String>,
    pub(super) metadata: Option<String>,
}

/// Writes a page in JSON.
pub(super) fn page(project: &str, files: &[Listed]) -> Answer {
    let files: Vec<String> = files
        .iter()
        .map(|file| {
            let hashes = file.sha256.as_ref();
            let hashes = hashes.map_or("{}".to_owned(), |hex| format!(r#"{{"sha256":"{hex}"}}"#));
            let metadata = file.metadata.as_ref();
            let metadata =
                metadata.map_or(String::new(), |text| format!(r#","core-metadata":{text}"#));
            format!(
                r#"{{"filename":"{}","url":"{}","hashes":{hashes}{metadata}}}"#,
                file.filename, file.url
            )
        })
        .collect();
    let body = format!(
        r#"{{"meta":{{"api-version":"1.1"}},"name":"{project}","files":[{}]}}"#,
        files.join(",")
    );
    Answer::ok(JSON, body)
}

/// Puts a wheel with its metadata beside it onto a server, and returns its entry.
pub(super) fn publish(server: &Server, name: &str, version: &str, requires: &[&str]) -> Listed {
    let text = metadata(name, version, requires);
    let bytes = wheel(name, version, &text, 10);
    let filename = format!("{name}-{version}-py3-none-any.whl");
    let path = format!("/files/{filename}");
    let listed = Listed {
        url: format!("{}{path}", server.base),
        filename,
        sha256: Some(sha256(&bytes)),
        metadata: Some(format!(r#"{{"sha256":"{}"}}"#, sha256(text.as_bytes()))),
    };
    server.route(&format!("{path}.metadata"), [Answer::ok(BINARY, text)]);
    server.route(&path, [Answer::ok(BINARY, bytes)]);
    listed
}

pub(super) fn options() -> FetchOptions {
    FetchOptions {
        proxy: Proxy::None,
        backoff: Duration::from_millis(5),
        read_timeout: Duration::from_millis(500),
        longest_wait: Duration::from_millis(300),
        ..FetchOptions::default()
    }
}

pub(super) fn policy(folder: Option<&Path>) -> CachePolicy {
    CachePolicy::new(
        folder.map(Path::to_owned),
        Timestamp::from_seconds(1_000_000),
    )
}

pub(super) fn outside(base: &str, cache: CachePolicy) -> Outside {
    Outside {
        options: options(),
        indexes: indexes(&[&format!("{base}/simple/")], IndexStrategy::First),
        cache,
        builds: BuildOptions::default(),
        listener: None,
    }
}

pub(super) fn indexes(urls: &[&str], strategy: IndexStrategy) -> Indexes {
    let index = |url: &&str| Index::simple(IndexUrl::parse(url).unwrap());
    Indexes::new(urls.iter().map(index).collect(), strategy, Vec::new())
}

pub(super) fn catalog(server: &Server) -> LiveCatalog {
    LiveCatalog::open(outside(&server.base, policy(None)), None)
}

/// Asks for the metadata of a project's first file.
pub(super) fn first(catalog: &LiveCatalog, project: &str) -> Result<Arc<Metadata>, Refusal> {
    let project: Arc<Project> = catalog.project(&name(project))?;
    catalog.metadata(&project, FileAt { page: 0, file: 0 })
}

/// Returns a failure as one line.
#[track_caller]
pub(super) fn failure<T: std::fmt::Debug>(answer: Result<T, Refusal>) -> String {
    match answer.unwrap_err() {
        Refusal::Failed(failure) => failure.to_string(),
        other => panic!("not a failure: {other:?}"),
    }
}
