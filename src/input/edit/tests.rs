//! Every declaration of every fixture, with every kind of line end, is rewritten and removed, and
//! the file is read again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::*;
use crate::input::{Calls, ReadContext, Reading, Selection, Statement};
use crate::package::{DeclarationKind, Specifiers};

const NEW: &str = ">=0.0.7,!=0.0.8";

fn read(file: &Arc<SourceFile>) -> Vec<Declaration> {
    let reading = reading(file);
    let statements = reading.statements.into_iter();
    let stated = statements.filter_map(|statement| match statement {
        Statement::Declaration(declaration) => Some(declaration),
        _ => None,
    });
    stated.chain(reading.manifest.declarations).collect()
}

fn reading(file: &Arc<SourceFile>) -> Reading {
    let variables = BTreeMap::from([
        ("HOST".to_owned(), "h.example".to_owned()),
        ("X".to_owned(), "é[".to_owned()),
    ]);
    let selection = Selection::everything();
    let context = ReadContext {
        kind: DeclarationKind::Requirement,
        folder: Path::new("/project"),
        variables: &variables,
        selection: &selection,
        calls: &Calls::default(),
    };
    (reader_of(file.label()).read)(file, &context)
}

/// What has to be the same after an edit: all but the place.
fn said(declaration: &Declaration) -> String {
    let Declaration {
        requirement,
        kind,
        section,
        digests,
        ..
    } = declaration;
    format!("{requirement} {kind:?} {section:?} {digests:?}")
}

fn expected(declaration: &Declaration) -> Declaration {
    let mut expected = declaration.clone();
    expected.requirement.specifiers = Specifiers::parse(NEW).unwrap();
    expected.requirement.url = None;
    expected.digests.clear();
    expected
}

/// Makes one change in a file's bytes, and checks what the file then says.
fn check(label: &str, bytes: &[u8], rewrite: &Rewrite<'_>, expected: &[String]) {
    let edit = edits(&[*rewrite]).unwrap().remove(0);
    let changed = edit.bytes(bytes).unwrap();
    let (file, problem) = decode(label, &changed);
    let found: Vec<String> = read(&file).iter().map(said).collect();

    assert_eq!(problem, None);
    assert_eq!(file.text(), edit.text());
    assert_eq!(found, expected, "{label} {rewrite:?}\n{}", file.text());
    if let Rewrite::Declaration(declaration, becomes) = rewrite {
        let (before, after) = around(&declaration.origin);
        let is_whole = file.text().starts_with(before) && file.text().ends_with(after);
        // An item that goes may take lines along: its comma's, its quotes'.
        let may_take_lines =
            becomes.is_none() && reader_of(file.label()).edited == Edited::Document;
        assert!(is_whole || may_take_lines, "{rewrite:?}\n{}", file.text());
    }
}

/// Returns the text before and after the lines that a declaration takes.
fn around(origin: &Origin) -> (&str, &str) {
    let text = origin.file.text();
    let start = text[..origin.span.start].rfind('\n').map_or(0, |at| at + 1);
    let mut end = origin.span.end;
    for line in text[end..].split_inclusive('\n') {
        end += line.len();
        if !line.trim_end().ends_with('\\') {
            break;
        }
    }
    (&text[..start], &text[end..])
}

fn check_all(label: &str, bytes: &[u8]) {
    let (file, problem) = decode(label, bytes);
    if problem.is_some() {
        return;
    }
    let declarations = read(&file);
    for (at, declaration) in declarations.iter().enumerate() {
        let section = declaration.section.as_deref().unwrap_or_default();
        if section.starts_with("tool.poetry.") {
            assert!(edits(&[Rewrite::Declaration(declaration, None)]).is_err());
            continue;
        }
        let is_same = |other: &Declaration| other.origin == declaration.origin;
        let url = &declaration.requirement.url;
        let is_plain = url.is_none() && declarations.iter().filter(|it| is_same(it)).count() == 1;
        let goal = expected(declaration);
        let becomes = goal.requirement.to_string();
        let rewrite = Rewrite::Declaration(declaration, Some(&becomes));
        if is_plain {
            let mut goals: Vec<String> = declarations.iter().map(said).collect();
            goals[at] = said(&goal);
            check(label, bytes, &rewrite, &goals);
        }
        let is_editable = url.as_ref().is_some_and(|url| url.editable);
        if is_editable && edits(&[Rewrite::Declaration(declaration, None)]).is_err() {
            continue;
        }
        let rest = declarations.iter().filter(|it| !is_same(it)).map(said);
        let rest: Vec<String> = rest.collect();
        check(
            label,
            bytes,
            &Rewrite::Declaration(declaration, None),
            &rest,
        );
    }
}

/// Returns a file's bytes as other people would have saved them.
fn variants(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut variants = vec![bytes.to_vec()];
    if let Ok(text) = std::str::from_utf8(bytes) {
        let plain = text.replace("\r\n", "\n").replace('\r', "\n");
        variants.push(plain.trim_end().into());
        variants.push(plain.replace('\n', "\r\n").into());
        variants.push(plain.replace('\n', "\r").into());
        variants.push(format!("\u{feff}{}", text.trim_start_matches('\u{feff}')).into());
    }
    variants
}

fn fixtures() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/inputs");
    let folders = std::fs::read_dir(root).unwrap();
    let files = folders.flat_map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap());
    let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending != "expected"));
    let is_edited = |path: &PathBuf| {
        let folder = path.parent().and_then(Path::file_name);
        folder.is_some_and(|it| {
            ["pyproject", "requirements", "script"]
                .iter()
                .any(|one| it == *one)
        })
    };
    files.retain(is_edited);
    files.sort();
    files
}

#[test]
fn every_declaration_of_every_fixture_is_rewritten_and_removed_alone() {
    for path in fixtures() {
        let bytes = std::fs::read(&path).unwrap();
        let label = match path.extension().unwrap().to_str().unwrap() {
            "toml" => "pyproject.toml",
            "py" => "script.py",
            _ => "requirements.in",
        };
        for bytes in variants(&bytes) {
            check_all(label, &bytes);
        }
    }
}

#[track_caller]
fn changed(label: &str, text: &str, rewrites: &[(&str, Option<&str>)]) -> (String, Vec<String>) {
    let file = SourceFile::new(label, text);
    let declarations = read(&file);
    let of_name = |name: &str| {
        let mut named = declarations.iter();
        named
            .find(|it| it.requirement.name.as_ref() == name)
            .unwrap()
    };
    let rewrites: Vec<Rewrite<'_>> = rewrites
        .iter()
        .map(|(name, becomes)| match *name {
            "+" => Rewrite::Override(&file, becomes.unwrap()),
            name => Rewrite::Declaration(of_name(name), *becomes),
        })
        .collect();
    match edits(&rewrites) {
        Ok(mut edits) => {
            let edit = edits.remove(0);
            (edit.text(), edit.notes)
        }
        Err(problem) => (
            format!("{}: {}", problem.origin.unwrap(), problem.message),
            Vec::new(),
        ),
    }
}

#[track_caller]
pub(super) fn check_text(
    label: &str,
    text: &str,
    rewrites: &[(&str, Option<&str>)],
    expected: &str,
) {
    assert_eq!(changed(label, text, rewrites).0, expected);
}

#[test]
fn the_hashes_of_an_old_pin_go_with_it() {
    let text = "A == 1 \\\r\n    --hash=sha256:{0} \\\r\n    --hash sha256:{0}  # why\r\nb\r\n";
    let text = text.replace("{0}", &"0".repeat(64));

    let (text, notes) = changed("a.in", &text, &[("a", Some("a==2"))]);

    assert_eq!(text, "A == 2  # why\r\nb\r\n");
    assert_eq!(
        notes,
        ["The hashes of a belonged to its old pin and are gone."]
    );
}

#[test]
fn what_belongs_to_a_line_goes_with_it() {
    let remove = &[("a", None)];
    check_text(
        "a.in",
        "a\n    # via\n    #   b\nb\n    # via c\n",
        remove,
        "b\n    # via c\n",
    );
    check_text(
        "a.in",
        "b\na==1 \\\n  ; os_name == 'nt' # x\n  # y\n",
        remove,
        "b\n  # y\n",
    );
    check_text("a.in", "a # x \\\nswallowed\nb", remove, "b");
    check_text("a.in", "a \\\n# x\nb", remove, "# x\nb");
    check_text("a.in", "b\na", remove, "b\n");
}

#[test]
fn quotes_stay_where_they_can_hold_the_text() {
    let project = |item: &str| format!("[project]\nname = 'p'\ndependencies = [{item}]\n");
    let plain = Some("a<2");
    let marked = Some("a ; os_name == 'nt'");
    let escaped = Some("a ; os_name == \"nt\"");
    for (item, becomes, expected) in [
        ("\"a\"", plain, "\"a<2\""),
        ("'a'", plain, "'a<2'"),
        ("'a'", marked, "\"a ; os_name == 'nt'\""),
        ("'a'", escaped, "'a ; os_name == \"nt\"'"),
        ("\"a\"", escaped, "\"a ; os_name == \\\"nt\\\"\""),
        ("\"\\u0061\"", plain, "\"a<2\""),
        ("\"\"\"\na\"\"\"", plain, "\"\"\"\na<2\"\"\""),
        ("'''a'''", plain, "'''a<2'''"),
    ] {
        check_text(
            "pyproject.toml",
            &project(item),
            &[("a", becomes)],
            &project(expected),
        );
    }
}

#[test]
fn an_item_is_taken_out_of_its_list() {
    let project = |list: &str| format!("[project]\nname = \"p\"\ndependencies = [{list}]\n");
    for (list, expected) in [
        ("\"a\", \"b\"", "\"b\""),
        ("\"b\", \"a\"", "\"b\""),
        ("\"b\",\"a\",\"c\"", "\"b\",\"c\""),
        ("'a'", ""),
        ("\n  'a', # x\n  'b',\n", "\n  'b',\n"),
        ("\n  'b',\n  'a'\n", "\n  'b',\n"),
        ("\n  'b',\n  'a'", "\n  'b',\n  "),
        ("\n  'a', 'b', # x\n", "\n  'b', # x\n"),
        ("\n  'b', 'a', # x\n", "\n  'b',  # x\n"),
        (" 'a'\n, 'b'\n", " \n 'b'\n"),
        ("\n  'a'\n  , 'b'\n", "\n   'b'\n"),
    ] {
        check_text(
            "pyproject.toml",
            &project(list),
            &[("a", None)],
            &project(expected),
        );
    }
}

#[test]
fn all_changes_of_a_file_are_made_together() {
    let text = "# /// script\n# dependencies = [\n#   \"a<2\", # x\n#   'b ; os_name == \"nt\"',\n#   \"c\"]\n# ///\n";
    let rewrites = &[
        ("c", Some("c>=1")),
        ("a", Some("a<3")),
        ("b", Some("b==1 ; os_name == \"nt\"")),
    ];

    check_text(
        "a.py",
        text,
        rewrites,
        "# /// script\n# dependencies = [\n#   \"a<3\", # x\n#   'b==1 ; os_name == \"nt\"',\n#   \"c>=1\"]\n# ///\n",
    );
    check_text(
        "a.py",
        text,
        &[("a", None), ("b", None), ("c", None)],
        "# /// script\n# dependencies = [\n#   ]\n# ///\n",
    );
}

#[test]
fn an_override_is_added_where_overrides_stand() {
    let add = &[("+", Some("o>=1"))];
    let in_project = |text: &str, expected: &str| check_text("pyproject.toml", text, add, expected);

    check_text("o.txt", "", add, "o>=1\n");
    check_text("o.txt", "a\r\nb", add, "a\r\nb\r\no>=1\r\n");
    in_project(
        "[project]\nname = \"p\"",
        "[project]\nname = \"p\"\n\n[tool.pyaudit]\noverride-dependencies = [\"o>=1\"]\n",
    );
    in_project(
        "[tool.pyaudit] # x\npre = 1\n[a]\n",
        "[tool.pyaudit] # x\noverride-dependencies = [\"o>=1\"]\npre = 1\n[a]\n",
    );
    for (list, expected) in [
        ("", "\"o>=1\""),
        ("'a'", "'a', \"o>=1\""),
        ("'a', ", "'a', \"o>=1\", "),
        ("\n  'a', # x\n", "\n  'a', # x\n  \"o>=1\",\n"),
        ("\n  'a' # x\n", "\n  'a', # x\n  \"o>=1\"\n"),
    ] {
        let text = |list: &str| format!("[tool.uv]\noverride-dependencies = [{list}]\n");
        in_project(&text(list), &text(expected));
    }
    check_text(
        "a.py",
        "# /// script\n# dependencies = []\n# ///\n",
        add,
        "# /// script\n# dependencies = []\n#\n# [tool.pyaudit]\n# override-dependencies = [\"o>=1\"]\n# ///\n",
    );
    in_project(
        "tool = { pyaudit = {} }\n",
        "pyproject.toml:1: there is no telling where the override `o>=1` goes",
    );
}

#[test]
fn what_cannot_be_edited_says_so() {
    check_text(
        "<stdin>",
        "a",
        &[("a", Some("a<2"))],
        "<stdin>:1: this was read from standard input, where it cannot be edited",
    );
    check_text(
        "a.in",
        "-e ./a#egg=a",
        &[("a", Some("a<2"))],
        "a.in:1: an editable package cannot become a requirement on this line",
    );
    check_text(
        "a.in",
        "--pre -e ./a#egg=a",
        &[("a", None)],
        "a.in:1: there is more on this line than the package that goes",
    );
    check_text(
        "pyproject.toml",
        "[project]\nname = 'p'\ndependencies = ['a']\n[tool.pyaudit.sources]\na = { path = 'a' }\n",
        &[("a", Some("a<2"))],
        "pyproject.toml:3: where this comes from is said in another place",
    );
    check_text(
        "a.in",
        "a @ ./a ; os_name == 'nt'\nb",
        &[("a", Some("a<2"))],
        "a<2\nb",
    );
}

#[test]
fn a_file_that_changed_since_it_was_read_is_not_written() {
    let file = SourceFile::new("a.in", "a<2\n");
    let declarations = read(&file);
    let edit = &edits(&[Rewrite::Declaration(&declarations[0], Some("a<3"))]).unwrap()[0];

    assert_eq!(edit.bytes(b"a<2\n").as_deref(), Ok(&b"a<3\n"[..]));
    assert_eq!(edit.bytes(b"a<2\r"), Ok(b"a<3\r".to_vec()));
    assert_eq!(edit.bytes(b"a<2\n\n"), Err(Unwritable::Changed));
}

/// Texts of a list's items with everything that may stand around them.
fn lists() -> impl Strategy<Value = String> {
    let space =
        || proptest::sample::select(vec!["", " ", "\n", "\r\n  ", " # x, ]\n", "\n  # y\n"]);
    let item = proptest::sample::select(vec![
        "\"a\"",
        "'b<2'",
        "\"c >= 1, <2 ; os_name == \\\"nt\\\"\"",
        "'''d'''",
        "{ include-group = \"e\" }",
        "\"\"\"\nf\"\"\"",
    ]);
    let item =
        (space(), item, space()).prop_map(|(before, item, after)| format!("{before}{item}{after}"));
    (
        proptest::collection::vec(item, 1..6),
        space(),
        any::<bool>(),
    )
        .prop_map(|(items, end, comma)| {
            format!("{}{}{end}", items.join(","), if comma { "," } else { "" })
        })
}

proptest! {
    #[test]
    fn any_list_of_any_group_keeps_all_but_what_changes(list in lists()) {
        let text = format!("[dependency-groups]\ne = []\ng = [{list}]\n");
        check_all("pyproject.toml", text.as_bytes());
        let text = text.replace('\n', "\r\n").replace("\r\r", "\r");
        check_all("pyproject.toml", text.as_bytes());
    }

    #[test]
    fn any_list_of_a_script_keeps_all_but_what_changes(list in lists()) {
        let list = list.replace("{ include-group = \"e\" }", "'e'");
        let text = format!("dependencies = [{list}]").replace("\r\n", "\n").replace('\n', "\n# ");
        check_all("a.py", format!("# /// script\n# {text}\n# ///\n").as_bytes());
    }

    #[test]
    fn any_requirements_file_keeps_all_but_what_changes(lines in proptest::collection::vec(line(), 0..6)) {
        let text = lines.concat();
        let problems = reading(&SourceFile::new("a.in", text.as_str())).manifest.problems;
        // Words that no one reads become part of what stands before them.
        let is_sane = |it: &Problem| !it.is_error() && !it.message.contains("can follow an option");
        if problems.iter().all(is_sane) {
            check_all("a.in", text.as_bytes());
        }
    }
}

/// Lines of a requirements file, and pieces of such.
fn line() -> impl Strategy<Value = String> {
    let hash = format!(" --hash=sha256:{}", "0".repeat(64));
    let pieces = [
        "a",
        "B_c [x]",
        " >= 1",
        "==1.0",
        ", <2",
        " ; os_name == 'nt'",
        "\\\n",
        " \\\r\n  ",
        "\n",
        "\r\n",
        " # x",
        "# x\n",
        " # x \\\n",
        "-e ./d#egg=d\n",
        "${X}",
        "d @ ./d\n",
        " --global-option=o",
        "--pre\n",
        "'",
        "\n\\\n",
        &hash,
    ];
    let pieces: Vec<String> = pieces.iter().map(|it| (*it).to_owned()).collect();
    let piece = proptest::sample::select(pieces);
    proptest::collection::vec(piece, 1..6).prop_map(|pieces| pieces.concat())
}
