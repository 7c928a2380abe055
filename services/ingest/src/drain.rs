//! Draining: this node takes no new publisher, and those it has are asked to go elsewhere once that is certain to take them.
//!
//! The order matters: tell `stream`, stop listening, hear from `stream` that another node takes publishers, and only then ask. A publisher that
//! is asked (RTMP message type 0x20) and then refused gives up for good, while one that is cut off tries again for hours. It connects
//! to the same URL again, and what stands there may lead to any node: so one that came by RTMPS is asked only while all the other nodes take
//! that ([`Places`]). Nobody is asked twice: who has not moved by its next keyframe does not understand, and runs on until it ends or the
//! drain is over.

use crate::node::Node;
use parking_lot::Mutex;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use streamly_lifecycle::CancellationToken;
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval},
};

/// Between two turns. In each one publisher is asked, so that the other nodes are not rushed at; or as many as it takes to ask all in time.
const TURN: Duration = Duration::from_millis(250);

/// A broadcast waits at least so long for a publisher that leaves a draining node, also where its channel has no grace; `stream` does the same.
/// So long may it take a publisher to go once it is asked: it does so at its next keyframe, 8.33 s away at most with a stock OBS.
pub(crate) const MOVE: Duration = Duration::from_secs(10);

/// A publisher that was asked to go and has gone is at the other node within so long, and not called away before: OBS connects again at
/// once, other encoders after two or three seconds.
pub(crate) const ON_ITS_WAY: Duration = Duration::from_secs(3);

/// The other nodes that take publishers at this moment; none while `stream` says nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Places {
    pub(crate) nodes: u32,
    /// How many of them take RTMPS.
    pub(crate) rtmps: u32,
}

impl Places {
    /// Whether a publisher's next connection is taken whichever of them it reaches. `secure`: by RTMPS.
    pub(crate) fn take(self, secure: bool) -> bool {
        self.nodes > 0 && (!secure || self.rtmps >= self.nodes)
    }
}

/// How far the draining is.
#[derive(Default)]
pub(crate) struct Drain {
    begun: CancellationToken,
    deaf: CancellationToken,
    elsewhere: watch::Sender<Places>,
    over: Mutex<Option<Instant>>,
}

impl Drain {
    pub(crate) fn begin(&self) {
        self.begun.cancel();
    }

    pub(crate) fn is_begun(&self) -> bool {
        self.begun.is_cancelled()
    }

    pub(crate) async fn begun(&self) {
        self.begun.cancelled().await;
    }

    /// The node stops then: whoever is still here is cut off. Not known of a drain that is only commanded.
    pub(crate) fn over_at(&self, at: Instant) {
        *self.over.lock() = Some(at);
    }

    /// The RTMP listener is closed: a new connection reaches another node.
    pub(crate) fn deaf(&self) {
        self.deaf.cancel();
    }

    pub(crate) async fn is_deaf(&self) {
        self.deaf.cancelled().await;
    }

    /// Where publishers can go, as `stream` says.
    pub(crate) fn elsewhere(&self, places: Places) {
        self.elsewhere.send_replace(places);
    }

    /// Whether there is any.
    pub(crate) fn has_elsewhere(&self) -> bool {
        self.elsewhere.borrow().nodes > 0
    }
}

/// Asks publishers to move, turn by turn, for as long as the node runs.
pub(crate) async fn move_publishers(node: Arc<Node>) {
    node.drain.begun().await;
    node.drain.is_deaf().await;
    let mut elsewhere = node.drain.elsewhere.subscribe();
    let mut turns = interval(TURN);
    // Turns that nobody could be asked in are not made up for.
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while elsewhere.wait_for(|places| places.take(false)).await.is_ok() {
        turns.tick().await;
        let places = *elsewhere.borrow();
        let mut waiting = node.running();
        waiting.retain(|broadcast| broadcast.can_move(places));
        let over = *node.drain.over.lock();
        let share = share(waiting.len(), over.map(|at| at.saturating_duration_since(Instant::now())));
        for broadcast in waiting.iter().filter(|broadcast| broadcast.ask_to_move(places)).take(share) {
            node.meters.go_aways.increment(1);
            tracing::info!(broadcast = broadcast.id, "publisher asked to go elsewhere");
        }
    }
}

/// How many of the waiting ones are asked in this turn; `left`: until the drain is over. The last is asked [`MOVE`] before that, all at
/// once where there is no such time.
fn share(waiting: usize, left: Option<Duration>) -> usize {
    let Some(left) = left else { return 1 };
    let turns = left.saturating_sub(MOVE).as_millis() / TURN.as_millis();
    waiting.div_ceil(usize::try_from(turns).unwrap_or(usize::MAX).max(1)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The time that asking so many takes, with so long a drain.
    fn asking(mut waiting: usize, drain: Duration) -> Duration {
        let mut took = Duration::ZERO;
        while waiting > 0 {
            waiting -= share(waiting, Some(drain.saturating_sub(took))).min(waiting);
            took += TURN;
        }
        // The first turn is at once.
        took - TURN
    }

    #[test]
    fn however_many_there_are_each_is_asked_with_time_to_go() {
        for waiting in [1, 2, 7, 60, 61, 500, 2_000] {
            for drain in [0, 1, 9, 10, 11, 20, 25, 60, 600] {
                let (drain, took) = (Duration::from_secs(drain), asking(waiting, Duration::from_secs(drain)));
                assert!(took <= drain.saturating_sub(MOVE), "{waiting} in {drain:?} took {took:?}");
            }
        }
    }

    #[test]
    fn a_publisher_is_asked_only_if_any_other_node_takes_it() {
        let places = |nodes, rtmps| Places { nodes, rtmps };
        for (places, plain, secure) in [
            (places(0, 0), false, false),
            (places(1, 0), true, false),
            (places(2, 1), true, false),
            (places(1, 1), true, true),
            (places(2, 2), true, true),
            // No sense in it, no harm by it.
            (places(0, 1), false, false),
        ] {
            assert_eq!((places.take(false), places.take(true)), (plain, secure), "{places:?}");
        }
    }

    #[test]
    fn with_time_enough_or_no_end_known_one_is_asked_in_a_turn() {
        assert_eq!(share(2_000, None), 1);
        assert_eq!(share(40, Some(MOVE + TURN * 40)), 1);
        assert_eq!(share(41, Some(MOVE + TURN * 40)), 2);
        assert_eq!(share(2_000, Some(MOVE)), 2_000);
    }
}
