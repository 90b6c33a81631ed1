//! The facts as they are asked: a user's own before the embedded ones.

use std::ops::Range;
use std::sync::Arc;

use super::embedded::{DATE, Part, embedded, embedded_limits, have_defaults};
use super::gpu_names::{self, GpuUnknown};
use super::reader::read;
use super::tables::{BuildRow, KernelRow, System, Tables};
use super::{DriverFloor, Image, Kernels, Limit};
use crate::package::{PackageName, Specifiers, Version};
use crate::source::{Origin, Problem, SourceFile, Span};
use crate::target::{CudaVersion, Flavour, Gpu, Os, Platform};

/// What is known beside metadata, in a state that an option may have narrowed or a file widened.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The user's files, the last one first.
    own: Vec<Arc<Tables>>,
    has_embedded: bool,
    has_limits: bool,
}

impl Facts {
    /// Returns what stands in the program.
    pub fn embedded() -> Arc<Self> {
        Arc::new(Self {
            own: Vec::new(),
            has_embedded: true,
            has_limits: true,
        })
    }

    /// Returns no facts at all; those of a user can be added.
    pub fn none() -> Arc<Self> {
        Arc::new(Self {
            own: Vec::new(),
            has_embedded: false,
            has_limits: true,
        })
    }

    /// Returns them without undeclared bounds.
    #[must_use]
    pub fn without_limits(&self) -> Self {
        Self {
            has_limits: false,
            ..self.clone()
        }
    }

    /// Adds a user's file, which wins over what was known; any problem in it is an error.
    pub fn extended(&self, file: &Arc<SourceFile>) -> Result<Self, Vec<Problem>> {
        let (tables, problems) = read(file);
        if !problems.is_empty() {
            return Err(problems);
        }
        let mut extended = self.clone();
        extended.own.insert(0, Arc::new(tables));
        let unknown = extended.unknown_releases(file);
        match unknown.is_empty() {
            true => Ok(extended),
            false => Err(unknown),
        }
    }

    /// Returns the releases of systems that the images of the last file name and that nobody tells of.
    fn unknown_releases(&self, file: &Arc<SourceFile>) -> Vec<Problem> {
        let named = self.own.iter().take(1).flat_map(|tables| &tables.images);
        let named = named.filter_map(|row| row.release.as_ref());
        let is_known = |name: &str| {
            let mut systems = self.tables(Part::Images).flat_map(|it| &it.systems);
            systems.any(|it| it.name == name)
        };
        let unknown = named.filter(|(name, _)| !is_known(name));
        let problem = |(name, span): &(String, Range<usize>)| {
            let span = Span {
                start: span.start,
                end: span.end,
            };
            let message = format!("no release of a system is called `{name}`");
            Problem::at(Origin::new(file, span), message)
                .with_help("A row of `[[releases]]` tells of it: its `name` and its `libc`.")
        };
        unknown.map(problem).collect()
    }

    /// Returns what an image brings, by its name; nothing of one of which nothing is known.
    pub fn image(&self, reference: &str) -> Option<Image> {
        let tables: Vec<&Tables> = self.tables(Part::Images).collect();
        Image::of(reference, &tables)
    }

    /// Returns the day of the embedded facts: `2026-11-20`.
    pub fn date(&self) -> &str {
        DATE.trim_end()
    }

    /// Returns the GPU of a name, however it is written, or of a compute capability.
    pub fn gpu(&self, text: &str) -> Result<Gpu, GpuUnknown> {
        let tables: Vec<&Tables> = self.tables(Part::Gpus).collect();
        gpu_names::find(text, tables.iter().flat_map(|tables| &tables.gpus))
    }

    /// Whether a package is released together with torch, on its index.
    pub fn is_family(&self, name: &PackageName) -> bool {
        self.family().any(|member| member == name)
    }

    /// Returns torch and all that is released with it.
    pub fn family(&self) -> impl Iterator<Item = &PackageName> {
        self.tables(Part::Family).flat_map(|tables| &tables.family)
    }

    /// Returns the address under which every flavour of torch has its index; empty where no facts
    /// are.
    pub fn index_base(&self) -> &str {
        let mut bases = self
            .tables(Part::Family)
            .filter_map(|tables| tables.index.as_deref());
        bases.next().unwrap_or_default()
    }

    /// Returns every flavour there ever was: CUDA, newest first, then ROCm, Intel GPUs, the CPU.
    pub fn flavours(&self) -> Vec<Flavour> {
        let builds = self.tables(Part::Builds).flat_map(|tables| &tables.builds);
        best_first(builds.map(|row| &row.flavour))
    }

    /// Returns the flavours whose index is known to have a release, best first; of a package that
    /// no table tells of, none. The local part of the version does not count.
    pub fn offered(&self, name: &PackageName, version: &Version) -> Vec<Flavour> {
        let version = version.clone().without_local();
        let mut told: Vec<&BuildRow> = Vec::new();
        for row in self.tables(Part::Builds).flat_map(|tables| &tables.builds) {
            let is_told = told.iter().any(|earlier| earlier.flavour == row.flavour);
            if row.package == *name && !is_told {
                told.push(row);
            }
        }
        told.retain(|row| has(&row.releases, &version));
        best_first(told.into_iter().map(|row| &row.flavour))
    }

    /// Returns the flavour that a pin without a local version takes of some whose indexes are named: of
    /// those that have the release the one with the greatest local version (PEP 440, "Version matching" and
    /// "Local version identifiers").
    pub fn greatest_local(
        &self,
        name: &PackageName,
        version: &Version,
        named: &[Flavour],
    ) -> Option<Flavour> {
        let offered = self.offered(name, version);
        let named = named.iter().filter(|it| offered.contains(it));
        let local = |flavour: &&Flavour| format!("{version}+{flavour}").parse::<Version>().ok();
        named.max_by_key(local).copied()
    }

    /// Returns the drivers that a flavour's CUDA takes; nothing for other flavours, and for
    /// toolkits and systems of which it is not known.
    pub fn driver_floor(&self, flavour: &Flavour, os: Os) -> Option<&DriverFloor> {
        let Flavour::Cuda(major, minor) = *flavour else {
            return None;
        };
        let (cuda, system) = (CudaVersion { major, minor }, System::of(os)?);
        let rows = self
            .tables(Part::Drivers)
            .flat_map(|tables| &tables.drivers);
        let mut rows = rows.filter(|row| row.cuda == cuda && row.system == system);
        rows.next().map(|row| &row.floor)
    }

    /// Returns the code in a build of torch, if that is known. The local part of the version does
    /// not count.
    pub fn kernels(
        &self,
        torch: &Version,
        flavour: &Flavour,
        platform: &Platform,
    ) -> Option<&Kernels> {
        let torch = torch.clone().without_local();
        let mut rows = self
            .kernel_rows(platform)
            .filter(|row| row.flavour == *flavour && row.torch.contains(&torch));
        rows.next().map(|row| &row.kernels)
    }

    /// Returns what a wheel without local version on the default index was built for, if that is
    /// known.
    pub fn flavour_on_default_index(
        &self,
        name: &PackageName,
        version: &Version,
        platform: &Platform,
    ) -> Option<Flavour> {
        if self.own.is_empty() && !have_defaults(name) {
            return None;
        }
        let version = version.clone().without_local();
        let tables = self.tables(Part::Builds).chain(self.tables(Part::Family));
        let rows = tables.flat_map(|tables| &tables.defaults);
        let mut rows = rows.filter(|row| {
            row.platform.includes(platform)
                && row.build.package == *name
                && has(&row.build.releases, &version)
        });
        rows.next().map(|row| row.build.flavour)
    }

    /// Returns the first torch known to have compiled code for all of the GPUs, in its best
    /// flavour of those that suit.
    pub fn first_for(
        &self,
        gpus: &[Gpu],
        platform: &Platform,
        suits: &dyn Fn(Flavour) -> bool,
    ) -> Option<(Version, Flavour)> {
        let fitting = self.kernel_rows(platform).filter(|row| {
            let mut gpus = gpus.iter();
            suits(row.flavour) && gpus.all(|gpu| row.kernels.run_on(gpu.capability, false))
        });
        let first = fitting.filter_map(|row| Some((row.first.as_ref()?, &row.flavour)));
        let first = first.min_by(|(one, one_flavour), (other, other_flavour)| {
            one.cmp(other).then_with(|| other_flavour.cmp(one_flavour))
        });
        first.map(|(version, flavour)| (version.clone(), *flavour))
    }

    /// Returns the undeclared bounds of a release; the local part of the version does not count.
    pub fn limits_on(
        &self,
        name: &PackageName,
        version: &Version,
        platform: &Platform,
    ) -> impl Iterator<Item = &Limit> + use<'_> {
        let mut limits = self.limits_of(name);
        if !limits.is_empty() {
            let version = version.clone().without_local();
            limits.retain(|limit| {
                let is_here = limit.platform.is_none_or(|place| place.includes(platform));
                is_here && limit.affected.contains(&version)
            });
        }
        limits.into_iter()
    }

    /// Whether some release of a package has undeclared bounds.
    pub fn has_limits_on(&self, name: &PackageName) -> bool {
        !self.limits_of(name).is_empty()
    }

    /// Returns a package's limits for every release; those of a user replace the others on the
    /// same two packages.
    fn limits_of(&self, name: &PackageName) -> Vec<&Limit> {
        let mut limits: Vec<&Limit> = Vec::new();
        if !self.has_limits {
            return limits;
        }
        let own = self.own.iter().filter_map(|tables| tables.limits.get(name));
        let embedded = self.has_embedded.then(|| embedded_limits(name));
        for rows in own.map(Vec::as_slice).chain(embedded) {
            let earlier = limits.len();
            for limit in rows {
                let is_replaced = |known: &&Limit| known.needs.name == limit.needs.name;
                if !limits[..earlier].iter().any(is_replaced) {
                    limits.push(limit);
                }
            }
        }
        limits
    }

    fn kernel_rows(&self, platform: &Platform) -> impl Iterator<Item = &KernelRow> {
        let rows = self
            .tables(Part::Kernels)
            .flat_map(|tables| &tables.kernels);
        rows.filter(move |row| row.platform.includes(platform))
    }

    /// Returns the tables that tell of a part, the one that wins first.
    fn tables(&self, part: Part) -> impl Iterator<Item = &Tables> {
        let own = self.own.iter().map(AsRef::as_ref);
        own.chain(self.has_embedded.then(|| embedded(part)))
    }
}

fn has(releases: &[Specifiers], version: &Version) -> bool {
    releases.iter().any(|range| range.contains(version))
}

fn best_first<'t>(flavours: impl Iterator<Item = &'t Flavour>) -> Vec<Flavour> {
    let mut flavours: Vec<Flavour> = flavours.cloned().collect();
    flavours.sort_by(|one, other| other.cmp(one));
    flavours.dedup();
    flavours
}
