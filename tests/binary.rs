//! Compiled files, made by the recipes of `fixtures/binaries`, and what is read out of them: as a
//! file and as a stream, whole, cut off and altered.

#[cfg(test)]
#[path = "support/binaries.rs"]
mod binaries;

use std::fs;
use std::io::Cursor;

use binaries::Recipe;
use proptest::prelude::*;
use pyaudit::binary::{
    BinaryFacts, Closure, Dynamic, Format, Generation, MajorMinor, base_name, decode, encode,
    is_binary, scan_file, scan_stream,
};
use pyaudit::target::Capability;
use serde::Deserialize;

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/binaries");

/// A recipe, and what is expected of what it makes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    file: Recipe,
    expect: Vec<String>,
}

fn cases() -> Vec<(String, Case)> {
    let mut cases = Vec::new();
    for entry in fs::read_dir(CASES).expect("a case can be read") {
        let path = entry.expect("a case can be read").path();
        let name = path
            .file_stem()
            .expect("a case can be read")
            .to_str()
            .expect("a case can be read")
            .to_owned();
        cases.push((
            name,
            toml::from_str(&fs::read_to_string(path).expect("a case can be read"))
                .expect("a case can be read"),
        ));
    }
    cases.sort_by(|one, other| one.0.cmp(&other.0));
    assert!(cases.len() > 10);
    cases
}

/// Writes what was found, one fact to a line.
fn told(facts: &BinaryFacts) -> Vec<String> {
    let mut told = Vec::new();
    let linkage = &facts.linkage;
    told.extend(linkage.format.map(|it| format!("form {it:?}")));
    match facts.numpy.generation {
        Generation::Unrelated => {}
        generation => told.push(format!("{generation:?}").replace("MajorMinor ", "")),
    }
    if let Some(dynamic) = facts.numpy.dynamic {
        let culprit = facts.numpy.culprit.map(|it| format!(" by {it}"));
        let dynamic = match dynamic {
            Dynamic::Both => "by name, for both",
            Dynamic::Numpy1 => "by name, for NumPy 1",
        };
        told.push(format!("{dynamic}{}", culprit.unwrap_or_default()));
    }
    told.extend(linkage.needed.iter().map(|it| format!("needs {it}")));
    told.extend(linkage.soname.iter().map(|it| format!("is {it}")));
    told.extend(linkage.rpath.iter().map(|it| format!("looks in {it}")));
    told.extend(linkage.glibc.map(|it| format!("glibc {it}")));
    if let Some(torch) = &linkage.torch {
        let (taken, given) = (torch.taken.len(), torch.given.len());
        told.push(format!("takes {taken} of torch, gives {given}"));
        told.extend(torch.takes.map(|it| format!("takes {it:?} strings")));
        told.extend(torch.gives.map(|it| format!("gives {it:?} strings")));
    }
    if let Some(fatbins) = &facts.fatbins {
        let covered = |(major, minor): (u16, u16)| {
            let count = fatbins.covering(Capability { major, minor }, false);
            let jit = fatbins.covering(Capability { major, minor }, true);
            format!("{major}.{minor} {count} {jit}")
        };
        let gpus = [(7, 5), (8, 6), (9, 0), (10, 0), (12, 0)].map(covered);
        told.push(format!(
            "{} containers{}: {}",
            fatbins.containers(),
            if fatbins.is_partial {
                ", not whole"
            } else {
                ""
            },
            gpus.join(", ")
        ));
        told.extend(fatbins.ptx_isa.map(|isa| format!("PTX of {isa}")));
    }
    told
}

#[test]
fn every_recipe_gives_what_stands_beside_it() {
    for (name, case) in cases() {
        let facts = scan_file("a.so", Cursor::new(case.file.bytes())).unwrap();

        assert_eq!(told(&facts), case.expect, "{name}");
        assert_eq!(
            decode(&encode(std::slice::from_ref(&facts))),
            Some(vec![facts]),
            "{name}"
        );
    }
}

#[test]
fn a_stream_tells_the_same_of_texts_and_gpus_as_a_file() {
    for (name, case) in cases() {
        let bytes = case.file.bytes();
        let file = scan_file("a.so", Cursor::new(&bytes)).unwrap();
        let stream = scan_stream("a.so", bytes.as_slice(), u64::MAX).unwrap();

        if file.linkage.format.is_some() {
            assert_eq!(file.numpy, stream.numpy, "{name}");
            assert_eq!(file.fatbins, stream.fatbins, "{name}");
        }
    }
}

#[test]
fn a_text_is_found_wherever_the_window_ends() {
    const WINDOW: usize = 256 << 10;
    const LONGEST: usize = 120;
    let recipe = |padding| Recipe {
        format: "elf".into(),
        padding,
        texts: vec!["C-API version 0x%x (NumPy 1.23) but".into()],
        gpu: vec![vec!["sm_90".into(), "ptx_120".into()]; 2],
        payload: 5000,
        ..Recipe::default()
    };
    let before = recipe(0).bytes().len();
    for shift in 0..LONGEST + 200 {
        let padding = WINDOW - LONGEST - before.min(WINDOW - LONGEST) + shift;
        let facts = scan_file("a.so", Cursor::new(recipe(padding).bytes())).unwrap();

        let expected = Generation::Numpy2(MajorMinor::new(1, 23));
        assert_eq!(facts.numpy.generation, expected, "{shift}");
        let fatbins = facts.fatbins.unwrap();
        assert!(fatbins.containers() == 2 && !fatbins.is_partial, "{shift}");
    }
}

#[test]
fn what_is_cut_off_says_so() {
    let recipe = Recipe {
        format: "elf".into(),
        gpu: vec![vec!["sm_80".into(), "sm_90".into()]; 3],
        payload: 1000,
        ..Recipe::default()
    };
    let bytes = recipe.bytes();
    let most = bytes.len() as u64 - 500;

    let facts = scan_stream("a.so", bytes.as_slice(), most).unwrap();

    let fatbins = facts.fatbins.unwrap();
    assert!(facts.is_partial);
    assert_eq!(fatbins.containers(), 3);
}

#[test]
fn names_tell_what_is_compiled() {
    for name in [
        "a/_c.cpython-311-x86_64-linux-gnu.so",
        "a/_c.abi3.so",
        "a/_c.pyd",
        "a.libs/libb-1f2e.so.5.15.2",
        "a/libb.dylib",
        "a/b.dll",
    ] {
        assert!(is_binary(name), "{name}");
    }
    for name in ["a/so.py", "a/b.so.py", "a/libb.so.x", "so", "a/b.sox", ""] {
        assert!(!is_binary(name), "{name}");
    }
    assert_eq!(base_name("@rpath/libb.dylib"), "libb.dylib");
    assert_eq!(base_name("A\\B.DLL"), "b.dll");
}

fn linked(path: &str, needed: &[&str]) -> BinaryFacts {
    let mut facts = BinaryFacts::of(path);
    facts.linkage.format = Some(Format::Elf);
    facts.linkage.needed = needed.iter().map(|it| (*it).to_owned()).collect();
    facts
}

#[test]
fn what_an_extension_reaches_is_needed_at_import_and_the_rest_by_plugins() {
    let files = [
        linked("a/x.abi3.so", &["libown.so", "libc.so.6"]),
        linked("a/y.abi3.so", &["libc.so.6"]),
        linked("a.libs/libown.so", &["libGL.so.1", "libown.so"]),
        linked("a/plugins/libp.so", &["libSM.so.6"]),
    ];
    let closure = Closure::of(&files);

    let outside: Vec<(&str, usize, usize)> = closure
        .outside()
        .map(|name| (name, closure.loading(name)))
        .map(|(name, reached)| (name, reached.by.len(), reached.of))
        .collect();
    let own = closure.reaching(|file| file.path.ends_with("libown.so"));

    assert_eq!(
        outside,
        [
            ("libGL.so.1", 1, 2),
            ("libSM.so.6", 0, 2),
            ("libc.so.6", 2, 2)
        ]
    );
    assert_eq!(own.by[0].path, "a/x.abi3.so");
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let _ = scan_file("a.so", Cursor::new(&bytes));
        let _ = scan_stream("a.so", bytes.as_slice(), 1000);
        let _ = decode(&bytes);
    }

    #[test]
    fn no_altered_file_makes_it_panic(
        case in 0..10_usize,
        changes in prop::collection::vec((any::<u16>(), any::<u8>()), 1..20),
        end in any::<u16>(),
    ) {
        let mut bytes = cases()[case].1.file.bytes();
        for (at, byte) in changes {
            let at = usize::from(at) % bytes.len();
            bytes[at] = byte;
        }
        bytes.truncate(bytes.len() - usize::from(end) % 64);
        let _ = scan_file("a.so", Cursor::new(&bytes));
        let _ = scan_stream("a.so", bytes.as_slice(), u64::MAX);
    }
}
