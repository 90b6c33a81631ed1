//! What is said of a lock and of an environment in words of their own, where each is pointed at,
//! and how each is mended: rules are the same for both.

use super::places::place_of;
use super::remarks::Remarks;
use super::{
    Contents, ContentsEvidence, Distribution, EnvironmentKind, Installed, Kind, On, Subject,
};
use crate::lock::LockedPackage;
use crate::package::{Marker, PackageName, Requirement};
use crate::source::Origin;
use crate::target::Os;

impl Subject<'_> {
    /// Returns the words for what is audited.
    pub(super) fn what(&self) -> &'static str {
        match self.kind {
            Kind::Lock | Kind::Declarations => "the lock",
            Kind::Environment => "the environment",
        }
    }

    /// Returns the word for what its packages are.
    pub(super) fn is_held(&self) -> &'static str {
        match self.kind {
            Kind::Lock | Kind::Declarations => "locked",
            Kind::Environment => "installed",
        }
    }

    /// Returns what to do where a requirement is not answered.
    pub(super) fn remedy(&self, requirement: &Requirement) -> String {
        if self.kind != Kind::Environment {
            return self.again();
        }
        if requirement.url.is_some() {
            return "Install it from there.".to_owned();
        }
        let wanted = Requirement {
            marker: Marker::always(),
            ..requirement.clone()
        };
        format!("Install it: `{} '{wanted}'`.", self.command("install"))
    }

    /// Returns a command of the installer that most of an environment was installed with, such as
    /// `install`, so that it changes this environment and no other.
    pub(super) fn command(&self, verb: &str) -> String {
        let installed = self.evidence.installed;
        let root = installed.map_or(".venv", |it| &it.root);
        let kind = installed.map(|it| it.kind).unwrap_or_default();
        let is_windows = self
            .on_targets()
            .any(|(_, target)| target.platform().os == Os::Windows);
        match (kind, self.is_by_uv(), is_windows) {
            (EnvironmentKind::Folder, _, _) => format!("pip {verb} --target {}", quoted(root)),
            (_, true, _) => format!("uv pip {verb} --python {}", quoted(root)),
            (EnvironmentKind::Virtual, false, true) => {
                format!(
                    "{} -m pip {verb}",
                    quoted(&format!("{root}/Scripts/python"))
                )
            }
            (EnvironmentKind::Virtual | EnvironmentKind::Conda, false, _) => {
                format!("{} -m pip {verb}", quoted(&format!("{root}/bin/python")))
            }
            (EnvironmentKind::Global, false, _) => format!("pip {verb}"),
        }
    }

    /// Whether uv installed most of an environment.
    pub(super) fn is_by_uv(&self) -> bool {
        let installed = self.evidence.installed.iter();
        let installers = installed.flat_map(|it| &it.distributions);
        let installers = installers.filter_map(|it| it.installer.as_deref());
        let (by_uv, others): (Vec<&str>, Vec<&str>) = installers.partition(|it| *it == "uv");
        by_uv.len() > others.len()
    }

    /// Returns the files of a package as a target has them, where they were looked at.
    pub(super) fn contents_of(&self, on: &On<'_>, package: &LockedPackage) -> Option<&Contents> {
        let evidence = self.evidence.contents?;
        evidence.seen(on.place, self.position(package))
    }

    /// Tells of every package whose files could not be looked at.
    pub(super) fn tell_unknown_contents(&self, remarks: &mut Remarks) {
        let unknown = self.evidence.contents.map(ContentsEvidence::unknown);
        for (at, why) in unknown.into_iter().flatten() {
            remarks.cannot_judge(&self.lock.packages[at].name, why);
        }
    }

    /// Returns where a package stands, or the file of it that is named.
    pub(super) fn place_of(
        &self,
        package: &LockedPackage,
        artifact: Option<&str>,
    ) -> Option<Origin> {
        match self
            .evidence
            .installed
            .filter(|_| self.kind == Kind::Environment)
        {
            Some(installed) => installed.named(&package.name).map(Distribution::place),
            None => place_of(self.file, package, artifact),
        }
    }

    /// Returns the line of an installed package that says what it requires.
    pub(super) fn place_of_need(
        &self,
        package: &LockedPackage,
        requirement: &Requirement,
    ) -> Option<Origin> {
        self.installed(package)?.place_of(requirement)
    }

    /// Returns the packages of which nobody can tell what they require, and why.
    pub(super) fn unread(&self) -> impl Iterator<Item = (&PackageName, String)> {
        let active = self
            .evidence
            .installed
            .into_iter()
            .flat_map(Installed::active);
        active.filter_map(|(name, it)| Some((name, it.unread.clone()?)))
    }

    /// Returns what is installed of a package; nothing of a lock's.
    pub(super) fn installed(&self, package: &LockedPackage) -> Option<&Distribution> {
        let installed = self.evidence.installed?;
        installed
            .named(&package.name)
            .filter(|_| self.kind == Kind::Environment)
    }
}

/// Quotes a path for a shell, where it has to be.
pub(super) fn quoted(path: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+:=@,".contains(c);
    match path.chars().all(is_plain) {
        true => path.to_owned(),
        false => format!("'{}'", path.replace('\'', "'\\''")),
    }
}
