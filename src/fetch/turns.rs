//! Turns at long work. Pages of some megabytes are unpacked and decoded on threads of their own, so
//! that answers which are there meanwhile are not left lying; two of them at once, and no more. One after the other the smallest and the one that waits longest have their turn: what
//! small pages require opens the way to all else, and what all wait for at the end must not be the
//! large ones.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use tokio::sync::oneshot;

use super::once::lock;

/// So many work at once.
const AT_ONCE: usize = 2;

/// No more room than that is kept for the next.
const MOST_SPACE: usize = 4 << 20;

/// Who works, and who waits.
#[derive(Debug)]
pub(super) struct Turns(Mutex<State>);

#[derive(Debug)]
struct State {
    /// How many turns nobody has.
    free: usize,
    came: u64,
    /// Whether the smallest is next.
    favours_small: bool,
    /// By size; the number says who came first.
    waiting: BTreeMap<(u64, u64), oneshot::Sender<Turn>>,
}

/// A turn, which ends when this is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    turns: Arc<Turns>,
    /// Room to unpack in, which the one before left: new memory costs more time than what is done
    /// with it.
    pub(super) space: Vec<u8>,
}

impl Turns {
    /// Starts with nobody at work.
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(State {
            free: AT_ONCE,
            came: 0,
            favours_small: true,
            waiting: BTreeMap::new(),
        })))
    }

    /// Waits for a turn at work on so many bytes.
    pub(super) async fn wait(self: &Arc<Self>, size: u64) -> Turn {
        let receiver = {
            let mut state = lock(&self.0);
            state.came += 1;
            if state.free > 0 {
                state.free -= 1;
                return self.turn(Vec::new());
            }
            let (sender, receiver) = oneshot::channel();
            let came = state.came;
            state.waiting.insert((size, came), sender);
            receiver
        };
        // Nobody forgets a sender; if it were so, one more at work does no harm.
        receiver.await.unwrap_or_else(|_| self.turn(Vec::new()))
    }

    fn turn(self: &Arc<Self>, space: Vec<u8>) -> Turn {
        let turns = Arc::clone(self);
        Turn { turns, space }
    }
}

impl State {
    fn next(&mut self) -> Option<oneshot::Sender<Turn>> {
        self.waiting.retain(|_, sender| !sender.is_closed());
        let mut waiting = self.waiting.keys();
        let next = match self.favours_small {
            true => waiting.next(),
            false => waiting.min_by_key(|(_, came)| *came),
        };
        let next = *next?;
        self.favours_small = !self.favours_small;
        self.waiting.remove(&next)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut space = std::mem::take(&mut self.space);
        if space.capacity() > MOST_SPACE {
            space = Vec::new();
        }
        let mut state = lock(&self.turns.0);
        match state.next() {
            None => state.free += 1,
            Some(next) => {
                drop(state);
                // What nobody takes any more ends here, and goes to the next.
                drop(next.send(self.turns.turn(space)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::at_once::at_once;

    #[test]
    fn the_smallest_and_the_first_take_turns_and_who_left_is_passed_over() {
        let turns = Turns::new();
        let mut at_work: Vec<Turn> = (0..AT_ONCE)
            .map(|_| at_once(turns.wait(1)).expect("it is free"))
            .collect();
        let mut waiting: Vec<_> = [9, 3, 1, 2].map(|size| Box::pin(turns.wait(size))).into();
        for one in &mut waiting {
            assert!(at_once(one).is_none());
        }
        let mut ready = |waiting: &mut Vec<std::pin::Pin<Box<_>>>| {
            drop(at_work.pop());
            waiting.iter_mut().position(|one| {
                at_once(one).is_some_and(|turn| {
                    at_work.push(turn);
                    true
                })
            })
        };

        drop(waiting.remove(2));
        let smallest = ready(&mut waiting);
        assert_eq!(smallest, Some(2));
        drop(waiting.remove(2));
        assert_eq!(ready(&mut waiting), Some(0));
        drop(waiting.remove(0));
        assert_eq!(ready(&mut waiting), Some(0));
    }
}
