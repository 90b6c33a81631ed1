//! How versions are chosen.

use super::{Heard, names, problem, said};
use crate::cli::args::{ChoiceArgs, PrereleaseArg, ResolutionArg};
use crate::input::{FormatControl, FormatList, FormatName};
use crate::lock::LockOptions;
use crate::package::Timestamp;
use crate::solve::{Policy, Prereleases, ResolutionMode};
use crate::source::{Origin, Problem};

const PRERELEASES: &[(PrereleaseArg, Prereleases, &str)] = &[
    (PrereleaseArg::Disallow, Prereleases::Disallow, "disallow"),
    (PrereleaseArg::Allow, Prereleases::Allow, "allow"),
    (
        PrereleaseArg::IfNecessary,
        Prereleases::IfNecessary,
        "if-necessary",
    ),
    (PrereleaseArg::Explicit, Prereleases::Explicit, "explicit"),
    (
        PrereleaseArg::IfNecessaryOrExplicit,
        Prereleases::IfNecessaryOrExplicit,
        "if-necessary-or-explicit",
    ),
];

const RESOLUTIONS: &[(ResolutionArg, ResolutionMode, &str)] = &[
    (ResolutionArg::Highest, ResolutionMode::Highest, "highest"),
    (ResolutionArg::Lowest, ResolutionMode::Lowest, "lowest"),
    (
        ResolutionArg::LowestDirect,
        ResolutionMode::LowestDirect,
        "lowest-direct",
    ),
];

/// Settles the policy, and notes it in the words that a lock keeps.
pub(super) fn settle_policy(
    args: &ChoiceArgs,
    heard: Heard<'_>,
    now: Timestamp,
    options: &mut LockOptions,
    problems: &mut Vec<Problem>,
) -> Policy {
    let mut policy = Policy {
        prereleases: settle_prereleases(args, heard),
        resolution: settle_resolution(args, heard),
        formats: settle_formats(args, heard, problems),
        ..Policy::default()
    };
    settle_cutoffs(args, heard, now, &mut policy, options, problems);
    let named = PRERELEASES
        .iter()
        .find(|(_, mode, _)| *mode == policy.prereleases);
    options.prerelease = named.map(|(_, _, name)| (*name).to_owned());
    let named = RESOLUTIONS
        .iter()
        .find(|(_, mode, _)| *mode == policy.resolution);
    options.resolution = named.map(|(_, _, name)| (*name).to_owned());
    options.no_binary = policy.formats.listed(FormatList::NoBinary);
    options.only_binary = policy.formats.listed(FormatList::OnlyBinary);
    policy
}

fn settle_prereleases(args: &ChoiceArgs, heard: Heard<'_>) -> Prereleases {
    let manifest = heard.manifest;
    if args.pre || (args.prerelease.is_none() && manifest.allow_prereleases) {
        return Prereleases::Allow;
    }
    let typed = args.prerelease.and_then(|typed| {
        let named = PRERELEASES.iter().find(|(arg, _, _)| *arg == typed);
        named.map(|(_, mode, _)| *mode)
    });
    let heard = said(
        None,
        manifest.tool.prerelease.as_ref(),
        heard.ambient.prerelease.as_ref(),
    );
    let heard = heard.and_then(|(text, _)| {
        let named = PRERELEASES.iter().find(|(_, _, name)| *name == text);
        named.map(|(_, mode, _)| *mode)
    });
    typed.or(heard).unwrap_or_default()
}

fn settle_resolution(args: &ChoiceArgs, heard: Heard<'_>) -> ResolutionMode {
    let typed = args.resolution.and_then(|typed| {
        let named = RESOLUTIONS.iter().find(|(arg, _, _)| *arg == typed);
        named.map(|(_, mode, _)| *mode)
    });
    let tool = &heard.manifest.tool;
    let heard = said(
        None,
        tool.resolution.as_ref(),
        heard.ambient.resolution.as_ref(),
    );
    let heard = heard.and_then(|(text, _)| {
        let named = RESOLUTIONS.iter().find(|(_, _, name)| *name == text);
        named.map(|(_, mode, _)| *mode)
    });
    typed.or(heard).unwrap_or_default()
}

fn settle_formats(
    args: &ChoiceArgs,
    heard: Heard<'_>,
    problems: &mut Vec<Problem>,
) -> FormatControl {
    let mut formats = FormatControl::default();
    for (list, values) in [
        (FormatList::NoBinary, &heard.ambient.no_binary),
        (FormatList::OnlyBinary, &heard.ambient.only_binary),
    ] {
        if let Some(values) = values {
            formats.apply(list, &values.value);
        }
    }
    if heard.manifest.formats != FormatControl::default() {
        formats = heard.manifest.formats.clone();
    }
    for (list, option, texts) in [
        (FormatList::NoBinary, "--no-binary", &args.no_binary),
        (FormatList::OnlyBinary, "--only-binary", &args.only_binary),
    ] {
        for text in texts.iter().flat_map(|text| text.split(',')) {
            match text.parse::<FormatName>() {
                Ok(value) => formats.apply(list, &[value]),
                Err(message) => problems.push(problem(option, None, message)),
            }
        }
    }
    if args.no_build {
        formats.apply(FormatList::OnlyBinary, &[FormatName::All]);
    }
    formats
}

fn settle_cutoffs(
    args: &ChoiceArgs,
    heard: Heard<'_>,
    now: Timestamp,
    policy: &mut Policy,
    options: &mut LockOptions,
    problems: &mut Vec<Problem>,
) {
    let tool = &heard.manifest.tool;
    match said(
        args.exclude_newer.as_deref(),
        tool.exclude_newer.as_ref(),
        None,
    ) {
        Some((text, origin)) => {
            policy.exclude_newer = cutoff(text, "--exclude-newer", origin, now, problems);
            options.exclude_newer = Some(text.to_owned());
        }
        None => {
            policy.exclude_newer = heard.ambient.exclude_newer.as_ref().map(|said| said.value);
            options.exclude_newer = policy.exclude_newer.map(|cutoff| cutoff.to_string());
        }
    }
    for (name, (text, origin)) in &tool.exclude_newer_package {
        let when = text.as_deref();
        let cutoff = when.and_then(|text| cutoff(text, "", Some(origin), now, problems));
        policy.exclude_newer_package.insert(name.clone(), cutoff);
        let shown = when.unwrap_or("false").to_owned();
        options
            .exclude_newer_package
            .insert(name.to_string(), shown);
    }
    let option = "--exclude-newer-package";
    for text in &args.exclude_newer_package {
        let Some((name, when)) = text.split_once('=') else {
            let message = format!("expected NAME=WHEN, but found `{text}`");
            problems.push(problem(option, None, message));
            continue;
        };
        for name in names(&[name.to_owned()], option, problems) {
            let cutoff = match when {
                "false" => None,
                when => cutoff(when, option, None, now, problems),
            };
            options
                .exclude_newer_package
                .insert(name.to_string(), when.to_owned());
            policy.exclude_newer_package.insert(name, cutoff);
        }
    }
}

fn cutoff(
    text: &str,
    option: &str,
    origin: Option<&Origin>,
    now: Timestamp,
    problems: &mut Vec<Problem>,
) -> Option<Timestamp> {
    let cutoff = Timestamp::parse_cutoff(text, now);
    if cutoff.is_none() {
        let message = format!("`{text}` is neither a date, nor a time, nor a duration");
        problems.push(
            problem(option, origin, message)
                .with_help("Examples: `2026-10-01`, `2026-10-01T12:00:00Z`, `2 weeks`, `P30D`."),
        );
    }
    cutoff
}
