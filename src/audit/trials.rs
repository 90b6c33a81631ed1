//! What solving the declarations showed: whether there is a solution, what it is today, and what
//! changes when a declaration is taken away.

use std::collections::BTreeMap;

use super::Fix;
use crate::explain::Explanation;
use crate::package::{Declaration, PackageName, Version};

/// What solves showed.
#[derive(Clone, Debug, Default)]
pub struct Trials {
    /// The conflicts of the declarations, as they stand against one another.
    pub conflicts: Vec<Unsatisfiable>,
    /// The pins that alone stand in the way.
    pub blocking: Vec<Blocking>,
    /// The declarations of which a bound can go and nothing changes.
    pub idle: Vec<Idle>,
    /// The declarations of which that was not tried out, as there was no time left.
    pub untried: Vec<PackageName>,
    /// What pyaudit would lock, which heeds undeclared bounds; none where it could not.
    pub lock: Option<BTreeMap<PackageName, Version>>,
    /// Whether every conflict and repair was looked for.
    pub is_complete: bool,
}

/// A declaration of which a bound can go.
#[derive(Clone, Debug)]
pub struct Idle {
    /// The declaration.
    pub declaration: Declaration,
    /// The change; solved. None where its file cannot be edited.
    pub fix: Option<Fix>,
}

/// A conflict.
#[derive(Clone, Debug)]
pub struct Unsatisfiable {
    /// The facts of it.
    pub explanation: Explanation,
    /// What mends it, together with all other conflicts; solved.
    pub fix: Option<Fix>,
}

/// A pin whose change alone gives a solution.
#[derive(Clone, Debug)]
pub struct Blocking {
    /// The pin.
    pub declaration: Declaration,
    /// The target that it stands in the way of: `Python 3.13 on Linux x86_64`; none where it does
    /// so on every target.
    pub of: Option<String>,
    /// The change; solved.
    pub fix: Fix,
}
