//! Whose turn it is: each caller has one search made at a time, and a few that wait. So one who asks for what is slow takes one place, whatever
//! they send, and the others' searches go on.

use parking_lot::Mutex;
use std::{collections::HashMap, sync::Arc, time::Duration};
use streamly_http::Holder;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Turns by caller; only of those who search or wait at this moment.
#[derive(Default)]
pub(super) struct Callers(Arc<Mutex<HashMap<Holder, Asking>>>);

struct Asking {
    turn: Arc<Semaphore>,
    /// Who searches, and who waits.
    count: usize,
}

/// No turn.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoTurn {
    /// As many of this caller wait as may.
    TooMany,
    /// It did not come in time.
    TooLong,
}

/// A caller's turn, until it is dropped.
pub(super) struct Turn {
    _permit: OwnedSemaphorePermit,
    _seat: Seat,
}

struct Seat {
    all: Arc<Mutex<HashMap<Holder, Asking>>>,
    caller: Holder,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut all = self.all.lock();
        if let Some(asking) = all.get_mut(&self.caller) {
            asking.count -= 1;
            if asking.count == 0 {
                all.remove(&self.caller);
            }
        }
    }
}

impl Callers {
    /// Waits for the caller's turn, for that long; at most `most` of one caller search or wait.
    pub(super) async fn turn(&self, caller: Holder, most: usize, patience: Duration) -> Result<Turn, NoTurn> {
        let (turn, seat) = {
            let mut all = self.0.lock();
            let asking =
                all.entry(caller).or_insert_with(|| Asking { turn: Arc::new(Semaphore::new(1)), count: 0 });
            if asking.count >= most.max(1) {
                return Err(NoTurn::TooMany);
            }
            asking.count += 1;
            (asking.turn.clone(), Seat { all: self.0.clone(), caller })
        };
        match tokio::time::timeout(patience, turn.acquire_owned()).await {
            Ok(Ok(permit)) => Ok(Turn { _permit: permit, _seat: seat }),
            _ => Err(NoTurn::TooLong),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;

    /// For a turn that comes, and for one that does not.
    const LONG: Duration = Duration::from_secs(60);
    const SHORT: Duration = Duration::from_millis(20);

    fn caller(n: u8) -> Holder {
        IpAddr::from([192, 0, 2, n]).into()
    }

    #[tokio::test]
    async fn one_caller_has_one_turn_at_a_time_and_others_have_theirs() {
        let callers = Callers::default();
        let first = callers.turn(caller(1), 3, LONG).await.unwrap_or_else(|e| panic!("{e:?}"));
        assert_eq!(callers.turn(caller(1), 3, SHORT).await.err(), Some(NoTurn::TooLong));
        assert!(callers.turn(caller(2), 3, LONG).await.is_ok());
        let (next, ()) = tokio::join!(callers.turn(caller(1), 3, LONG), async { drop(first) });
        assert!(next.is_ok());
    }

    #[tokio::test]
    async fn only_a_few_wait_and_whoever_is_gone_is_forgotten() {
        let callers = Callers::default();
        let first = callers.turn(caller(1), 2, LONG).await;
        // Polled in this order: the second waits when the third comes.
        let (second, third) =
            tokio::join!(callers.turn(caller(1), 2, SHORT), callers.turn(caller(1), 2, LONG));
        assert_eq!((second.err(), third.err()), (Some(NoTurn::TooLong), Some(NoTurn::TooMany)));
        drop(first);
        assert!(callers.0.lock().is_empty());
    }
}
