//! Something in the user's input that could not be read or makes no sense: a value, so that
//! reading can go on and all of them are told at once.

use super::Origin;

/// How much a [`Problem`] weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Nothing can be answered before it is mended.
    Error,
    /// The answer stands, but it may not be what was meant.
    Warning,
}

/// One thing that is wrong with an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Whether the work can go on with it.
    pub level: Level,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// Where, if the input is a text.
    pub origin: Option<Origin>,
    /// What to type instead, as a sentence.
    pub help: Option<String>,
}

impl Problem {
    /// Describes a problem at a place.
    pub fn at(origin: Origin, message: impl Into<String>) -> Self {
        Self {
            level: Level::Error,
            message: message.into(),
            origin: Some(origin),
            help: None,
        }
    }

    /// Describes a problem that has no place in a text.
    pub fn anywhere(message: impl Into<String>) -> Self {
        Self {
            level: Level::Error,
            message: message.into(),
            origin: None,
            help: None,
        }
    }

    /// Makes it one that does not stop the work.
    #[must_use]
    pub fn as_warning(mut self) -> Self {
        self.level = Level::Warning;
        self
    }

    /// Whether it stops the work.
    pub fn is_error(&self) -> bool {
        self.level == Level::Error
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
