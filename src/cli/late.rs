//! Options that are described to clap when their command was typed.

use clap::builder::Resettable;
use clap::{ArgMatches, Args, Command, FromArgMatches};

/// The options of a command, which are described to clap when that command was typed and not before:
/// describing those of all commands takes longer than reading a small lock.
#[derive(Debug)]
pub(crate) struct Late<T>(pub(crate) Box<T>);

impl<T: Args> Args for Late<T> {
    fn augment_args(command: Command) -> Command {
        command.defer(|command| described_as(&command.clone(), T::augment_args(command)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        command.defer(|command| described_as(&command.clone(), T::augment_args_for_update(command)))
    }
}

/// Gives a command the description of another: that of the list of commands, and not what the
/// programmer is told of its options.
fn described_as(other: &Command, command: Command) -> Command {
    let short = Resettable::from(other.get_about().cloned());
    let long = Resettable::from(other.get_long_about().cloned());
    command.about(short).long_about(long)
}

impl<T: FromArgMatches> FromArgMatches for Late<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        T::from_arg_matches(matches).map(|args| Self(Box::new(args)))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.update_from_arg_matches(matches)
    }
}
