//! The parsers of foreign text, one function each: bytes in, nothing out, never a panic, and a few
//! laws. `fuzz/` runs them without end, `tests/fuzzing.rs` on a small corpus. No part of the
//! public interface.

mod laws;

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use url::Url;

use laws::{check_places, look_at, pages_of, read_page};

use crate::advisory::{Advisories, read_batch, read_record};
use crate::audit::{KnownNames, read_claims};
use crate::binary::{Closure, decode as decode_binaries, encode, scan_file, scan_stream};
use crate::fetch::Credentials;
use crate::index::{
    Directory, Metadata, MetadataSource, Page, TailAnswer, decode_find_links, read_project,
    read_sdist, read_wheel, read_wheel_directory, read_wheel_parts, read_wheel_tail,
};
use crate::input::{
    AmbientTexts, Calls, READERS, ReadContext, Selection, Statement, Variables, command_reader_of,
    decode, quoted, read_ambient,
};
use crate::lock::{
    read_pipfile_lock, read_pixi_lock, read_pylock, read_requirements_pins, write_pylock,
};
use crate::package::{
    DeclarationKind, Digest, DirectUrl, DistName, IndexUrl, Marker, MarkerTexts, PackageName,
    Requirement, Secret, Specifiers, Timestamp, Version, VersionKey, WheelName,
};
use crate::sequence::read_baseline;
use crate::source::{Origin, Problem, SourceFile};
use crate::target::{Platform, PythonVersion, Target};

/// A parser by the name of its fuzz target.
pub type FuzzTarget = (&'static str, fn(&[u8]));

/// All of them, by name.
pub const TARGETS: &[FuzzTarget] = &[
    ("address", address),
    ("baseline", baseline),
    ("binary", binary),
    ("claims", claims),
    ("core_metadata", core_metadata),
    ("dist_name", dist_name),
    ("dockerfile", dockerfile),
    ("environment_yml", environment_yml),
    ("find_links", find_links),
    ("marker", marker),
    ("metadata_record", metadata_record),
    ("netrc", netrc),
    ("notebook", notebook),
    ("osv", osv),
    ("page_bytes", page_bytes),
    ("pip_config", pip_config),
    ("pipfile", pipfile),
    ("pipfile_lock", pipfile_lock),
    ("pixi_lock", pixi_lock),
    ("pylock", pylock),
    ("pyproject", pyproject),
    ("python_calls", python_calls),
    ("requirement", requirement),
    ("requirements_file", requirements_file),
    ("requirements_pins", requirements_pins),
    ("script", script),
    ("sdist", sdist),
    ("setup_cfg", setup_cfg),
    ("setup_py", setup_py),
    ("shell_script", shell_script),
    ("simple_html", simple_html),
    ("simple_json", simple_json),
    ("specifiers", specifiers),
    ("target", target),
    ("timestamp", timestamp),
    ("version_key", version_key),
    ("wheel_tail", wheel_tail),
    ("workflow", workflow),
];

/// Reads the address of an index and of a direct reference, and a digest.
pub fn address(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = (IndexUrl::parse(&text), IndexUrl::redacted(&text));
    let _ = (DirectUrl::parse(&text), Digest::parse(&text));
}

/// Reads a compiled file, as a file and as a stream, and its record.
pub fn binary(bytes: &[u8]) {
    let _ = scan_stream("a.so", bytes, 10_000);
    let _ = decode_binaries(bytes);
    if let Ok(facts) = scan_file("a.so", Cursor::new(bytes)) {
        let facts = [facts];
        let closure = Closure::of(&facts);
        let loading: usize = closure.outside().map(|it| closure.loading(it).of).sum();
        let _ = loading;
        assert!(decode_binaries(&encode(&facts)).is_some());
    }
}

/// Reads the claims of comments and of a document.
pub fn claims(bytes: &[u8]) {
    let names = ["a", "numpy", "scipy", "torch"].map(|name| name.parse());
    let known = KnownNames::new(names.into_iter().flatten());
    for name in ["a.in", "a.md"] {
        let (file, _) = decode(name, bytes);
        let claims = read_claims(&file, &known);
        check_places(&[], claims.iter().map(|it| &it.origin));
        for claim in &claims {
            let _ = (claim.says.to_string(), claim.asks().len());
        }
    }
}

/// Reads core metadata; its record holds all of it.
pub fn core_metadata(bytes: &[u8]) {
    let markers = &mut MarkerTexts::default();
    if let Ok(metadata) = Metadata::parse(bytes, MetadataSource::Wheel, markers) {
        let again = Metadata::decode(&metadata.encode().into(), markers);
        assert_eq!(again.as_ref(), Ok(&metadata));
    }
}

/// Takes a file's name apart, and ranks the tags of a wheel.
pub fn dist_name(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let project = project();
    let _ = DistName::parse(&text, &project);
    if let (Ok(wheel), Some(target)) = (WheelName::parse(&text), linux()) {
        let _ = target.tags().rank(&wheel.tags);
        let _ = target.describe_served(&[&wheel.tags]);
        let _ = DistName::parse(&text, &wheel.name);
    }
}

/// Reads a flat page of links.
pub fn find_links(bytes: &[u8]) {
    let listing = base().map(|base| decode_find_links("text/html; charset=utf-8", bytes, &base));
    if let Some(Ok(listing)) = listing {
        pages_of(listing.of_project(&project()));
    }
}

/// Reads a marker, strictly and as metadata, and asks whether it holds.
pub fn marker(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = Marker::parse(&text);
    if let (Ok((marker, _)), Some(target)) = (Marker::parse_lenient(&text), linux()) {
        let _ = marker.holds(target.environment(), &[]);
        let _ = Marker::from_tree(marker.tree().clone()).text().len();
    }
}

/// Reads a record of the cache; what it holds can be written.
pub fn metadata_record(bytes: &[u8]) {
    let record = bytes.to_vec().into();
    if let Ok(metadata) = Metadata::decode(&record, &mut MarkerTexts::default()) {
        let _ = (
            metadata.encode(),
            metadata.requires.asked(&metadata.extras).count(),
        );
    }
}

/// Reads a netrc file and looks a host up.
pub fn netrc(bytes: &[u8]) {
    let secret = Secret::new(String::from_utf8_lossy(bytes));
    let credentials = Credentials::gather([], &[], Some(&secret));
    let _ = base().and_then(|base| credentials.login(&base));
}

/// Reads a record of an advisory and the answer of an API; what was read can be judged.
pub fn osv(bytes: &[u8]) {
    let _ = read_batch(bytes);
    if let Ok(record) = read_record(bytes, &|_| true) {
        let names: Vec<PackageName> = record
            .affected
            .iter()
            .map(|it| it.package.clone())
            .collect();
        let mut advisories = Advisories::default();
        advisories.add(record);
        for name in names.iter().take(4) {
            for version in ["0", "1.5", "2!1.dev0+local"] {
                let Ok(version) = version.parse() else {
                    continue;
                };
                let ways = advisories.ways_out(name, &version);
                assert!(ways.iter().all(|way| *way > version));
            }
        }
    }
}

/// Takes bytes of the cache for a page and looks at everything on it.
pub fn page_bytes(bytes: &[u8]) {
    if let Ok(page) = Page::from_bytes(bytes.to_vec().into()) {
        look_at(&page);
    }
}

/// Reads pip's configuration.
pub fn pip_config(bytes: &[u8]) {
    let (file, _) = decode("pip.conf", bytes);
    let ambient = read_ambient(AmbientTexts {
        variables: Variables::default(),
        pip_files: vec![file],
        netrc: None,
        folder: PathBuf::from("/"),
        home: None,
        now: Timestamp::from_seconds(1_800_000_000),
    });
    check_places(&ambient.problems, []);
}

/// Reads a lock; what was read can be written, and written again it is the same.
pub fn pylock(bytes: &[u8]) {
    match read_pylock(&text_file(bytes)) {
        Err(problem) => check_places(std::slice::from_ref(&problem), []),
        Ok(lock) => {
            let written = write_pylock(&lock);
            let again = read_pylock(&SourceFile::new("pylock.toml", written.as_str()));
            let again = again.map(|lock| write_pylock(&lock));
            assert_eq!(again.as_ref().ok(), Some(&written), "{again:?}");
        }
    }
}

/// Reads a `pyproject.toml`, as an input and as that of a source archive.
pub fn pyproject(bytes: &[u8]) {
    read_as("pyproject.toml", bytes);
    let text = String::from_utf8_lossy(bytes);
    let source = MetadataSource::SdistStatic;
    let _ = read_project(&text, Some("1.0"), source, &mut MarkerTexts::default());
}

/// Reads a requirement, strictly and as metadata; what was read can be written and read again.
pub fn requirement(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = Requirement::parse_lenient(&text, &mut MarkerTexts::default());
    if let Ok(requirement) = Requirement::parse(&text) {
        let again = Requirement::parse(&requirement.to_string());
        let is_whole = requirement.url.is_some() || again.as_ref() == Ok(&requirement);
        assert!(is_whole, "{requirement:?} became {again:?}");
    }
}

/// Reads a requirements file; every place that it names lies in it.
pub fn requirements_file(bytes: &[u8]) {
    read_as("requirements file", bytes);
}

/// Reads the pins of a requirements file.
pub fn requirements_pins(bytes: &[u8]) {
    let _ = read_requirements_pins(&text_file(bytes));
}

/// Reads a script; every place that it names lies in it.
pub fn script(bytes: &[u8]) {
    read_as("script", bytes);
}

/// Reads a `setup.cfg`.
pub fn setup_cfg(bytes: &[u8]) {
    read_as("setup.cfg", bytes);
}

/// Reads a `setup.py`, of which nothing is run.
pub fn setup_py(bytes: &[u8]) {
    read_as("setup.py", bytes);
}

/// Reads an environment of conda's.
pub fn environment_yml(bytes: &[u8]) {
    read_as("environment.yml", bytes);
}

/// Reads a `Pipfile`.
pub fn pipfile(bytes: &[u8]) {
    read_as("Pipfile", bytes);
}

/// Reads a lock of pixi's.
pub fn pixi_lock(bytes: &[u8]) {
    let (file, _) = decode("pixi.lock", bytes);
    if let Err(problem) = read_pixi_lock(&file) {
        check_places(&[problem], []);
    }
}

/// Reads a lock of Pipenv's.
pub fn pipfile_lock(bytes: &[u8]) {
    let (file, _) = decode("Pipfile.lock", bytes);
    if let Err(problem) = read_pipfile_lock(&file) {
        check_places(&[problem], []);
    }
}

/// Reads a source archive of either kind.
pub fn sdist(bytes: &[u8]) {
    for name in ["a-1.0.tar.gz", "a-1.0.zip", "a-1.0.tar"] {
        let _ = read_sdist(bytes, name, &mut MarkerTexts::default());
    }
}

/// Reads a project's page in HTML.
pub fn simple_html(bytes: &[u8]) {
    read_page("text/html", bytes);
}

/// Reads a project's page in JSON.
pub fn simple_json(bytes: &[u8]) {
    read_page("application/vnd.pypi.simple.v1+json", bytes);
}

/// Reads specifiers, strictly and as metadata; the text kept means the same set.
pub fn specifiers(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(specifiers) = Specifiers::parse_lenient(&text) {
        assert_eq!(Specifiers::parse(specifiers.text()), Ok(specifiers));
    }
}

/// Reads a Python version and a platform, a line each.
pub fn target(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.lines();
    let python = lines.next().unwrap_or_default().parse::<PythonVersion>();
    let platform = lines.next().unwrap_or("linux").parse::<Platform>();
    if let (Ok(python), Ok(platform)) = (python, platform) {
        let target = Target::new(python, platform);
        let _ = (target.describe(), target.marker());
    }
}

/// Reads a moment and a cut-off.
pub fn timestamp(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let now = Timestamp::from_seconds(1_800_000_000);
    let read = [Timestamp::parse(&text), Timestamp::parse_cutoff(&text, now)];
    for moment in read.into_iter().flatten() {
        assert_eq!(Timestamp::parse(&moment.to_string()), Some(moment));
    }
}

/// Reads two versions, a line each; their keys order as they do.
pub fn version_key(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut versions = text.lines().map(str::parse::<Version>);
    if let (Some(Ok(left)), Some(Ok(right))) = (versions.next(), versions.next()) {
        let keys = (VersionKey::of(&left), VersionKey::of(&right));
        assert_eq!(keys.0.cmp(&keys.1), left.cmp(&right));
    }
}

/// Reads a wheel, whole and from its end; from the end comes the same metadata or a demand.
pub fn wheel_tail(bytes: &[u8]) {
    let Ok(wheel) = WheelName::parse("a-1.0-py3-none-any.whl") else {
        return;
    };
    let _ = read_wheel_directory(&[(0, bytes)]).map(|it| match it {
        Directory::Members(members) => members.iter().filter_map(|it| it.packed_in(bytes)).count(),
        Directory::Need(_) => 0,
    });
    let whole = read_wheel(bytes, &wheel);
    let middle = bytes.len() / 2;
    let tail = (middle as u64, &bytes[middle..]);
    let _ = read_wheel_tail(tail.1, u64::MAX - 8, &wheel);
    match read_wheel_tail(tail.1, tail.0, &wheel) {
        Ok(TailAnswer::Metadata(metadata)) => assert_eq!(Ok(metadata), whole),
        Ok(TailAnswer::Need(range)) => {
            let from = usize::try_from(range.start).unwrap_or(middle).min(middle);
            let parts = [(from as u64, &bytes[from..middle]), tail];
            let _ = read_wheel_parts(&parts, &wheel);
        }
        Err(_) => {}
    }
}

/// Reads what is installed.
pub fn baseline(bytes: &[u8]) {
    let (file, _) = decode("installed.txt", bytes);
    if let Ok(baseline) = read_baseline(&file) {
        check_places(&[], baseline.iter().map(|it| &it.origin));
    }
}

/// Reads the install commands of a Dockerfile.
pub fn dockerfile(bytes: &[u8]) {
    install_commands("Dockerfile", bytes);
}

/// Reads the install commands of a notebook.
pub fn notebook(bytes: &[u8]) {
    install_commands("a.ipynb", bytes);
}

/// Reads the packages that calls of Python name.
pub fn python_calls(bytes: &[u8]) {
    install_commands("a.py", bytes);
}

/// Reads the install commands of a shell script, and quotes what it swallows.
pub fn shell_script(bytes: &[u8]) {
    install_commands("a.sh", bytes);
}

/// Reads the install commands of a workflow.
pub fn workflow(bytes: &[u8]) {
    install_commands("a.yml", bytes);
}

fn project() -> PackageName {
    PackageName::new("a".to_owned()).expect("a letter is a name")
}

fn base() -> Option<Url> {
    Url::parse("https://index.example/simple/a/").ok()
}

fn linux() -> Option<Target> {
    let python = "3.12".parse().ok()?;
    Some(Target::new(python, "linux".parse().ok()?))
}

fn text_file(bytes: &[u8]) -> std::sync::Arc<SourceFile> {
    decode("any", bytes).0
}

fn read_as(reader: &str, bytes: &[u8]) {
    let Some(reader) = READERS.iter().find(|known| known.name == reader) else {
        return;
    };
    let (file, problem) = decode("any", bytes);
    let selection = Selection::everything();
    let reading = (reader.read)(
        &file,
        &ReadContext {
            kind: DeclarationKind::Requirement,
            folder: Path::new("/"),
            variables: &BTreeMap::from([("X".to_owned(), "é[".to_owned())]),
            selection: &selection,
            calls: &Calls::default(),
        },
    );
    let manifest = &reading.manifest;
    let stated = reading.statements.iter().filter_map(place_of);
    let declared = manifest.declarations.iter().map(|one| &one.origin);
    let problems: Vec<Problem> = manifest.problems.iter().cloned().chain(problem).collect();
    check_places(&problems, declared.chain(stated));
}

fn place_of(statement: &Statement) -> Option<&Origin> {
    match statement {
        Statement::Declaration(declaration) => Some(&declaration.origin),
        Statement::Unnamed(unnamed) => Some(&unnamed.origin),
        Statement::Include(include) => Some(&include.origin),
        Statement::FindLinksPath((_, origin)) => Some(origin),
        Statement::File(file) => Some(&file.origin),
        Statement::Remove(_) | Statement::Setting(_) => None,
    }
}

fn install_commands(name: &str, bytes: &[u8]) {
    let (file, _) = decode(name, bytes);
    let reader = command_reader_of(name).expect("the names are those of readers");
    let recipe = (reader.read)(&file, &Calls::default());
    let built = recipe.build(None).into_iter().flat_map(|it| it.steps);
    check_places(&[], built.map(|step| &step.origin));
    for command in recipe.commands() {
        let words = command.requirements.iter().map(|it| &it.origin);
        let swallowed = command.swallowed.iter().map(|it| &it.origin);
        check_places(&[], words.chain(swallowed).chain([&command.origin]));
        for swallowed in &command.swallowed {
            let _ = quoted(swallowed.origin.text());
        }
    }
}
