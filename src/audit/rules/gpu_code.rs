//! What compiled files have for the GPUs of a target: the part of PYA401 that rests on bytes.

use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::rules::runtime_library::for_torch;
use crate::audit::{Confidence, On, Severity, Subject};
use crate::binary::{BinaryFacts, Closure, Code, Fatbins, MajorMinor};
use crate::facts::{Confidence as Sureness, Facts, Kernels};
use crate::lock::LockedPackage;
use crate::target::{Capability, Flavour, Gpu, Target};

/// Of so many containers in a hundred a library must have code, to count as one that has it.
const ENOUGH: u64 = 90;

/// Judges the packages whose compiled files have code for GPUs, as far as those were read.
pub(super) fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    for (on, target) in subject.on_targets() {
        // What NVIDIA's own packages have goes with the toolkit, and the package that needs them counts.
        let is_judged = |it: &&&LockedPackage| !it.name.as_ref().starts_with("nvidia-");
        for package in on.graph.packages().iter().filter(is_judged) {
            let files = relevant(subject, on, package);
            for gpu in &target.accelerators().gpus {
                let remark = judged(subject, (package, &files), (target, gpu));
                if let Some(remark) = remark {
                    remarks.tell_on(on, remark);
                }
            }
        }
    }
}

/// Whether the files of a package were read, and tell what they have for GPUs.
pub(super) fn was_read(subject: &Subject<'_>, on: &On<'_>, package: &LockedPackage) -> bool {
    let contents = subject.contents_of(on, package);
    contents.is_some_and(|it| it.binaries.iter().any(|file| file.fatbins.is_some()))
}

/// A file with its code for GPUs.
type File<'a> = (&'a BinaryFacts, &'a Fatbins);

/// Returns the files that count: what extension modules load, else what fits the CUDA of torch.
fn relevant<'a>(subject: &'a Subject<'_>, on: &On<'_>, package: &LockedPackage) -> Vec<File<'a>> {
    let Some(contents) = subject.contents_of(on, package) else {
        return Vec::new();
    };
    let with_code = contents.binaries.iter();
    let with_code = with_code.filter_map(|file| Some((file, file.fatbins.as_ref()?)));
    let with_code: Vec<File<'_>> = with_code.collect();
    if with_code.is_empty() {
        return with_code;
    }
    let closure = Closure::of(&contents.binaries);
    let is_loaded = |(file, _): &File<'_>| {
        let reached = closure.reaching(|it| it.path == file.path);
        !reached.by.is_empty()
    };
    let (loaded, others): (Vec<_>, Vec<_>) = with_code.into_iter().partition(is_loaded);
    match loaded.is_empty() {
        false => loaded,
        true => for_torch(subject, on, others, |(file, _)| &file.path),
    }
}

fn judged(
    subject: &Subject<'_>,
    (package, files): (&LockedPackage, &[File<'_>]),
    (target, gpu): (&Target, &Gpu),
) -> Option<Remark> {
    let parts = |(_, fatbins): &File<'_>| {
        let may_jit = may_jit(subject.facts, target, fatbins.ptx_isa);
        fatbins.covering(gpu.capability, may_jit)
    };
    let is_enough =
        |it: &File<'_>| u64::from(parts(it)) * 100 >= u64::from(it.1.containers()) * ENOUGH;
    let worst = files
        .iter()
        .filter(|it| !is_enough(it))
        .min_by_key(|it| parts(it))?;
    let none = files.iter().filter(|it| parts(it) == 0).count();
    let (label, name) = (package.label(), gpu.describe());
    let (severity, message) = match none {
        0 => (
            Severity::Warning,
            format!("not all parts of {label} have code for {name}"),
        ),
        none if none == files.len() => (
            Severity::Error,
            format!(
                "{label} has code for {}, and none for {name}",
                described(files).describe()
            ),
        ),
        none => (
            Severity::Warning,
            format!(
                "{none} of the {} libraries of {label} with code for GPUs have none for {name}",
                files.len()
            ),
        ),
    };
    let (worst, fatbins) = worst;
    let evidence = format!(
        "{} has code for it in {} of {} parts{}.",
        worst.path,
        parts(&(worst, fatbins)),
        fatbins.containers(),
        match worst.is_partial {
            true => ", as far as it was read",
            false => "",
        }
    );
    let has_ptx = fatbins.ptx_isa.is_some();
    let is_too_old = has_ptx && !may_jit(subject.facts, target, fatbins.ptx_isa);
    let about = About::Package(subject.position(package), None);
    Some(
        Remark::new(about, message)
            .weighing(severity)
            .resting_on(Confidence::Bytes)
            .with_evidence(evidence),
    )
    .map(|remark| match is_too_old {
        true => remark.with_evidence("The driver is too old to compile the PTX in it."),
        false => remark,
    })
}

/// Returns all code of files, as the tables have it.
fn described(files: &[File<'_>]) -> Kernels {
    let mut codes: Vec<Code> = files.iter().flat_map(|(_, it)| it.codes()).collect();
    codes.sort_unstable();
    codes.dedup();
    let of = |is_exact: bool, is_ptx: bool| -> Vec<Capability> {
        let codes = codes.iter();
        let codes = codes.filter(|it| it.is_ptx == is_ptx && (is_ptx || it.is_exact == is_exact));
        codes.map(|it| it.capability()).collect()
    };
    Kernels {
        native: of(false, false),
        exact: of(true, false),
        ptx: of(false, true),
        source: String::new(),
        confidence: Sureness::High,
    }
}

/// Whether the driver can compile PTX of a form; where no driver was said, one can be chosen.
fn may_jit(facts: &Facts, target: &Target, isa: Option<MajorMinor>) -> bool {
    let (Some(driver), Some(isa)) = (&target.accelerators().driver, isa) else {
        return true;
    };
    let Some((major, minor)) = cuda_of(isa) else {
        return false;
    };
    let floor = facts.driver_floor(&Flavour::Cuda(major, minor), target.platform().os);
    let own = floor.and_then(|floor| floor.own.as_ref());
    own.is_some_and(|own| driver.is_at_least(own))
}

/// Returns the first CUDA that knows a form of PTX (NVIDIA, "PTX ISA", release notes).
fn cuda_of(isa: MajorMinor) -> Option<(u16, u16)> {
    match (isa.major, isa.minor) {
        (7, minor) => Some((11, minor)),
        (8, minor @ ..=5) => Some((12, minor)),
        (8, minor) => Some((12, minor + 1)),
        (9, minor) => Some((13, minor)),
        _ => None,
    }
}
