//! Wheels, source archives and digests.

use std::io::{Read, Write};

use sha2::{Digest as _, Sha256};

pub(super) fn sha256(bytes: &[u8]) -> String {
    let hex = |text: String, byte: &u8| text + &format!("{byte:02x}");
    Sha256::digest(bytes).iter().fold(String::new(), hex)
}

/// Builds a wheel with nothing but its metadata.
pub(crate) fn wheel(name: &str, version: &str, metadata: &[u8]) -> Vec<u8> {
    wheel_of(name, version, metadata, &[])
}

/// Builds a wheel with files before its metadata.
pub(super) fn wheel_of(
    name: &str,
    version: &str,
    metadata: &[u8],
    files: &[(&str, Vec<u8>)],
) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let path = format!("{}-{version}.dist-info/METADATA", name.replace('-', "_"));
    for (path, bytes) in files {
        zip.start_file(*path, zip::write::SimpleFileOptions::default())
            .unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.start_file(path, zip::write::SimpleFileOptions::default())
        .unwrap();
    zip.write_all(metadata).unwrap();
    zip.finish().unwrap().into_inner()
}

/// Builds a source archive of two files.
pub(super) fn sdist(stem: &str, pkg_info: &[u8]) -> Vec<u8> {
    let setup = b"[build-system]\nrequires = [\"setuptools\"]\n";
    let mut tar = tar::Builder::new(Vec::new());
    for (name, bytes) in [("PKG-INFO", pkg_info), ("pyproject.toml", setup)] {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        tar.append_data(&mut header, format!("{stem}/{name}"), bytes)
            .unwrap();
    }
    gzip(&tar.into_inner().unwrap())
}

/// Packs bytes; the same bytes give the same.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    flate2::read::GzEncoder::new(bytes, flate2::Compression::fast())
        .read_to_end(&mut packed)
        .unwrap();
    packed
}
