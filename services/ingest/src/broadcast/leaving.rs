//! A broadcast that goes on at another node: how far its going is, and when this node has nothing more to do with it.
//!
//! From the fence on nothing is written here. What is there is still served, and requests for what comes next are held, until the other
//! node can be found by those who are told "not here" (`gone`): an answer that comes too early would send them back to this node.

use std::time::Duration;
use streamly_lifecycle::CancellationToken;
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

/// Where no window is handed over: from the fence, which comes with the other node's permit, to the new place being in the live index. The
/// permit's way, the session's start there and a heartbeat take about a tenth of it.
const UNASKED: Duration = Duration::from_millis(500);
/// How long the other node may take to ask for the window.
const ASKED_IN: Duration = Duration::from_secs(1);
/// How long it may take to fetch it and be told of in the live index; its own bound is shorter.
const TAKEN_IN: Duration = Duration::from_secs(4);
/// From its last word to the live index.
const SETTLE: Duration = Duration::from_millis(100);

/// See the module's head.
#[derive(Default)]
pub(crate) struct Leaving {
    fenced: CancellationToken,
    rungs_done: CancellationToken,
    exports: watch::Sender<Exports>,
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

    /// Waits until the other node serves it, as far as can be told from here. `asked`: it is expected to fetch the window.
    pub(crate) async fn taken(&self, asked: bool) {
        if !asked {
            return sleep(UNASKED).await;
        }
        let mut exports = self.exports.subscribe();
        if timeout(ASKED_IN, exports.wait_for(|exports| exports.begun > 0))
            .await
            .is_ok_and(|seen| seen.is_ok())
        {
            let _ = timeout(TAKEN_IN, exports.wait_for(|exports| exports.running == 0)).await;
            sleep(SETTLE).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::Instant;

    async fn took(leaving: &Leaving, asked: bool) -> Duration {
        let since = Instant::now();
        leaving.taken(asked).await;
        since.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_served_here_until_the_other_node_has_fetched_it_and_is_known() {
        let leaving = Leaving::default();
        let export = leaving.export();
        let fetching = async move {
            sleep(Duration::from_millis(700)).await;
            drop(export);
        };
        let (took, ()) = tokio::join!(took(&leaving, true), fetching);
        assert_eq!(took, Duration::from_millis(700) + SETTLE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_node_that_never_fetches_or_never_ends_is_not_waited_for() {
        let leaving = Leaving::default();
        assert_eq!(took(&leaving, false).await, UNASKED);
        assert_eq!(took(&leaving, true).await, ASKED_IN);
        let _hangs = leaving.export();
        assert_eq!(took(&leaving, true).await, TAKEN_IN + SETTLE);
    }
}
