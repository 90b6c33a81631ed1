//! Each question is asked once and answered to all: whoever claims a key first must answer it, and
//! the others wait on a condition variable. A task waits only for what is judged at that moment: what
//! has to be fetched it leaves to whoever is at it.

use std::hash::Hash;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use foldhash::HashMap;

/// Questions by key, each with its answer or with somebody at work on it.
pub(super) struct Once<K, V> {
    slots: Mutex<HashMap<K, Arc<Slot<V>>>>,
}

/// What became of a claim.
pub(super) enum Claim<V: Clone> {
    /// It is known already.
    Known(V),
    /// Nobody has asked before: the claimant answers.
    Mine(Duty<V>),
    /// Somebody is at work on it.
    Pending(Arc<Slot<V>>),
}

/// The place of one answer.
pub(super) struct Slot<V> {
    state: Mutex<State<V>>,
    answered: Condvar,
}

enum State<V> {
    Open,
    /// Somebody waits for the answer.
    Awaited,
    Answered(V),
    Abandoned,
}

/// The duty to answer; dropped unfulfilled, it lets the waiting go instead of leaving them for
/// ever, and whoever asks next has it.
pub(super) struct Duty<V: Clone> {
    slot: Arc<Slot<V>>,
    is_done: bool,
}

impl<K: Eq + Hash, V: Clone> Once<K, V> {
    /// Returns a set of no questions.
    pub(super) fn new() -> Self {
        Self {
            slots: Mutex::new(HashMap::default()),
        }
    }

    /// Claims a key.
    pub(super) fn claim(&self, key: K) -> Claim<V> {
        let mut slots = lock(&self.slots);
        if let Some(slot) = slots.get(&key) {
            match &*lock(&slot.state) {
                State::Answered(answer) => return Claim::Known(answer.clone()),
                State::Open | State::Awaited => return Claim::Pending(Arc::clone(slot)),
                State::Abandoned => {}
            }
        }
        let slot = Arc::new(Slot {
            state: Mutex::new(State::Open),
            answered: Condvar::new(),
        });
        slots.insert(key, Arc::clone(&slot));
        Claim::Mine(Duty {
            slot,
            is_done: false,
        })
    }

    /// Returns the answer, waiting for whoever is at work on it, or the duty to answer.
    pub(super) fn wait_or_claim(&self, key: &K) -> Result<V, Duty<V>>
    where
        K: Clone,
    {
        loop {
            match self.claim(key.clone()) {
                Claim::Known(answer) => return Ok(answer),
                Claim::Mine(duty) => return Err(duty),
                Claim::Pending(slot) => {
                    if let Some(answer) = slot.wait() {
                        return Ok(answer);
                    }
                }
            }
        }
    }
}

impl<V: Clone> Slot<V> {
    /// Waits for the answer; `None` if whoever was to answer gave up.
    pub(super) fn wait(&self) -> Option<V> {
        let mut state = lock(&self.state);
        loop {
            match &*state {
                State::Answered(answer) => return Some(answer.clone()),
                State::Abandoned => return None,
                State::Open | State::Awaited => {}
            }
            *state = State::Awaited;
            state = self
                .answered
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn settle(&self, state: State<V>) {
        let before = std::mem::replace(&mut *lock(&self.state), state);
        // Most answers come before anybody waits, and waking nobody is a call of the system too.
        if matches!(before, State::Awaited) {
            self.answered.notify_all();
        }
    }
}

impl<V: Clone> Duty<V> {
    /// Answers all who wait and all who will ask.
    pub(super) fn answer(mut self, answer: V) {
        self.is_done = true;
        self.slot.settle(State::Answered(answer));
    }
}

impl<V: Clone> Drop for Duty<V> {
    fn drop(&mut self) {
        if !self.is_done {
            self.slot.settle(State::Abandoned);
        }
    }
}

/// Locks; a panic elsewhere does not make the data behind any of our locks wrong.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_to_claim_answers_and_all_others_hear_it() {
        let once: Once<&str, u32> = Once::new();
        let Claim::Mine(duty) = once.claim("a") else {
            panic!("nobody asked before");
        };
        let Claim::Pending(slot) = once.claim("a") else {
            panic!("it is being answered");
        };

        let heard = std::thread::scope(|scope| {
            let waiting = scope.spawn(|| slot.wait());
            duty.answer(7);
            waiting.join().unwrap()
        });

        assert_eq!(heard, Some(7));
        assert!(matches!(once.claim("a"), Claim::Known(7)));
    }

    #[test]
    fn an_abandoned_duty_lets_the_waiting_go_and_passes_on() {
        let once: Once<&str, u32> = Once::new();
        let Claim::Mine(duty) = once.claim("a") else {
            panic!("nobody asked before");
        };
        let Claim::Pending(slot) = once.claim("a") else {
            panic!("it is being answered");
        };

        drop(duty);

        assert_eq!(slot.wait(), None);
        once.wait_or_claim(&"a").unwrap_err().answer(7);
        assert!(matches!(once.wait_or_claim(&"a"), Ok(7)));
    }
}
