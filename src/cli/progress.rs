//! What is shown while waiting for the network: one line that says what is being fetched, gone
//! when the work is done.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::terminal::Terminal;
use crate::fetch::{Event, Listener};

/// A line of progress on a terminal that somebody watches; nothing elsewhere.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    doing: &'static str,
}

#[derive(Default)]
struct Counted {
    pages: AtomicU64,
    metadata: AtomicU64,
}

impl Progress {
    /// Prepares the line; it shows with the first event.
    pub(super) fn new(terminal: &Terminal) -> Self {
        Self::saying("Resolving", terminal)
    }

    /// Prepares the line for other work than solving.
    pub(super) fn saying(doing: &'static str, terminal: &Terminal) -> Self {
        let bar = terminal.is_watched.then(|| {
            let bar = ProgressBar::new_spinner();
            let template = match terminal.style.unicode {
                true => "{spinner} {msg}",
                false => "{msg}",
            };
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar
        });
        Self { bar, doing }
    }

    /// Returns what hears of the events.
    pub(super) fn listener(&self) -> Option<Listener> {
        let bar = self.bar.clone()?;
        let doing = self.doing;
        let counted = Counted::default();
        let listener: Listener = Arc::new(move |event: Event<'_>| {
            let name = match event {
                Event::PageAsked(name) | Event::MetadataAsked(name) | Event::BuildEnded(name) => {
                    name
                }
                Event::BuildStarted(name) => {
                    bar.enable_steady_tick(Duration::from_millis(100));
                    bar.set_message(format!("Building {name}"));
                    return;
                }
                Event::PageArrived(name) => {
                    counted.pages.fetch_add(1, Ordering::Relaxed);
                    name
                }
                Event::MetadataArrived(name) => {
                    counted.metadata.fetch_add(1, Ordering::Relaxed);
                    name
                }
            };
            bar.enable_steady_tick(Duration::from_millis(100));
            bar.set_message(format!(
                "{doing}: {} projects, {} versions read, {name}",
                counted.pages.load(Ordering::Relaxed),
                counted.metadata.load(Ordering::Relaxed),
            ));
        });
        Some(listener)
    }

    /// Shows how far the work is.
    pub(super) fn say(&self, text: String) {
        if let Some(bar) = &self.bar {
            bar.enable_steady_tick(Duration::from_millis(100));
            bar.set_message(text);
        }
    }

    /// Says how much of something is done.
    pub(super) fn count(&self, what: &str, done: usize, total: usize) {
        self.say(format!("{what}: {done} of {total} packages"));
    }

    /// Takes the line away.
    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
