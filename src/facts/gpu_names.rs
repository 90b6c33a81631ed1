//! GPU names as people and drivers write them: "rtx5090", "NVIDIA GeForce RTX 5090",
//! "A100-SXM4-80GB".

use crate::target::{Capability, Gpu};

/// A name that no table has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GpuUnknown {
    /// The names most like it, best first.
    pub nearest: Vec<String>,
}

/// What names hold beside the model: the vendor, the brand, the socket, the memory, the case.
const BESIDE: &[&str] = &[
    "nvidia",
    "corporation",
    "geforce",
    "tesla",
    "gpu",
    "graphics",
    "card",
    "laptop",
    "mobile",
    "notebook",
    "generation",
    "edition",
    "with",
    "design",
    "pcie",
    "pci",
    "nvl",
    "max",
    "q",
];

/// Left out by many who mean the one GPU that has it, and part of the name where there are two.
const OPTIONAL: &str = "quadro";

const MOST_NEAR: usize = 3;
const NEAR_ENOUGH: f64 = 0.8;

/// Finds a GPU among names, of which the first of equal ones counts.
pub(super) fn find<'t>(
    text: &str,
    names: impl Iterator<Item = &'t (String, Capability)> + Clone,
) -> Result<Gpu, GpuUnknown> {
    if let Ok(capability) = text.parse() {
        let name = None;
        return Ok(Gpu { name, capability });
    }
    let asked = words(text);
    let exact = names.clone().find(|(name, _)| words(name) == asked);
    if let Some((name, capability)) = exact {
        return Ok(gpu(name, *capability));
    }
    // "RTX PRO 6000" is several, and all of them are alike; "RTX 6000" is of two generations.
    let meant = names
        .clone()
        .filter(|(name, _)| begins(&words(name), &asked));
    let meant: Vec<_> = meant.collect();
    if let Some((name, capability)) = meant.first()
        && meant.iter().all(|(_, other)| other == capability)
    {
        let name = if meant.len() == 1 { name } else { text.trim() };
        return Ok(gpu(name, *capability));
    }
    let nearest = match meant.is_empty() {
        true => nearest(&asked, names),
        false => meant.iter().map(|(name, _)| name.clone()).collect(),
    };
    Err(GpuUnknown { nearest })
}

fn gpu(name: &str, capability: Capability) -> Gpu {
    let name = Some(name.to_owned());
    Gpu { name, capability }
}

/// Whether a name goes on from what was asked.
fn begins(name: &[String], asked: &[String]) -> bool {
    let bare = name
        .strip_prefix(&[OPTIONAL.to_owned()][..])
        .unwrap_or(name);
    !asked.is_empty() && (name.starts_with(asked) || bare.starts_with(asked))
}

/// Splits a name into its lower-case words, parted also between letters and digits, without what
/// stands beside the model.
fn words(name: &str) -> Vec<String> {
    let lower = name.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric());
    let kept = words.filter(|word| !word.is_empty() && !is_beside(word));
    kept.flat_map(parted).collect()
}

fn is_beside(word: &str) -> bool {
    let is_size = |unit: &str| {
        word.strip_suffix(unit)
            .is_some_and(|size| !size.is_empty() && size.chars().all(|c| c.is_ascii_digit()))
    };
    BESIDE.contains(&word)
        || is_size("gb")
        || is_size("g")
        || word.starts_with("sxm")
        || word.starts_with("hbm")
}

fn parted(word: &str) -> Vec<String> {
    let is_alike = |one: &char, next: &char| one.is_ascii_digit() == next.is_ascii_digit();
    let letters: Vec<char> = word.chars().collect();
    let parts = letters.chunk_by(is_alike);
    parts.map(|part| part.iter().collect()).collect()
}

fn nearest<'t>(
    asked: &[String],
    names: impl Iterator<Item = &'t (String, Capability)>,
) -> Vec<String> {
    let asked = asked.concat();
    let rated = names.map(|(name, _)| {
        let likeness = strsim::jaro_winkler(&asked, &words(name).concat());
        (likeness, name)
    });
    let mut near: Vec<_> = rated
        .filter(|(likeness, _)| *likeness >= NEAR_ENOUGH)
        .collect();
    near.sort_by(|one, other| other.0.total_cmp(&one.0).then_with(|| one.1.cmp(other.1)));
    near.dedup_by(|one, other| one.1 == other.1);
    let best = near.into_iter().take(MOST_NEAR);
    best.map(|(_, name)| name.clone()).collect()
}
