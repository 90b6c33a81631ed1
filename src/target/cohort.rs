//! What an extension of torch was built for, as builders put it into the local part of a version:
//! `2.6.3+cu123torch2.3cxx11abiFALSE`, `2.1.2+pt23cu121`, `0.2.4+cu121.torch2.4.0`.

use super::Flavour;

/// What an extension of torch was built for, as far as it says so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cohort {
    /// The releases of torch, by their first two numbers: `23` is 2.3, and `210` may be 2.1 or 2.10.
    pub torch: Vec<(u64, u64)>,
    /// The accelerator.
    pub device: Option<Device>,
    /// Whether it was compiled with the newer form of C++ strings.
    pub has_new_strings: Option<bool>,
}

/// The accelerator that an extension was built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Device {
    /// None: the processor alone.
    Cpu,
    /// NVIDIA GPUs, by a CUDA of a major version.
    Cuda(u16),
}

impl Cohort {
    /// Reads the local part of a version; what says nothing of torch says nothing.
    pub fn of_local(local: &str) -> Option<Self> {
        let text = local.to_ascii_lowercase();
        let mut cohort = Self::default();
        let mut is_after_strings = false;
        for (word, number) in words(&text) {
            match word {
                "torch" | "pt" if cohort.torch.is_empty() => cohort.torch = releases(number),
                "cu" => cohort.device = cuda(number).map(Device::Cuda).or(cohort.device),
                "cpu" => cohort.device = Some(Device::Cpu),
                "abitrue" if is_after_strings => cohort.has_new_strings = Some(true),
                "abifalse" if is_after_strings => cohort.has_new_strings = Some(false),
                _ => {}
            }
            is_after_strings = (word, number) == ("cxx", "11");
        }
        (!cohort.torch.is_empty()).then_some(cohort)
    }
}

impl From<Flavour> for Option<Device> {
    fn from(flavour: Flavour) -> Self {
        match flavour {
            Flavour::Cpu => Some(Device::Cpu),
            Flavour::Cuda(major, _) => Some(Device::Cuda(major)),
            Flavour::Xpu | Flavour::Rocm(..) => None,
        }
    }
}

/// Splits a text into words, each with the number behind it.
fn words(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c: char| !c.is_ascii_lowercase());
        let word = run(rest, |c| c.is_ascii_lowercase());
        rest = &rest[word.len()..];
        let number = run(rest, |c| c.is_ascii_digit() || c == '.');
        rest = &rest[number.len()..];
        (!word.is_empty()).then_some((word, number.trim_end_matches('.')))
    })
}

fn run(text: &str, is_part: impl Fn(char) -> bool) -> &str {
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
    &text[..end]
}

/// Reads a release: `2.3.1`, `23`, `230`, `210`.
fn releases(number: &str) -> Vec<(u64, u64)> {
    let mut parts = number.split('.');
    if let (Some(major), Some(minor)) = (parts.next(), parts.next()) {
        let read = major.parse().ok().zip(minor.parse().ok());
        return read.into_iter().collect();
    }
    let digits: Vec<u64> = number
        .bytes()
        .map(|byte| u64::from(byte.wrapping_sub(b'0')))
        .collect();
    match digits.as_slice() {
        [major, minor] => vec![(*major, *minor)],
        [major, one, two] => vec![(*major, *one), (*major, one * 10 + two)],
        [major, one, two, _] => vec![(*major, one * 10 + two)],
        _ => Vec::new(),
    }
}

/// Reads the major version of a CUDA: `12`, `12.1`, `121`, `118`, `92`.
fn cuda(number: &str) -> Option<u16> {
    let (major, _) = number.split_once('.').unwrap_or((number, ""));
    let major: u16 = major.parse().ok()?;
    match major {
        0 => None,
        // None has had as high a number.
        1..=30 => Some(major),
        31..=199 => Some(major / 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(local: &str, torch: &[(u64, u64)], device: Option<Device>, strings: Option<bool>) {
        let expected = Cohort {
            torch: torch.to_vec(),
            device,
            has_new_strings: strings,
        };
        assert_eq!(Cohort::of_local(local), Some(expected), "{local}");
    }

    #[test]
    fn builders_say_what_an_extension_is_for_in_many_ways() {
        let cuda = |major| Some(Device::Cuda(major));
        check(
            "cu123torch2.3cxx11abiFALSE",
            &[(2, 3)],
            cuda(12),
            Some(false),
        );
        check("cu12torch2.3cxx11abitrue", &[(2, 3)], cuda(12), Some(true));
        check("pt23cu121", &[(2, 3)], cuda(12), None);
        check("pt21cpu", &[(2, 1)], Some(Device::Cpu), None);
        check("pt113cu117", &[(1, 1), (1, 13)], cuda(11), None);
        check("torch230cu121", &[(2, 3), (2, 30)], cuda(12), None);
        check("torch2100cu130", &[(2, 10)], cuda(13), None);
        check("cu121.torch2.4.0", &[(2, 4)], cuda(12), None);
        check("18f6958pt2.3.0cu121", &[(2, 3)], cuda(12), None);
        check("torch2.9", &[(2, 9)], None, None);
        check("cu92torch1.4", &[(1, 4)], cuda(9), None);
    }

    #[test]
    fn what_does_not_name_torch_says_nothing() {
        for local in [
            "cu121",
            "cpu",
            "",
            "cuda11.cudnn82",
            "computecanada",
            "torch",
            "pt1",
            "deb12",
        ] {
            assert_eq!(Cohort::of_local(local), None, "{local}");
        }
    }
}
