//! What stands on a page: versions in order, and every file as the index told it.

use url::Url;

use super::*;
use crate::package::PackageName;

#[test]
fn versions_ascend_and_equal_ones_are_merged() {
    let base = Url::parse("https://files.example/").unwrap();
    let names = [
        "a-1.0.0.tar.gz",
        "a-2a1.zip",
        "a-1.0-2b-py3-none-any.whl",
        "a-0.9.zip",
        "a-x.zip",
        "a-1.exe",
        "b-1-py3-none-any.whl",
    ];
    let page = Page::build(
        &PackageName::new("a".to_owned()).unwrap(),
        list_folder(names, &base),
    );

    let versions: Vec<_> = (0..page.len())
        .map(|at| (page.version_text(at), page.is_prerelease(at)))
        .collect();
    assert_eq!(versions, [("0.9", false), ("1.0", false), ("2a1", true)]);
    assert_eq!(page.files(1), 1..3);
    assert_eq!(page.file(1).build_tag(), Some((2, "b")));
    assert_eq!((page.version_of(2), page.version_of(3)), (1, 2));
    assert_eq!(page.find(page.key(2)), Some(2));
    let skipped = Skipped {
        other_kind: 1,
        malformed: 1,
        invalid_version: 1,
        unreadable: 0,
    };
    assert_eq!(page.skipped(), skipped);
}

#[test]
fn names_that_begin_alike_are_read_as_if_each_stood_alone() {
    let base = Url::parse("https://files.example/").unwrap();
    let names = [
        "A_b-1.0-py3-none-any.whl",
        "A_b-1.0-1.tar.gz",
        "A_b-1.0-2-py3-none-any.whl",
        "A_b-1.0-py2-none-any.whl",
        "A_b-1.0-x-py3-none-any.whl",
        "A_b-1.0-py3.exe",
        "a_b-1.0.0-py3-none-win32.whl",
        "a_b-1.0.0-py3--win32.whl",
        "a_b-1.0.0-py3-none-win32.whl",
    ];
    let project = PackageName::new("a-b".to_owned()).unwrap();
    let page = Page::build(&project, list_folder(names, &base));

    let files: Vec<_> = (0..page.file_count())
        .map(|at| {
            let version = page.version_text(page.version_of(at));
            let tags = page
                .file(at)
                .tags()
                .and_then(|tags| page.tag_strings().nth(tags));
            (version, page.file(at).filename(), tags)
        })
        .collect();
    assert_eq!(
        files,
        [
            ("1.0", "A_b-1.0-2-py3-none-any.whl", Some("py3-none-any")),
            ("1.0", "A_b-1.0-py2-none-any.whl", Some("py2-none-any")),
            ("1.0", "A_b-1.0-py3-none-any.whl", Some("py3-none-any")),
            (
                "1.0",
                "a_b-1.0.0-py3-none-win32.whl",
                Some("py3-none-win32")
            ),
            ("1.0.post1", "A_b-1.0-1.tar.gz", None),
        ]
    );
    assert_eq!(
        (page.skipped().other_kind, page.skipped().malformed),
        (1, 2)
    );
}

#[test]
fn an_address_is_told_as_it_came_wherever_the_name_of_its_file_stands_in_it() {
    let base = Url::parse("https://index.example/simple/a/").unwrap();
    let project = PackageName::new("a".to_owned()).unwrap();
    for (filename, url) in [
        (
            "a-1-py3-none-any.whl",
            "https://h.example/a-1-py3-none-any.whl",
        ),
        ("a-1-py3-none-any.whl", "https://h.example/other.whl"),
        (
            "a-1-py3-none-any.b/x.whl",
            "https://h.example/a-1-py3-none-any.b/x.whl",
        ),
    ] {
        let file = format!(r#"{{"filename":"{filename}","url":"{url}","hashes":{{}}}}"#);
        let json = format!(r#"{{"meta":{{"api-version":"1.0"}},"files":[{file}]}}"#);
        let kind = "application/vnd.pypi.simple.v1+json";
        let page = decode_page(&project, kind, json.as_bytes(), &base).unwrap();

        assert_eq!(page.file(0).url(), url);
        assert_eq!(page.file(0).filename(), filename);
    }
}
