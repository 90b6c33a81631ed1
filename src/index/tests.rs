//! Archives made in memory, and laws: no bytes make a decoder panic, and what was written reads
//! back the same.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;
use url::Url;
use zip::write::SimpleFileOptions;

use super::*;
use crate::package::{MarkerTexts, PackageName, WheelName};

const METADATA: &str = "Metadata-Version: 2.1\nName: a\nVersion: 1\nRequires-Dist: b>=1\n";

fn zipped(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (path, content) in members {
        archive
            .start_file(*path, SimpleFileOptions::default())
            .unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn tarred(members: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, content) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        archive
            .append_data(&mut header, path, content.as_bytes())
            .unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap()
}

fn wheel_name() -> WheelName {
    WheelName::parse("A-1-py3-none-any.whl").unwrap()
}

/// Bytes that do not shrink when packed.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(next).take(len).collect()
}

#[test]
fn the_tail_of_a_wheel_gives_its_metadata_in_few_steps() {
    let late = [
        ("a/big", &noise(100_000)[..]),
        ("a-1.dist-info/METADATA", METADATA.as_bytes()),
    ];
    let early = [late[1], late[0]];

    assert_eq!(steps_to_metadata(&zipped(&late), 8_000), 1);
    assert_eq!(steps_to_metadata(&zipped(&late), 30), 2);
    assert_eq!(steps_to_metadata(&zipped(&early), 8_000), 2);

    let names: Vec<String> = (0..500).map(|at| format!("a/{at}")).collect();
    let mut many = vec![late[1]];
    many.extend(names.iter().map(|name| (name.as_str(), &b""[..])));
    assert_eq!(
        steps_to_metadata(&zipped(&many), 8_000),
        3,
        "directory, member"
    );
}

/// Plays the part of the fetch room: asks for what is needed until the metadata is there.
#[track_caller]
fn steps_to_metadata(wheel: &[u8], tail: usize) -> usize {
    let start = wheel.len() - tail;
    let mut parts = vec![(start as u64, &wheel[start..])];
    for step in 1..6 {
        match read_wheel_parts(&parts, &wheel_name()).unwrap() {
            TailAnswer::Metadata(metadata) => {
                assert_eq!(metadata, METADATA.as_bytes());
                return step;
            }
            TailAnswer::Need(range) => {
                let (from, to) = (range.start as usize, range.end as usize);
                parts.push((range.start, &wheel[from..to]));
                parts.sort();
            }
        }
    }
    panic!("no metadata after five steps");
}

#[test]
fn a_wheel_has_one_dist_info_folder_of_its_own_name() {
    let read = |members: &[(&str, &[u8])]| read_wheel(&zipped(members), &wheel_name());
    let metadata = METADATA.as_bytes();

    assert!(read(&[("A-1.dist-info/METADATA", metadata)]).is_ok());
    assert!(
        read(&[
            ("a-1.dist-info/METADATA", b""),
            ("b-1.dist-info/METADATA", b"")
        ])
        .is_ok()
    );
    for members in [
        &[("b-1.dist-info/METADATA", metadata)][..],
        &[("x/a-1.dist-info/METADATA", metadata)],
        &[("a-1.dist-info/RECORD", metadata)],
        &[
            ("a-1.dist-info/METADATA", metadata),
            ("a-2.dist-info/METADATA", metadata),
        ],
    ] {
        assert!(
            matches!(read(members), Err(WheelError::DistInfo(_))),
            "{members:?}"
        );
    }
    assert!(matches!(
        read_wheel(b"not a zip", &wheel_name()),
        Err(WheelError::Archive(_))
    ));
}

#[test]
fn a_member_that_unpacks_to_too_much_is_refused() {
    let bomb = vec![b' '; (16 << 20) + 1];
    let wheel = zipped(&[("a-1.dist-info/METADATA", &bomb)]);

    let refused = read_wheel(&wheel, &wheel_name());

    assert_eq!(refused, Err(WheelError::TooLarge("`METADATA`")));
}

/// Says how an archive was read and what it requires.
fn reading(members: &[(&str, &str)]) -> String {
    let tar = read_sdist(&tarred(members), "a-1.tar.gz", &mut MarkerTexts::default());
    let bytes: Vec<(&str, &[u8])> = members
        .iter()
        .map(|(path, text)| (*path, text.as_bytes()))
        .collect();
    let zip = read_sdist(&zipped(&bytes), "a-1.zip", &mut MarkerTexts::default());
    assert_eq!(tar, zip, "both kinds of archive read alike");
    let (how, metadata) = match tar.unwrap() {
        SdistReading::Static(metadata) => ("static", metadata),
        SdistReading::Unverified(metadata) => ("unverified", metadata),
        SdistReading::Dynamic { reason } => return format!("dynamic: {reason}"),
    };
    let requires: Vec<String> = metadata
        .requires
        .all()
        .iter()
        .map(ToString::to_string)
        .collect();
    format!("{how} {}: {}", metadata.version, requires.join(", "))
}

#[test]
fn a_source_archive_is_read_from_the_surest_file_in_it() {
    let info = |rest: &str| format!("Metadata-Version: 2.2\nName: a\nVersion: 1\n{rest}\n");
    let old = METADATA.replace("Requires-Dist: b>=1\n", "");
    let dynamic = info("Dynamic: Requires-Dist");
    let project = "[project]\nname = 'a'\ndynamic = ['version']\ndependencies = ['c']\n[project.optional-dependencies]\nx = ['d; os_name == \"nt\"', 'e @ https://h/e.zip']";
    let open = "[project]\nname = 'a'\nversion = '1'\ndynamic = ['dependencies']";
    let requires = "b>=1\n\n[x]\nc[y]\n\n[:os_name == 'nt']\nd\n\n[x:os_name == 'nt']\ne";
    let cases: &[(&[(&str, &str)], &str)] = &[
        (
            &[
                ("a-1/PKG-INFO", &info("Requires-Dist: b")),
                ("a-1/pyproject.toml", project),
            ],
            "static 1: c, d ; (os_name == \"nt\") and extra == 'x', e @ https://h/e.zip ; extra == 'x'",
        ),
        (
            &[
                ("a-1/PKG-INFO", &info("Requires-Dist: b")),
                ("a-1/pyproject.toml", open),
            ],
            "static 1: b",
        ),
        (
            &[
                ("a-1/PKG-INFO", &dynamic),
                ("a-1/a.egg-info/requires.txt", requires),
            ],
            "unverified 1: b>=1, c[y] ; extra == 'x', d ; os_name == 'nt', e ; (os_name == 'nt') and extra == 'x'",
        ),
        (&[("a-1/PKG-INFO", METADATA)], "unverified 1: b>=1"),
        (
            &[
                ("a-1/PKG-INFO", &old),
                ("a-1/src/a.egg-info/SOURCES.txt", ""),
            ],
            "unverified 1: ",
        ),
        (
            &[("a-1/PKG-INFO", &old)],
            "dynamic: nothing in it tells its requirements without running its code",
        ),
        (
            &[("a-1/setup.py", "")],
            "dynamic: it has no `PKG-INFO` and no static `pyproject.toml`",
        ),
    ];

    for (members, expected) in cases {
        assert_eq!(reading(members), *expected);
    }
}

#[test]
fn a_flat_listing_gives_the_files_of_one_project() {
    let base = Url::parse("file:///wheels/").unwrap();
    let names = [
        "a-1-py3-none-any.whl",
        "a_b-1.tar.gz",
        "A.B-2-py3-none-any.whl",
        "b #1.txt",
    ];
    let listing = list_folder(names, &base);
    let files = |project: &str| {
        let project = PackageName::new(project.to_owned()).unwrap();
        let files = listing.of_project(&project).files;
        files.into_iter().map(|file| file.url).collect::<Vec<_>>()
    };

    assert_eq!(files("a"), ["file:///wheels/a-1-py3-none-any.whl"]);
    assert_eq!(
        files("a-b"),
        [
            "file:///wheels/a_b-1.tar.gz",
            "file:///wheels/A.B-2-py3-none-any.whl"
        ]
    );
}

/// Looks at everything that a page offers.
fn walk(page: &Page) {
    for version in 0..=page.len() {
        let _ = (
            page.key(version),
            page.version(version),
            page.is_prerelease(version),
        );
        for file in page.files(version) {
            let file = page.file(file);
            let _ = (
                file.url(),
                file.digests().count(),
                file.tags(),
                file.build_tag(),
                file.metadata(),
            );
            let _ = (
                file.requires_python(),
                file.size(),
                file.upload_time(),
                file.yanked(),
            );
        }
    }
    let _ = (
        page.tag_strings().count(),
        page.python_strings().count(),
        page.status(),
    );
}

/// Changes some bytes of valid input.
fn mutated(
    input: &[u8],
    changes: &[(prop::sample::Index, u8)],
    cut: prop::sample::Index,
) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for (at, byte) in changes {
        let at = at.index(bytes.len());
        bytes[at] = *byte;
    }
    if cut.index(4) == 0 {
        bytes.truncate(cut.index(bytes.len()));
    }
    bytes
}

fn decode_everything(bytes: &[u8]) {
    let base = Url::parse("https://index.example/a/").unwrap();
    let markers = &mut MarkerTexts::default();
    let project = PackageName::new("a".to_owned()).unwrap();
    for kind in ["text/html", "application/vnd.pypi.simple.v1+json"] {
        let page = decode_page(&project, kind, bytes, &base);
        let listing = decode_simple(kind, bytes, &base);
        assert_eq!(page, listing.map(|listing| Page::build(&project, listing)));
        page.iter().for_each(walk);
    }
    if let Ok(page) = Page::from_bytes(bytes.to_vec().into()) {
        walk(&page);
    }
    let _ = Metadata::parse(bytes, MetadataSource::Wheel, markers);
    if let Ok(metadata) = Metadata::decode(&bytes.to_vec().into(), markers) {
        let _ = (
            metadata.requires.asked(&metadata.extras).count(),
            metadata.encode(),
        );
    }
    let _ = read_wheel(bytes, &wheel_name());
    let _ = read_wheel_tail(bytes, 1_000, &wheel_name());
    let _ = read_sdist(bytes, "a-1.zip", markers);
    let _ = read_sdist(bytes, "a-1.tar", markers);
    let _ = read_sdist(bytes, "a-1.tar.gz", markers);
    let _ = read_project(
        &String::from_utf8_lossy(bytes),
        None,
        MetadataSource::Project,
        markers,
    );
}

fn valid_inputs() -> Vec<Vec<u8>> {
    let base = Url::parse("https://index.example/a/").unwrap();
    let html = include_bytes!("../../fixtures/index/simple-html/attributes.html");
    let listing = decode_simple("text/html", html, &base).unwrap();
    let page = Page::build(&PackageName::new("a".to_owned()).unwrap(), listing);
    let modern = include_bytes!("../../fixtures/index/metadata/modern.txt");
    let metadata = Metadata::parse(modern, MetadataSource::Wheel, &mut MarkerTexts::default());
    vec![
        html.to_vec(),
        include_bytes!("../../fixtures/index/simple-html/wild.html").to_vec(),
        include_bytes!("../../fixtures/index/simple-json/attributes.json").to_vec(),
        modern.to_vec(),
        page.as_bytes().to_vec(),
        metadata.unwrap().encode(),
        zipped(&[
            ("a-1.dist-info/METADATA", METADATA.as_bytes()),
            ("a-1/PKG-INFO", modern),
        ]),
        tarred(&[
            ("a-1/PKG-INFO", METADATA),
            ("a-1/a.egg-info/requires.txt", "[x]\nb"),
        ]),
    ]
}

#[test]
fn a_record_of_a_former_form_is_not_read() {
    let markers = &mut MarkerTexts::default();
    let metadata = Metadata::parse(METADATA.as_bytes(), MetadataSource::Wheel, markers).unwrap();
    let mut record = metadata.encode();
    assert_eq!(
        Metadata::decode(&record.clone().into(), markers),
        Ok(metadata)
    );

    record[0] -= 1;
    assert_eq!(
        Metadata::decode(&record.into(), markers),
        Err(MetadataError::Damaged)
    );
}

#[test]
fn a_bottomless_marker_or_value_is_an_error() {
    let marker = format!("{METADATA}Requires-Dist: c ; {}\n", "(".repeat(10_000));
    let json = format!("{{\"files\":{}", "[".repeat(1_000_000));

    decode_everything(json.as_bytes());
    let read = Metadata::parse(
        marker.as_bytes(),
        MetadataSource::Wheel,
        &mut MarkerTexts::default(),
    );
    assert!(matches!(read, Err(MetadataError::Requirement { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_a_decoder_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        decode_everything(&bytes);
    }

    #[test]
    fn no_text_makes_a_decoder_panic(text in "[-<>a =\"'&;#/!:.,()\\[\\]{}\n\t1é]{0,200}") {
        decode_everything(text.as_bytes());
        let bottom = format!("{METADATA}Requires-Dist: {text}\n");
        decode_everything(bottom.as_bytes());
    }

    #[test]
    fn no_damage_makes_a_decoder_panic(
        which in 0..8_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        cut in any::<prop::sample::Index>(),
    ) {
        decode_everything(&mutated(&valid_inputs()[which], &changes, cut));
    }

    #[test]
    fn a_record_holds_all_of_the_metadata(
        requires in prop::collection::vec("[a-c](\\[[x-z]\\])?(==1\\.\\*|>=[0-9]{1,4}rc1|===1a|!=1\\+l)?( ; os_name == '[a-b]')?", 0..20),
        python in prop::option::of(">=3\\.[0-9],<4"),
        license in prop::option::of("[A-Zé. ]{0,110}"),
    ) {
        let lines: String = requires.iter().map(|line| format!("Requires-Dist: {line}\n")).collect();
        let python = python.map(|text| format!("Requires-Python: {text}\n")).unwrap_or_default();
        let license = license.map(|text| format!("License: {text}\n")).unwrap_or_default();
        let text = format!("Metadata-Version: 2.1\nName: a\nVersion: 1\n{python}{license}{lines}");
        let markers = &mut MarkerTexts::default();
        let metadata = Metadata::parse(text.as_bytes(), MetadataSource::Built, markers).unwrap();

        prop_assert_eq!(Metadata::decode(&metadata.encode().into(), markers), Ok(metadata));
    }
}
