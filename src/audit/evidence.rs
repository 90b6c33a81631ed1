//! What was gathered beside a lock, for the rules that need more than it says. It is gathered by the
//! edge, before the audit: rules are given values, and ask nobody.

use super::{AdvisoryEvidence, ContentsEvidence, IndexEvidence, Installed, Texts, Trials};

/// What was gathered. None of it: nobody asked for it, and the rules that need it are left out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Evidence<'a> {
    /// What the indexes say of the locked packages.
    pub index: Option<&'a IndexEvidence>,
    /// What is known to be vulnerable.
    pub advisories: Option<&'a AdvisoryEvidence>,
    /// What is installed.
    pub installed: Option<&'a Installed>,
    /// What solving the declarations showed.
    pub trials: Option<&'a Trials>,
    /// What the files of the packages are, and what the compiled ones say.
    pub contents: Option<&'a ContentsEvidence>,
    /// What the texts of the project say.
    pub texts: Option<&'a Texts>,
}
