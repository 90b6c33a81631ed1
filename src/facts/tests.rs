//! What the embedded tables say of well-known things, and that all of their rows can be read.

use std::collections::BTreeMap;

use super::embedded::{FILES, LIMITS, Part, embedded, embedded_limits, have_defaults};
use super::reader::read;
use super::{Facts, Kernels, Limit};
use crate::package::{PackageName, Version};
use crate::source::SourceFile;
use crate::target::{Arch, Flavour, Gpu, Os, Platform};

const LINUX: Platform = Platform {
    os: Os::Glibc(2, 28),
    arch: Arch::X86_64,
};
const ARM: Platform = Platform {
    os: Os::Glibc(2, 28),
    arch: Arch::Aarch64,
};
const WINDOWS: Platform = Platform {
    os: Os::Windows,
    arch: Arch::X86_64,
};
const MAC: Platform = Platform {
    os: Os::MacOs(14, 0),
    arch: Arch::Aarch64,
};

fn name(text: &str) -> PackageName {
    text.parse().unwrap()
}

fn version(text: &str) -> Version {
    text.parse().unwrap()
}

fn flavour(text: &str) -> Flavour {
    text.parse().unwrap()
}

fn gpus(facts: &Facts, names: &[&str]) -> Vec<Gpu> {
    let gpus = names.iter().map(|name| facts.gpu(name).unwrap());
    gpus.collect()
}

fn kernels<'f>(facts: &'f Facts, torch: &str, of: &str, on: &Platform) -> Option<&'f Kernels> {
    facts.kernels(&version(torch), &flavour(of), on)
}

fn shown(flavours: &[Flavour]) -> String {
    let names: Vec<String> = flavours.iter().map(ToString::to_string).collect();
    names.join(" ")
}

fn limits(facts: &Facts, package: &str, of: &str, on: &Platform) -> Vec<String> {
    let limits = facts.limits_on(&name(package), &version(of), on);
    limits.map(|limit| limit.needs.to_string()).collect()
}

fn extended(text: &str) -> Facts {
    let file = SourceFile::new("facts.toml", text);
    Facts::embedded().extended(&file).unwrap()
}

#[test]
fn every_row_of_every_table_can_be_read() {
    for text in FILES.iter().chain(&LIMITS) {
        let problems = read(&SourceFile::new("facts", *text)).1;

        assert_eq!(problems, []);
    }
    let tables = |at: usize| read(&SourceFile::new("facts", FILES[at])).0;
    assert!(tables(Part::Builds as usize).builds.len() > 100);
    assert!(tables(Part::Builds as usize).defaults.len() > 20);
    assert!(tables(Part::Drivers as usize).drivers.len() > 40);
    assert!(tables(Part::Gpus as usize).gpus.len() > 200);
    assert!(tables(Part::Kernels as usize).kernels.len() > 40);
}

#[test]
fn limits_are_the_same_read_one_by_one_and_all_together() {
    let mut together: BTreeMap<PackageName, Vec<Limit>> = BTreeMap::new();
    for text in LIMITS {
        for (package, mut limits) in read(&SourceFile::new("", text)).0.limits {
            together.entry(package).or_default().append(&mut limits);
        }
    }

    assert!(together.len() > 30);
    for (package, limits) in together {
        assert_eq!(embedded_limits(&package), limits, "{package}");
        let sources = limits.iter().map(|limit| limit.source.as_str());
        assert!(
            sources.clone().all(|source| !source.is_empty()),
            "{package}"
        );
    }
}

#[test]
fn a_gpu_is_found_however_its_name_is_written() {
    let facts = Facts::embedded();
    for (text, shown) in [
        ("RTX 5090", "RTX 5090 (sm_120)"),
        ("rtx5090", "RTX 5090 (sm_120)"),
        ("NVIDIA GeForce RTX 5090", "RTX 5090 (sm_120)"),
        (
            "NVIDIA GeForce RTX 3080 Ti Laptop GPU",
            "RTX 3080 Ti (sm_86)",
        ),
        ("A100-SXM4-80GB", "A100 (sm_80)"),
        ("NVIDIA H100 80GB HBM3", "H100 (sm_90)"),
        ("H100 NVL", "H100 (sm_90)"),
        ("Tesla V100-PCIE-16GB", "Tesla V100 (sm_70)"),
        ("V100", "Tesla V100 (sm_70)"),
        ("t4", "Tesla T4 (sm_75)"),
        ("P4", "Tesla P4 (sm_61)"),
        ("NVIDIA A10G", "A10G (sm_86)"),
        ("A10", "A10 (sm_86)"),
        ("L40S", "L40S (sm_89)"),
        ("NVIDIA RTX 6000 Ada Generation", "RTX 6000 Ada (sm_89)"),
        ("Quadro RTX 6000", "Quadro RTX 6000 (sm_75)"),
        ("gtx 1080ti", "GTX 1080 Ti (sm_61)"),
        ("NVIDIA GH200 480GB", "GH200 (sm_90)"),
        ("DGX Spark", "DGX Spark (sm_121)"),
        ("RTX PRO 6000", "RTX PRO 6000 (sm_120)"),
        ("P4000", "Quadro P4000 (sm_61)"),
        ("sm_120", "sm_120"),
        ("12.0", "sm_120"),
    ] {
        assert_eq!(facts.gpu(text).unwrap().describe(), shown, "{text}");
    }
}

#[test]
fn an_unknown_or_ambiguous_gpu_name_lists_what_is_near() {
    let nearest = |text| Facts::embedded().gpu(text).unwrap_err().nearest;

    assert_eq!(nearest("RTX 6000"), ["RTX 6000 Ada", "Quadro RTX 6000"]);
    assert!(nearest("RTX 5095").contains(&"RTX 5090".to_owned()));
    assert_eq!(nearest("toaster"), [""; 0]);
    assert_eq!(nearest(""), [""; 0]);
    assert_eq!(nearest("NVIDIA"), [""; 0]);
}

#[test]
fn the_wheels_of_torch_2_3_1_stop_at_sm_90_and_hold_no_ptx() {
    let facts = Facts::embedded();
    let found = kernels(&facts, "2.3.1+cu121", "cu121", &LINUX).unwrap();

    assert_eq!(found.describe(), "sm_50–sm_90");
    assert!(found.ptx.is_empty());
    for (gpu, runs) in [
        ("RTX 4090", true),
        ("A40", true),
        ("GTX 1080", true),
        ("V100", true),
        ("RTX 5090", false),
        ("B200", false),
        ("K80", false),
    ] {
        let gpu = facts.gpu(gpu).unwrap();
        assert_eq!(found.run_on(gpu.capability, true), runs, "{gpu:?}");
    }
}

#[test]
fn ptx_runs_on_anything_newer_if_the_driver_can_compile_it() {
    let facts = Facts::embedded();
    let found = kernels(&facts, "2.7.1", "cu128", &LINUX).unwrap();
    let spark = facts.gpu("sm_121").unwrap().capability;
    let future = facts.gpu("13.0").unwrap().capability;

    assert_eq!(found.describe(), "sm_75–sm_100, sm_120 and PTX 12.0");
    assert!(found.run_on(spark, false), "a higher minor version");
    assert!(found.run_on(future, true));
    assert!(!found.run_on(future, false));
}

#[test]
fn the_first_torch_for_a_gpu_is_told_with_its_flavour() {
    let facts = Facts::embedded();
    for (names, platform, expected) in [
        (&["RTX 5090"][..], &LINUX, "2.7.0 cu128"),
        (&["V100", "RTX 5090"], &LINUX, "2.8.0 cu129"),
        (&["RTX 4090", "A40"], &LINUX, "1.13.0 cu117"),
        (&["H100"], &LINUX, "2.0.0 cu118"),
        (&["DGX Spark"], &ARM, "2.7.0 cu128"),
        (&["sm_110"], &ARM, "2.9.0 cu130"),
    ] {
        let (torch, flavour) = facts
            .first_for(&gpus(&facts, names), platform, &|_| true)
            .unwrap();
        assert_eq!(format!("{torch} {flavour}"), expected, "{names:?}");
    }
    let none = facts.first_for(&gpus(&facts, &["GTX 1080", "RTX 5090"]), &LINUX, &|_| true);
    assert_eq!(none, None);
}

#[test]
fn what_is_not_known_is_nothing() {
    let facts = Facts::embedded();

    assert_eq!(kernels(&facts, "2.4.1", "cu124", &ARM), None, "doubtful");
    assert_eq!(
        kernels(&facts, "2.7.1", "cu128", &WINDOWS),
        None,
        "doubtful"
    );
    assert_eq!(kernels(&facts, "99.0", "cu128", &LINUX), None);
    assert_eq!(kernels(&facts, "2.7.1", "rocm6.3", &LINUX), None);
    assert_eq!(kernels(&facts, "2.7.1", "cu128", &MAC), None);
    let codec = facts.offered(&name("torchcodec"), &version("0.9.1"));
    assert_eq!(codec, []);
    let vision = (name("torchvision"), version("0.29.2"));
    let built_for = facts.flavour_on_default_index(&vision.0, &vision.1, &LINUX);
    assert_eq!(built_for, None);
    assert_eq!(facts.driver_floor(&flavour("cu128"), MAC.os), None);
    assert_eq!(facts.driver_floor(&flavour("rocm6.3"), LINUX.os), None);
}

#[test]
fn plain_wheels_of_the_default_index_have_a_flavour_too() {
    let facts = Facts::embedded();
    for (package, release, platform, expected) in [
        ("torch", "2.7.1", &LINUX, "cu126"),
        ("torch", "2.3.1", &LINUX, "cu121"),
        ("torch", "2.10.0", &LINUX, "cu128"),
        ("torch", "2.15.0", &LINUX, "cu132"),
        ("torch", "2.10.0", &ARM, "cpu"),
        ("torch", "2.11.0", &ARM, "cu130"),
        ("torch", "2.7.1", &WINDOWS, "cpu"),
        ("torch", "2.7.1", &MAC, "cpu"),
        ("torchvision", "0.22.1", &LINUX, "cu126"),
        ("torchaudio", "2.0.2", &LINUX, "cu117"),
    ] {
        let found = facts.flavour_on_default_index(&name(package), &version(release), platform);
        assert_eq!(found, Some(flavour(expected)), "{package} {release}");
    }
}

#[test]
fn the_flavours_of_a_release_come_best_first() {
    let facts = Facts::embedded();
    for (package, release, expected) in [
        ("torch", "2.3.1", "cu121 cu118 rocm6.0 rocm5.7 cpu"),
        ("torch", "2.3.1+cu121", "cu121 cu118 rocm6.0 rocm5.7 cpu"),
        (
            "torchvision",
            "0.22.1",
            "cu128 cu126 cu118 rocm6.3 rocm6.2.4 xpu cpu",
        ),
        (
            "torch",
            "2.12.0",
            "cu132 cu130 cu126 rocm7.2 rocm7.1 xpu cpu",
        ),
        ("numpy", "2.0", ""),
    ] {
        let offered = facts.offered(&name(package), &version(release));
        assert_eq!(shown(&offered), expected, "{package} {release}");
    }
    assert_eq!(facts.flavours().first(), Some(&flavour("cu132")));
    assert_eq!(facts.flavours().last(), Some(&Flavour::Cpu));
}

#[test]
fn a_driver_is_enough_for_every_toolkit_of_its_major_version() {
    let facts = Facts::embedded();
    for (of, os, runs, own) in [
        ("cu118", LINUX.os, "450.80.02", Some("520.61.05")),
        ("cu121", LINUX.os, "525.60.13", Some("530.30.02")),
        ("cu121", WINDOWS.os, "528.33", Some("531.14")),
        ("cu130", LINUX.os, "580", Some("580.65.06")),
        ("cu130", WINDOWS.os, "580", None),
        ("cu110", LINUX.os, "450.36.06", Some("450.36.06")),
        ("cu102", LINUX.os, "440.33", Some("440.33")),
    ] {
        let floor = facts.driver_floor(&flavour(of), os).unwrap();
        assert_eq!(floor.runs.to_string(), runs, "{of}");
        assert_eq!(floor.own.as_ref().map(ToString::to_string).as_deref(), own);
    }
    let driver = "520".parse().unwrap();
    let met = |of: &str| {
        let floor = facts.driver_floor(&flavour(of), LINUX.os).unwrap();
        floor.runs <= driver
    };
    assert!(met("cu118") && !met("cu121"));
}

#[test]
fn releases_that_were_built_against_numpy_1_need_it() {
    let facts = Facts::embedded();
    for (package, release, platform, expected) in [
        ("pandas", "2.0.3", &LINUX, &["numpy<2"][..]),
        ("pandas", "2.2.2", &LINUX, &[]),
        ("torch", "2.2.2+cu121", &LINUX, &["numpy<2"]),
        ("torch", "2.3.1", &LINUX, &[]),
        ("torch", "2.4.0", &WINDOWS, &["numpy<2"]),
        ("torch", "2.4.1", &WINDOWS, &[]),
        ("xgboost", "2.0.3", &LINUX, &[]),
        ("accelerate", "0.29.3", &LINUX, &[]),
    ] {
        let found = limits(&facts, package, release, platform);
        assert_eq!(found, expected, "{package} {release}");
    }
}

#[test]
fn limits_can_be_left_out_and_so_can_everything() {
    let without = Facts::embedded().without_limits();
    let none = Facts::none();

    assert_eq!(limits(&without, "pandas", "2.0.3", &LINUX), [""; 0]);
    assert!(without.is_family(&name("torch")));
    assert_eq!(limits(&none, "pandas", "2.0.3", &LINUX), [""; 0]);
    assert!(!none.is_family(&name("torch")));
    assert_eq!(none.index_base(), "");
}

#[test]
fn the_family_is_torch_and_what_is_released_with_it() {
    let facts = Facts::embedded();

    for member in ["torch", "torchvision", "pytorch-triton", "xformers"] {
        assert!(facts.is_family(&name(member)), "{member}");
    }
    assert!(!facts.is_family(&name("numpy")));
    assert!(facts.family().count() > 10);
    assert_eq!(
        Flavour::of_index(&format!("{}/cu128", facts.index_base())),
        Some(flavour("cu128"))
    );
    assert!(facts.date().starts_with("20"));
}

#[test]
fn a_users_file_wins_over_what_is_embedded() {
    let facts = extended(
        r#"
        source = "our lab"
        [family]
        index = "https://index.example/whl/"
        members = ["our-kernels"]
        [[gpus]]
        capability = "13.0"
        names = ["RTX 6090", "RTX 5090"]
        [[drivers]]
        cuda = "12.8"
        linux = { runs = "570.26" }
        [[kernels]]
        flavour = "cu128"
        platform = "linux-x86_64"
        torch = "==2.7.1"
        native = ["9.0a", "12.0"]
        [builds.torch]
        cu128 = ["==2.7.1"]
        [defaults.torch.linux]
        cpu = ["==2.7.1"]
        [[limits]]
        package = "pandas"
        affected = "==2.0.3"
        needs = "numpy<1.25"
        [[limits]]
        package = "our-kernels"
        affected = "<3"
        needs = "torch<2.9"
        platform = "windows"
        "#,
    );

    assert_eq!(facts.index_base(), "https://index.example/whl");
    assert!(facts.is_family(&name("our-kernels")) && facts.is_family(&name("torch")));
    assert_eq!(
        facts.gpu("rtx 6090").unwrap().describe(),
        "RTX 6090 (sm_130)"
    );
    assert_eq!(
        facts.gpu("RTX 5090").unwrap().describe(),
        "RTX 5090 (sm_130)"
    );
    let floor = facts.driver_floor(&flavour("cu128"), LINUX.os).unwrap();
    assert_eq!(
        (floor.runs.to_string(), floor.source.as_str()),
        ("570.26".into(), "our lab")
    );
    let found = kernels(&facts, "2.7.1", "cu128", &LINUX).unwrap();
    assert_eq!(found.describe(), "sm_120 and sm_90a");
    assert!(found.run_on(facts.gpu("sm_90").unwrap().capability, false));
    let offered = facts.offered(&name("torch"), &version("2.7.0"));
    assert_eq!(shown(&offered), "cu126 cu118 rocm6.3 rocm6.2.4 xpu cpu");
    let built_for = facts.flavour_on_default_index(&name("torch"), &version("2.7.1"), &LINUX);
    assert_eq!(built_for, Some(Flavour::Cpu));
    assert_eq!(limits(&facts, "pandas", "2.0.3", &LINUX), ["numpy<1.25"]);
    assert_eq!(limits(&facts, "pandas", "2.0.2", &LINUX), [""; 0]);
    assert_eq!(limits(&facts, "our-kernels", "2", &LINUX), [""; 0]);
    assert_eq!(limits(&facts, "our-kernels", "2", &WINDOWS), ["torch<2.9"]);
}

#[test]
fn a_mistake_in_a_users_file_is_underlined() {
    for (text, marked, message) in [
        ("gpu = 1", "gpu", "no fact has the key `gpu`"),
        (
            "[[gpus]]\ncapability = \"x\"",
            "x",
            "not a compute capability",
        ),
        (
            "[[gpus]]\nnames = [\"A\"]",
            "[[gpus]]",
            "`capability` is missing",
        ),
        (
            "[[limits]]\npackage='a'\naffected='=2'\nneeds='b'",
            "=2",
            "",
        ),
        (
            "[[limits]]\npackage='a'\naffected='<2'\nneeds='b<1,=2'",
            "=2",
            "",
        ),
        (
            "[[limits]]\npackage='a'\naffected='<2'",
            "[[limits]]",
            "`needs` is missing",
        ),
        (
            "[[limits]]\npackage='a'\naffected='<2'\nneeds='b'\nplatform='dos'",
            "dos",
            "`dos` is no platform",
        ),
        ("[builds.torch]\ncux = ['<2']", "cux", "flavour"),
        ("[builds.\"-\"]\ncpu = ['<2']", "\"-\"", ""),
        ("[defaults.torch.beos]\ncpu = ['<2']", "beos", "no platform"),
        (
            "[[limits]]\npackage = 'a'\naffected = '<2'\nneeds = 'b<2 ; python_version < \"3.9\"'",
            "b<2 ; python_version < \"3.9\"",
            "a name with versions",
        ),
        ("limits = 3", "3", "expected a list of tables"),
        ("[[kernels]]\ntorch = 2", "2", "expected a string"),
        ("[family]\nmembers = ['-']", "-", ""),
        ("[family", "", "not valid TOML"),
    ] {
        let file = SourceFile::new("facts.toml", text);
        let problems = Facts::none().extended(&file).unwrap_err();
        let found = problems.iter().any(|problem| {
            let origin = problem.origin.as_ref().unwrap();
            origin.text() == marked && problem.message.contains(message)
        });
        assert!(found, "{text}: {problems:?}");
    }
}

#[test]
fn a_file_is_read_only_for_the_packages_that_it_names() {
    for (package, is_named) in [
        ("onnxruntime-gpu", true),
        ("torch", true),
        ("torcharrow", false),
        ("onnxruntime", false),
        ("gpu", false),
    ] {
        assert_eq!(have_defaults(&name(package)), is_named, "{package}");
    }
    for part in [Part::Builds, Part::Family] {
        let tables = embedded(part);
        let packages = tables.defaults.iter().map(|row| &row.build.package);
        assert!(packages.clone().next().is_some());
        assert!(packages.clone().all(have_defaults));
    }
}
