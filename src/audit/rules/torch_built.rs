//! The torch that is there, and what the bytes of its extensions say against it: the part of PYA305
//! that rests on bytes.

use super::extension_cohort::in_words;
use crate::audit::remarks::{About, Remark};
use crate::audit::{Contents, On, Severity, Subject};
use crate::binary::{
    BinaryFacts, Closure, Reached, Role, Strings, base_name, is_of_cuda_torch, is_of_torch, role_of,
};
use crate::lock::LockedPackage;
use crate::target::{Device, Flavour};

const TORCH: &str = "torch";

/// The torch that is there.
pub(super) struct Torch<'a> {
    pub(super) package: &'a LockedPackage,
    pub(super) flavour: Option<Flavour>,
    contents: Option<&'a Contents>,
}

/// What the bytes of an extension say.
pub(super) enum Bytes {
    /// It does not go with torch.
    Against(Box<Remark>),
    /// All that it takes of torch is there.
    Agree,
    /// Not enough was read to tell.
    Silent,
}

impl<'a> Torch<'a> {
    pub(super) fn of(subject: &'a Subject<'_>, on: &On<'a>) -> Option<Self> {
        let named = on.named(&TORCH.parse().ok()?).next();
        let package = named.filter(|it| it.version.is_some())?;
        Some(Self {
            package,
            flavour: subject.flavour_of(&on.platform(), package),
            contents: subject.contents_of(on, package),
        })
    }

    /// Returns the first two numbers of its version.
    pub(super) fn release(&self) -> Option<(u64, u64)> {
        let release = self.package.version.as_ref()?.release();
        Some((*release.first()?, *release.get(1)?))
    }

    /// Returns what it is built for: its files know better than its name.
    pub(super) fn device(&self) -> Option<Device> {
        let by_name: Option<Device> = self.flavour.and_then(Into::into);
        let files = self.contents.map(|it| it.files.as_slice());
        let libraries = files.unwrap_or_default().iter();
        let mut libraries = libraries.filter(|it| is_of_torch(&base_name(&it.path)));
        let has_cuda = libraries
            .clone()
            .any(|it| is_of_cuda_torch(&base_name(&it.path)));
        match (has_cuda, libraries.next().is_some()) {
            (true, _) => {
                let binaries = self.contents.map(|it| it.binaries.as_slice());
                let mut binaries = binaries.unwrap_or_default().iter();
                let major = binaries.find_map(runtime_of).map(Device::Cuda);
                major.or(by_name.filter(|it| *it != Device::Cpu))
            }
            (false, true)
                if self
                    .flavour
                    .is_none_or(|it| matches!(it, Flavour::Cpu | Flavour::Cuda(..))) =>
            {
                Some(Device::Cpu)
            }
            (false, _) => by_name,
        }
    }

    /// Says which build of an extension goes with it.
    pub(super) fn remedy(&self) -> String {
        let release = self.release();
        let release = release.map(|(major, minor)| format!(" {major}.{minor}"));
        let device = match self.device() {
            Some(Device::Cpu) => " for the CPU".to_owned(),
            Some(Device::Cuda(major)) => format!(" for CUDA {major}"),
            None => String::new(),
        };
        format!(
            "Take its build for torch{}{device}, or build it from source against this torch.",
            release.unwrap_or_default()
        )
    }

    /// Whether a library that a package needs is missing because it is an extension of another torch.
    pub(super) fn explains(&self, contents: &Contents, library: &str) -> bool {
        let is_extension = contents.binaries.iter().any(takes_of_torch);
        let is_of_other = match self.device() {
            Some(Device::Cpu) => is_of_cuda_torch(library),
            Some(Device::Cuda(there)) => runtime(library).is_some_and(|own| own != there),
            None => false,
        };
        is_extension && is_of_other
    }

    /// Holds the compiled files of a package to those of torch.
    pub(super) fn bytes_against(
        &self,
        subject: &Subject<'_>,
        on: &On<'_>,
        package: &LockedPackage,
    ) -> Bytes {
        let Some(contents) = subject.contents_of(on, package) else {
            return Bytes::Silent;
        };
        if !contents.binaries.iter().any(takes_of_torch) {
            return Bytes::Silent;
        }
        let extension = Extension {
            label: package.label(),
            torch: self.package.label(),
            contents,
            remedy: self.remedy(),
        };
        let found = extension.of_other_cuda(self.device());
        let found = found.or_else(|| extension.of_other_strings(self.strings()));
        let functions = self.functions(contents);
        let found = found.or_else(|| extension.of_other_functions(functions.as_deref()?));
        match (found, functions) {
            (Some(remark), _) => Bytes::Against(Box::new(remark)),
            (None, Some(_)) => Bytes::Agree,
            (None, None) => Bytes::Silent,
        }
    }

    fn strings(&self) -> Option<Strings> {
        let mut binaries = self.contents?.binaries.iter();
        binaries.find_map(|file| file.linkage.torch.as_ref()?.gives)
    }

    /// Returns the functions that torch and the files of an extension give, sorted; nothing where a
    /// library of torch was not read that the extension needs.
    fn functions(&self, extension: &Contents) -> Option<Vec<u32>> {
        let own = self.contents?;
        let needed = extension.binaries.iter().flat_map(|it| &it.linkage.needed);
        let names = |file: &BinaryFacts, name: &str| base_name(&file.path) == name;
        let is_read = |name: &String| {
            let mut files = own.binaries.iter();
            files.any(|file| names(file, name) && file.linkage.torch.is_some())
        };
        // What was not read may give what seems to be missing.
        let has_unread_of_torch = || own.unread.iter().any(|it| is_of_torch(&base_name(it)));
        if !extension.unread.is_empty()
            || !needed.filter(|it| is_of_torch(it)).all(is_read)
            || has_unread_of_torch()
        {
            return None;
        }
        let all = own.binaries.iter().chain(&extension.binaries);
        let given = all.filter_map(|file| Some(&file.linkage.torch.as_ref()?.given));
        let mut given: Vec<u32> = given.flatten().copied().collect();
        given.sort_unstable();
        (!given.is_empty()).then_some(given)
    }
}

/// A package with files that need torch.
struct Extension<'a> {
    label: String,
    torch: String,
    contents: &'a Contents,
    /// What to do.
    remedy: String,
}

impl Extension<'_> {
    fn of_other_cuda(&self, device: Option<Device>) -> Option<Remark> {
        let there = match device? {
            Device::Cuda(there) => Some(there),
            Device::Cpu => None,
        };
        let differs = |file: &BinaryFacts| match (runtime_of(file), there) {
            (Some(own), Some(there)) => own != there && takes_of_torch(file),
            (None, Some(_)) => false,
            (_, None) => needs_cuda_torch(file),
        };
        let binaries = &self.contents.binaries;
        let own = binaries
            .iter()
            .filter(|it| differs(it))
            .find_map(runtime_of);
        let own = own.map_or_else(|| "CUDA".to_owned(), |own| format!("CUDA {own}"));
        let there = there.map_or_else(|| "the CPU alone".to_owned(), |it| format!("CUDA {it}"));
        let message = format!(
            "{} was built for {own}, and {} for {there}",
            self.label, self.torch
        );
        self.remark(message, differs, |file| {
            let needed = &file.linkage.needed;
            let library = needed.iter().find(|it| runtime(it).is_some());
            let library = library.or_else(|| needed.iter().find(|it| is_of_cuda_torch(it)));
            library.map(|library| format!("{} needs {library}.", file.path))
        })
    }

    fn of_other_strings(&self, there: Option<Strings>) -> Option<Remark> {
        let there = there?;
        let takes = |file: &BinaryFacts| file.linkage.torch.as_ref().and_then(|it| it.takes);
        let differs = |file: &BinaryFacts| takes(file).is_some_and(|own| own != there);
        let own = self
            .contents
            .binaries
            .iter()
            .find(|it| differs(it))
            .and_then(takes)?;
        let message = format!(
            "{} was built with {}, and {} with {}",
            self.label,
            in_words(own),
            self.torch,
            in_words(there)
        );
        self.remark(message, differs, |file| {
            Some(format!(
                "{} takes functions of torch with such strings.",
                file.path
            ))
        })
    }

    fn of_other_functions(&self, given: &[u32]) -> Option<Remark> {
        let absent = |file: &BinaryFacts| {
            let taken = file.linkage.torch.iter().flat_map(|it| &it.taken);
            taken.filter(|it| given.binary_search(it).is_err()).count()
        };
        let message = format!(
            "{} was built for another torch: {} has not all that it takes of it",
            self.label, self.torch
        );
        self.remark(
            message,
            |file| absent(file) > 0,
            |file| {
                let of = file.linkage.torch.as_ref().map_or(0, |it| it.taken.len());
                let absent = match absent(file) {
                    1 => "1 of them is".to_owned(),
                    absent => format!("{absent} of them are"),
                };
                let path = &file.path;
                Some(format!(
                    "{path} takes {of} functions of torch, and {absent} not there."
                ))
            },
        )
    }

    /// Tells of files, if there are any, and how much of the package they are.
    fn remark(
        &self,
        message: String,
        differs: impl Fn(&BinaryFacts) -> bool,
        said: impl Fn(&BinaryFacts) -> Option<String>,
    ) -> Option<Remark> {
        let binaries = &self.contents.binaries;
        let first = binaries.iter().find(|file| differs(file))?;
        let closure = Closure::of(binaries);
        let Reached { by, of } = closure.reaching(&differs);
        let has_extensions = binaries
            .iter()
            .any(|it| role_of(&it.path) == Some(Role::Extension));
        // What few of many need may well be optional.
        let severity = match by.len() * 2 > of || !has_extensions {
            true => Severity::Error,
            false => Severity::Warning,
        };
        let remark = Remark::new(About::Lock, message)
            .weighing(severity)
            .with_fix(self.remedy.clone());
        let remark = match said(first) {
            Some(said) => remark.with_evidence(said),
            None => remark,
        };
        Some(match by.len() {
            by if by == 0 || by == of => remark,
            by => remark.with_evidence(format!(
                "{by} of its {of} extension modules load such a file."
            )),
        })
    }
}

fn takes_of_torch(file: &BinaryFacts) -> bool {
    file.linkage.needed.iter().any(|it| is_of_torch(it))
}

fn needs_cuda_torch(file: &BinaryFacts) -> bool {
    file.linkage.needed.iter().any(|it| is_of_cuda_torch(it))
}

/// Returns the major version of the CUDA whose runtime a file needs.
fn runtime_of(file: &BinaryFacts) -> Option<u16> {
    file.linkage.needed.iter().find_map(|it| runtime(it))
}

/// Reads `libcudart.so.11.0`, `libcudart-d0da41ae.so.12`.
fn runtime(library: &str) -> Option<u16> {
    let (name, version) = library.split_once(".so.")?;
    let is_it = ["libcudart-", "libcudart."]
        .iter()
        .any(|it| name.starts_with(it));
    let is_it = is_it || name == "libcudart";
    let major = version.split('.').next()?;
    is_it.then(|| major.parse().ok())?
}
