//! Receipts: of each lock that was written, the cache keeps what was asked and which text answered
//! it. A lock that still stands there, asked for in the same words, is recognised without solving
//! anything; whoever wants to know what came out since asks with `--upgrade` or `--refresh`.

use sha2::{Digest as _, Sha256};

use super::args::{LockArgs, OutputFormatArg};
use super::prepare::Prepared;
use super::settings::Scope;
use crate::host::folder_listing;
use crate::lock::{Circumstances, LockedTarget, RequirementsStyle, locked_declaration};
use crate::report::Style;

/// A digest of SHA-256.
type Sum = [u8; 32];

/// What is asked, as the key of its receipt.
pub(super) struct Receipt {
    asked: String,
}

/// What a receipt says.
pub(super) struct Recognised {
    /// How many packages the lock has.
    pub(super) packages: usize,
    /// What was said of it, but for the headline.
    pub(super) remarks: String,
}

/// What shapes a lock beside the question.
pub(super) struct Shape<'a> {
    /// The options of the command.
    pub(super) args: &'a LockArgs,
    /// What the lock says beside the answer.
    pub(super) circumstances: &'a Circumstances,
    /// How a requirements file looks.
    pub(super) written: &'a RequirementsStyle,
    /// How the terminal is written to.
    pub(super) told: Style,
}

impl Receipt {
    /// Puts down what is asked; none where more than that decides the answer: what lies on this
    /// disk or in a repository, builds, facts of the user's own, or a wish for newer versions.
    pub(super) fn of(prepared: &Prepared, shape: &Shape<'_>) -> Option<Self> {
        let question = &prepared.question;
        let (choice, options) = (&shape.args.question.choice, &prepared.options);
        let is_plain = !choice.upgrade
            && choice.upgrade_package.is_empty()
            && options.facts.is_none()
            && options.allow_build.is_empty()
            && matches!(prepared.scope, Scope::Target)
            && shape.args.output.output_format != OutputFormatArg::Json
            && shape.args.output.report.is_none();
        let declared = &question.declarations;
        let mut indexes = options.index.iter().chain(&options.extra_indexes);
        if indexes.any(|index| index.starts_with("file:")) {
            return None;
        }
        if !is_plain || declared.iter().any(|it| it.requirement.url.is_some()) {
            return None;
        }
        let folders = options.find_links.iter().map(|place| listing(place));
        let folders: Vec<String> = folders.collect::<Option<_>>()?;
        let locked: Vec<_> = declared
            .iter()
            .map(|it| (locked_declaration(it, true), &it.digests))
            .collect();
        Some(Self {
            asked: format!(
                "{folders:?}\n{:?}\n{locked:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}",
                shape.circumstances,
                question.excludes,
                question.policy,
                LockedTarget::new(&question.target, question.facts.date()),
                prepared.flavours,
                prepared.manifest.indexes,
                shape.written,
                shape.told,
            ),
        })
    }

    /// Returns what the receipt says, if it is for this text.
    pub(super) fn recognises(&self, prepared: &Prepared, text: &str) -> Option<Recognised> {
        let receipt = prepared.catalog.receipt(&self.asked)?;
        let (sum, rest) = receipt.split_first_chunk::<32>()?;
        let (packages, remarks) = rest.split_first_chunk()?;
        let is_same = *sum == self::sum(text);
        is_same.then(|| Recognised {
            packages: u32::from_le_bytes(*packages) as usize,
            remarks: String::from_utf8_lossy(remarks).into_owned(),
        })
    }

    /// Keeps a receipt for a text that was written.
    pub(super) fn keep(&self, prepared: &Prepared, text: &str, answer: &Recognised) {
        let Ok(packages) = u32::try_from(answer.packages) else {
            return;
        };
        let receipt = [
            &sum(text)[..],
            &packages.to_le_bytes(),
            answer.remarks.as_bytes(),
        ];
        prepared
            .catalog
            .keep_receipt(&self.asked, &receipt.concat());
    }
}

/// Returns what lies in a folder of files; of a page on the network, which is one of the indexes,
/// nothing.
fn listing(place: &str) -> Option<String> {
    let url = url::Url::parse(place).ok()?;
    match url.scheme() {
        "file" => folder_listing(&url.to_file_path().ok()?),
        _ => Some(String::new()),
    }
}

fn sum(text: &str) -> Sum {
    Sha256::digest(text.as_bytes()).into()
}
