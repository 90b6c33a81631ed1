//! The locks in `fixtures/locks`: each is read, and what comes of it stands beside it. Run with
//! `PYAUDIT_RENEW=1` to write the expectations anew, and read the difference before keeping it.

use std::path::Path;

use pyaudit::lock::{
    Annotations, FORMATS, Format, Lock, LockedPackage, Pins, RequirementsStyle, Writer, changes,
    read_pylock, read_requirements_pins, write_pylock, write_requirements,
};
use pyaudit::report::{LockOutcome, LockReport, LockedReport};
use pyaudit::source::SourceFile;

fn read(case: &str) -> Lock {
    let path = Path::new("fixtures/locks").join(case).join("pylock.toml");
    let text = std::fs::read_to_string(&path).expect("the fixture is there");
    read_pylock(&SourceFile::new("pylock.toml", text)).expect("the fixture is a lock")
}

#[track_caller]
fn expect(case: &str, file: &str, written: &str) {
    let path = Path::new("fixtures/locks").join(case).join(file);
    if std::env::var_os("PYAUDIT_RENEW").is_some() {
        std::fs::write(&path, written).expect("the fixture can be written");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();

    assert_eq!(written, expected, "{}", path.display());
}

fn hashed() -> RequirementsStyle {
    RequirementsStyle {
        hashes: true,
        ..RequirementsStyle::default()
    }
}

/// The formats that are written.
fn written() -> impl Iterator<Item = (&'static Format, Writer)> {
    FORMATS
        .iter()
        .filter_map(|format| Some((format, format.write?)))
}

#[test]
fn our_own_lock_reads_and_writes_to_the_same_bytes() {
    expect("own", "pylock.toml", &write_pylock(&read("own")));
}

#[test]
fn the_locks_of_other_tools_are_read_and_written_our_way() {
    for case in ["pip-lock", "uv-compile", "uv-export"] {
        let written = write_pylock(&read(case));

        expect(case, "written.toml", &written);
        let again = read_pylock(&SourceFile::new("written.toml", written.as_str())).unwrap();
        assert_eq!(write_pylock(&again), written);
        assert_eq!(again, read(case));
    }
}

#[test]
fn requirements_are_written_in_every_style() {
    let lock = read("own");
    let plain = RequirementsStyle {
        command: Some("pyaudit lock -o requirements.txt --index-url https://u:p@i.example/".into()),
        ..RequirementsStyle::default()
    };
    let full = RequirementsStyle {
        extras: true,
        index_urls: true,
        find_links: true,
        ..hashed()
    };
    let line = RequirementsStyle {
        annotations: Annotations::Line,
        ..RequirementsStyle::default()
    };
    let line_hashed = RequirementsStyle {
        annotations: Annotations::Line,
        ..hashed()
    };
    let bare = RequirementsStyle {
        annotations: Annotations::Off,
        ..RequirementsStyle::default()
    };

    for (file, style) in [
        ("plain.txt", plain),
        ("full.txt", full),
        ("line.txt", line),
        ("line-hashed.txt", line_hashed),
        ("bare.txt", bare),
    ] {
        expect("own", file, &write_requirements(&lock, &style));
    }
}

#[test]
fn the_outcome_is_told_to_machines() {
    let lock = read("own");
    let former = SourceFile::new("former.txt", "flask==3.0\nold==1\nwerkzeug==3.1.3\n");
    let former = read_requirements_pins(&former);
    let moved = changes(&former, &Pins::from(&lock));

    let locked = LockedReport::new(&lock, Some("pylock.toml"), Some(&moved), &[]);
    let report = LockReport::new(LockOutcome::Locked(locked));

    let text = serde_json::to_string_pretty(&report).unwrap() + "\n";
    expect("own", "report.json", &text);
}

#[test]
fn every_format_reads_the_pins_it_wrote() {
    let mut lock = read("own");
    lock.packages.retain(LockedPackage::is_from_registry);
    let versions = |pins: &Pins| -> Vec<String> {
        pins.names()
            .flat_map(|name| {
                pins.versions(name)
                    .map(move |version| format!("{name} {version}"))
            })
            .collect()
    };
    let expected = versions(&Pins::from(&lock));

    for (format, write) in written() {
        let text = write(&lock, &hashed());
        let pins = (format.read_pins)(&SourceFile::new("former", text)).unwrap();

        assert_eq!(versions(&pins), expected, "{}", format.name);
    }
    assert_eq!(expected.len(), 4);
}

#[test]
fn credentials_reach_no_file() {
    let mut lock = read("own");
    let secret = "https://user:s3cret@index.example/simple";
    lock.packages[2].index = Some(secret.into());
    let tool = lock.tool.as_mut().unwrap();
    tool.options.index = Some(secret.into());
    tool.options.extra_indexes = vec![secret.into()];
    tool.options.find_links = vec![secret.into()];
    tool.declarations[0].text = format!("app @ {secret}");
    let style = RequirementsStyle {
        command: Some(format!("pyaudit lock --index-url {secret}")),
        index_urls: true,
        find_links: true,
        ..hashed()
    };

    for (format, write) in written() {
        assert!(!write(&lock, &style).contains("s3cret"), "{}", format.name);
    }
}

#[test]
fn an_index_that_no_option_names_is_always_written_for_pip() {
    let mut lock = read("own");
    let options = &lock.tool.as_ref().unwrap().options;
    let default = format!("{}/", options.index.as_deref().unwrap());
    for package in &mut lock.packages {
        package.index = Some(default.clone());
    }
    let head = |lock: &Lock, style: &RequirementsStyle| -> Vec<String> {
        let text = write_requirements(lock, style);
        let lines = text.lines().filter(|line| line.starts_with("--"));
        lines.map(str::to_owned).collect()
    };
    let full = RequirementsStyle {
        index_urls: true,
        ..RequirementsStyle::default()
    };
    assert!(head(&lock, &RequirementsStyle::default()).is_empty());
    let before = head(&lock, &full);

    let at = lock
        .packages
        .iter()
        .position(LockedPackage::is_from_registry)
        .unwrap();
    lock.packages[at].index = Some("https://u:s3cret@builds.example/whl/cu121".into());

    let lines = ["--extra-index-url https://builds.example/whl/cu121".to_owned()];
    assert_eq!(head(&lock, &RequirementsStyle::default()), lines);
    assert_eq!(head(&lock, &full), [&before[..], &lines].concat());
}

#[test]
fn a_lock_that_cannot_be_read_is_shown_where_it_is_wrong() {
    let head = "lock-version = \"1.0\"\ncreated-by = \"x\"\n";
    let package = format!("{head}[[packages]]\nname = \"a\"\nversion = \"1\"\n");
    for (text, place, message) in [
        (
            "lock-version = \"2.0\"".into(),
            "\"2.0\"",
            "expected lock-version `1.0`, but found `2.0`",
        ),
        (
            "lock-version = 1.0".into(),
            "1.0",
            "expected a string, but found floating point `1.0`",
        ),
        (
            "created-by = \"x\"".into(),
            "",
            "the key `lock-version` is missing here",
        ),
        (
            "lock-version = ".into(),
            "",
            "string values must be quoted, expected literal string",
        ),
        (head.into(), "", "the key `packages` is missing here"),
        (
            format!("{head}[[packages]]\nname = \"a b\"\n"),
            "\"a b\"",
            "expected a package name, but found `a b`",
        ),
        (
            package.replace("\"1\"", "\"one\""),
            "\"one\"",
            "expected a version, but found `one`",
        ),
        (
            package.clone(),
            "\"a\"",
            "there is nothing to install `a` from",
        ),
        (
            format!(
                "{package}directory = {{ path = \".\" }}\nsdist = {{ url = \"https://files.example/a-1.zip\", hashes = {{}} }}\n"
            ),
            "\"a\"",
            "`a` has more than one kind of source",
        ),
        (
            format!("{package}wheels = [{{ hashes = {{ sha256 = \"00\" }} }}]\n"),
            "{ hashes = { sha256 = \"00\" } }",
            "expected a `url` or a `path` here",
        ),
        (
            format!(
                "{package}sdist = {{ url = \"https://files.example/a-1.zip\", hashes = {{ sha256 = \"00\" }} }}\n"
            ),
            "\"00\"",
            "expected the hexadecimal digits of a sha256 digest",
        ),
    ] {
        let problem = read_pylock(&SourceFile::new("pylock.toml", text.as_str())).unwrap_err();

        assert_eq!(problem.message, message, "{text}");
        assert_eq!(problem.origin.unwrap().text(), place, "{text}");
    }
}

#[test]
fn a_record_of_another_schema_is_passed_over() {
    let text = std::fs::read_to_string("fixtures/locks/own/pylock.toml").unwrap();
    let newer = text.replace("schema = 1", "schema = 2");

    let lock = read_pylock(&SourceFile::new("pylock.toml", newer)).unwrap();

    assert!(lock.tool.is_none());
    assert_eq!(lock.packages.len(), 8);
}

#[test]
fn a_former_output_of_any_kind_gives_the_same_names() {
    let lock = read("own");
    let text = write_requirements(&lock, &hashed());
    let pins = read_requirements_pins(&SourceFile::new("requirements.txt", text));

    assert!(pins.names().all(|name| !lock.named(name).is_empty()));
    assert!(Format::named("requirements").is_some());
}

mod laws {
    //! Writing and reading lose nothing, whatever is in the lock.

    use proptest::prelude::*;
    use pyaudit::lock::{
        ArtifactPlace, Lock, LockedArtifact, LockedEdge, LockedFiles, LockedNote, LockedPackage,
        read_pylock, write_pylock,
    };
    use pyaudit::package::{Digest, PackageName, Requirement, Timestamp};
    use pyaudit::source::SourceFile;

    const NAMES: &[&str] = &["a", "b", "c-d"];
    const VERSIONS: &[&str] = &["1.0", "2!1b1.dev3+local.1"];

    fn artifact() -> impl Strategy<Value = LockedArtifact> {
        (".{0,12}", any::<u64>(), any::<i64>(), "[0-9a-f]{64}").prop_map(
            |(name, size, seconds, hex)| LockedArtifact {
                name,
                place: ArtifactPlace::Path("wheels/x.whl".into()),
                upload_time: Some(Timestamp::from_seconds(seconds)),
                size: Some(size),
                digests: Digest::new("sha256", &hex).into_iter().collect(),
            },
        )
    }

    fn edge() -> impl Strategy<Value = LockedEdge> {
        let line = prop::sample::select(vec![
            "a>=1",
            "b[x]",
            "c-d ; os_name == 'nt'",
            "e @ https://h/e.zip",
        ]);
        (line, prop::option::of(prop::sample::select(VERSIONS))).prop_map(|(line, version)| {
            LockedEdge {
                requirement: Requirement::parse(line).expect("a requirement"),
                version: version.map(|version| version.parse().expect("a version")),
            }
        })
    }

    prop_compose! {
        fn package()(
            name in prop::sample::select(NAMES),
            version in prop::sample::select(VERSIONS),
            marker in prop::option::of(".{0,12}"),
            wheels in prop::collection::vec(artifact(), 1..3),
            edges in prop::collection::vec(edge(), 0..4),
            note in ".{0,12}",
        ) -> LockedPackage {
            LockedPackage {
                marker,
                files: LockedFiles::new(wheels, None),
                edges,
                notes: vec![LockedNote::parse(&note)],
                ..LockedPackage::new(
                    PackageName::new(name.to_owned()).expect("a name"),
                    Some(version.parse().expect("a version")),
                )
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn writing_then_reading_a_lock_changes_nothing(
            packages in prop::collection::vec(package(), 0..5),
        ) {
            let lock = Lock { packages, ..Lock::empty() }.sorted();
            let written = write_pylock(&lock);

            let read = read_pylock(&SourceFile::new("pylock.toml", written.as_str()));

            prop_assert_eq!(write_pylock(&read.unwrap()), written);
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "(lock-version = \"1.0\"\n)?.{0,60}") {
            let _ = read_pylock(&SourceFile::new("pylock.toml", text.as_str()));
        }
    }
}

mod foreign {
    //! The locks that only other tools write: each reads to what stands beside it.

    use super::*;

    fn told(lock: &Lock) -> String {
        let mut lines = vec![format!(
            "for Python {} {:?}, extras {:?}, groups {:?}, edges with {:?}",
            lock.requires_python.as_deref().unwrap_or("?"),
            lock.environments,
            lock.extras,
            lock.dependency_groups,
            lock.edge_detail,
        )];
        let record = lock.tool.iter().flat_map(|tool| &tool.declarations);
        lines.extend(record.map(|it| {
            let (place, kind) = (it.place(), it.kind_name());
            let section = it.section.as_deref().unwrap_or_default();
            format!("{place} [{section}] {kind} {}", it.text)
        }));
        for package in &lock.packages {
            let marker = package.marker.as_deref();
            let files: Vec<_> = package.artifacts().collect();
            let hosts: std::collections::BTreeSet<_> =
                files.iter().filter_map(|it| it.place.host()).collect();
            lines.push(format!(
                "{} ; {} [{}] from {:?} {}, {} files {hosts:?}, {} hashed, {} sized, {} dated",
                package.label(),
                marker.unwrap_or_default(),
                package.requires_python.as_deref().unwrap_or_default(),
                package.index.as_deref().unwrap_or_default(),
                if package.is_from_registry() {
                    ""
                } else {
                    "directly"
                },
                files.len(),
                files.iter().filter(|it| !it.digests.is_empty()).count(),
                files.iter().filter(|it| it.size.is_some()).count(),
                files.iter().filter(|it| it.upload_time.is_some()).count(),
            ));
            for edge in &package.edges {
                let version = edge.version.as_ref().map(ToString::to_string);
                let version = version.unwrap_or_else(|| "?".into());
                lines.push(format!("    {} → {version}", edge.requirement));
            }
        }
        lines.join("\n") + "\n"
    }

    #[test]
    fn the_locks_of_other_tools_are_read_as_they_are_meant() {
        for (case, file) in [
            ("uv-web", "uv.lock"),
            ("uv-forks", "uv.lock"),
            ("poetry-web", "poetry.lock"),
            ("poetry-forks", "poetry.lock"),
            ("pdm-web", "pdm.lock"),
            ("pdm-forks", "pdm.lock"),
            ("pipenv-web", "Pipfile.lock"),
            ("pixi-web", "pixi.lock"),
        ] {
            let path = Path::new("fixtures/locks").join(case).join(file);
            let text = std::fs::read_to_string(&path).unwrap();
            let lock = (Format::of_path(file).read)(&SourceFile::new(file, text)).expect("a lock");

            expect(case, "read.txt", &told(&lock));
        }
    }

    #[test]
    fn what_is_wrong_with_them_is_shown_at_its_place() {
        let uv = "version = 1\n[[package]]\nname = \"a\"\nversion = \"1\"\n";
        let poetry =
            "[metadata]\nlock-version = \"2.1\"\n[[package]]\nname = \"a\"\nversion = \"1\"\n";
        let pdm =
            "[metadata]\nlock_version = \"4.5.0\"\n[[package]]\nname = \"a\"\nversion = \"1\"\n";
        let hashed =
            |key: &str| format!("files = [{{{key} = \"a-1.zip\", hash = \"sha256:00\"}}]\n");
        for (file, text, place, message) in [
            (
                "uv.lock",
                "version = 2\n".to_owned(),
                "2",
                "expected version `1`, but found `2`",
            ),
            (
                "uv.lock",
                "revision = 1\n".to_owned(),
                "",
                "the key `version` is missing here",
            ),
            (
                "uv.lock",
                uv.to_owned(),
                "",
                "the key `source` is missing here",
            ),
            (
                "uv.lock",
                format!("{uv}source = {{ moon = \"x\" }}\n"),
                "{ moon = \"x\" }",
                "there is nothing to install `a` from",
            ),
            (
                "uv.lock",
                format!("{uv}source = {{ registry = \"x\" }}\nsdist = {{ hash = \"md5:0\" }}\n"),
                "\"md5:0\"",
                "expected the hexadecimal digits of a md5 digest",
            ),
            (
                "poetry.lock",
                "[metadata]\nlock-version = \"3.0\"\n".to_owned(),
                "\"3.0\"",
                "expected lock-version `2.1`, but found `3.0`",
            ),
            (
                "poetry.lock",
                "[metadata]\nlock-version = \"2.0\"\npython-versions = \"^x\"\n".to_owned(),
                "\"^x\"",
                "expected Pythons, but found `^x`",
            ),
            (
                "poetry.lock",
                format!("{poetry}[package.dependencies]\nb = \"one\"\n"),
                "b",
                "expected a constraint, but found `one`",
            ),
            (
                "poetry.lock",
                format!("{poetry}{}", hashed("file")),
                "\"sha256:00\"",
                "expected the hexadecimal digits of a sha256 digest",
            ),
            (
                "pdm.lock",
                "[metadata]\nlock_version = \"5\"\n".to_owned(),
                "\"5\"",
                "expected lock_version `4.5.0`, but found `5`",
            ),
            (
                "pdm.lock",
                format!("{pdm}dependencies = [\"b>\"]\n"),
                "\"b>\"",
                "expected a requirement, but found `b>`: expected a version after `>`",
            ),
            (
                "pdm.lock",
                format!("{pdm}{}", hashed("url")),
                "\"sha256:00\"",
                "expected the hexadecimal digits of a sha256 digest",
            ),
        ] {
            let source = SourceFile::new(file, text.as_str());
            let problem = (Format::of_path(file).read)(&source).unwrap_err();

            assert_eq!(problem.message, message, "{text}");
            if !place.is_empty() {
                assert_eq!(problem.origin.unwrap().text(), place, "{text}");
            }
        }
    }

    fn read_text(file: &str, text: &str) -> Lock {
        (Format::of_path(file).read)(&SourceFile::new(file, text)).expect("a lock")
    }

    #[test]
    fn every_kind_of_source_is_told_from_the_others() {
        let uv = "version = 1\n\
            [[package]]\nname = \"g\"\nversion = \"1\"\nsource = { git = \"https://files.example/g?tag=v1&subdirectory=s#abc\" }\n\
            [[package]]\nname = \"u\"\nversion = \"1\"\nsource = { url = \"https://files.example/u-1.zip\" }\nsdist = { hash = \"sha256:HEX\", size = 7 }\n\
            [[package]]\nname = \"p\"\nversion = \"1\"\nsource = { path = \"p-1.zip\" }\n\
            [[package]]\nname = \"e\"\nversion = \"1\"\nsource = { editable = \"packages/e\" }\ndependencies = [{ name = \"g\" }]\n\
            [package.metadata]\nrequires-dist = [{ name = \"g\", specifier = \">=2\" }]\n";
        let lock = read_text("uv.lock", &uv.replace("HEX", &"a1".repeat(32)));
        let told: Vec<String> = lock
            .packages
            .iter()
            .map(|it| format!("{} {:?}", it.name, it.source))
            .collect();
        let words: &[&[&str]] = &[
            &["e", "Directory", "packages/e", "editable: true"],
            &[
                "g",
                "Vcs",
                "https://files.example/g\"",
                "v1",
                "abc",
                "Some(\"s\")",
            ],
            &["p", "Archive", "Path(\"p-1.zip\")"],
            &["u", "Archive", "u-1.zip", "size: Some(7)", "sha256:a1a1"],
        ];
        for (told, words) in told.iter().zip(words) {
            assert!(words.iter().all(|word| told.contains(word)), "{told}");
        }
        let edges = lock.packages[0].edges.iter();
        let edges: Vec<String> = edges.map(|edge| edge.requirement.to_string()).collect();
        assert_eq!(edges, ["g", "g>=2"]);

        let pdm = "[metadata]\nlock_version = \"4.4\"\n\
            [[package]]\nname = \"g\"\nversion = \"1\"\ngit = \"https://files.example/g\"\nref = \"main\"\nrevision = \"abc\"\n\
            [[package]]\nname = \"p\"\nversion = \"1\"\npath = \"./p\"\neditable = true\n\
            [[package]]\nname = \"u\"\nversion = \"1\"\nurl = \"https://files.example/u-1.zip\"\n";
        let lock = read_text("pdm.lock", pdm);
        assert!(lock.packages.iter().all(|it| !it.is_from_registry()));

        let poetry = "[metadata]\nlock-version = \"1.1\"\n[metadata.files]\n\
            a = [{ file = \"a-1.tar.gz\", hash = \"sha256:HEX\" }]\n\
            [[package]]\nname = \"a\"\nversion = \"1\"\n\
            [[package]]\nname = \"g\"\nversion = \"1\"\n[package.source]\ntype = \"git\"\nurl = \"https://files.example/g\"\nreference = \"main\"\nresolved_reference = \"abc\"\n";
        let lock = read_text("poetry.lock", &poetry.replace("HEX", &"a1".repeat(32)));
        assert!(lock.packages[0].files.sdist().is_some());
        assert!(!lock.packages[1].is_from_registry());
    }

    #[test]
    fn the_lock_of_a_script_tells_what_the_script_declares() {
        let lock = read_text(
            "tools/run.py.lock",
            "version = 1\n[manifest]\nrequirements = [{ name = \"a\", specifier = \">=1\" }]\n",
        );
        let record = lock.tool.unwrap();

        assert_eq!(record.declarations[0].place(), "tools/run.py");
        assert_eq!(record.declarations[0].text, "a>=1");
    }
}
