//! What rules weigh, as a user has it: options of the command line before the project's table.

use super::{Rule, Severity};

/// What a rule is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Not told.
    Allow,
    /// At most a warning.
    Warn,
    /// An error.
    Deny,
}

/// The levels of rules, by code or name; the last one counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Levels {
    /// Rule and level, the weaker saying first.
    pub said: Vec<(String, Level)>,
    /// Whether what could not be judged is an error.
    pub is_strict: bool,
}

impl Level {
    /// Reads `allow`, `warn`, `deny`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "allow" => Some(Self::Allow),
            "warn" => Some(Self::Warn),
            "deny" => Some(Self::Deny),
            _ => None,
        }
    }
}

impl Levels {
    fn of(&self, rule: &Rule) -> Option<Level> {
        let mut said = self.said.iter().rev();
        let found = said.find(|(code, _)| code.eq_ignore_ascii_case(rule.id) || code == rule.name);
        found.map(|(_, level)| *level)
    }

    /// Whether a rule is not wanted.
    pub fn allows(&self, rule: &Rule) -> bool {
        self.of(rule) == Some(Level::Allow)
    }

    /// Returns what a finding weighs that would weigh so much by itself.
    pub(super) fn weigh(&self, rule: &Rule, severity: Severity) -> Severity {
        match self.of(rule) {
            Some(Level::Deny) => Severity::Error,
            Some(Level::Warn) => severity.min(Severity::Warning),
            Some(Level::Allow) | None => severity,
        }
    }
}
