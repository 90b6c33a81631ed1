//! The rules, one to a file, sorted by code.

mod accelerators;
mod altered_files;
mod ambiguity;
mod ancient;
mod anti_pattern;
mod artifacts;
mod blocking_pin;
mod changed;
mod cuda;
mod declaration_drift;
mod declared_numpy;
mod duplicate_metadata;
mod extension_cohort;
mod file_collision;
mod frozen;
mod gpu_code;
mod hashes;
mod hosts;
mod limits;
mod local_version;
mod lockstep;
mod malware;
mod metadata;
mod missing_library;
mod missing_requirement;
mod no_op;
mod numpy_abi;
mod opposed;
mod order_dependent;
mod refuted_claim;
mod remote;
mod requirement_violated;
mod runtime_library;
mod sdist_build;
mod stale;
mod status;
mod too_fresh;
mod torch_built;
mod uncovered;
mod unpinned;
mod unquoted_specifier;
mod unsatisfiable;
mod vulnerability;
mod yanked;

pub(super) use accelerators::built_for;

use super::{Needs, Rule, Severity};

/// All rules that look at a lock.
pub const RULES: &[Rule] = &[
    requirement_violated::RULE,
    missing_requirement::RULE,
    unsatisfiable::RULE,
    stale::RULE,
    artifacts::RULE,
    uncovered::RULE,
    ancient::RULE,
    lockstep::RULE,
    limits::RULE,
    metadata::RULE,
    unpinned::RULE,
    no_op::RULE,
    refuted_claim::RULE,
    blocking_pin::RULE,
    local_version::RULE,
    declaration_drift::RULE,
    unquoted_specifier::RULE,
    order_dependent::RULE,
    remote::RULE,
    frozen::RULE,
    numpy_abi::RULE,
    file_collision::RULE,
    altered_files::RULE,
    missing_library::RULE,
    extension_cohort::RULE,
    duplicate_metadata::RULE,
    accelerators::GPU_ARCH_MISSING,
    accelerators::DRIVER_TOO_OLD,
    cuda::RULE,
    accelerators::CPU_BUILD_ON_GPU,
    runtime_library::RULE,
    vulnerability::RULE,
    malware::RULE,
    yanked::RULE,
    status::RULE,
    hashes::RULE,
    ambiguity::RULE,
    too_fresh::RULE,
    sdist_build::RULE,
    hosts::RULE,
    changed::RULE,
    anti_pattern::RULE,
];

/// What could not be judged.
pub(super) const UNAUDITED: Rule = Rule {
    id: "PYA901",
    name: "unaudited",
    severity: Severity::Warning,
    summary: "A rule could not be evaluated for a package.",
    page: include_str!("../../../docs/rules/unaudited.md"),
    needs: Needs::Lock,
    check: |_, _| {},
};

/// Waivers that do nothing.
pub(super) const WAIVER_HYGIENE: Rule = Rule {
    id: "PYA902",
    name: "waiver-hygiene",
    severity: Severity::Warning,
    summary: "A waiver meets nothing, does not count any more, or makes no sense.",
    page: include_str!("../../../docs/rules/waiver-hygiene.md"),
    needs: Needs::Lock,
    check: |_, _| {},
};

/// Returns all rules, those of the engine among them, sorted by code.
pub fn all_rules() -> impl Iterator<Item = &'static Rule> {
    RULES.iter().chain([&UNAUDITED, &WAIVER_HYGIENE])
}

/// Returns the rule of a code or a name, those of the engine among them.
pub fn rule_named(text: &str) -> Option<&'static Rule> {
    let mut rules = all_rules();
    rules.find(|rule| rule.id.eq_ignore_ascii_case(text) || rule.name == text)
}
