//! The terminal of this process: what it can show, and the only place that writes to it.

use std::io::{IsTerminal as _, Write as _};

use super::Exit;
use super::args::{ColorChoice, GlobalArgs};
use crate::report::{Style, count, printable};
use crate::solve::Failure;
use crate::source::Problem;

/// Narrower than this, lines are not broken.
const NARROWEST: usize = 40;

/// Whoever has mended so many asks again.
const MOST_PROBLEMS: usize = 20;

/// Where messages go, and how they may look. Results go to standard output, all else to standard
/// error.
#[derive(Debug)]
pub(super) struct Terminal {
    /// How messages look.
    pub(super) style: Style,
    /// How results look that go to standard output.
    pub(super) style_of_results: Style,
    /// Whether somebody watches: progress is shown.
    pub(super) is_watched: bool,
    /// Whether only failures are said.
    pub(super) is_quiet: bool,
    /// How much is said beyond the outcome.
    pub(super) verbosity: u8,
}

impl Terminal {
    /// Finds out about standard error, as the options and `NO_COLOR`, `CLICOLOR_FORCE`, `TERM` say.
    pub(super) fn of_this_process(args: &GlobalArgs) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let colour = match args.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto if is_set("NO_COLOR") => false,
            ColorChoice::Auto => is_set("CLICOLOR_FORCE") || (is_terminal && !is_dumb),
        };
        let (_, columns) = console::Term::stderr().size_checked().unwrap_or((24, 100));
        let style = Style {
            colour,
            unicode: speaks_unicode(),
            width: usize::from(columns).clamp(NARROWEST, 120),
        };
        let is_piped = args.color != ColorChoice::Always && !std::io::stdout().is_terminal();
        let style_of_results = match is_piped {
            false => style,
            true => Style {
                colour: false,
                width: Style::plain().width,
                ..style
            },
        };
        Self {
            style,
            style_of_results,
            is_watched: is_terminal && !is_dumb && !args.quiet,
            is_quiet: args.quiet,
            verbosity: args.verbose,
        }
    }

    /// A terminal for work that is nobody's to watch: what is said there is for the caller to tell.
    pub(super) fn silent() -> Self {
        Self {
            style: Style::plain(),
            style_of_results: Style::plain(),
            is_watched: false,
            is_quiet: true,
            verbosity: 0,
        }
    }

    /// Says something on standard error. That nobody can hear it is no failure.
    pub(super) fn say(&self, text: &str) {
        let text = printable(text.trim_end_matches('\n'), self.style);
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }

    /// Says something unless only failures are to be said.
    pub(super) fn mention(&self, text: &str) {
        if !self.is_quiet {
            self.say(text);
        }
    }

    /// Says why the outside world failed.
    pub(super) fn say_failure(&self, failure: &Failure) {
        let style = self.style;
        let mut text = format!("{}: {}", style.bold(&style.red("error")), failure.doing);
        for cause in &failure.causes {
            text.push_str(&format!("\n  caused by: {}", style.wrapped(cause, 13)));
        }
        if let Some(help) = &failure.help {
            text.push_str(&format!(
                "\n{}: {}",
                style.bold("help"),
                style.wrapped(help, 6)
            ));
        }
        self.say(&text);
    }

    /// Says what is wrong with the inputs; warnings only where they are wanted.
    pub(super) fn say_problems(&self, problems: &[Problem]) {
        let is_told = |problem: &&Problem| problem.is_error() || !self.is_quiet;
        for problem in problems.iter().filter(is_told).take(MOST_PROBLEMS) {
            self.say(&crate::report::draw_problem(problem, self.style));
        }
        let told = problems.iter().filter(is_told).count();
        if told > MOST_PROBLEMS {
            let more = count(told - MOST_PROBLEMS, "problem");
            self.say(&format!("… and {more} more"));
        }
    }

    /// Shows a result for people on standard output.
    pub(super) fn show(&self, text: &str) -> Exit {
        self.hand_out(&printable(text, self.style_of_results))
    }

    /// Writes a result for programs to standard output, sign by sign.
    pub(super) fn hand_out(&self, text: &str) -> Exit {
        match self.put_out(text) {
            Ok(()) => Exit::Fine,
            Err(error) => {
                let message = format!("the answer could not be written: {error}");
                self.say_problems(&[Problem::anywhere(message)]);
                Exit::Outside
            }
        }
    }

    /// Writes text of the user's files to standard output: exactly into a file or pipe, and shown to
    /// a person without what would steer the terminal.
    pub(super) fn put_out_text(&self, text: &str) -> std::io::Result<()> {
        match std::io::stdout().is_terminal() {
            true => self.put_out(&printable(text, self.style_of_results)),
            false => self.put_out(text),
        }
    }

    /// Writes a result to standard output.
    pub(super) fn put_out(&self, text: &str) -> std::io::Result<()> {
        let mut out = std::io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }
}

/// Whether the terminal's locale is UTF-8; Windows consoles that run us today are.
fn speaks_unicode() -> bool {
    if cfg!(windows) {
        return true;
    }
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    locale.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}
