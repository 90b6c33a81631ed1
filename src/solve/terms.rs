//! On which terms the files of a project are taken, whatever the target: how old they have to be,
//! of which kind, with which digests.

use super::candidates::Unfit;
use super::question::Question;
use crate::index::{FileView, Page};
use crate::package::{Digest, PackageName, Specifiers};

/// The terms for the files of one project.
#[derive(Debug)]
pub(crate) struct Terms<'q> {
    /// Seconds; files uploaded then or later do not exist.
    cutoff: Option<i64>,
    takes_wheels: bool,
    takes_sdists: bool,
    digests: Vec<&'q Digest>,
}

impl<'q> Terms<'q> {
    /// Gathers the terms from the policy and from the declarations that hold on the target.
    pub(crate) fn of(question: &'q Question, name: &PackageName) -> Self {
        let policy = &question.policy;
        let mut terms = Self {
            cutoff: policy.cutoff(name).map(|cutoff| cutoff.seconds()),
            takes_wheels: policy.formats.allows_wheels(name),
            takes_sdists: policy.formats.allows_sdists(name),
            digests: Vec::new(),
        };
        for declaration in &question.declarations {
            let requirement = &declaration.requirement;
            if requirement.name != *name || !question.holds(&requirement.marker, &[]) {
                continue;
            }
            terms.digests.extend(&declaration.digests);
            if requirement.url.is_some() {
                // Who names a file means that file: there is no other to prefer.
                terms.cutoff = None;
                terms.takes_wheels = true;
                terms.takes_sdists = true;
            }
        }
        terms
    }

    /// Whether files have to be of some age.
    #[inline]
    pub(crate) fn demands_age(&self) -> bool {
        self.cutoff.is_some()
    }

    /// Whether a file is older than the cut-off.
    pub(crate) fn check_age(&self, file: &FileView<'_>) -> Result<(), Unfit> {
        self.check_seconds(file.upload_time().map(|time| time.seconds()))
    }

    /// Whether a file of an upload time is older than the cut-off.
    #[inline]
    pub(crate) fn check_seconds(&self, uploaded: Option<i64>) -> Result<(), Unfit> {
        match (self.cutoff, uploaded) {
            (None, _) => Ok(()),
            (Some(cutoff), Some(uploaded)) if uploaded < cutoff => Ok(()),
            (Some(_), Some(_)) => Err(Unfit::Newer),
            (Some(_), None) => Err(Unfit::UploadTimeUnknown),
        }
    }

    /// Whether a file is of a kind that is taken.
    #[inline]
    pub(crate) fn check_kind(&self, is_wheel: bool) -> Result<(), Unfit> {
        match is_wheel {
            true if !self.takes_wheels => Err(Unfit::WheelsOnly),
            false if !self.takes_sdists => Err(Unfit::SourceOnly),
            _ => Ok(()),
        }
    }

    /// Whether only files with certain digests are taken.
    #[inline]
    pub(crate) fn demands_digests(&self) -> bool {
        !self.digests.is_empty()
    }

    /// Whether a file has a digest that is demanded. Where the index tells none of a demanded
    /// algorithm, only the download can show it.
    pub(crate) fn check_digest(&self, file: &FileView<'_>) -> Result<(), Unfit> {
        if !self.demands_digests() {
            return Ok(());
        }
        let known: Vec<Digest> = file.digests().collect();
        let is_comparable = known.iter().any(|digest| {
            let of_same_kind = |wanted: &&Digest| wanted.algorithm() == digest.algorithm();
            self.digests
                .iter()
                .copied()
                .any(|wanted| of_same_kind(&wanted))
        });
        let is_wanted = self.digests.iter().any(|wanted| known.contains(wanted));
        match is_wanted || (!is_comparable && !known.is_empty()) {
            true => Ok(()),
            false => Err(Unfit::Digest),
        }
    }
}

/// Tells the files of a project's page that the target can install from those it cannot.
#[derive(Debug)]
pub struct Fitting<'q> {
    question: &'q Question,
    terms: Terms<'q>,
    page: &'q Page,
}

impl<'q> Fitting<'q> {
    /// Prepares to tell under a question.
    pub fn new(question: &'q Question, name: &PackageName, page: &'q Page) -> Self {
        Self {
            question,
            terms: Terms::of(question, name),
            page,
        }
    }

    /// Whether a file may be installed on some target: it is old enough, of a kind that is wanted,
    /// with a digest that is allowed.
    pub fn allows(&self, file: &FileView<'_>) -> bool {
        self.terms.check_age(file).is_ok()
            && self.terms.check_kind(file.is_wheel()).is_ok()
            && self.terms.check_digest(file).is_ok()
    }

    /// Whether a file can be installed on the target.
    pub fn takes(&self, file: &FileView<'_>) -> bool {
        let tags = file.tags().map(|at| self.page.tag_string(at));
        let python = || {
            let text = self.page.python_string(file.requires_python()?);
            Specifiers::parse_lenient(text).ok()
        };
        self.allows(file)
            && tags.is_none_or(|tags| self.question.rank(tags).is_ok())
            && python().is_none_or(|wanted| self.question.admits_python(&wanted))
    }
}
