//! Builds of torch, GPUs and drivers, against the PyTorch index of `fixtures/torch` on loopback.
//!
//! The whole reports stand in the transcripts of `fixtures/torch/cases`; here stands what they have
//! to say in whatever words.

use super::support::{Desk, Run};

const FAMILY: &str = "torch==2.3.1\ntorchvision==0.18.1\ntorchaudio==2.3.1\n";
const LOOSE: &str = "torch>=2.3\ntorchvision\ntorchaudio\n";

/// A desk whose runs ask the two indexes of the fixture and nobody else.
struct TorchDesk(Desk);

impl TorchDesk {
    fn new() -> Self {
        Self(Desk::with_torch())
    }

    fn run(&self, options: &str, input: &str) -> Run {
        let line = format!(
            "pyaudit lock - --default-index {{base}}/json/main/simple/ --torch-index-url {{base}}/whl \
             --python 3.10 --platform x86_64-manylinux_2_28 --format requirements -o - {options}"
        );
        self.0.run_with(&line, input)
    }

    /// Locks, and returns the pins.
    #[track_caller]
    fn locked(&self, options: &str, input: &str) -> Pins {
        let run = self.run(options, input);
        assert_eq!(run.exit, Some(0), "{options}\n{}{}", run.stdout, run.stderr);
        Pins(run.stdout)
    }

    /// Locks in vain, and returns the report on one line.
    #[track_caller]
    fn refused(&self, options: &str, input: &str) -> String {
        let run = self.run(options, input);
        assert_eq!(run.exit, Some(1), "{options}\n{}{}", run.stdout, run.stderr);
        let words = run.stderr.split_whitespace().filter(|word| *word != "│");
        words.collect::<Vec<_>>().join(" ")
    }
}

struct Pins(String);

impl Pins {
    #[track_caller]
    fn version(&self, name: &str) -> &str {
        let pin = self.0.lines().find_map(|line| {
            let (pinned, version) = line.split_once("==")?;
            (pinned == name).then(|| version.split_whitespace().next())?
        });
        pin.unwrap_or_else(|| panic!("no {name} in\n{}", self.0))
    }

    /// Returns release and CUDA of a build, such as ((2, 10), 128).
    #[track_caller]
    fn build(&self, name: &str) -> ((u32, u32), u32) {
        let version = self.version(name);
        let (release, cuda) = version.split_once("+cu").unwrap_or((version, "0"));
        let mut numbers = release.split('.').map(|part| part.parse().unwrap());
        let release = (numbers.next().unwrap(), numbers.next().unwrap());
        (release, cuda.parse().unwrap())
    }

    #[track_caller]
    fn assert_has(&self, pins: &[&str]) {
        for pin in pins {
            let (name, version) = pin.split_once("==").unwrap();
            assert_eq!(self.version(name), version, "{name} in\n{}", self.0);
        }
    }
}

#[track_caller]
fn assert_says(report: &str, words: &[&str]) {
    for word in words {
        assert!(report.contains(word), "no `{word}` in\n{report}");
    }
}

#[test]
fn without_a_word_on_torch_the_family_is_that_of_the_default_index() {
    // The last torchaudio names no torch, and would be taken if nobody knew better.
    let pins = TorchDesk::new().locked("", "torch==2.3.1\ntorchvision\ntorchaudio\n");

    pins.assert_has(&[
        "torch==2.3.1",
        "torchvision==0.18.1",
        "torchaudio==2.3.1",
        "nvidia-cublas-cu12==12.1.3.1",
    ]);
}

#[test]
fn a_gpu_that_no_build_has_code_for_is_a_conflict_that_tells_the_first_that_has() {
    let report = TorchDesk::new().refused("--gpu 'RTX 5090'", FAMILY);

    assert_says(
        &report,
        &["RTX 5090", "sm_120", "sm_50–sm_90", "2.7.0", "cu128"],
    );
}

#[test]
fn a_fleet_with_an_older_driver_gets_the_newest_build_that_runs_on_all() {
    let desk = TorchDesk::new();

    let pins = desk.locked("--gpu 'RTX 4090' --gpu A40 --driver 535.54", FAMILY);

    pins.assert_has(&[
        "torch==2.3.1+cu121",
        "torchvision==0.18.1+cu121",
        "torchaudio==2.3.1+cu121",
        "nvidia-cublas-cu12==12.1.3.1",
        "triton==2.3.1",
    ]);
}

#[test]
fn a_loosened_requirement_finds_a_build_for_a_new_gpu_with_matching_partners() {
    let pins = TorchDesk::new().locked("--gpu 'RTX 5090'", LOOSE);

    let ((_, minor), cuda) = pins.build("torch");
    assert!(cuda >= 128, "{}", pins.0);
    assert_eq!(
        pins.build("torchvision"),
        ((0, minor + 15), cuda),
        "{}",
        pins.0
    );
    let (audio, audio_cuda) = pins.build("torchaudio");
    assert_eq!(
        (audio, audio_cuda),
        ((2, minor.min(11)), cuda),
        "{}",
        pins.0
    );
}

#[test]
fn a_driver_that_is_too_old_refuses_a_flavour_and_tells_which_remains() {
    let desk = TorchDesk::new();

    let report = desk.refused("--torch cu121 --driver 520.61.05", FAMILY);
    assert_says(&report, &["520.61.05", "525.60.13", "cu118"]);

    let pins = desk.locked("--torch auto --driver 520.61.05", FAMILY);
    pins.assert_has(&["torch==2.3.1+cu118", "torchvision==0.18.1+cu118"]);
}

#[test]
fn old_gpus_get_builds_that_still_carry_them() {
    let desk = TorchDesk::new();

    let pascal = desk.locked("--gpu sm_61", LOOSE);
    assert!(
        (118..=126).contains(&pascal.build("torch").1),
        "{}",
        pascal.0
    );

    let volta = desk.locked("--gpu sm_70", LOOSE);
    let ((_, minor), cuda) = volta.build("torch");
    let is_carried = (118..=126).contains(&cuda) || cuda <= 129 && (8..=10).contains(&minor);
    assert!(is_carried, "{}", volta.0);
}

#[test]
fn a_mixed_fleet_gets_a_build_with_code_for_all_or_hears_that_none_has() {
    let desk = TorchDesk::new();
    let fleet = "--gpu V100 --gpu 'RTX 5090'";

    let pins = desk.locked(fleet, LOOSE);
    let ((_, minor), cuda) = pins.build("torch");
    assert!([128, 129].contains(&cuda), "{}", pins.0);
    assert!((8..=10).contains(&minor), "{}", pins.0);

    let report = desk.refused(fleet, "torch==2.12.1\n");
    assert_says(&report, &["V100", "sm_70", "2.12.1"]);
}

#[test]
fn builds_for_two_cudas_in_one_lock_are_a_conflict_whoever_configured_the_indexes() {
    let report = TorchDesk::new().refused(
        "--index {base}/whl/cu121 --index {base}/whl/cu118 --index-strategy unsafe-best-match",
        "torch==2.1.0+cu121\ntorchvision==0.16.0+cu118\n",
    );

    assert_says(
        &report,
        &["torch==2.1.0+cu121", "torchvision==0.16.0+cu118"],
    );
}

#[test]
fn a_flavour_that_a_version_lacks_is_answered_with_those_that_it_has() {
    let report = TorchDesk::new().refused("--torch cu121", "torch==2.8.0\n");

    assert_says(&report, &["cu121", "2.8.0", "cu126", "cu128", "cu129"]);
}

#[test]
fn where_no_flavour_fits_each_has_its_reason() {
    let report = TorchDesk::new().refused("--torch auto --gpu 'RTX 5090' --driver 535.54", FAMILY);

    assert_says(&report, &["cu121", "cu118", "sm_120", "2.7.0"]);
}

#[test]
fn the_cpu_flavour_brings_nothing_of_nvidias() {
    let pins = TorchDesk::new().locked("--torch cpu", FAMILY);

    pins.assert_has(&[
        "torch==2.3.1+cpu",
        "torchvision==0.18.1+cpu",
        "torchaudio==2.3.1+cpu",
    ]);
    assert!(!pins.0.contains("nvidia"), "{}", pins.0);
}

#[test]
fn the_default_index_alone_is_asked_where_it_is_chosen() {
    let desk = TorchDesk::new();

    let pins = desk.locked("--torch pypi", FAMILY);

    pins.assert_has(&["torch==2.3.1", "torchvision==0.18.1"]);
    assert!(
        !desk
            .0
            .server
            .paths()
            .iter()
            .any(|path| path.starts_with("/whl"))
    );
}

#[test]
fn the_index_of_a_flavour_is_asked_for_the_family_and_for_nothing_else() {
    let desk = TorchDesk::new();

    desk.locked("--torch cu121", FAMILY);

    let asked = desk.0.server.paths();
    let pages: Vec<&str> = asked
        .iter()
        .filter_map(|path| path.strip_prefix("/whl/")?.strip_suffix('/'))
        .collect();
    assert_eq!(
        pages,
        [
            "cu121/torch",
            "cu121/torchaudio",
            "cu121/torchvision",
            "cu121/triton"
        ]
    );
    let family = ["torch", "torchaudio", "torchvision", "triton"];
    for name in family {
        assert!(
            !asked.contains(&format!("/json/main/simple/{name}/")),
            "{name}"
        );
    }
}

#[test]
fn what_was_built_against_numpy_1_gets_it_with_the_reason() {
    let desk = TorchDesk::new();

    let run = desk.run("", "pandas==2.0.3\n");
    Pins(run.stdout).assert_has(&["numpy==1.26.4"]);
    assert_says(&run.stderr, &["numpy", "pandas 2.0.3", "NumPy 1.x"]);

    let pins = desk.locked("--no-facts", "pandas==2.0.3\n");
    pins.assert_has(&["numpy==2.2.6"]);
    let pins = desk.locked("", "pandas==2.2.3\n");
    pins.assert_has(&["numpy==2.2.6"]);
}

#[test]
fn beliefs_about_numpy_2_are_settled_by_locks() {
    let desk = TorchDesk::new();

    for needless in ["accelerate==1.0.0\n", "scipy==1.13.0\n"] {
        let pins = desk.locked("", &format!("{needless}numpy<2\n"));
        pins.assert_has(&["numpy==1.26.4"]);
    }
    desk.locked("", "docstrange\n")
        .assert_has(&["numpy==1.26.4"]);
    let report = desk.refused("", "docstrange\nnumpy>=2\n");
    assert_says(&report, &["docstrange"]);
}
