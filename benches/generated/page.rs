//! A page as large as that of a compiled package of many years, and texts such as metadata holds.

use super::Numbers;

/// The same page in both forms of the Simple API.
pub(crate) struct LargePage {
    /// As HTML.
    pub(crate) html: String,
    /// As JSON.
    pub(crate) json: String,
}

/// The platforms that each version has wheels for.
const PLATFORMS: &[&str] = &[
    "macosx_10_9_x86_64",
    "macosx_11_0_arm64",
    "manylinux_2_17_aarch64.manylinux2014_aarch64",
    "manylinux_2_17_x86_64.manylinux2014_x86_64",
    "musllinux_1_1_x86_64",
    "win32",
    "win_amd64",
];

/// The project that the page is of.
const PROJECT: &str = "large";

impl LargePage {
    /// Writes 122 versions with 36 files each.
    pub(crate) fn new() -> Self {
        let mut page = Self {
            html: "<!DOCTYPE html>\n<html><head><meta name=\"pypi:repository-version\" \
                   content=\"1.1\"><title>Links</title></head><body>\n"
                .to_owned(),
            json: format!(
                "{{\"meta\":{{\"api-version\":\"1.1\"}},\"name\":\"{PROJECT}\",\"files\":["
            ),
        };
        let mut numbers = Numbers::new(1);
        for version in 0..122 {
            let text = format!("1.{}.{}", version / 6, version % 6);
            page.push(&format!("{PROJECT}-{text}.tar.gz"), version, &mut numbers);
            for python in 0..5 {
                let python = 6 + python + version / 30;
                for platform in PLATFORMS {
                    let name = format!("{PROJECT}-{text}-cp3{python}-cp3{python}-{platform}.whl");
                    page.push(&name, version, &mut numbers);
                }
            }
        }
        page.html.push_str("</body></html>\n");
        page.json.truncate(page.json.len() - 1);
        page.json.push_str("],\"versions\":[]}");
        page
    }

    fn push(&mut self, name: &str, version: u64, numbers: &mut Numbers) {
        let (file, metadata) = (numbers.hex(64), numbers.hex(64));
        let place = numbers.hex(60);
        let url = format!(
            "https://files.example/packages/{}/{}/{}/{name}",
            &place[..2],
            &place[2..4],
            &place[4..]
        );
        let python = 6 + version / 30;
        let size = 1_000_000 + numbers.below(20_000_000);
        let time = format!(
            "20{:02}-{:02}-{:02}T12:34:56.{:06}Z",
            10 + version / 12,
            1 + version % 12,
            1 + numbers.below(28),
            numbers.below(1_000_000)
        );
        self.html.push_str(&format!(
            "<a href=\"{url}#sha256={file}\" data-requires-python=\"&gt;=3.{python}\" \
             data-dist-info-metadata=\"sha256={metadata}\" \
             data-core-metadata=\"sha256={metadata}\">{name}</a><br />\n"
        ));
        self.json.push_str(&format!(
            "{{\"core-metadata\":{{\"sha256\":\"{metadata}\"}},\
             \"data-dist-info-metadata\":{{\"sha256\":\"{metadata}\"}},\
             \"filename\":\"{name}\",\"hashes\":{{\"sha256\":\"{file}\"}},\
             \"provenance\":null,\"requires-python\":\">=3.{python}\",\"size\":{size},\
             \"upload-time\":\"{time}\",\"url\":\"{url}\",\"yanked\":false}},"
        ));
    }
}

/// Writes 100 metadata files of 50 requirements each.
pub(crate) fn metadata_texts() -> Vec<String> {
    let markers = [
        "",
        "; extra == 'all'",
        "; python_version < '3.9'",
        "; sys_platform == 'win32'",
        "; extra == \"test\" and platform_machine != 'aarch64'",
    ];
    let mut numbers = Numbers::new(2);
    let text = |at: u64| {
        let mut text = format!(
            "Metadata-Version: 2.1\nName: p{at}\nVersion: 1.{at}\nRequires-Python: >=3.8\n\
             Provides-Extra: all\nProvides-Extra: test\n"
        );
        for _ in 0..50 {
            let name = numbers.below(800);
            let marker = markers[numbers.below(markers.len() as u64) as usize];
            let specifiers = specifier(&mut numbers);
            text.push_str(&format!("Requires-Dist: dep-{name}{specifiers}{marker}\n"));
        }
        text
    };
    (0..100).map(text).collect()
}

/// Writes 1,000 sets of specifiers.
pub(crate) fn specifiers() -> Vec<String> {
    let mut numbers = Numbers::new(3);
    (0..1000).map(|_| specifier(&mut numbers)).collect()
}

fn specifier(numbers: &mut Numbers) -> String {
    let (major, minor) = (numbers.below(5), numbers.below(40));
    match numbers.below(8) {
        0 => String::new(),
        1 => format!("=={major}.{minor}.{}", numbers.below(9)),
        2 => format!("~={major}.{minor}"),
        3 => format!(">={major}.{minor},!={major}.{}.*,<{}", minor + 1, major + 1),
        4 => format!("<{}.0a0,>={major}.{minor}rc1", major + 1),
        _ => format!(">={major}.{minor}"),
    }
}

/// Writes the distinct tag sets of a large page.
pub(crate) fn tags() -> Vec<String> {
    let of_python = |python: u64| {
        let tags = move |platform: &&str| format!("cp3{python}-cp3{python}-{platform}");
        PLATFORMS.iter().map(tags)
    };
    let general = ["py3-none-any", "py2.py3-none-any", "cp37-abi3-win_amd64"];
    (6..16)
        .flat_map(of_python)
        .chain(general.map(str::to_owned))
        .collect()
}
