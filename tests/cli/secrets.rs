//! Passwords stay where they were given: no output, no lock and no cache holds them, and no other
//! host hears of them.

use std::fs;

use super::support::{Answer, Desk, World, walk};

const INDEX: &str = include_str!("../../fixtures/cli/index.toml");
const PASSWORD: &str = "hunter2secret";

#[track_caller]
fn check(desk: &Desk, exit: i32, line: &str) {
    let line = line.replace("{login}", &format!("{}/auth", desk.login()));
    let run = desk.expect(
        exit,
        &format!("{line} --python 3.12 --platform linux --retries 0"),
    );

    for text in [&run.stdout, &run.stderr] {
        assert!(!text.contains(PASSWORD), "{text}");
        assert!(!text.contains("someone"), "{text}");
    }
    for path in walk(&desk.home()).into_iter().chain(walk(&desk.folder())) {
        let is_input = path.extension().is_some_and(|ending| ending == "in");
        let bytes = fs::read(&path).unwrap();
        let is_found = bytes
            .windows(PASSWORD.len())
            .any(|part| part == PASSWORD.as_bytes());
        assert!(is_input || !is_found, "{}", path.display());
    }
}

#[test]
fn a_password_in_an_address_is_told_to_nobody() {
    let desk = Desk::new(World::parse(INDEX));
    desk.write("requirements.in", "app[fast]\nsource\nbound\n");
    desk.write("conflict.in", "app>1\nlib<2\nbound\n");
    desk.write("missing.in", "nowhere\n");
    desk.write(
        "inside.in",
        format!("--index-url {}/auth/main/simple\napp\n", desk.login()),
    );
    desk.write(
        "wrong.in",
        format!("--index-url {}/auth/main/simple\napp>==2\n", desk.login()),
    );
    desk.write(
        "direct.in",
        format!(
            "lib @ {}/auth/main/files/lib-1-py3-none-any.whl\nlib>1\n",
            desk.login()
        ),
    );
    desk.write(
        "shown.in",
        format!(
            "lib @ {}/auth/main/files/lib-1-py3-none-any.whl ; python_version >= 'abc'\n",
            desk.login()
        ),
    );
    let index = "--index-url {login}/main/simple";

    check(&desk, 0, &format!("pyaudit lock {index} -v"));
    check(
        &desk,
        0,
        &format!("pyaudit lock {index} -o pylock.toml -vv"),
    );
    check(&desk, 0, &format!("pyaudit check pylock.toml {index} -v"));
    check(
        &desk,
        0,
        &format!("pyaudit lock {index} -o r.txt --emit-index-url --generate-hashes"),
    );
    check(
        &desk,
        1,
        &format!("pyaudit check r.txt {index} --strict -v"),
    );
    check(
        &desk,
        0,
        &format!("pyaudit lock {index} --output-format json"),
    );
    check(&desk, 2, &format!("pyaudit lock shown.in {index}"));
    check(
        &desk,
        0,
        "pyaudit lock inside.in --output-format json -o pylock.inside.toml",
    );
    check(
        &desk,
        0,
        "pyaudit lock --no-index -f {login}/main/ --emit-find-links -o f.txt",
    );
    check(
        &desk,
        1,
        &format!("pyaudit lock conflict.in {index} --report report.md -v"),
    );
    check(
        &desk,
        1,
        &format!("pyaudit lock conflict.in {index} --report report.json"),
    );
    check(
        &desk,
        1,
        &format!("pyaudit lock missing.in {index} --output-format json"),
    );
    check(
        &desk,
        1,
        &format!("pyaudit lock direct.in {index} --report direct.md"),
    );
    check(
        &desk,
        1,
        &format!("pyaudit lock direct.in {index} --output-format json"),
    );
    check(&desk, 2, "pyaudit lock wrong.in");
    check(&desk, 2, "pyaudit lock {login}/requirements.in");
    check(&desk, 2, "pyaudit lock -c {login}/constraints.txt");
    check(&desk, 2, "pyaudit check {login}/pylock.toml");
    check(&desk, 3, &format!("pyaudit lock {index} --offline -n"));
    check(
        &desk,
        3,
        &format!(
            "pyaudit lock --index-url {}x@{{host}}/auth/main/simple -n",
            "http://someone:hunter2secret"
        )
        .replace("{host}", desk.host()),
    );
}

#[test]
fn a_password_of_the_surroundings_is_used_and_not_told() {
    let desk = Desk::new(World::parse(INDEX));
    desk.write("requirements.in", "app\n");
    let host = desk.host().split(':').next().unwrap();
    fs::write(
        desk.home().join(".netrc"),
        format!("machine {host} login someone password {PASSWORD}\n"),
    )
    .unwrap();
    let line = "pyaudit lock --python 3.12 --platform linux -q -n --no-header --index-url";

    let run = desk.expect(0, &format!("{line} {{base}}/auth/main/simple"));
    assert!(run.stdout.contains("app==2"));
    fs::remove_file(desk.home().join(".netrc")).unwrap();
    desk.expect(3, &format!("{line} {{base}}/auth/main/simple"));
    let variables = format!("UV_INDEX_HOUSE_USERNAME=someone UV_INDEX_HOUSE_PASSWORD={PASSWORD}");
    desk.expect(
        0,
        &format!("{variables} {line} house={{base}}/auth/main/simple"),
    );
}

#[test]
fn another_host_is_not_told_the_password_on_a_redirect() {
    let other = Desk::new(World::parse(INDEX));
    let there = other.server.base.clone();
    let desk = Desk::serving(move |asked, _| Answer {
        headers: vec![("location", format!("{there}{}", asked.path))],
        ..Answer::status(302)
    });
    desk.write("requirements.in", "lib\n");

    let login = desk.login();
    let line = "pyaudit lock --python 3.12 --platform linux -q -n --index-url";
    desk.expect(0, &format!("{line} {login}/json/main/simple"));
    desk.expect(3, &format!("{line} {login}/auth/main/simple"));
    assert!(other.server.headers("authorization").is_empty());
    assert!(!desk.server.headers("authorization").is_empty());
}
