//! For which major version of CUDA a package is, as its name or its version says. Between majors
//! nothing is compatible: two of them in one environment load libraries that do not go together.

use super::Facts;
use crate::package::{PackageName, Version};
use crate::target::{Flavour, Platform};

/// How the names of CUDA's packages go on before the number; NVIDIA's wheels end in `-cu12`, CuPy's
/// and others' have `cuda12x` or `cuda12` as a word.
const MARKS: [&str; 2] = ["cu", "cuda"];

impl Facts {
    /// Returns the major version of CUDA that a package is for: by its name
    /// (`nvidia-cublas-cu12`, `cupy-cuda11x`), by the local part of its version (`+cu121`), or, of
    /// what the default index has, by the tables. None for what is for no CUDA, for several, or
    /// unknown.
    pub fn cuda_major(
        &self,
        name: &PackageName,
        version: &Version,
        platform: &Platform,
    ) -> Option<u16> {
        let by_build = || {
            Flavour::of_local(version)
                .or_else(|| self.flavour_on_default_index(name, version, platform))
        };
        by_name(name).or_else(|| match by_build()? {
            Flavour::Cuda(major, _) => Some(major),
            Flavour::Cpu | Flavour::Xpu | Flavour::Rocm(..) => None,
        })
    }
}

fn by_name(name: &PackageName) -> Option<u16> {
    name.as_ref().split('-').skip(1).find_map(|word| {
        MARKS.iter().find_map(|mark| {
            let number = word.strip_prefix(mark)?;
            let number = number.strip_suffix('x').unwrap_or(number);
            let major: u16 = number.parse().ok()?;
            (10..100).contains(&major).then_some(major)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_or_a_version_tells_the_cuda_that_a_package_is_for() {
        let facts = Facts::embedded();
        let linux = "linux".parse().unwrap();
        for (name, version, major) in [
            ("nvidia-cublas-cu12", "12.1.3.1", Some(12)),
            ("nvidia-cudnn-cu11", "8.5.0.96", Some(11)),
            ("cupy-cuda11x", "13.0.0", Some(11)),
            ("jax-cuda12-plugin", "0.4.30", Some(12)),
            ("torch", "2.1.0+cu118", Some(11)),
            ("torch", "2.3.1", Some(12)),
            ("torch", "2.3.1+cpu", None),
            ("onnxruntime-gpu", "1.18.0", Some(11)),
            ("onnxruntime-gpu", "1.20.0", Some(12)),
            ("cuda-python", "12.4.0", None),
            ("bitsandbytes", "0.45.0", None),
            ("cu12", "1", None),
        ] {
            let name_ = PackageName::new(name.to_owned()).unwrap();
            let found = facts.cuda_major(&name_, &version.parse().unwrap(), &linux);
            assert_eq!(found, major, "{name} {version}");
        }
    }
}
