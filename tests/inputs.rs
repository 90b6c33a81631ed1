//! Reads every file of `fixtures/inputs` and compares what was understood with the `.expected`
//! file beside it. `PYAUDIT_RENEW=1 cargo test --test inputs` writes those anew: read the
//! difference before accepting it.
//!
//! A first line `# select: all-extras extra=x group=y only-group=z all-groups defaults=uv without=w stage=s
//! call=c:k constraint` says what is asked for, and which calls the project says it has.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use pyaudit::input::{
    Calls, Manifest, ReadContext, Selection, Statement, Syncer, ToolTable, Unnamed, decode,
    reader_of,
};
use pyaudit::package::{Declaration, DeclarationKind, DirectUrl};
use pyaudit::source::{Origin, Problem};

#[test]
fn every_fixture_reads_as_expected() {
    let renew = std::env::var_os("PYAUDIT_RENEW").is_some();
    let mut wrong = Vec::new();
    for path in fixtures() {
        let found = describe(&path);
        let expectation = expectation_of(&path);
        if renew {
            std::fs::write(&expectation, found).expect("the expectation can be written");
        } else if std::fs::read_to_string(&expectation).ok().as_deref() != Some(&*found) {
            wrong.push(format!("{}\n{found}", path.display()));
        }
    }

    assert!(
        wrong.is_empty(),
        "these read otherwise now:\n{}",
        wrong.join("\n")
    );
}

fn fixtures() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/inputs");
    let mut paths = Vec::new();
    for folder in std::fs::read_dir(root)
        .expect("the fixtures are there")
        .flatten()
    {
        for file in std::fs::read_dir(folder.path())
            .expect("the folder can be read")
            .flatten()
        {
            let path = file.path();
            if path.extension().is_none_or(|ending| ending != "expected") {
                paths.push(path);
            }
        }
    }
    paths.sort();
    paths
}

fn expectation_of(path: &Path) -> PathBuf {
    path.with_extension("expected")
}

fn describe(path: &Path) -> String {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .expect("it has a plain name");
    let (file, problem) = decode(name, &std::fs::read(path).expect("the fixture can be read"));
    let (selection, kind, calls) = asked_for(file.text());
    let variables = BTreeMap::from([
        ("HOST".to_owned(), "h.example".to_owned()),
        ("TOKEN".to_owned(), "s3cret".to_owned()),
    ]);
    let context = ReadContext {
        kind,
        folder: Path::new("/project"),
        variables: &variables,
        selection: &selection,
        calls: &calls,
    };
    let is_toml = name.ends_with(".toml");
    let reader = reader_of(if is_toml { "pyproject.toml" } else { name });
    let reading = (reader.read)(&file, &context);

    let mut text = String::new();
    for statement in &reading.statements {
        match statement {
            Statement::Declaration(declaration) => describe_declaration(&mut text, declaration),
            Statement::Unnamed(unnamed) => describe_unnamed(&mut text, unnamed),
            Statement::Setting(setting) => push_line(&mut text, &format!("{setting:?}")),
            Statement::Include(include) => {
                let (place, kind) = (place(&include.origin), include.kind);
                push_line(
                    &mut text,
                    &format!("{place} include {:?} as {kind:?}", include.path),
                );
            }
            Statement::File(file) => {
                let (place, role) = (place(&file.origin), file.role);
                push_line(
                    &mut text,
                    &format!("{place} {role:?} {:?} of {:?}", file.paths, file.text),
                );
            }
            Statement::Remove(names) => push_line(&mut text, &format!("remove {names:?}")),
            Statement::FindLinksPath((path, origin)) => {
                push_line(
                    &mut text,
                    &format!("{} find links in {path:?}", place(origin)),
                );
            }
        }
    }
    describe_manifest(&mut text, &reading.manifest);
    for problem in problem.iter().chain(&reading.manifest.problems) {
        describe_problem(&mut text, problem);
    }
    text
}

fn asked_for(text: &str) -> (Selection, DeclarationKind, Calls) {
    let mut selection = Selection::default();
    let mut calls = Calls::default();
    let mut kind = DeclarationKind::Requirement;
    let words = text
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("# select: "));
    for word in words.unwrap_or_default().split_whitespace() {
        match word.split_once('=').unwrap_or((word, "")) {
            ("all-extras", _) => selection.all_extras = true,
            ("all-groups", _) => selection.all_groups = true,
            ("extra", name) => selection.extras.push(name.to_owned()),
            ("defaults", "uv") => selection.defaults_of = Some(Syncer::Uv),
            ("defaults", "poetry") => selection.defaults_of = Some(Syncer::Poetry),
            ("defaults", "pdm") => selection.defaults_of = Some(Syncer::Pdm),
            ("without", name) => selection.without.push(name.to_owned()),
            ("group", name) => selection.groups.push(name.to_owned()),
            ("only-group", name) => selection.only_groups.push(name.to_owned()),
            ("stage", name) => selection.stage = Some(name.to_owned()),
            ("call", call) => calls.own.push(call.parse().expect("it is a call")),
            ("constraint", _) => kind = DeclarationKind::Constraint,
            _ => panic!("`{word}` cannot be selected"),
        }
    }
    (selection, kind, calls)
}

fn describe_declaration(text: &mut String, declaration: &Declaration) {
    let Declaration {
        requirement,
        kind,
        origin,
        section,
        digests,
    } = declaration;
    text.push_str(&format!("{} {kind:?} {requirement}", place(origin)));
    if let Some(section) = section {
        text.push_str(&format!(" in {section}"));
    }
    if let Some(url) = &requirement.url {
        describe_url(text, url);
    }
    for digest in digests {
        text.push_str(&format!(" {:.12}", digest.to_string()));
    }
    text.push('\n');
}

fn describe_unnamed(text: &mut String, unnamed: &Unnamed) {
    text.push_str(&format!(
        "{} unnamed {:?}",
        place(&unnamed.origin),
        unnamed.extras
    ));
    if !unnamed.marker.is_always() {
        text.push_str(&format!(" {:?}", unnamed.marker));
    }
    describe_url(text, &unnamed.url);
    text.push('\n');
}

fn describe_url(text: &mut String, url: &DirectUrl) {
    // The password that a variable brought is for requests alone.
    text.push_str(&format!(
        " from {}",
        url.url.as_str().replace("s3cret", "***")
    ));
    if let Some((vcs, revision)) = &url.vcs {
        text.push_str(&format!(" {vcs} {revision:?}"));
    }
    if let Some(subdirectory) = &url.subdirectory {
        text.push_str(&format!(" in {subdirectory:?}"));
    }
    for digest in &url.digests {
        text.push_str(&format!(" {:.12}", digest.to_string()));
    }
    if url.editable {
        text.push_str(" editable");
    }
}

fn describe_manifest(text: &mut String, manifest: &Manifest) {
    for declaration in &manifest.declarations {
        describe_declaration(text, declaration);
    }
    for (name, origin) in &manifest.excludes {
        push_line(text, &format!("{} exclude {name}", place(origin)));
    }
    if let Some((specifiers, origin)) = &manifest.requires_python {
        push_line(
            text,
            &format!("{} requires Python {specifiers}", place(origin)),
        );
    }
    if let Some(name) = &manifest.name {
        push_line(text, &format!("the project {name}"));
    }
    if manifest.indexes != Default::default() {
        push_line(text, &format!("{:#?}", manifest.indexes));
    }
    if manifest.formats != Default::default() {
        push_line(text, &format!("{:?}", manifest.formats));
    }
    if manifest.machine != Default::default() {
        push_line(text, &format!("{:#?}", manifest.machine));
    }
    if manifest.tool != ToolTable::default() {
        push_line(text, &format!("{:#?}", manifest.tool));
    }
}

fn describe_problem(text: &mut String, problem: &Problem) {
    let place = problem.origin.as_ref().map(place).unwrap_or_default();
    push_line(
        text,
        &format!("{:?} {place} {}", problem.level, problem.message),
    );
    if let Some(help) = &problem.help {
        push_line(text, &format!("    {}", help.replace('\n', "\n    ")));
    }
}

fn push_line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

fn place(origin: &Origin) -> String {
    format!("{}:{} {:?}", origin.line(), origin.column(), origin.text())
}
