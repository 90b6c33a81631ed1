//! Where a requirement of a locked package counts: on the target, or, where none is known, in all of
//! the environments that the lock claims, in none of them, or in some.

use std::cell::RefCell;

use super::subject::On;
use crate::lock::{Lock, LockedPackage};
use crate::package::{Marker, MarkerTexts, MarkerTree, Specifiers};
use crate::target::Target;

/// Where the requirements of a package count.
pub(super) struct Counts<'a> {
    package: &'a LockedPackage,
    on: &'a On<'a>,
    /// The environments that the lock claims for the package.
    claimed: RefCell<Option<MarkerTree>>,
    lock: &'a Lock,
}

impl<'a> Counts<'a> {
    pub(super) fn new(lock: &'a Lock, package: &'a LockedPackage, on: &'a On<'a>) -> Self {
        Self {
            package,
            on,
            claimed: RefCell::new(None),
            lock,
        }
    }

    /// Whether a requirement with a marker counts; nothing where it does in some environments alone.
    pub(super) fn holds(&self, marker: &Marker) -> Option<bool> {
        let extras = &self.package.extras;
        match self.on.holds(marker, extras) {
            Some(holds) => Some(holds),
            None if !marker.tree().evaluate_extras(extras) => Some(false),
            None => self.holds_in_claimed(marker),
        }
    }

    fn holds_in_claimed(&self, marker: &Marker) -> Option<bool> {
        let claimed = self
            .claimed
            .borrow_mut()
            .get_or_insert_with(|| claimed(self.lock, self.package))
            .clone();
        let marker = marker.tree().clone().simplify_extras(&self.package.extras);
        let mut inside = claimed.clone();
        inside.and(marker.clone());
        if inside.is_false() {
            return Some(false);
        }
        let mut outside = claimed;
        outside.and(marker.negate());
        outside.is_false().then_some(true)
    }
}

/// Whether a target is among the environments of a lock.
pub(super) fn covers(lock: &Lock, target: &Target) -> bool {
    let wanted = lock.requires_python.as_deref();
    let wanted = wanted.and_then(|text| Specifiers::parse_lenient(text).ok());
    let is_python = wanted.is_none_or(|wanted| target.admits_python(&wanted));
    let markers = &mut MarkerTexts::default();
    let mut environments = lock.environments.iter();
    let holds = |text: &String| {
        let marker = markers.parse(text);
        marker.is_ok_and(|marker| marker.holds(target.environment(), &[]))
    };
    is_python && (lock.environments.is_empty() || environments.any(holds))
}

/// Returns the environments of the lock in which a package counts; what cannot be read narrows
/// nothing.
fn claimed(lock: &Lock, package: &LockedPackage) -> MarkerTree {
    let read = |text: &str| {
        let marker = Marker::parse_lenient(text).ok();
        marker.map_or(MarkerTree::TRUE, |(marker, _)| marker.tree().clone())
    };
    let mut claimed = read(&python_marker(
        lock.requires_python.as_deref().unwrap_or_default(),
    ));
    let mut environments = MarkerTree::FALSE;
    for text in &lock.environments {
        environments.or(read(text));
    }
    if !lock.environments.is_empty() {
        claimed.and(environments);
    }
    claimed.and(read(package.marker.as_deref().unwrap_or_default()));
    claimed
}

/// Writes `>=3.9,<4` as a marker.
fn python_marker(requires_python: &str) -> String {
    let specifiers = Specifiers::parse_lenient(requires_python);
    let text = specifiers.map(|it| it.to_string()).unwrap_or_default();
    let clauses = text.split(',').filter(|clause| !clause.is_empty());
    let clauses = clauses.map(|clause| {
        let (operator, version) =
            clause.split_at(clause.find(|c: char| c.is_ascii_digit()).unwrap_or(0));
        format!("python_full_version {operator} '{version}'")
    });
    clauses.collect::<Vec<_>>().join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_requirement_counts_in_all_in_some_or_in_no_claimed_environment() {
        let lock = Lock {
            requires_python: Some(">=3.11,<4".to_owned()),
            environments: vec!["sys_platform == 'linux'".to_owned()],
            ..Lock::empty()
        };
        let package = LockedPackage::new("a".parse().unwrap(), None);
        let on = On::new(&lock, None, None);
        let counts = Counts::new(&lock, &package, &on);
        let holds = |text: &str| counts.holds(&Marker::parse(text).unwrap());

        assert_eq!(holds(""), Some(true));
        assert_eq!(holds("python_version >= '3.8'"), Some(true));
        assert_eq!(holds("python_version < '3.11'"), Some(false));
        assert_eq!(holds("sys_platform == 'win32'"), Some(false));
        assert_eq!(holds("extra == 'fast'"), Some(false));
        assert_eq!(holds("python_version >= '3.12'"), None);
    }
}
