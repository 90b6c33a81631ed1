//! Where packages come from, and how to talk to the servers.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::{Heard, Scope, problem, said};
use crate::cli::args::{IndexArgs, IndexStrategyArg};
use crate::fetch::{FetchOptions, Index, IndexStrategy, Indexes, Proxy, Roots};
use crate::input::{IndexTable, Located, Manifest, NamedIndex, PinnedIndex, read_address};
use crate::lock::LockOptions;
use crate::package::{IndexUrl, PackageName};
use crate::solve::Source;
use crate::source::Problem;
use crate::target::Target;

/// The default index: the one place that names it.
pub(in crate::cli) const DEFAULT_INDEX: &str = "https://pypi.org/simple";

const STRATEGIES: &[(IndexStrategyArg, IndexStrategy, &str)] = &[
    (
        IndexStrategyArg::FirstIndex,
        IndexStrategy::First,
        "first-index",
    ),
    (
        IndexStrategyArg::UnsafeFirstMatch,
        IndexStrategy::UnsafeFirstMatch,
        "unsafe-first-match",
    ),
    (
        IndexStrategyArg::UnsafeBestMatch,
        IndexStrategy::UnsafeBestMatch,
        "unsafe-best-match",
    ),
];

/// Settles the indexes in the order in which they are asked, and notes them in the words that a
/// lock keeps. An address that is none is a problem, and then there are no indexes.
pub(super) fn settle_indexes(
    args: &IndexArgs,
    heard: Heard<'_>,
    (folder, target): (&Path, Option<&Target>),
    options: &mut LockOptions,
    problems: &mut Vec<Problem>,
) -> Option<Indexes> {
    let given = &heard.manifest.indexes;
    if let Some(file) = args.cert.as_ref().filter(|file| !file.is_file()) {
        let message = format!("there is no file `{}`", file.display());
        problems.push(problem("--cert", None, message));
    }
    let mut reader = Addresses { folder, problems };
    let flat = flat_places(args, heard, &mut reader)?;
    let extra = extra_indexes(args, heard, &mut reader)?;
    let default = default_index(args, heard, &mut reader)?;
    let no_index = args.no_index
        || given.no_index
        || heard
            .ambient
            .no_index
            .as_ref()
            .is_some_and(|said| said.value);
    let address = |index: &Index| index.public().to_string().trim_end_matches('/').to_owned();
    options.find_links = flat.iter().map(|it| it.public().to_string()).collect();
    options.no_index = no_index;
    let mut all = flat;
    if !no_index {
        options.index = Some(address(&default));
        options.extra_indexes = extra.iter().map(address).collect();
        all.extend(extra);
        all.push(default);
    }
    all.iter().for_each(|index| reader.check(index));
    let (strategy, name) = settle_strategy(args, heard);
    options.index_strategy = Some(name.to_owned());
    let sources = settle_sources(heard, target, &all, reader.problems);
    Some(Indexes::new(all, strategy, sources))
}

/// Settles below which address every flavour of torch has its index; one that is not the usual one
/// is noted in the words that a lock keeps.
pub(super) fn settle_torch_index(
    args: &IndexArgs,
    heard: Heard<'_>,
    (folder, usual): (&Path, &str),
    options: &mut LockOptions,
    problems: &mut Vec<Problem>,
) -> Option<IndexUrl> {
    let mut reader = Addresses { folder, problems };
    // A command that installs torch tells the usual address, too.
    let is_other = |(url, _): &&Located<IndexUrl>| {
        let address = url.public();
        address.as_str().trim_end_matches('/') != usual.trim_end_matches('/')
    };
    let in_file = heard.manifest.tool.torch_index.as_ref().filter(is_other);
    let around = heard.ambient.torch_index.as_ref();
    let said = match &args.torch_index_url {
        Some(text) => Some(reader.read(text, "--torch-index-url")?),
        None => in_file
            .map(|(url, _)| url)
            .or(around.map(|said| &said.value))
            .cloned(),
    };
    let Some(said) = said else {
        return read_address(usual, folder).ok();
    };
    let index = Index::simple(said);
    reader.check(&index);
    options.torch_index = Some(index.public().as_str().trim_end_matches('/').to_owned());
    Some(index.url)
}

/// Returns which packages come from which named index on the target.
fn settle_sources(
    heard: Heard<'_>,
    target: Option<&Target>,
    indexes: &[Index],
    problems: &mut Vec<Problem>,
) -> Vec<(PackageName, String)> {
    let mut sources = Vec::new();
    for pinned in &heard.manifest.indexes.pinned {
        let holds = target.is_none_or(|target| pinned.marker.holds(target.environment(), &[]));
        let applies = holds && counts(pinned, heard.manifest);
        let name = Some(pinned.index.as_str());
        if !indexes.iter().any(|index| index.name.as_deref() == name) {
            let message = format!("there is no index named `{}`", pinned.index);
            problems.push(
                Problem::at(pinned.origin.clone(), message).with_help(
                    "Name it in a table `[[tool.pyaudit.index]]` with `name` and `url`.",
                ),
            );
        } else if applies {
            sources.push((pinned.package.clone(), pinned.index.clone()));
        }
    }
    sources
}

/// Returns which packages come from which named index, and where in the scope of the lock.
pub(super) fn by_marker(manifest: &Manifest, scope: &Scope) -> Arc<[Source]> {
    let pinned = manifest.indexes.pinned.iter();
    let sources = pinned.filter(|it| counts(it, manifest)).map(|pinned| {
        let section = pinned.section.as_deref().unwrap_or_default();
        let choice = match scope {
            Scope::Region(universal) => universal.marker_of(section),
            Scope::Target | Scope::Targets(_) => None,
        };
        Source {
            package: pinned.package.clone(),
            index: pinned.index.clone(),
            marker: match choice {
                Some(choice) => pinned.marker.under_choice(&choice),
                None => pinned.marker.clone(),
            },
        }
    });
    sources.collect()
}

/// Whether a source is for something that is declared: one of a section, for what is asked for there.
fn counts(pinned: &PinnedIndex, manifest: &Manifest) -> bool {
    let mut declarations = manifest.declarations.iter();
    pinned.section.is_none()
        || declarations.any(|declaration| {
            declaration.section == pinned.section && declaration.requirement.name == pinned.package
        })
}

/// Reads addresses that were typed.
struct Addresses<'a> {
    folder: &'a Path,
    problems: &'a mut Vec<Problem>,
}

impl Addresses<'_> {
    /// Reads a URL or a path; a mistake is told.
    fn read(&mut self, text: &str, option: &str) -> Option<IndexUrl> {
        let address = match text {
            "" => Err("expected a URL or a path, but found nothing".to_owned()),
            text => read_address(text, self.folder),
        };
        match address {
            Ok(url) => Some(url),
            Err(message) => {
                self.problems.push(problem(option, None, message));
                None
            }
        }
    }

    /// Tells of an index that cannot be asked. An index that merely seems to have nothing would
    /// leave its packages to the next one, which may have others of the same names.
    fn check(&mut self, index: &Index) {
        let url = index.url.secret();
        let message = match (url.scheme(), url.to_file_path()) {
            ("http" | "https", _) => return,
            ("file", Ok(path)) if path.exists() => return,
            ("file", Ok(path)) => {
                format!(
                    "there is no `{}`, where packages are to come from",
                    path.display()
                )
            }
            (scheme, _) => format!(
                "an index cannot be asked by `{scheme}`: `{}`",
                index.public()
            ),
        };
        let help = "Give the `https` address of an index, or a folder that is there.";
        self.problems
            .push(Problem::anywhere(message).with_help(help));
    }

    /// Reads `URL` or `NAME=URL`.
    fn read_index(&mut self, text: &str, option: &str) -> Option<Index> {
        let (name, address) = match text.split_once('=') {
            Some((name, address)) if !name.contains([':', '/', '\\']) => (Some(name), address),
            _ => (None, text),
        };
        Some(Index {
            name: name.map(str::to_owned),
            ..Index::simple(self.read(address, option)?)
        })
    }
}

fn flat_places(
    args: &IndexArgs,
    heard: Heard<'_>,
    reader: &mut Addresses<'_>,
) -> Option<Vec<Index>> {
    let mut flat = Vec::new();
    for text in &args.find_links {
        flat.push(Index::flat(reader.read(text, "--find-links")?));
    }
    let in_files = heard.manifest.indexes.find_links.iter().map(|(url, _)| url);
    let around = heard.ambient.find_links.iter().map(|said| &said.value);
    flat.extend(in_files.chain(around).cloned().map(Index::flat));
    Some(flat)
}

fn extra_indexes(
    args: &IndexArgs,
    heard: Heard<'_>,
    reader: &mut Addresses<'_>,
) -> Option<Vec<Index>> {
    let given = &heard.manifest.indexes;
    let mut extra = Vec::new();
    for text in &args.index {
        extra.push(reader.read_index(text, "--index")?);
    }
    for text in &args.extra_index_url {
        extra.push(reader.read_index(text, "--extra-index-url")?);
    }
    extra.extend(
        given
            .tables
            .iter()
            .filter(|table| !table.is_default)
            .map(of_table),
    );
    extra.extend(
        given
            .extra_index_urls
            .iter()
            .map(|(url, _)| Index::simple(url.clone())),
    );
    extra.extend(
        heard
            .ambient
            .indexes
            .iter()
            .map(|said| of_name(&said.value)),
    );
    Some(extra)
}

fn default_index(args: &IndexArgs, heard: Heard<'_>, reader: &mut Addresses<'_>) -> Option<Index> {
    if let Some(text) = &args.default_index {
        return reader.read_index(text, "--default-index");
    }
    let given = &heard.manifest.indexes;
    if let Some((url, _)) = &given.index_url {
        return Some(Index::simple(url.clone()));
    }
    if let Some(table) = given.tables.iter().find(|table| table.is_default) {
        return Some(of_table(table));
    }
    match &heard.ambient.default_index {
        Some(said) => Some(of_name(&said.value)),
        None => reader.read_index(DEFAULT_INDEX, "--default-index"),
    }
}

fn of_table(table: &IndexTable) -> Index {
    let index = match table.is_flat {
        true => Index::flat(table.url.clone()),
        false => Index::simple(table.url.clone()),
    };
    let statuses = table.statuses_for_missing.clone();
    Index {
        name: table.name.clone(),
        explicit: table.is_explicit,
        statuses_for_missing: statuses.unwrap_or(index.statuses_for_missing),
        ..index
    }
}

fn of_name(named: &NamedIndex) -> Index {
    Index {
        name: named.name.clone(),
        ..Index::simple(named.url.clone())
    }
}

fn settle_strategy(args: &IndexArgs, heard: Heard<'_>) -> (IndexStrategy, &'static str) {
    let tool = &heard.manifest.tool;
    let heard = said(
        None,
        tool.index_strategy.as_ref(),
        heard.ambient.index_strategy.as_ref(),
    );
    let chosen = STRATEGIES
        .iter()
        .find(|(arg, _, name)| match args.index_strategy {
            Some(typed) => *arg == typed,
            None => heard.is_some_and(|(text, _)| text == *name),
        });
    let (_, strategy, name) = chosen.unwrap_or(&STRATEGIES[0]);
    (*strategy, name)
}

/// Settles how to talk to servers.
pub(super) fn fetch_options(args: &IndexArgs, heard: Heard<'_>) -> FetchOptions {
    let ambient = heard.ambient;
    let mut options = FetchOptions::default();
    let seconds = args.timeout.map(Duration::from_secs);
    let around = ambient.timeout.as_ref().map(|said| said.value);
    options.read_timeout = seconds.or(around).unwrap_or(options.read_timeout);
    let around = ambient.retries.as_ref().map(|said| said.value);
    options.retries = args.retries.or(around).unwrap_or(options.retries);
    options.proxy = match &ambient.proxy {
        Some(proxy) => Proxy::Url(proxy.value.clone()),
        // Elsewhere the system may know one that no variable names.
        None if cfg!(target_os = "linux") && !ambient.variables.name_proxy() => Proxy::None,
        None => Proxy::System,
    };
    options.insecure_hosts.clone_from(&args.allow_insecure_host);
    let in_files = heard
        .manifest
        .indexes
        .trusted_hosts
        .iter()
        .map(|(host, _)| host);
    let around = ambient.trusted_hosts.iter().map(|said| &said.value);
    options
        .insecure_hosts
        .extend(in_files.chain(around).cloned());
    options.roots = roots(args, heard);
    options.netrc.clone_from(&ambient.netrc);
    options.variables.clone_from(&ambient.index_logins);
    options
}

fn roots(args: &IndexArgs, heard: Heard<'_>) -> Roots {
    let ambient = heard.ambient;
    if let Some(file) = &args.cert {
        return Roots::Only {
            files: vec![file.clone()],
            folders: Vec::new(),
        };
    }
    if !ambient.cert_files.is_empty() || !ambient.cert_folders.is_empty() {
        return Roots::Only {
            files: ambient
                .cert_files
                .iter()
                .map(|said| said.value.clone())
                .collect(),
            folders: ambient
                .cert_folders
                .iter()
                .map(|said| said.value.clone())
                .collect(),
        };
    }
    match &ambient.system_certs {
        Some(said) if said.value => Roots::System,
        _ => Roots::BuiltIn,
    }
}
