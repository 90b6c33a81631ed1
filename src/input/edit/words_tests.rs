//! Changes of commands, notebooks, environments of conda and Pipfiles, and what is left alone.

use super::tests::check_text;

const NARROWER: &[(&str, Option<&str>)] = &[("a", Some("a>=1,<2"))];
const GONE: &[(&str, Option<&str>)] = &[("a", None)];

/// Checks what a change makes of a text in which `@` stands for what changes.
#[track_caller]
fn check(label: &str, text: &str, old: &str, new: &str) {
    let (before, after) = (text.replace('@', old), text.replace('@', new));
    check_text(label, &before, NARROWER, &after);
}

#[test]
fn the_words_of_commands_get_the_quotes_that_they_need() {
    let dockerfile = "FROM python:3.12\r\nRUN apt-get update && \\\r\n    pip install \\\r\n    # why\r\n    @ \\\r\n    b  # x\r\n";
    for (old, new) in [
        ("a", "\"a>=1,<2\""),
        ("a==1", "\"a>=1,<2\""),
        ("'a==1'", "'a>=1,<2'"),
        ("\"A == 1\"", "\"A >= 1, < 2\""),
    ] {
        check("Dockerfile", dockerfile, old, new);
        check("setup.sh", "set -e\npip install @ && echo done\n", old, new);
    }
    let call = "image = image.pip_install('b', @)\n";
    check("job.py", call, "'a==1'", "'a>=1,<2'");
    let listed = "FROM python:3.12\nRUN [\"pip\", \"install\", @, \"b\"]\n";
    check("Dockerfile", listed, "\"a==1\"", "\"a>=1,<2\"");
}

#[test]
fn the_cells_of_a_notebook_stay_as_they_are_around_a_word() {
    let cell = "{\n \"cells\": [\n  {\"cell_type\": \"code\", \"metadata\": {\"x\": \"é\\u00e9\"},\n   \"source\": [\"!pip install -q @ b\\n\", \"x = 1\"]}\n ]}\n";
    check("n.ipynb", cell, "a", "\\\"a>=1,<2\\\"");
    check("n.ipynb", cell, "'a==1'", "'a>=1,<2'");
    check("n.ipynb", cell, "\\\"a==1\\\"", "\\\"a>=1,<2\\\"");
}

#[test]
fn the_pip_part_of_an_environment_is_changed_line_by_line() {
    let text = "name: x # y\ndependencies:\n  - python=3.12\n  - pip:\n    - @  # why\n    - b\n";
    check("environment.yml", text, "a", "a>=1,<2");
    check("environment.yml", text, "\"a==1\"", "\"a>=1,<2\"");
    let flow = "dependencies: [python=3.12, {pip: [@, b]}]\n";
    check("environment.yml", flow, "a", "\"a>=1,<2\"");
    let gone = text.replace("    - @  # why\n", "");
    check_text("environment.yml", &text.replace('@', "a"), GONE, &gone);
}

#[test]
fn a_pipfile_gets_another_version_in_the_same_place() {
    let text = "[packages]\r\nb = \"*\"\r\na = @ # why\r\n\r\n[dev-packages]\r\nc = \"*\"\r\n";
    check("Pipfile", text, "\"*\"", "\">=1,<2\"");
    check("Pipfile", text, "'==1'", "'>=1,<2'");
    let table = "{version = \"@\", markers = \"os_name == 'nt'\"}";
    let marked = text.replace('@', table);
    let old = marked.replace('@', "==1");
    let new = marked.replace('@', "<2");
    check_text(
        "Pipfile",
        &old,
        &[("a", Some("a<2 ; os_name == 'nt'"))],
        &new,
    );
    let old = text.replace('@', "\"==1\"");
    check_text(
        "Pipfile",
        &old,
        &[("a", Some("a"))],
        &text.replace('@', "\"*\""),
    );
    let gone = text.replace("a = @ # why\r\n", "");
    check_text("Pipfile", &old, GONE, &gone);
    let table = "[packages.a]\nversion = \"==1\"\n\n[packages.b]\nversion = \"*\"\n";
    check_text("Pipfile", table, NARROWER, &table.replace("==1", ">=1,<2"));
}

#[test]
fn a_word_goes_with_its_space_its_line_or_its_comma() {
    for (text, expected) in [
        ("pip install a b\n", "pip install b\n"),
        ("pip install b a && x\n", "pip install b && x\n"),
        ("pip install \\\n  a \\\n  b\n", "pip install \\\n  b\n"),
        ("pip install \\\n  b \\\n  a\n", "pip install \\\n  b\n"),
        ("pip install 'a==1' -r r.txt\n", "pip install -r r.txt\n"),
    ] {
        check_text("setup.sh", text, GONE, expected);
        let image = |text: &str| format!("FROM python:3.12\nRUN {text}");
        check_text("Dockerfile", &image(text), GONE, &image(expected));
    }
    let list = |items: &str| format!("FROM python:3.12\nRUN [\"pip\", \"install\", {items}]\n");
    check_text("Dockerfile", &list("\"a\", \"b\""), GONE, &list("\"b\""));
    check_text("Dockerfile", &list("\"b\", \"a\""), GONE, &list("\"b\""));
}

#[test]
fn what_does_not_stand_there_word_for_word_is_left_to_a_person() {
    let image = |words: &str| format!("FROM python:3.12\nENV V=1\nRUN pip install {words}\n");
    let refused = "Dockerfile:3: this does not stand here in words that can become `a>=1,<2`";
    check_text("Dockerfile", &image("a==${V}"), NARROWER, refused);
    check_text("Dockerfile", &image("a\\>=1"), NARROWER, refused);
    let alone = "Dockerfile:3: this cannot be taken out without changing what stands around it";
    check_text("Dockerfile", &image("a"), GONE, alone);
    let both = &[("a", None), ("b", None)];
    check_text("Dockerfile", &image("a b"), both, alone);
    let text = "dependencies:\n  - a>=1\n  - pip:\n    - b\n";
    let by_conda = "environment.yml:2: this does not stand here in words that can become `a>=1,<2`";
    check_text("environment.yml", text, NARROWER, by_conda);
    let text = "[packages]\na = {extras = [\"x\"]}\n";
    let unsaid = "Pipfile:2: this does not stand here in words that can become `a[x]<2`";
    check_text("Pipfile", text, &[("a", Some("a[x]<2"))], unsaid);
}
