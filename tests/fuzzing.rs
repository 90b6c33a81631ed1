//! Runs every fuzz function over a small corpus and mutations of it, so that none of them rots
//! and the worst known inputs stay tried. `PYAUDIT_FUZZ_ROUNDS=100000` makes a longer run of it.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::panic::{RefUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use pyaudit::fuzzing::TARGETS;
use pyaudit::index::{FileEntry, Listing, Metadata, MetadataFile, MetadataSource, Page};
use pyaudit::package::{Digest, MarkerTexts, PackageName, Timestamp};
use zip::write::SimpleFileOptions;

/// Fixtures of other tests that are good seeds as well.
const BORROWED: &[(&str, &str)] = &[
    ("core_metadata", "index/metadata"),
    ("find_links", "index/simple-html"),
    ("pip_config", "ambient"),
    ("pylock", "locks"),
    ("pyproject", "inputs/pyproject"),
    ("requirements_file", "inputs/requirements"),
    ("requirements_pins", "locks/own"),
    ("script", "inputs/script"),
    ("simple_html", "index/simple-html"),
    ("simple_json", "index/simple-json"),
];

/// A thousand times what such an input takes, and less than one that grows with its square.
const LONGEST: Duration = Duration::from_secs(4);

/// Longer seeds take longer than they find.
const LONGEST_SEED: usize = 8 << 10;

#[test]
fn no_fuzz_function_panics_on_its_corpus_or_near_it() {
    let rounds = std::env::var("PYAUDIT_FUZZ_ROUNDS")
        .map_or(200, |text| text.parse().expect("the test makes it"));
    for (name, run) in TARGETS {
        let seeds = seeds(name);
        assert!(!seeds.is_empty(), "`{name}` has no seed");
        let mut random = Random(0x5eed);

        seeds.iter().for_each(|seed| try_input(name, *run, seed));
        for _ in 0..rounds {
            try_input(name, *run, &mutated(&seeds, &mut random));
        }
    }
}

#[test]
fn no_repetition_takes_long() {
    for (name, run) in TARGETS {
        for token in TOKENS.iter().chain(REPEATED) {
            let input = token.repeat(20_000 / token.len());
            let start = Instant::now();

            try_input(name, *run, input.as_bytes());
            let took = start.elapsed();
            assert!(took < LONGEST, "`{name}` took {took:?} on many {token:?}");
        }
    }
}

#[test]
fn every_fuzz_function_has_its_target() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = fs::read_to_string(root.join("fuzz/Cargo.toml")).expect("the test makes it");
    let names: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let stems = |folder: &str, ending: &str| -> BTreeSet<String> {
        let entries = fs::read_dir(root.join(folder)).expect("the test makes it");
        entries
            .map(|entry| {
                entry
                    .expect("the test makes it")
                    .file_name()
                    .into_string()
                    .unwrap()
            })
            .map(|name| {
                name.strip_suffix(ending)
                    .expect("the test makes it")
                    .to_owned()
            })
            .collect()
    };

    assert!(TARGETS.is_sorted_by_key(|(name, _)| *name));
    assert_eq!(stems("fuzz/fuzz_targets", ".rs"), names);
    assert_eq!(stems("fixtures/fuzz", ""), names);
    for name in &names {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")));
    }
}

fn try_input(name: &str, run: impl Fn(&[u8]) + RefUnwindSafe, input: &[u8]) {
    if catch_unwind(|| run(input)).is_err() {
        panic!("`{name}` panics on b\"{}\"", input.escape_ascii());
    }
}

/// Collects the seeds of a target: its own, borrowed ones, and those that a program has to write.
fn seeds(name: &str) -> Vec<Vec<u8>> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut files = Vec::new();
    collect(&fixtures.join("fuzz").join(name), &mut files);
    for (_, folder) in BORROWED.iter().filter(|(target, _)| *target == name) {
        collect(&fixtures.join(folder), &mut files);
    }
    files.sort();
    let texts = files
        .iter()
        .map(|file| fs::read(file).expect("a seed can be read"));
    let written = match name {
        "metadata_record" => vec![metadata_record()],
        "page_bytes" => vec![page()],
        "sdist" => vec![
            tarball(),
            wheel(&["a-1.0/PKG-INFO", "a-1.0/pyproject.toml"]),
        ],
        "wheel_tail" => vec![wheel(&["a/x.py", "a-1.0.dist-info/METADATA"])],
        _ => Vec::new(),
    };
    texts
        .filter(|seed| seed.len() <= LONGEST_SEED)
        .chain(written)
        .collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the folder can be read").path();
        match path.is_dir() {
            true => collect(&path, files),
            false if path.extension().is_some_and(|ending| ending == "expected") => {}
            false => files.push(path),
        }
    }
}

/// Every byte of it decided by its seed (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        match limit {
            0 => 0,
            _ => (self.next() % limit as u64) as usize,
        }
    }

    fn one_of<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }
}

/// What parsers trip over.
const TOKENS: &[&str] = &[
    "\0",
    "\n",
    "\r",
    "\r\n",
    "\\\n",
    "\\",
    "\"",
    "'",
    "\u{feff}",
    "é",
    "\u{10f3c}",
    "<",
    ">",
    "&",
    "&#x110000;",
    "%",
    "%00",
    "#",
    "@",
    "[",
    "]",
    "(",
    ")",
    "{",
    "}",
    ";",
    ",",
    "=",
    "==",
    "~=",
    "!",
    "*",
    "-",
    "--",
    "_",
    ".",
    "..",
    "/",
    ":",
    "://",
    "${X}",
    "${",
    "-1",
    "18446744073709551616",
    "99999999999999999999999",
    "1e999",
    "null",
    "true",
    "\"\"",
    "<!--",
    "[[",
    "[a]\n",
    " and ",
    " or ",
    "extra",
    "in",
    "://u:p@h/",
    "file:",
    "git+",
    "-r ",
    "-e ",
];

/// What could make a parser start again and again from where it was.
const REPEATED: &[&str] = &[
    "a,",
    "a==1,",
    "<a>",
    "<a href=x>",
    "<a href='",
    "</a",
    "<script>",
    "&amp;",
    "a-",
    "a.",
    "1.",
    "or ",
    "[a]\n",
    "[[a]]\n",
    "[a.",
    "a=1\n",
    "a.b.c=1\n",
    "x\n",
    " x\n",
    "-r x\n",
    "a\\\n",
    "# ///\n",
    "# /// script\n",
    "# via\n",
    "Requires-Dist: a\n",
    "--hash=sha256:0 ",
    "machine a ",
    "$(",
    "${",
    "`",
    "\"$a",
    "<<a ",
    "<<a\n",
    "pip install a>=1\n",
    "RUN <<a\n",
    "RUN a\\\n",
    "run: |\n",
    "pip_install(",
    "f'",
    "# torch 1 requires numpy 2 ",
    "torch ",
    "|torch|1",
    "(1+ ",
];

fn mutated(seeds: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut bytes = seeds[random.below(seeds.len())].clone();
    if random.below(16) == 0 {
        bytes
            .iter_mut()
            .for_each(|byte| *byte = random.next() as u8);
    }
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len() + 1);
        let most = 1 << random.below(9);
        let end = (at + random.below(most)).min(bytes.len());
        match random.below(8) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..end)),
            2 => {
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
            3 => {
                let other = &seeds[random.below(seeds.len())];
                let from = random.below(other.len() + 1);
                bytes.splice(at..end, other[from..].iter().copied());
            }
            4 | 5 => drop(bytes.splice(at..at, random.one_of(TOKENS).bytes())),
            6 if end > at => bytes[at] ^= 1 << random.below(8),
            _ if end > at => bytes[at] = random.next() as u8,
            _ => {}
        }
    }
    bytes
}

const PACKAGE_INFO: &str = "Metadata-Version: 2.2\nName: a\nVersion: 1.0\nRequires-Python: >=3.8\n\
    Provides-Extra: x\nRequires-Dist: b<2,>=1; extra == 'x' and os_name == 'nt'\n\
    Requires-Dist: c @ https://files.example/c-1.zip#sha256=0\n";

fn metadata_record() -> Vec<u8> {
    let markers = &mut MarkerTexts::default();
    let source = MetadataSource::Wheel;
    let metadata = Metadata::parse(PACKAGE_INFO.as_bytes(), source, markers);
    metadata.expect("the test makes it").encode()
}

fn page() -> Vec<u8> {
    let names = [
        "a-1.0-py3-none-any.whl",
        "a-1.0.tar.gz",
        "a-2rc1-1b-cp312-abi3-win32.whl",
        "a",
    ];
    let digest = Digest::new("sha256", &"0".repeat(64));
    let files = names.map(|filename| FileEntry {
        filename: filename.to_owned(),
        url: format!("https://files.example/{filename}"),
        digests: digest.clone().into_iter().collect(),
        requires_python: Some(">=3.8".to_owned()),
        size: Some(1),
        upload_time: Some(Timestamp::from_seconds(1)),
        yanked: Some("why".to_owned()),
        metadata: MetadataFile::Present(digest.clone()),
    });
    let listing = Listing {
        files: files.into(),
        status: Some("archived".to_owned()),
        ..Listing::default()
    };
    let name = PackageName::new("a".to_owned()).expect("the test makes it");
    Page::build(&name, listing).as_bytes().to_vec()
}

fn wheel(members: &[&str]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for member in members {
        archive
            .start_file(*member, SimpleFileOptions::default())
            .expect("the test makes it");
        archive
            .write_all(PACKAGE_INFO.as_bytes())
            .expect("the test makes it");
    }
    archive.finish().expect("the test makes it").into_inner()
}

fn tarball() -> Vec<u8> {
    let packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut archive = tar::Builder::new(packed);
    for member in ["a-1.0/PKG-INFO", "a-1.0/a.egg-info/requires.txt"] {
        let mut header = tar::Header::new_gnu();
        header.set_size(PACKAGE_INFO.len() as u64);
        header.set_mode(0o644);
        archive
            .append_data(&mut header, member, PACKAGE_INFO.as_bytes())
            .expect("the test makes it");
    }
    archive
        .into_inner()
        .expect("the test makes it")
        .finish()
        .expect("the test makes it")
}
