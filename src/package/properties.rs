//! Laws that hold for all versions, sets and texts.

use proptest::collection::vec;
use proptest::prelude::*;

use super::{
    Digest, DirectUrl, DistName, IndexUrl, Marker, MarkerTexts, PackageName, Requirement,
    Specifiers, Timestamp, Version, VersionKey, VersionSet, WheelName,
};

/// Small numbers, so that versions collide, and those at which the encoding changes.
fn number() -> impl Strategy<Value = u64> + Clone {
    prop_oneof![
        8 => 0..4_u64,
        2 => prop::sample::select(vec![222, 223, 224, 255, 256, 65535, 65536, 1 << 32, u64::MAX - 1, u64::MAX]),
        1 => any::<u64>(),
    ]
}

/// Numbers that leave room for a next one, as all in the wild do.
fn modest() -> impl Strategy<Value = u64> + Clone {
    prop_oneof![8 => 0..4_u64, 1 => 0..70_000_u64]
}

fn version(numbers: impl Strategy<Value = u64> + Clone + 'static) -> BoxedStrategy<Version> {
    let number = move || numbers.clone();
    let local = prop::sample::select(vec![
        "a",
        "ab",
        "0",
        "1",
        "10",
        "1a",
        "cu121",
        "18446744073709551615",
    ]);
    (
        prop_oneof![8 => Just(0), 1 => number()],
        vec(number(), 1..5),
        prop::option::weighted(0.3, (prop::sample::select(vec!["a", "b", "rc"]), number())),
        prop::option::weighted(0.3, number()),
        prop::option::weighted(0.3, number()),
        prop_oneof![3 => Just(Vec::new()), 1 => vec(local, 1..4)],
    )
        .prop_map(|(epoch, release, pre, post, dev, local)| {
            let release: Vec<String> = release.iter().map(u64::to_string).collect();
            let mut text = format!("{epoch}!{}", release.join("."));
            text.extend(pre.map(|(kind, number)| format!("{kind}{number}")));
            text.extend(post.map(|number| format!(".post{number}")));
            text.extend(dev.map(|number| format!(".dev{number}")));
            if !local.is_empty() {
                text += &format!("+{}", local.join("."));
            }
            text.parse().unwrap()
        })
        .boxed()
}

fn clause(numbers: impl Strategy<Value = u64> + Clone + 'static) -> BoxedStrategy<String> {
    let operator = prop::sample::select(vec!["==", "!=", "<", "<=", ">", ">=", "~=", "==*", "!=*"]);
    (operator, version(numbers))
        .prop_map(|(operator, version)| {
            let release: Vec<String> = version.release().iter().map(u64::to_string).collect();
            let (epoch, release) = (version.epoch(), release.join("."));
            match operator {
                "==" | "!=" => format!("{operator}{version}"),
                "==*" | "!=*" => format!("{}{epoch}!{release}.*", &operator[..2]),
                "~=" => format!("~={epoch}!{release}.0"),
                _ => format!("{operator}{}", version.without_local()),
            }
        })
        .boxed()
}

fn set() -> impl Strategy<Value = VersionSet> {
    vec(clause(modest()), 0..4).prop_map(|clauses| set_of(&clauses.join(",")))
}

fn set_of(text: &str) -> VersionSet {
    Specifiers::parse(text).unwrap().set().clone()
}

fn union(left: &VersionSet, right: &VersionSet) -> VersionSet {
    left.complement()
        .intersection(&right.complement())
        .complement()
}

/// Ascending, none empty, none touching the next.
fn is_canonical(set: &VersionSet) -> bool {
    let bounds: Vec<&[u8]> = set.intervals().flat_map(|(from, to)| [from, to]).collect();
    bounds.windows(2).all(|pair| pair[0] < pair[1])
}

/// Texts made of what parsers look for, which get further than arbitrary ones.
fn packaging_text() -> impl Strategy<Value = String> {
    let token = prop::sample::select(vec![
        "a",
        "foo",
        "-",
        "_",
        ".",
        "[",
        "]",
        "(",
        ")",
        ",",
        ";",
        "@",
        " ",
        "\t",
        "\n",
        "'",
        "\"",
        "<",
        ">",
        "=",
        "!",
        "~",
        "==",
        ">=",
        "===",
        "~=",
        "1",
        "1.0",
        "2!3",
        ".*",
        "*",
        "rc1",
        ".dev1",
        "+x",
        "é",
        "\u{0}",
        "18446744073709551615",
        "99999999999",
        "python_version",
        "python_full_version",
        "os_name",
        "extra",
        " and ",
        " or ",
        " in ",
        " not in ",
        "'3.8'",
        "'3.0'",
        "'x'",
        "https://h/x",
        "git+",
        "://",
        "u:p@",
        "#sha256=00",
        "&",
        "?",
        "/",
        "%2B",
        "file:",
        "\\",
        ".whl",
        ".tar.gz",
        "-py3-none-any",
    ]);
    prop_oneof![
        3 => vec(token, 0..14).prop_map(|tokens| tokens.concat()),
        1 => any::<String>(),
    ]
}

/// Comparisons with a sense or without, joined in all ways.
fn marker_text() -> impl Strategy<Value = String> {
    let variable = prop::sample::select(vec![
        "python_version",
        "python_full_version",
        "implementation_version",
        "os_name",
        "sys_platform",
        "platform_release",
        "extra",
        "os.name",
        "'3.8'",
        "'x'",
        "color",
    ]);
    let operator = prop::sample::select(vec![
        "==", "===", "!=", "<", "<=", ">", ">=", "~=", " in ", " not in ", "=>",
    ]);
    let text = prop::sample::select(vec![
        "'3'",
        "'3.0'",
        "'3.8'",
        "'3.8.1'",
        "'3.8.*'",
        "'3.*'",
        "'0'",
        "'0.0'",
        "'1!3'",
        "'3.8+x'",
        "'3.8rc1'",
        "'2.7, 3.8'",
        "''",
        "' '",
        "'*'",
        "'.*'",
        "'abc'",
        "\"it's\"",
        "'3.18446744073709551615'",
        "'é'",
        "extra",
        "python_version",
        "'a b'",
        "'A_b'",
        "'-'",
    ]);
    let comparison = (variable, operator, text).prop_map(|(a, b, c)| format!("{a}{b}{c}"));
    comparison.prop_recursive(4, 24, 2, |inner| {
        (
            inner.clone(),
            prop::sample::select(vec!["and", "or"]),
            inner,
        )
            .prop_map(|(left, word, right)| format!("({left}) {word} {right}"))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn keys_order_as_versions(left in version(number()), right in version(number())) {
        let keys = (VersionKey::of(&left), VersionKey::of(&right));

        prop_assert_eq!(keys.0.cmp(&keys.1), left.cmp(&right), "{} {}", left, right);
    }

    #[test]
    fn a_version_is_in_what_it_names(version in version(number())) {
        let public = version.clone().without_local();

        for text in [format!("=={version}"), format!("=={public}"), format!("==={version}"),
            format!(">={public}"), format!("<={public}")] {
            prop_assert!(set_of(&text).contains(&version), "{} {}", text, version);
        }
        for text in [format!("!={version}"), format!("!={public}"), format!("<{public}"), format!(">{public}")] {
            prop_assert!(!set_of(&text).contains(&version), "{} {}", text, version);
        }
    }

    #[test]
    fn clauses_narrow_each_other(
        left in clause(number()), right in clause(number()), version in version(number())
    ) {
        let both = set_of(&format!("{left},{right}"));
        let expected = set_of(&left).contains(&version) && set_of(&right).contains(&version);

        prop_assert!(is_canonical(&both));
        prop_assert_eq!(both.contains(&version), expected);
    }

    #[test]
    fn sets_obey_the_laws_of_sets(a in set(), b in set(), c in set(), version in version(modest())) {
        prop_assert!([&a, &b, &c].into_iter().all(is_canonical));
        prop_assert_eq!(a.intersection(&b), b.intersection(&a));
        prop_assert_eq!(a.intersection(&b).intersection(&c), a.intersection(&b.intersection(&c)));
        prop_assert_eq!(a.intersection(&a), a.clone());
        prop_assert_eq!(a.complement().complement(), a.clone());
        prop_assert_eq!(a.intersection(&a.complement()), VersionSet::empty());
        prop_assert_eq!(union(&a, &a.complement()), VersionSet::full());
        prop_assert_eq!(a.intersection(&VersionSet::full()), a.clone());
        prop_assert_eq!(union(&a.intersection(&b), &a.intersection(&b.complement())), a.clone());
        prop_assert_ne!(a.contains(&version), a.complement().contains(&version));
        prop_assert!(is_canonical(&union(&a, &b)) && is_canonical(&a.complement()));
        let rebuilt = VersionSet::from_parts(a.intervals(), a.literal());
        prop_assert_eq!(rebuilt, a);
    }

    #[test]
    fn neighbours_become_one(version in version(modest()).prop_map(|version| version.without_local())) {
        let [below, at, above] = ["<", "==", ">"].map(|operator| set_of(&format!("{operator}{version}")));
        let up_to = set_of(&format!("<={version}"));
        let from = set_of(&format!(">={version}"));

        prop_assert_eq!(union(&at, &from), from.clone());
        prop_assert_eq!(union(&up_to, &from), VersionSet::full());
        prop_assert_eq!(up_to.intersection(&from), at);
        prop_assert!(below.intersection(&above).is_empty());
    }

    #[test]
    fn no_text_makes_a_parser_panic(text in packaging_text()) {
        let project: PackageName = "foo".parse().unwrap();
        let now = Timestamp::from_seconds(1_800_000_000);

        let _ = (Specifiers::parse(&text), Specifiers::parse_lenient(&text));
        let _ = (Requirement::parse(&text), Marker::parse(&text));
        let _ = Requirement::parse_lenient(&text, &mut MarkerTexts::default());
        let _ = (WheelName::parse(&text), DistName::parse(&text, &project));
        let _ = (Digest::parse(&text), DirectUrl::parse(&text));
        let _ = (IndexUrl::redacted(&text), IndexUrl::parse(&text));
        let _ = (Timestamp::parse(&text), Timestamp::parse_cutoff(&text, now));
    }

    #[test]
    fn no_marker_panics(text in marker_text()) {
        if let Ok((marker, dropped)) = Marker::parse_lenient(&text) {
            let rebuilt = Marker::from_tree(marker.tree().clone());
            prop_assert!(Marker::parse(&text).is_err() || dropped.is_empty());
            if !rebuilt.text().is_empty() {
                prop_assert!(Marker::parse(rebuilt.text()).is_ok(), "{}", rebuilt.text());
            }
        }
    }

    #[test]
    fn every_moment_can_be_written(seconds in any::<i64>(), count in any::<i64>()) {
        let moment = Timestamp::from_seconds(seconds);
        let _ = (moment.to_string(), Timestamp::parse_cutoff(&format!("{count} days"), moment));
    }

    #[test]
    fn a_requirement_written_is_the_requirement_read(
        name in "[A-Za-z0-9]([A-Za-z0-9._-]{0,8}[A-Za-z0-9])?",
        extras in vec("[a-z]{1,3}", 0..3),
        clauses in vec(clause(number()), 0..3),
        url in prop::option::of("https://h/[a-z;,@+=]{0,8}(#sha256=[0-9a-f]{64})?"),
        marker in prop::option::of(marker_text()),
    ) {
        let source = match url {
            Some(url) => format!(" @ {url} "),
            None => clauses.join(" , "),
        };
        let marker = marker.filter(|text| Marker::parse(text).is_ok());
        let marker = marker.map(|text| format!(";{text}")).unwrap_or_default();
        let text = format!("{name} [{}] {source}{marker}", extras.join(" , "));

        let read = Requirement::parse(&text);
        prop_assert!(read.is_ok(), "{}: {:?}", text, read);
        let read = read.unwrap();
        prop_assert_eq!(Requirement::parse(&read.to_string()), Ok(read.clone()));
        let lenient = Requirement::parse_lenient(&read.to_string(), &mut MarkerTexts::default());
        prop_assert_eq!(lenient.map(|lenient| lenient.specifiers), Ok(read.specifiers));
    }
}
