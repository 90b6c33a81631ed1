//! Who wins, what values mean, and what is told about those that mean nothing.

use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::*;

const FULL: &str = include_str!("../../../fixtures/ambient/full.conf");
const BROKEN: &str = include_str!("../../../fixtures/ambient/broken.conf");

fn texts(variables: &[(&str, &str)], files: &[&str]) -> AmbientTexts {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    AmbientTexts {
        variables: Variables::new(variables.iter().map(owned)),
        pip_files: files
            .iter()
            .enumerate()
            .map(|(at, text)| SourceFile::new(format!("{at}.conf"), *text))
            .collect(),
        netrc: None,
        folder: folder().join("work"),
        home: Some(folder().join("home")),
        now: Timestamp::parse("2026-11-21T12:00:00Z").unwrap(),
    }
}

fn folder() -> PathBuf {
    PathBuf::from(if cfg!(windows) { "C:\\" } else { "/" })
}

fn read(variables: &[(&str, &str)], files: &[&str]) -> Ambient {
    let ambient = read_ambient(texts(variables, files));

    assert_eq!(ambient.problems, []);
    ambient
}

/// Writes `value by name`.
fn told<T>(said: &Said<T>, value: impl Fn(&T) -> String) -> String {
    format!("{} by {}", value(&said.value), said.by)
}

fn index(index: &NamedIndex) -> String {
    match &index.name {
        Some(name) => format!("{name}={}", index.url),
        None => index.url.to_string(),
    }
}

fn formats(said: Option<Said<Vec<FormatName>>>) -> String {
    let names = said.into_iter().flat_map(|said| said.value);
    let names = names.map(|name| match name {
        FormatName::All => ":all:".to_owned(),
        FormatName::None => ":none:".to_owned(),
        FormatName::Package(name) => name.to_string(),
    });
    names.collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn check_default(variables: &[(&str, &str)], files: &[&str], expected: &str) {
    let ambient = read(variables, files);
    let said = ambient.default_index.map(|said| told(&said, index));

    assert_eq!(said.unwrap_or_default(), expected);
}

#[track_caller]
fn check_indexes(variables: &[(&str, &str)], files: &[&str], expected: &[&str]) {
    let ambient = read(variables, files);
    let said: Vec<String> = ambient
        .indexes
        .iter()
        .map(|said| told(said, index))
        .collect();

    assert_eq!(said, expected);
}

#[test]
fn pyaudit_wins_over_uv_over_pip_over_its_files() {
    let conf = "[global]\nindex-url = https://conf.example/simple\n";
    let all = [
        ("PYAUDIT_DEFAULT_INDEX", "https://a.example"),
        ("PYAUDIT_INDEX_URL", "https://b.example"),
        ("UV_DEFAULT_INDEX", "corp=https://c.example"),
        ("UV_INDEX_URL", "https://d.example"),
        ("PIP_INDEX_URL", "https://e.example"),
    ];

    check_default(&all, &[conf], "https://a.example/ by PYAUDIT_DEFAULT_INDEX");
    check_default(
        &all[1..],
        &[conf],
        "https://b.example/ by PYAUDIT_INDEX_URL",
    );
    check_default(
        &all[2..],
        &[conf],
        "corp=https://c.example/ by UV_DEFAULT_INDEX",
    );
    check_default(&all[3..], &[conf], "https://d.example/ by UV_INDEX_URL");
    check_default(&all[4..], &[conf], "https://e.example/ by PIP_INDEX_URL");
    let from_file = "https://conf.example/simple by 0.conf [global] index-url";
    check_default(&[], &[conf], from_file);
    check_default(&[("PIP_INDEX_URL", " ")], &[conf], from_file);
    check_default(&[], &[], "");
}

#[test]
fn later_files_win_over_earlier_ones_and_install_over_global() {
    let global = "[global]\ntimeout = 1\n";
    let later = "[global]\nTimeout = 2\n[list]\ntimeout = 9\n";
    let install = "[install]\ndefault_timeout = 3\n";
    let by = |files: &[&str]| read(&[], files).timeout.map(|said| said.by);

    assert_eq!(
        by(&[global, later]).as_deref(),
        Some("1.conf [global] timeout")
    );
    assert_eq!(
        by(&[install, later]).as_deref(),
        Some("0.conf [install] default-timeout")
    );
    assert_eq!(
        read(&[("PIP_default_timeout", "4.5")], &[install])
            .timeout
            .map(|said| said.value),
        Some(Duration::from_millis(4500))
    );
}

#[test]
fn the_strongest_that_speaks_of_a_list_is_taken_whole() {
    let conf = "[global]\nextra-index-url =\n  https://x.example\n  https://y.example\n";

    check_indexes(
        &[],
        &[conf],
        &[
            "https://x.example/ by 0.conf [global] extra-index-url",
            "https://y.example/ by 0.conf [global] extra-index-url",
        ],
    );
    check_indexes(
        &[
            ("UV_EXTRA_INDEX_URL", "https://c.example"),
            ("UV_INDEX", "https://a.example  b=https://b.example"),
            ("PIP_EXTRA_INDEX_URL", "https://z.example"),
        ],
        &[conf],
        &[
            "https://a.example/ by UV_INDEX",
            "b=https://b.example/ by UV_INDEX",
            "https://c.example/ by UV_EXTRA_INDEX_URL",
        ],
    );
}

#[test]
fn find_links_are_addresses_or_folders() {
    let links = |variables: &[(&str, &str)]| -> Vec<String> {
        let ambient = read(variables, &[]);
        ambient
            .find_links
            .iter()
            .map(|said| said.value.to_string())
            .collect()
    };
    let root = if cfg!(windows) {
        "file:///C:"
    } else {
        "file://"
    };

    assert_eq!(
        links(&[("PIP_FIND_LINKS", "wheels ~/w https://h.example/x")]),
        [
            format!("{root}/work/wheels"),
            format!("{root}/home/w"),
            "https://h.example/x".to_owned()
        ]
    );
    assert_eq!(
        links(&[("UV_FIND_LINKS", "my wheels, ../w")]),
        [format!("{root}/work/my%20wheels"), format!("{root}/w")]
    );
}

#[test]
fn a_whole_configuration_file_is_understood() {
    let ambient = read(&[], &[FULL]);

    let expected = "https://mirror.example/simple by 0.conf [global] index-url";
    assert_eq!(
        ambient
            .default_index
            .map(|said| told(&said, index))
            .as_deref(),
        Some(expected)
    );
    assert_eq!(ambient.indexes.len(), 2);
    assert_eq!(ambient.find_links.len(), 2);
    assert_eq!(ambient.no_index.map(|said| said.value), Some(false));
    let hosts: Vec<_> = ambient
        .trusted_hosts
        .iter()
        .map(|said| said.value.as_str())
        .collect();
    assert_eq!(hosts, ["mirror.example", "files.example:8443"]);
    assert_eq!(ambient.cert_files[0].value, Path::new("/etc/ssl/corp.pem"));
    assert_eq!(
        ambient.timeout.map(|said| said.value),
        Some(Duration::from_secs(60))
    );
    assert_eq!(ambient.retries.map(|said| said.value), Some(2));
    let proxy = ambient.proxy.as_ref().map(|said| said.value.reveal());
    assert_eq!(proxy, Some("http://me:pw@proxy.example:3128"));
    assert_eq!(
        ambient.prerelease.map(|said| said.value).as_deref(),
        Some("allow")
    );
    assert_eq!(formats(ambient.only_binary), ":all:");
    assert_eq!(formats(ambient.no_binary), "lxml my-package");
}

#[test]
fn certificates_come_from_the_strongest_that_names_some() {
    let conf = "[global]\ncert = /conf.pem\n";
    #[track_caller]
    fn check(variables: &[(&str, &str)], conf: &str, expected: &str) {
        let ambient = read(variables, &[conf]);
        let files = ambient.cert_files.iter();
        let said: Vec<String> = files
            .map(|said| said.by.clone())
            .chain(ambient.cert_folders.iter().map(|said| said.by.clone()))
            .collect();

        assert_eq!(said.join(" "), expected);
    }
    let all = [
        ("PYAUDIT_CERT", "/a"),
        ("SSL_CERT_FILE", "/b"),
        ("SSL_CERT_DIR", "/c"),
        ("REQUESTS_CA_BUNDLE", "/d"),
        ("CURL_CA_BUNDLE", "/e"),
        ("PIP_CERT", "/f"),
        ("UV_SYSTEM_CERTS", "1"),
    ];

    check(&all, conf, "PYAUDIT_CERT");
    check(&all[1..], conf, "SSL_CERT_FILE SSL_CERT_DIR");
    check(&all[2..], conf, "SSL_CERT_DIR");
    check(&all[3..6], conf, "REQUESTS_CA_BUNDLE");
    check(&all[4..6], conf, "CURL_CA_BUNDLE");
    check(&all[5..6], conf, "PIP_CERT");
    check(&[], conf, "0.conf [global] cert");
    check(&all[3..], conf, "");
    check(
        &[("UV_NATIVE_TLS", "no"), ("PIP_CERT", "/f")],
        conf,
        "PIP_CERT",
    );
}

#[test]
fn uv_and_pip_say_the_same_things_in_other_words() {
    let ambient = read(
        &[
            ("UV_NO_BINARY", "true"),
            ("UV_NO_BUILD", "0"),
            ("UV_NO_BUILD_PACKAGE", "Torch numpy"),
            ("PIP_NO_CACHE_DIR", "false"),
            ("PIP_PRE", "1"),
            ("UV_PYTHON", "3.11"),
            ("UV_CONSTRAINT", "a.txt b.txt"),
            ("UV_INSECURE_HOST", "https://H.example:8443/ localhost"),
        ],
        &[],
    );

    assert_eq!(formats(ambient.no_binary), ":all:");
    assert_eq!(formats(ambient.only_binary), "torch numpy");
    assert_eq!(
        ambient.no_cache.map(|said| said.value),
        Some(true),
        "as pip"
    );
    assert_eq!(
        ambient.prerelease.map(|said| said.by).as_deref(),
        Some("PIP_PRE")
    );
    assert_eq!(
        ambient.python.map(|said| said.value).as_deref(),
        Some("3.11")
    );
    assert_eq!(ambient.constraints.len(), 2);
    assert_eq!(ambient.trusted_hosts[0].value, "h.example:8443");
    assert_eq!(
        read(&[("UV_NO_CACHE", "off")], &[])
            .no_cache
            .map(|said| said.value),
        Some(false)
    );
    assert!(
        read(&[("UV_PYTHON", "/usr/bin/python3")], &[])
            .python
            .is_none()
    );
    let prerelease = read(&[("PIP_PRE", "1"), ("UV_PRERELEASE", "explicit")], &[]).prerelease;
    assert_eq!(
        prerelease.map(|said| said.value).as_deref(),
        Some("explicit")
    );
}

#[test]
fn a_cut_off_by_day_includes_the_day_for_uv_and_not_for_pip() {
    let cutoff = |name, value| {
        let said = read(&[(name, value)], &[]).exclude_newer;
        said.map(|said| said.value.to_string()).unwrap_or_default()
    };

    assert_eq!(
        cutoff("UV_EXCLUDE_NEWER", "2026-10-01"),
        "2026-10-02T00:00:00Z"
    );
    assert_eq!(
        cutoff("PIP_UPLOADED_PRIOR_TO", "2026-10-01"),
        "2026-10-01T00:00:00Z"
    );
    assert_eq!(
        cutoff("PIP_UPLOADED_PRIOR_TO", "2026-10-01T08:30:00"),
        "2026-10-01T08:30:00Z"
    );
    assert_eq!(
        cutoff("PIP_UPLOADED_PRIOR_TO", "P3D"),
        "2026-11-18T12:00:00Z"
    );
}

#[track_caller]
fn check_problem(name: &str, value: &str, is_error: bool, expected: &str) {
    let problems = read_ambient(texts(&[(name, value)], &[])).problems;
    let told: Vec<_> = problems
        .iter()
        .map(|problem| problem.message.as_str())
        .collect();

    assert_eq!(told, [format!("`{name}` {expected}")]);
    assert_eq!(problems[0].is_error(), is_error);
}

#[test]
fn what_makes_no_sense_is_told_with_the_name_of_who_says_it() {
    check_problem(
        "UV_OFFLINE",
        "maybe",
        true,
        "must be `true` or `false`, not `maybe`",
    );
    check_problem(
        "PIP_RETRIES",
        "-1",
        false,
        "must be a whole number, not `-1`",
    );
    for value in ["soon", "0", "NaN", "-3"] {
        let expected = format!("must be a number of seconds above 0, not `{value}`");
        check_problem("PIP_TIMEOUT", value, false, &expected);
    }
    check_problem(
        "UV_RESOLUTION",
        "low",
        true,
        "must be one of `highest`, `lowest`, `lowest-direct`, not `low`",
    );
    check_problem(
        "UV_EXCLUDE_NEWER",
        "soon",
        true,
        "must be a date, a time or a duration, not `soon`",
    );
    check_problem(
        "UV_INDEX",
        "a!=https://h.example",
        true,
        "gives an index the name `a!`, which is none",
    );
    check_problem(
        "PIP_TRUSTED_HOST",
        "h/x",
        true,
        "holds `h/x`, which is no host",
    );
    check_problem(
        "PIP_NO_BINARY",
        "a,b!",
        true,
        "is not read: `b!` is no package name, `:all:` or `:none:`",
    );
}

#[test]
fn problems_show_no_login() {
    check_problem(
        "PIP_INDEX_URL",
        "https://me:hunter2@h.example:port/simple",
        true,
        "holds no address: `https://h.example:port/simple` is not a URL: invalid port number",
    );
    check_problem(
        "UV_INDEX_URL",
        "me:hunter2@h.example/simple",
        true,
        "holds `**********@h.example/simple`, which does not begin as a URL",
    );
    let problems = read_ambient(texts(&[], &[BROKEN])).problems;

    assert!(!format!("{problems:?}").contains("hunter2"));
    let texts: Vec<_> = problems
        .iter()
        .filter_map(|problem| problem.origin.as_ref())
        .map(|origin| {
            assert!(!origin.file.text().contains("hunter2"));
            origin.to_string()
        })
        .collect();
    assert_eq!(texts, ["0.conf:5", "0.conf:3", "0.conf:6"]);
}

#[test]
fn nothing_of_the_surroundings_prints_a_secret() {
    let mut texts = texts(
        &[
            ("UV_INDEX_CORP_PASSWORD", "hunter1"),
            ("PYAUDIT_INDEX_CORP_USERNAME", "hunter2"),
            ("PIP_INDEX_URL", "https://me:hunter3@h.example/simple"),
            ("PIP_PROXY", "http://me:hunter4@proxy.example"),
            ("TOKEN", "hunter5"),
        ],
        &[],
    );
    texts.netrc = Some(Secret::new("machine h login me password hunter6"));
    let ambient = read_ambient(texts);

    let printed = format!("{ambient:?}");
    assert!(!printed.contains("hunter"), "{printed}");
    let names: Vec<_> = ambient
        .index_logins
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(
        names,
        ["PYAUDIT_INDEX_CORP_USERNAME", "UV_INDEX_CORP_PASSWORD"]
    );
    assert_eq!(ambient.index_logins[1].1.reveal(), "hunter1");
    assert_eq!(ambient.variables.get("TOKEN"), Some("hunter5"));
}

const SOME_NAMES: &[&str] = &[
    "PYAUDIT_CERT",
    "PYAUDIT_PROXY",
    "UV_EXCLUDE_NEWER",
    "UV_FIND_LINKS",
    "UV_HTTP_TIMEOUT",
    "UV_INDEX",
    "UV_INSECURE_HOST",
    "PIP_INDEX_URL",
    "PIP_NO_BINARY",
    "PIP_PRE",
    "PIP_RETRIES",
    "PIP_UPLOADED_PRIOR_TO",
];

proptest! {
    #[test]
    fn any_text_is_read(value in "(\\PC|[:/@=~%\\[\\]]|https://|P-?[0-9]{1,22}[DWY]){0,12}") {
        let variables: Vec<_> = SOME_NAMES.iter().map(|name| (*name, value.as_str())).collect();
        let conf = format!("[global]\nindex-url = {value}\nproxy = {value}\n");

        read_ambient(texts(&variables, &[&conf, &value]));
    }
}

#[test]
fn a_proxy_is_looked_for_where_a_variable_names_one() {
    let names = [
        "HTTPS_PROXY",
        "http_proxy",
        "All_Proxy",
        "NO_PROXY",
        "PROXY",
    ];
    let is_named = |name| read(&[(name, "x")], &[]).variables.name_proxy();

    assert_eq!(names.map(is_named), [true, true, true, false, false]);
}
