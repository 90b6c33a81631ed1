//! How fast servers answer, and from when on an answer is late.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// An answer that takes so many times longer than usual is late.
const LATE: u32 = 8;
/// No answer is late before.
const LEAST: Duration = Duration::from_millis(250);
/// Every answer is late after.
const MOST: Duration = Duration::from_millis(1000);
/// One answer counts for so much of what is usual.
const SHARE: u64 = 8;

/// What is usual, in microseconds; 0 before the first answer.
#[derive(Debug, Default)]
pub(super) struct Pace(AtomicU64);

impl Pace {
    /// Takes an answer into account. Of two at once one may be lost, which does no harm.
    pub(super) fn note(&self, took: Duration) {
        let took = u64::try_from(took.min(MOST).as_micros()).unwrap_or(u64::MAX);
        let usual = match self.0.load(Ordering::Relaxed) {
            0 => took,
            usual => (usual * (SHARE - 1) + took) / SHARE,
        };
        self.0.store(usual.max(1), Ordering::Relaxed);
    }

    /// Returns how long to wait for an answer before it is late.
    pub(super) fn patience(&self) -> Duration {
        match self.0.load(Ordering::Relaxed) {
            0 => MOST,
            usual => (Duration::from_micros(usual) * LATE).clamp(LEAST, MOST),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(answers: &[u64]) -> u128 {
        let pace = Pace::default();
        for took in answers {
            pace.note(Duration::from_millis(*took));
        }
        pace.patience().as_millis()
    }

    #[test]
    fn the_faster_servers_answer_the_sooner_an_answer_is_late() {
        assert_eq!(after(&[]), 1000);
        assert_eq!(after(&[5; 20]), 250);
        assert_eq!(after(&[60; 20]), 480);
        assert_eq!(after(&[400; 20]), 1000);
    }

    #[test]
    fn a_server_that_becomes_slow_is_waited_for_again() {
        let mut answers = vec![20; 20];
        assert_eq!(after(&answers), 250);

        answers.extend([300; 20]);
        assert_eq!(after(&answers), 1000);
    }
}
