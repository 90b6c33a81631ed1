//! The options of a lock, made those of a command again, as far as a lock is trusted: it may come
//! from a stranger.
//!
//! It never makes anything be built, and never says which servers to trust. An address that it alone
//! names is not asked, whatever the network admits: the cache is looked at, and folders of this
//! machine. To have it asked, the user names it.

use std::path::Path;

use clap::Parser as _;
use url::Url;

use super::args::{CacheArgs, Cli, Command, IndexArgs, LockArgs, QuestionArgs};
use super::reading::recorded_platform;
use super::settings::{Heard, Settings, settle};
use crate::explain::list;
use crate::lock::{LockOptions, LockedTarget, ToolRecord};
use crate::package::Timestamp;
use crate::source::Problem;

/// The settings of a lock's question.
pub(super) struct Recorded {
    /// The settings; without the network where an address is strange.
    pub(super) settings: Settings,
    /// The addresses that the lock alone names.
    pub(super) strange: Vec<String>,
}

/// Settles as `pyaudit lock` does with the options of the record, and with indexes that somebody
/// else than the lock names; where some of the lock's are not among them, with those, out of the
/// cache.
pub(super) fn settle_recorded(
    record: &ToolRecord,
    (index, cache): (&IndexArgs, &CacheArgs),
    heard: Heard<'_>,
    folder: &Path,
    now: Timestamp,
) -> Result<Recorded, Box<Problem>> {
    let settled = |index: IndexArgs| settled(record, (index, cache), heard, folder, now);
    let options = &record.options;
    let around = settled(typed(index, options)?);
    let strange = match (&around, says_where(index)) {
        (_, true) => Vec::new(),
        (Ok(around), false) => strange(options, &around.options),
        (Err(_), false) => strange(options, &LockOptions::default()),
    };
    let settings = match strange.is_empty() {
        true => around?,
        false => settled(out_of_cache(index, options)?)?,
    };
    Ok(Recorded { settings, strange })
}

/// Settles as [`settle_recorded`] does, with the indexes that somebody else than the lock names and
/// with no others.
pub(super) fn settle_around(
    record: &ToolRecord,
    (index, cache): (&IndexArgs, &CacheArgs),
    heard: Heard<'_>,
    folder: &Path,
    now: Timestamp,
) -> Result<Recorded, Box<Problem>> {
    let options = &record.options;
    let typed = typed(index, options)?;
    let settings = settled(record, (typed, cache), heard, folder, now)?;
    let strange = match says_where(index) {
        true => Vec::new(),
        false => strange(options, &settings.options),
    };
    Ok(Recorded { settings, strange })
}

/// Returns the user's indexes; where they say nothing of them, in the manner of the lock.
fn typed(index: &IndexArgs, options: &LockOptions) -> Result<IndexArgs, Box<Problem>> {
    match says_where(index) {
        true => Ok(index.clone()),
        false => with_manner(index, options),
    }
}

fn settled(
    record: &ToolRecord,
    (index, cache): (IndexArgs, &CacheArgs),
    heard: Heard<'_>,
    folder: &Path,
    now: Timestamp,
) -> Result<Settings, Box<Problem>> {
    let mut args = question_args(&choice_words(record))?;
    args.cache = cache.clone();
    args.index = index;
    let mut problems = Vec::new();
    let settings = settle(&args, heard, folder, now, &mut problems);
    let wrong = problems.into_iter().find(Problem::is_error);
    match (settings, wrong) {
        (Some(settings), None) => Ok(settings),
        (_, wrong) => Err(Box::new(wrong.unwrap_or_else(|| {
            Problem::anywhere("the options of the lock make no sense")
        }))),
    }
}

/// Returns the addresses of some options that others do not name.
pub(super) fn strange(options: &LockOptions, around: &LockOptions) -> Vec<String> {
    let known: Vec<&str> = addresses(around).collect();
    let strange = addresses(options).filter(|address| !known.contains(address));
    strange.map(str::to_owned).collect()
}

pub(super) fn addresses(options: &LockOptions) -> impl Iterator<Item = &str> {
    let lists = options.extra_indexes.iter().chain(&options.find_links);
    let all = lists.chain(&options.index).chain(&options.torch_index);
    all.map(|address| address.trim_end_matches('/'))
}

/// Tells that addresses are not asked.
pub(super) fn not_asked(strange: &[String], file: &str) -> Problem {
    let shown: Vec<String> = strange.iter().map(|it| format!("`{it}`")).collect();
    let (is, it) = match shown.as_slice() {
        [_] => ("is", "it"),
        _ => ("are", "they"),
    };
    let message = format!(
        "only `{file}` names {}, so {it} {is} not asked, and the cache does not have it all",
        list(&shown)
    );
    let help = "If you trust what the lock names, name it yourself: `--index-url`, `--index`, \
                `--find-links`.";
    Problem::anywhere(message).with_help(help)
}

/// Takes from a lock how its indexes stand to each other, and none of them.
fn with_manner(index: &IndexArgs, options: &LockOptions) -> Result<IndexArgs, Box<Problem>> {
    let mut words = Vec::new();
    let strategy = options.index_strategy.iter();
    words.extend(strategy.map(|strategy| format!("--index-strategy={strategy}")));
    words.extend(options.no_index.then(|| "--no-index".to_owned()));
    let manner = question_args(&words)?.index;
    Ok(IndexArgs {
        index_strategy: manner.index_strategy,
        no_index: manner.no_index,
        ..index.clone()
    })
}

/// Takes a lock's own indexes, to be looked for in the cache.
fn out_of_cache(index: &IndexArgs, options: &LockOptions) -> Result<IndexArgs, Box<Problem>> {
    let here = |addresses: &[String]| -> Vec<String> {
        let here = addresses.iter().filter(|address| !leads_away(address));
        here.cloned().collect()
    };
    let one = |address: &Option<String>| address.clone().filter(|it| !leads_away(it));
    Ok(IndexArgs {
        index: here(&options.extra_indexes),
        find_links: here(&options.find_links),
        default_index: one(&options.index),
        torch_index_url: index.torch_index_url.clone().or(one(&options.torch_index)),
        offline: true,
        ..with_manner(index, options)?
    })
}

/// Whether a place is a share: to look at it is to speak to another machine, and perhaps to log in
/// there.
pub(super) fn leads_away(text: &str) -> bool {
    let address = match text.split_once('=') {
        Some((name, address)) if !name.contains([':', '/', '\\']) => address,
        _ => text,
    };
    let is_slash = |at: usize| matches!(address.as_bytes().get(at), Some(b'/' | b'\\'));
    let url = Url::parse(address).ok();
    let url = url.filter(|url| url.scheme() == "file");
    (is_slash(0) && is_slash(1)) || url.is_some_and(|url| url.has_host())
}

/// Whether the user says where packages come from.
pub(super) fn says_where(index: &IndexArgs) -> bool {
    index.default_index.is_some()
        || index.no_index
        || !index.index.is_empty()
        || !index.extra_index_url.is_empty()
        || !index.find_links.is_empty()
        || index.index_strategy.is_some()
}

/// Reads words as `pyaudit lock` does, and takes what is asked.
pub(super) fn question_args(words: &[String]) -> Result<QuestionArgs, Box<Problem>> {
    lock_args(words).map(|args| args.question)
}

/// Reads words as `pyaudit lock` does.
pub(super) fn lock_args(words: &[String]) -> Result<LockArgs, Box<Problem>> {
    let lead = ["pyaudit", "lock"].map(str::to_owned);
    let parsed = Cli::try_parse_from(lead.iter().chain(words));
    match parsed.map(|cli| cli.command) {
        Ok(Command::Lock(args)) => Ok(*args.0),
        Ok(_) | Err(_) => {
            let message = "the options of the lock make no sense";
            Err(Box::new(Problem::anywhere(message)))
        }
    }
}

/// The options that change nothing but the answer. What may be built is not among them: that runs
/// code, and is the user's to say.
fn choice_words(record: &ToolRecord) -> Vec<String> {
    let options = &record.options;
    let mut words = Vec::new();
    if let Some(target) = record.targets.first() {
        words.push(format!("--python={}", target.python));
        let platform = recorded_platform(&target.platform);
        words.extend(platform.map(|it| format!("--platform={}", it.tag())));
        words.extend(accelerator_words(target, options));
    }
    words.extend(options.no_facts.then(|| "--no-facts".to_owned()));
    for (option, value) in [
        ("--resolution", &options.resolution),
        ("--prerelease", &options.prerelease),
        ("--exclude-newer", &options.exclude_newer),
    ] {
        words.extend(value.iter().map(|value| format!("{option}={value}")));
    }
    let cutoffs = options.exclude_newer_package.iter();
    words.extend(cutoffs.map(|(name, when)| format!("--exclude-newer-package={name}={when}")));
    for (option, values) in [
        ("--no-binary", &options.no_binary),
        ("--only-binary", &options.only_binary),
    ] {
        words.extend(values.iter().map(|value| format!("{option}={value}")));
    }
    words
}

/// The flavour that was chosen is the one to ask for again.
fn accelerator_words(target: &LockedTarget, options: &LockOptions) -> Vec<String> {
    let torch = target.flavour.as_ref().or(options.torch.as_ref());
    let mut words: Vec<String> = torch.iter().map(|it| format!("--torch={it}")).collect();
    for (option, value) in [("--cuda", &target.cuda), ("--driver", &target.driver)] {
        words.extend(value.iter().map(|value| format!("{option}={value}")));
    }
    let gpus = target.gpus.iter();
    words.extend(gpus.map(|gpu| format!("--gpu={}", gpu.capability)));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_does_not_say_what_is_built() {
        let record = ToolRecord {
            options: LockOptions {
                allow_build: vec![":all:".to_owned()],
                no_binary: vec!["a".to_owned()],
                ..LockOptions::default()
            },
            ..ToolRecord::default()
        };

        assert_eq!(choice_words(&record), ["--no-binary=a"]);
    }

    #[test]
    fn an_address_that_only_the_lock_names_is_strange() {
        let options = |index: &str, extra: &[&str]| LockOptions {
            index: Some(index.to_owned()),
            extra_indexes: extra.iter().map(|it| (*it).to_owned()).collect(),
            ..LockOptions::default()
        };
        let around = options("https://index.example/simple", &["https://other.example"]);

        let known = options("https://other.example/", &["https://index.example/simple"]);
        assert_eq!(strange(&known, &around), [""; 0]);
        let unknown = options("https://index.example/simple", &["https://files.example"]);
        assert_eq!(strange(&unknown, &around), ["https://files.example"]);
    }

    #[test]
    fn shares_of_other_machines_are_told_from_folders() {
        for text in [
            r"\\files.example\a",
            "//files.example/a",
            "file://files.example/a",
            "house=file://files.example/a",
        ] {
            assert!(leads_away(text), "{text}");
        }
        for text in [
            "wheels",
            "/wheels",
            "file:///wheels",
            "https://files.example/a",
        ] {
            assert!(!leads_away(text), "{text}");
        }
    }
}
