//! Which GPUs the code in a build of torch runs on.
//!
//! NVIDIA, "CUDA C++ Programming Guide", binary and PTX compatibility: a compiled kernel (cubin)
//! runs on the compute capability it was compiled for and on those of the same major and a higher
//! minor version; PTX is compiled by the driver for any capability that is at least as high, which
//! takes a driver at least as new as the toolkit that wrote the PTX ("CUDA Compatibility").

use crate::target::Capability;

/// The code in a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kernels {
    /// What it was compiled for, ascending.
    pub native: Vec<Capability>,
    /// What it was compiled for with all that only this capability has (`sm_90a`): it runs on
    /// nothing else.
    pub exact: Vec<Capability>,
    /// The PTX in it, ascending.
    pub ptx: Vec<Capability>,
    /// Who says so.
    pub source: String,
    /// How sure that is.
    pub confidence: Confidence,
}

/// How sure a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confidence {
    /// Read out of the wheel or the script that built it.
    High,
    /// Concluded from the scripts of a neighbouring release, or from what was discussed.
    Medium,
}

/// The major versions of compute capabilities that exist; there is no 4.
const MAJORS: &[u16] = &[1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12];

impl Kernels {
    /// Whether a GPU can run it; `may_jit` says that the driver is new enough to compile its PTX.
    pub fn run_on(&self, gpu: Capability, may_jit: bool) -> bool {
        let is_near = |native: &&Capability| native.major == gpu.major && native.minor <= gpu.minor;
        self.native.iter().any(|native| is_near(&native))
            || self.exact.contains(&gpu)
            || may_jit && self.ptx.iter().any(|ptx| *ptx <= gpu)
    }

    /// Returns words for a message: `sm_50–sm_90`, `sm_75–sm_100, sm_120 and PTX 12.0`.
    pub fn describe(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        for run in self.runs() {
            parts.push(match run {
                [only] => only.to_string(),
                [first, .., last] => format!("{first}–{last}"),
                [] => continue,
            });
        }
        parts.extend(self.exact.iter().map(|exact| format!("{exact}a")));
        let ptx = self.ptx.iter();
        parts.extend(ptx.map(|ptx| format!("PTX {}.{}", ptx.major, ptx.minor)));
        match parts.split_last() {
            None => "no GPU".to_owned(),
            Some((only, [])) => only.clone(),
            Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        }
    }

    /// Returns the native code in runs that leave out no major version.
    fn runs(&self) -> impl Iterator<Item = &[Capability]> {
        let rank = |of: &Capability| MAJORS.iter().position(|major| *major == of.major);
        self.native.chunk_by(move |one, next| {
            one.major == next.major || rank(one).is_some_and(|at| rank(next) == Some(at + 1))
        })
    }
}
