//! Laws of the readers on arbitrary text.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::source::Origin;

/// Pieces that the formats are made of, so that arbitrary text comes near to real files.
const PIECES: &[&str] = &[
    "a",
    "B_c",
    "[x]",
    "[",
    "]",
    " ",
    "\n",
    "\r\n",
    "\\\n",
    "\\",
    "#",
    " # ",
    "==",
    ">==1",
    "=",
    "1.0",
    "${X}",
    "${",
    ";",
    " ; os_name == 'nt'",
    "-",
    "--",
    "-r ",
    "-e ",
    "--hash=sha256:0",
    "'",
    "\"",
    "@",
    " @ ",
    "https://h/",
    "git+https://h/p@r#egg=q",
    "./",
    "../x.whl",
    "file:",
    ",",
    "é",
    "[project]\n",
    "dependencies",
    " = ",
    "[\"",
    "\"]",
    "name",
    "[dependency-groups]\n",
    "{include-group = \"a\"}",
    "[tool.uv]\n",
    "sources",
    "# /// script\n",
    "# ///\n",
    "# ",
];

fn texts() -> impl Strategy<Value = String> {
    let pieces = proptest::collection::vec(proptest::sample::select(PIECES), 0..40);
    prop_oneof![
        pieces.prop_map(|pieces| pieces.concat()),
        "\\PC{0,60}".prop_map(|text| text),
    ]
}

fn label_for(reader: &Reader) -> &'static str {
    let labels = [
        "pyproject.toml",
        "setup.cfg",
        "setup.py",
        "Pipfile",
        "environment.yml",
        "any.py",
        "Dockerfile",
        "any",
    ];
    let of_reader = |label: &&str| (reader.accepts)(label);
    labels.into_iter().find(of_reader).unwrap_or("any")
}

fn origins(reading: &Reading) -> Vec<Origin> {
    let manifest = &reading.manifest;
    let problems = manifest
        .problems
        .iter()
        .filter_map(|problem| problem.origin.clone());
    let declared = manifest
        .declarations
        .iter()
        .map(|declared| declared.origin.clone());
    let stated = reading
        .statements
        .iter()
        .filter_map(|statement| match statement {
            Statement::Declaration(declaration) => Some(declaration.origin.clone()),
            Statement::Unnamed(unnamed) => Some(unnamed.origin.clone()),
            Statement::Include(include) => Some(include.origin.clone()),
            Statement::FindLinksPath((_, origin)) => Some(origin.clone()),
            Statement::File(file) => Some(file.origin.clone()),
            Statement::Remove(_) | Statement::Setting(_) => None,
        });
    problems.chain(declared).chain(stated).collect()
}

proptest! {
    #[test]
    fn no_text_makes_a_reader_panic_and_every_place_lies_in_the_file(text in texts()) {
        let variables = BTreeMap::from([("X".to_owned(), "é[".to_owned())]);
        let selection = Selection::everything();
        for reader in READERS {
            let (file, _) = decode(label_for(reader), text.as_bytes());
            let context = ReadContext {
                kind: DeclarationKind::Requirement,
                folder: Path::new("/"),
                variables: &variables,
                selection: &selection,
                calls: &Calls::default(),
            };
            let reading = (reader.read)(&file, &context);

            for origin in origins(&reading) {
                let place = origin.span.start..origin.span.end;
                prop_assert!(file.text().get(place).is_some(), "{:?} in {text:?}", origin.span);
            }
            let stated = reading.statements.iter().filter_map(|statement| match statement {
                Statement::Declaration(declaration) => Some(declaration),
                _ => None,
            });
            for declaration in stated.chain(&reading.manifest.declarations) {
                for becomes in [Some("a<3"), None] {
                    let _ = edits(&[Rewrite::Declaration(declaration, becomes)]);
                }
            }
            let _ = edits(&[Rewrite::Override(&file, "a<3")]);
        }
    }

    #[test]
    fn no_bytes_make_decoding_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        let (file, problem) = decode("any", &bytes);

        if let Some(origin) = problem.and_then(|problem| problem.origin) {
            prop_assert!(file.text().get(origin.span.start..origin.span.end).is_some());
        }
    }
}

#[test]
fn a_name_decides_the_reader() {
    assert_eq!(reader_of("sub/pyproject.toml").name, "pyproject.toml");
    assert_eq!(reader_of("tool.py").name, "script");
    assert_eq!(reader_of("<stdin>").name, "requirements file");
}

#[test]
fn what_pyaudit_does_not_write_is_left_to_a_person() {
    for (label, text) in [
        ("setup.cfg", "[options]\ninstall_requires = a\n"),
        ("setup.py", "setup(install_requires=['a'])\n"),
    ] {
        let file = SourceFile::new(label, text);
        let context = ReadContext {
            kind: DeclarationKind::Requirement,
            folder: Path::new("/"),
            variables: &BTreeMap::new(),
            selection: &Selection::default(),
            calls: &Calls::default(),
        };
        let reading = (reader_of(label).read)(&file, &context);
        let [Statement::Declaration(declaration)] = reading.statements.as_slice() else {
            panic!("{label}: {:?}", reading.statements);
        };

        let problem = edits(&[Rewrite::Declaration(declaration, Some("a>=2"))]).unwrap_err();
        assert_eq!(problem.help.as_deref(), Some("Edit it by hand."), "{label}");
    }
}
