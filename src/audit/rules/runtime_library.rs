//! PYA405: packages that bring a library for each CUDA and take the one of torch's, which they may not
//! have.

use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::{Confidence, Needs, On, Rule, Severity, Subject};
use crate::explain::list;
use crate::lock::LockedPackage;
use crate::target::Flavour;

pub(super) const RULE: Rule = Rule {
    id: "PYA405",
    name: "runtime-lib-absent",
    severity: Severity::Error,
    summary: "A package brings a library for each CUDA, and none for that of torch.",
    page: include_str!("../../../docs/rules/runtime-lib-absent.md"),
    needs: Needs::Contents,
    check,
};

const TORCH: &str = "torch";

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    for on in subject.on() {
        let Some((torch, major, minor)) = cuda_of_torch(subject, on) else {
            continue;
        };
        for package in on.graph.packages() {
            let at = subject.position(package);
            let Some(contents) = subject.contents_of(on, package) else {
                continue;
            };
            let files = contents.files.iter().map(|it| it.path.as_str());
            let mut has: Vec<u32> = files.filter_map(cuda_of_name).collect();
            has.sort_unstable();
            has.dedup();
            if has.is_empty() || has.contains(&number(major, minor)) {
                continue;
            }
            let all: Vec<String> = has
                .iter()
                .map(|it| format!("{}.{}", it / 10, it % 10))
                .collect();
            let message = format!(
                "{} has no library for CUDA {major}.{minor}, which {} is built for",
                package.label(),
                torch.label()
            );
            let remark = Remark::new(About::Package(at, None), message)
                .resting_on(Confidence::Bytes)
                .with_evidence(format!("It has those for CUDA {}.", list(&all)))
                .with_evidence("It looks for the one of torch's CUDA as it is imported.");
            remarks.tell_on(on, remark);
        }
    }
}

/// Returns the torch that is there, with the CUDA that it is built for.
fn cuda_of_torch<'a>(subject: &Subject<'_>, on: &On<'a>) -> Option<(&'a LockedPackage, u16, u16)> {
    let torch = on.named(&TORCH.parse().ok()?).next()?;
    match subject.flavour_of(&on.platform(), torch)? {
        Flavour::Cuda(major, minor) => Some((torch, major, minor)),
        _ => None,
    }
}

fn number(major: u16, minor: u16) -> u32 {
    u32::from(major) * 10 + u32::from(minor)
}

/// Reads `libbitsandbytes_cuda121_nocublaslt.so`.
fn cuda_of_name(path: &str) -> Option<u32> {
    let name = path.rsplit('/').next()?;
    let is_library = name.ends_with(".so") || name.ends_with(".dll");
    let (_, rest) = name.split_once("_cuda").filter(|_| is_library)?;
    let end = rest.find(|c: char| !c.is_ascii_digit())?;
    let number = &rest[..end];
    let is_whole = rest[end..].starts_with(['.', '_']);
    (number.len() == 3 && is_whole).then(|| number.parse().ok())?
}

/// Keeps of files that are each for one CUDA those for torch's; all of them, where none is for it.
pub(super) fn for_torch<T>(
    subject: &Subject<'_>,
    on: &On<'_>,
    files: Vec<T>,
    path: impl Fn(&T) -> &str,
) -> Vec<T> {
    let wanted = cuda_of_torch(subject, on).map(|(_, major, minor)| number(major, minor));
    let fits = |file: &T| wanted.is_some() && cuda_of_name(path(file)) == wanted;
    match files.iter().any(fits) {
        true => files.into_iter().filter(|file| fits(file)).collect(),
        false => files,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cuda_of_a_library_stands_in_its_name() {
        assert_eq!(cuda_of_name("b/libb_cuda121.so"), Some(121));
        assert_eq!(cuda_of_name("b/libb_cuda118_nocublaslt.so"), Some(118));
        assert_eq!(cuda_of_name("b/libb_cuda130.dll"), Some(130));
        for other in [
            "b/libtorch_cuda.so",
            "b/cuda121.py",
            "b/libb_cuda1.so",
            "b/libb_cuda121x.so",
        ] {
            assert_eq!(cuda_of_name(other), None, "{other}");
        }
    }
}
