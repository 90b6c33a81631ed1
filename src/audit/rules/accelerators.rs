//! PYA401, PYA402 and PYA404: builds of torch and its family against the GPUs, the driver and the
//! toolkit of a target.

use super::gpu_code;
use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::{Confidence, Needs, On, Rule, Severity, Subject};
use crate::lock::LockedPackage;
use crate::solve::{Unfit, unfit_flavour, unserved};
use crate::target::{Flavour, Gpu, Target};

pub(super) const GPU_ARCH_MISSING: Rule = Rule {
    id: "PYA401",
    name: "gpu-arch-missing",
    severity: Severity::Error,
    summary: "A build of torch, or compiled files of a package, have no code for a GPU of the target.",
    page: include_str!("../../../docs/rules/gpu-arch-missing.md"),
    needs: Needs::Lock,
    check: check_kernels,
};

pub(super) const DRIVER_TOO_OLD: Rule = Rule {
    id: "PYA402",
    name: "driver-too-old",
    severity: Severity::Error,
    summary: "A locked build is for a CUDA that the target's driver or toolkit is too old for.",
    page: include_str!("../../../docs/rules/driver-too-old.md"),
    needs: Needs::Lock,
    check: check_driver,
};

pub(super) const CPU_BUILD_ON_GPU: Rule = Rule {
    id: "PYA404",
    name: "cpu-build-on-gpu",
    severity: Severity::Warning,
    summary: "The target has a GPU, and the locked build of torch does not use it.",
    page: include_str!("../../../docs/rules/cpu-build-on-gpu.md"),
    needs: Needs::Lock,
    check: check_cpu_build,
};

/// The project whose wheels carry the kernels.
const CARRIER: &str = "torch";

/// A package of torch's family on a target, with what it is built for, if that is known.
struct Build<'a> {
    on: &'a On<'a>,
    package: &'a LockedPackage,
    target: &'a Target,
    flavour: Option<Flavour>,
}

fn builds<'a>(subject: &'a Subject<'_>) -> Vec<Build<'a>> {
    let mut builds = Vec::new();
    for (on, target) in subject.on_targets() {
        for package in on.graph.packages() {
            if package.version.is_none() || !subject.facts.is_family(&package.name) {
                continue;
            }
            builds.push(Build {
                on,
                package,
                target,
                flavour: subject.flavour_of(target.platform(), package),
            });
        }
    }
    builds
}

/// Says what torch and its family are built for, as far as that is known.
pub(in crate::audit) fn built_for(subject: &Subject<'_>) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    for build in builds(subject) {
        let (package, target) = (build.package, build.target);
        let label = package.label();
        let Some(flavour) = build.flavour else {
            told.push(format!("{label}: nothing tells what it is built for"));
            continue;
        };
        let kernels = package
            .version
            .as_ref()
            .filter(|_| package.name.as_ref() == CARRIER);
        let kernels =
            kernels.and_then(|version| subject.facts.kernels(version, &flavour, target.platform()));
        let code = kernels.map(|it| format!(", code for {}", it.describe()));
        let code = code.unwrap_or_default();
        told.push(format!("{label}: {}{code}", flavour.describe()));
    }
    told.sort();
    told.dedup();
    told
}

fn check_kernels(subject: &Subject<'_>, remarks: &mut Remarks) {
    gpu_code::check(subject, remarks);
    for build in builds(subject) {
        let (package, target) = (build.package, build.target);
        let gpus = &target.accelerators().gpus;
        // Its own files know better than a table.
        let is_read = gpu_code::was_read(subject, build.on, package);
        if package.name.as_ref() != CARRIER || gpus.is_empty() || is_read {
            continue;
        }
        let (Some(flavour), Some(version)) = (build.flavour, &package.version) else {
            let why = "nothing tells which CUDA it was built for";
            remarks.cannot_judge(&package.name, why);
            continue;
        };
        if !matches!(flavour, Flavour::Cuda(..)) {
            continue;
        }
        let Some((kernels, left)) = unserved(subject.facts, target, version, flavour) else {
            let why = "nobody knows yet for which GPUs this build has code";
            remarks.cannot_judge(&package.name, why);
            continue;
        };
        if left.is_empty() {
            continue;
        }
        let names: Vec<String> = left.iter().map(|gpu| gpu.describe()).collect();
        let message = format!(
            "{} ({}) has code for {}, and none for {}",
            package.label(),
            flavour.describe(),
            kernels.describe(),
            names.join(" and ")
        );
        let about = About::Package(subject.position(package), None);
        let mut remark = Remark::new(about, message)
            .resting_on(Confidence::Table)
            .with_evidence(kernels.source.clone());
        let gpus: Vec<Gpu> = left.into_iter().cloned().collect();
        let suits = |flavour| unfit_flavour(subject.facts, target, flavour).is_none();
        let platform = target.platform();
        if let Some((first, flavour)) = subject.facts.first_for(&gpus, platform, &suits) {
            remark = remark.with_fix(format!(
                "torch {first} has it, as {flavour}, or later ones."
            ));
        }
        remarks.tell(remark);
    }
}

fn check_driver(subject: &Subject<'_>, remarks: &mut Remarks) {
    for build in builds(subject) {
        let (package, target) = (build.package, build.target);
        let accelerators = target.accelerators();
        let Some(flavour) = build.flavour else {
            let is_asked = accelerators.driver.is_some() || accelerators.cuda.is_some();
            if is_asked && package.name.as_ref() == CARRIER {
                let why = "nothing tells which CUDA it was built for";
                remarks.cannot_judge(&package.name, why);
            }
            continue;
        };
        let label = format!("{} is built for {}", package.label(), flavour.describe());
        let floor = subject.facts.driver_floor(&flavour, target.platform().os);
        let told = match (unfit_flavour(subject.facts, target, flavour), floor) {
            (Some(Unfit::Driver), Some(floor)) => {
                let driver = accelerators.driver.as_ref().map(ToString::to_string);
                let driver = driver.unwrap_or_default();
                let message = format!(
                    "{label}, which needs driver {} or newer, and the target has {driver}",
                    floor.runs
                );
                Some((message, Some(floor.source.clone())))
            }
            (Some(Unfit::Toolkit), _) => {
                let cuda = accelerators.cuda.map(|cuda| cuda.to_string());
                let cuda = cuda.unwrap_or_default();
                Some((format!("{label}, and the target has toolkit {cuda}"), None))
            }
            (Some(Unfit::DriverUnknown), _) => {
                let why = format!("nobody knows which driver {} needs", flavour.describe());
                remarks.cannot_judge(&package.name, why);
                None
            }
            _ => None,
        };
        if let Some((message, source)) = told {
            let about = About::Package(subject.position(package), None);
            let mut remark = Remark::new(about, message).resting_on(Confidence::Table);
            remark.evidence.extend(source);
            remarks.tell(remark);
        }
    }
}

fn check_cpu_build(subject: &Subject<'_>, remarks: &mut Remarks) {
    for build in builds(subject) {
        let (package, target) = (build.package, build.target);
        let accelerators = target.accelerators();
        let has_gpu = !accelerators.gpus.is_empty() || accelerators.driver.is_some();
        let is_meant = accelerators.flavour.is_some() && accelerators.flavour == build.flavour;
        let is_carrier = package.name.as_ref() == CARRIER;
        if build.flavour == Some(Flavour::Cpu) && has_gpu && is_carrier && !is_meant {
            let message = format!(
                "{} is built for the CPU alone, and the target has a GPU",
                package.label()
            );
            let about = About::Package(subject.position(package), None);
            remarks.tell(Remark::new(about, message));
        }
    }
}
