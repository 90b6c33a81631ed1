//! The records of a source, and what they mean for one locked version: records that speak of one
//! flaw, by their aliases, are one advisory.

use std::collections::{BTreeMap, BTreeSet};

use super::affected::Bounds;
use super::{Affected, Record, Score, Verdict, is_malware_id};
use crate::package::{PackageName, Timestamp, Version};

/// So many of the latest fixed versions are looked at.
const MOST_WAYS: usize = 100;

/// The records that were read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Advisories {
    records: BTreeMap<String, Record>,
    newest: Option<Timestamp>,
    read: usize,
}

/// One flaw, as it concerns one locked version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advisory {
    /// What it is called, the best told record first.
    pub ids: Vec<String>,
    /// What it is, on one line; may be empty.
    pub summary: String,
    /// How bad it is, by the record that takes it hardest; none where none says.
    pub score: Option<Score>,
    /// Whether the version is malware.
    pub is_malware: bool,
    /// The affected versions around the locked one; none where they are only listed.
    pub bounds: Option<Bounds>,
    /// The later versions that are without the flaw, nearest first.
    pub fixed: Vec<Version>,
    /// Where to read on, over https.
    pub link: Option<String>,
}

/// What the records mean for a version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// The flaws that it has, the worst first.
    pub advisories: Vec<Advisory>,
    /// The records that could not be judged, and why.
    pub obscure: Vec<(String, String)>,
}

impl Advisories {
    /// Adds a record; of two with one identifier, the newer one counts.
    pub fn add(&mut self, record: Record) {
        self.read += 1;
        self.newest = self.newest.max(Some(record.modified));
        let known = self.records.get(&record.id);
        let is_newer = known.is_none_or(|known| known.modified < record.modified);
        // What concerns nobody is only counted.
        if is_newer && !(record.affected.is_empty() && known.is_none()) {
            self.records.insert(record.id.clone(), record);
        }
    }

    /// Adds the records of another source.
    pub fn extend(&mut self, other: Self) {
        let read = self.read + other.read;
        self.newest = self.newest.max(other.newest);
        other.records.into_values().for_each(|it| self.add(it));
        self.read = read;
    }

    /// Returns how many records were read.
    pub fn read(&self) -> usize {
        self.read
    }

    /// Returns when the newest record was changed.
    pub fn newest(&self) -> Option<Timestamp> {
        self.newest
    }

    /// Judges a version, whose local part does not count.
    pub fn judge(&self, package: &PackageName, version: &Version) -> Judged {
        let version = version.clone().without_local();
        let mut judged = Judged::default();
        for flaw in self.flaws(package) {
            let mut hits = Vec::new();
            for record in &flaw {
                match verdict(record, package, &version) {
                    Verdict::Affected => hits.push(*record),
                    Verdict::Obscure(why) => judged.obscure.push((record.id.clone(), why)),
                    Verdict::Spared => {}
                }
            }
            if !hits.is_empty() {
                let told: BTreeSet<&str> = flaw.iter().map(|it| it.id.as_str()).collect();
                judged.obscure.retain(|(id, _)| !told.contains(id.as_str()));
                judged
                    .advisories
                    .push(advisory(&flaw, hits, package, &version));
            }
        }
        judged.advisories.sort_by(|a, b| {
            let weight = |it: &Advisory| (it.is_malware, it.score.map(|score| score.rating));
            weight(b).cmp(&weight(a)).then_with(|| a.ids.cmp(&b.ids))
        });
        judged
    }

    /// Returns the later versions that are said to mend something, nearest first; of these only
    /// the ones that leave the least of what can be mended.
    pub fn ways_out(&self, package: &PackageName, version: &Version) -> Vec<Version> {
        let judged = self.judge(package, version);
        let fixed: BTreeSet<&Version> = judged.advisories.iter().flat_map(|it| &it.fixed).collect();
        let open = |version: &Version| self.judge(package, version).advisories.len();
        let tried = fixed.into_iter().rev().take(MOST_WAYS).rev();
        let left: Vec<(usize, &Version)> = tried.map(|it| (open(it), it)).collect();
        let least = left.iter().map(|(open, _)| *open).min();
        let best = left.into_iter().filter(|(open, _)| Some(*open) == least);
        best.map(|(_, version)| version.clone()).collect()
    }

    /// Returns the records of a package that stand, those of one flaw together.
    fn flaws(&self, package: &PackageName) -> Vec<Vec<&Record>> {
        let records = self.records.values().filter(|it| !it.is_withdrawn);
        let records = records.filter(|it| it.affected.iter().any(|it| it.package == *package));
        let records: Vec<&Record> = records.collect();
        let mut flaw_of: Vec<usize> = (0..records.len()).collect();
        let mut owners: BTreeMap<&str, usize> = BTreeMap::new();
        for (at, record) in records.iter().enumerate() {
            for name in record.names() {
                let owner = *owners.entry(name).or_insert(at);
                let (one, other) = (root(&mut flaw_of, owner), root(&mut flaw_of, at));
                flaw_of[one.max(other)] = one.min(other);
            }
        }
        let mut flaws: BTreeMap<usize, Vec<&Record>> = BTreeMap::new();
        for (at, record) in records.iter().enumerate() {
            let flaw = root(&mut flaw_of, at);
            flaws.entry(flaw).or_default().push(record);
        }
        flaws.into_values().collect()
    }
}

/// Finds the first record of a flaw, and shortens the way to it.
fn root(flaw_of: &mut [usize], mut at: usize) -> usize {
    while flaw_of[at] != at {
        flaw_of[at] = flaw_of[flaw_of[at]];
        at = flaw_of[at];
    }
    at
}

impl Record {
    fn names(&self) -> impl Iterator<Item = &str> {
        let aliases = self.aliases.iter().map(String::as_str);
        std::iter::once(self.id.as_str()).chain(aliases)
    }

    fn of<'a>(&'a self, package: &'a PackageName) -> impl Iterator<Item = &'a Affected> {
        self.affected
            .iter()
            .filter(move |it| it.package == *package)
    }

    /// The best told one comes first: databases copy from each other, and the copy is shorter.
    fn rank(&self) -> impl Ord + use<> {
        let database = ["GHSA-", "PYSEC-", "CVE-"];
        let database = database.iter().position(|it| self.id.starts_with(it));
        let size = usize::MAX - self.size;
        (
            !self.is_titled,
            database.unwrap_or(3).max(1),
            size,
            self.id.clone(),
        )
    }
}

fn verdict(record: &Record, package: &PackageName, version: &Version) -> Verdict {
    let mut verdict = Verdict::Spared;
    for affected in record.of(package) {
        match affected.verdict(version) {
            Verdict::Affected => return Verdict::Affected,
            Verdict::Obscure(why) => verdict = Verdict::Obscure(why),
            Verdict::Spared => {}
        }
    }
    verdict
}

/// Makes one advisory of the records of a flaw, of which some affect a version.
fn advisory(
    flaw: &[&Record],
    mut hits: Vec<&Record>,
    package: &PackageName,
    version: &Version,
) -> Advisory {
    hits.sort_by_cached_key(|record| record.rank());
    let mut ids: Vec<String> = Vec::new();
    let own = hits.iter().chain(flaw).map(|record| record.id.as_str());
    let aliases: BTreeSet<&str> = flaw.iter().flat_map(|record| record.names()).collect();
    for id in own.chain(aliases) {
        if !ids.iter().any(|known| known == id) {
            ids.push(id.to_owned());
        }
    }
    let first = |told: &dyn Fn(&Record) -> Option<String>| hits.iter().find_map(|it| told(it));
    let is_spared = |fixed: &Version| {
        let mut verdicts = flaw.iter().map(|record| verdict(record, package, fixed));
        verdicts.all(|verdict| verdict != Verdict::Affected)
    };
    let fixed = hits.iter().flat_map(|record| record.of(package));
    let fixed: BTreeSet<&Version> = fixed.flat_map(Affected::fixed).collect();
    let later = fixed
        .into_iter()
        .filter(|fixed| *fixed > version && is_spared(fixed));
    let mut parts = hits.iter().flat_map(|record| record.of(package));
    Advisory {
        summary: first(&|it| Some(it.summary.clone()).filter(|it| !it.is_empty()))
            .unwrap_or_default(),
        score: hits.iter().filter_map(|record| record.score).max(),
        is_malware: ids.iter().any(|id| is_malware_id(id)),
        bounds: parts.find_map(|part| part.bounds(version)),
        fixed: later.cloned().collect(),
        link: first(&|it| it.link.clone()),
        ids,
    }
}
