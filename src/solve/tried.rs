//! Why a version that looked usable is not, found when it was tried.

use std::fmt;
use std::rc::Rc;

/// The reason against a version that was tried.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TriedAndRefused {
    /// The reason, as what follows "cannot be used:".
    pub(crate) why: Rc<str>,
    /// Whether it is the target's Python that is refused: another one may serve.
    pub(crate) is_python: bool,
}

impl TriedAndRefused {
    /// Says which Python a version needs.
    pub(crate) fn needs_python(wanted: impl fmt::Display) -> Self {
        Self {
            why: format!("it needs Python {wanted}").into(),
            is_python: true,
        }
    }
}

impl<T: Into<Rc<str>>> From<T> for TriedAndRefused {
    fn from(why: T) -> Self {
        Self {
            why: why.into(),
            is_python: false,
        }
    }
}

impl fmt::Display for TriedAndRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}
