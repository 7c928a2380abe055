//! A broadcast that goes on at another node: how far its going is, and when this node has nothing more to do with it.
//!
//! From the fence on nothing is written here. What is there is still served, and requests for what comes next are held, until the other
//! node can be found by those who are told "not here" (`gone`): an answer that comes too early would send them back to this node. The
//! files of the rewind stay until the other node has taken them.

use super::{Broadcast, Live};
use crate::drain::Places;
use std::time::Duration;
use streamly_lifecycle::CancellationToken;
use streamly_proto::stream::v1::State;
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

/// How long this node waits for the other one.
#[derive(Debug, Clone, Copy)]
struct Patience {
    /// Where no window is handed over: from the fence, which comes with the other node's permit, to the new place being in the live
    /// index. The permit's way, the session's start there and a heartbeat take about a tenth of it.
    unasked: Duration,
    /// The other node asks for the window within this.
    asked: Duration,
    /// It has fetched the window and is told of in the live index within this; its own bound is shorter.
    taken: Duration,
    /// From its last word to the live index.
    settle: Duration,
    /// The other node comes for the rewind, or comes again after its call was broken off, within this.
    rewind: Duration,
}

const PATIENCE: Patience = Patience {
    unasked: Duration::from_millis(500),
    asked: Duration::from_secs(1),
    taken: Duration::from_secs(4),
    settle: Duration::from_millis(100),
    rewind: Duration::from_secs(10),
};

/// See the module's head.
#[derive(Default)]
pub(crate) struct Leaving {
    fenced: CancellationToken,
    rungs_done: CancellationToken,
    exports: watch::Sender<Exports>,
    rewind: watch::Sender<Owed>,
}

/// How far the other node is with the rewind that it was told of.
#[derive(Debug, Default)]
struct Owed {
    /// It was told of one, and has not said that it is done.
    is_owed: bool,
    /// Calls by which it takes it.
    running: u32,
}

/// One call for the rewind; it is over when this is dropped.
pub(crate) struct Taking(watch::Sender<Owed>);

impl Taking {
    /// All that is wanted was taken.
    pub(crate) fn done(self) {
        self.0.send_modify(|owed| owed.is_owed = false);
    }
}

impl Drop for Taking {
    fn drop(&mut self) {
        self.0.send_modify(|owed| owed.running -= 1);
    }
}

/// Fetches of the window.
#[derive(Debug, Default)]
struct Exports {
    begun: u32,
    running: u32,
}

/// One fetch; it is over when this is dropped.
pub(crate) struct Export(watch::Sender<Exports>);

impl Drop for Export {
    fn drop(&mut self) {
        self.0.send_modify(|exports| exports.running -= 1);
    }
}

impl Live {
    /// What asks the publisher to connect elsewhere, if it is taken there: who is refused gives up.
    fn movable(&self, places: Places) -> Option<&CancellationToken> {
        let flows = self.state == State::Live && !self.session.is_cancelled();
        let goes = flows && places.take(self.secure);
        self.go_away.as_ref().filter(|go_away| goes && !go_away.is_cancelled())
    }
}

impl Broadcast {
    /// Whether its publisher can be asked to connect to one of these, and was not yet.
    pub(crate) fn can_move(&self, places: Places) -> bool {
        !self.ended.is_cancelled() && self.live.lock().movable(places).is_some()
    }

    /// Lets its publisher be asked to connect to one of these; `false`: that makes no sense, or was done already.
    pub(crate) fn ask_to_move(&self, places: Places) -> bool {
        let live = self.live.lock();
        let go_away = live.movable(places).filter(|_| !self.ended.is_cancelled());
        go_away.inspect(|go_away| go_away.cancel()).is_some()
    }
}

impl Leaving {
    pub(super) fn fence(&self) {
        self.fenced.cancel();
    }

    /// Nothing more is written here.
    pub(crate) fn is_fenced(&self) -> bool {
        self.fenced.is_cancelled()
    }

    pub(super) fn rungs_done(&self) {
        self.rungs_done.cancel();
    }

    /// Waits until the rungs' encoder has given what it had, at most so long.
    pub(crate) async fn rungs(&self, most: Duration) {
        // Late rungs hand over what they have.
        let _ = timeout(most, self.rungs_done.cancelled()).await;
    }

    /// Somebody fetches the window.
    pub(crate) fn export(&self) -> Export {
        self.exports.send_modify(|exports| {
            exports.begun += 1;
            exports.running += 1;
        });
        Export(self.exports.clone())
    }

    /// The other node lists segments whose files are here.
    pub(crate) fn owes_rewind(&self) {
        self.rewind.send_modify(|owed| owed.is_owed = true);
    }

    /// The other node comes for them. `None`: it was told of none.
    pub(crate) fn take_rewind(&self) -> Option<Taking> {
        let begin = |owed: &mut Owed| {
            owed.running += u32::from(owed.is_owed);
            owed.is_owed
        };
        self.rewind.send_if_modified(begin).then(|| Taking(self.rewind.clone()))
    }

    /// Waits until the other node has the rewind, or does not come for it.
    pub(crate) async fn rewind_taken(&self) {
        self.rewind_taken_within(PATIENCE.rewind).await;
    }

    async fn rewind_taken_within(&self, patience: Duration) {
        let mut rewind = self.rewind.subscribe();
        let comes = |owed: &Owed| owed.running > 0 || !owed.is_owed;
        while timeout(patience, rewind.wait_for(comes)).await.is_ok_and(|seen| seen.is_ok()) {
            let left = rewind.wait_for(|owed| owed.running == 0 || !owed.is_owed).await;
            if left.is_err() || left.is_ok_and(|owed| !owed.is_owed) {
                return;
            }
        }
    }

    /// Waits until the other node serves it, as far as can be told from here. `asked`: it is expected to fetch the window.
    pub(crate) async fn taken(&self, asked: bool) {
        self.taken_within(asked, PATIENCE).await;
    }

    async fn taken_within(&self, asked: bool, patience: Patience) {
        if !asked {
            return sleep(patience.unasked).await;
        }
        let mut exports = self.exports.subscribe();
        let begun = timeout(patience.asked, exports.wait_for(|exports| exports.begun > 0));
        if begun.await.is_ok_and(|seen| seen.is_ok()) {
            let _ = timeout(patience.taken, exports.wait_for(|exports| exports.running == 0)).await;
            sleep(patience.settle).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        future::{Future, ready},
        pin::pin,
    };

    /// Nothing that is waited for ever takes so long.
    const EVER: Duration = Duration::from_secs(3600);
    /// All is waited for as long as it takes.
    const PATIENT: Patience =
        Patience { unasked: EVER, asked: EVER, taken: EVER, settle: Duration::ZERO, rewind: EVER };
    /// Nothing is.
    const IMPATIENT: Patience = Patience {
        unasked: Duration::ZERO,
        asked: Duration::ZERO,
        taken: Duration::ZERO,
        settle: Duration::ZERO,
        rewind: Duration::ZERO,
    };

    /// It is over without anything that has to happen before.
    async fn ends(waiting: impl Future<Output = ()>) {
        timeout(Duration::from_secs(30), waiting).await.expect("it waits");
    }

    /// It is not over yet.
    async fn waits(waiting: impl Future<Output = ()>) -> bool {
        tokio::select! {
            biased;
            () = waiting => false,
            () = ready(()) => true,
        }
    }

    #[tokio::test]
    async fn it_is_served_here_until_the_other_node_has_fetched_it_and_is_known() {
        let leaving = Leaving::default();
        let mut served = pin!(leaving.taken_within(true, PATIENT));
        assert!(waits(served.as_mut()).await, "nobody has asked yet");
        let export = leaving.export();
        assert!(waits(served.as_mut()).await, "it is being fetched");
        drop(export);
        ends(served).await;
        drop(leaving.export());
        let settling = Patience { settle: EVER, ..PATIENT };
        assert!(waits(leaving.taken_within(true, settling)).await, "it is not known yet");
    }

    #[tokio::test]
    async fn a_node_that_never_fetches_or_never_ends_is_not_waited_for() {
        let leaving = Leaving::default();
        ends(leaving.taken_within(false, Patience { unasked: Duration::ZERO, ..PATIENT })).await;
        ends(leaving.taken_within(true, Patience { asked: Duration::ZERO, ..PATIENT })).await;
        let _hangs = leaving.export();
        ends(leaving.taken_within(true, Patience { taken: Duration::ZERO, ..PATIENT })).await;
        // Each of them is waited for where there is time.
        assert!(waits(leaving.taken_within(false, Patience { unasked: EVER, ..IMPATIENT })).await);
        assert!(waits(leaving.taken_within(true, Patience { taken: EVER, ..IMPATIENT })).await);
    }

    #[tokio::test]
    async fn the_rewind_is_kept_until_the_other_node_has_it_and_not_for_one_that_does_not_come() {
        let leaving = Leaving::default();
        ends(leaving.rewind_taken_within(EVER)).await;
        assert!(leaving.take_rewind().is_none(), "nothing is owed");
        leaving.owes_rewind();
        ends(leaving.rewind_taken_within(Duration::ZERO)).await;
        let mut kept = pin!(leaving.rewind_taken_within(EVER));
        assert!(waits(kept.as_mut()).await, "it may come");
        let first = leaving.take_rewind().unwrap();
        assert!(waits(kept.as_mut()).await, "it takes it");
        drop(first);
        assert!(waits(kept.as_mut()).await, "its call broke off: it may come again");
        let second = leaving.take_rewind().unwrap();
        assert!(waits(kept.as_mut()).await, "it takes the rest");
        second.done();
        ends(kept).await;
        assert!(leaving.take_rewind().is_none(), "it has all");
    }
}
