//! What advisories say of the packages of a lock.

/// The advisories that meet packages of the lock.
#[derive(Clone, Debug, Default)]
pub struct AdvisoryEvidence {}
