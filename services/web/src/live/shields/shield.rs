//! One shield: asking it, telling one that is gone from one that holds a request, and looking until it is back.
//!
//! A request by number is held for as long as the next part takes, so silence says nothing. Whoever has waited a second in silence asks the
//! shield's `/health`, one for all who wait; what answers there, whatever it says, is alive. A kernel says of a process that was killed at
//! once, and of one that hangs never, that nothing will come.

use super::Wish;
use crate::live::{
    fetch::{Call, ToShield, fetch},
    outcome::{Failure, Fetched},
};
use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::{Duration, Instant},
};
use tokio::{sync::Mutex, time::sleep};

/// A shield that has said nothing for so long is asked whether it is there, and again after the same time.
const SILENT: Duration = Duration::from_secs(1);
/// It must have said so by then.
const PROBE: Duration = Duration::from_secs(2);

/// See the module's head.
pub(super) struct Shield {
    /// Its URL, without a slash at its end.
    pub(super) base: String,
    health: String,
    lost: AtomicBool,
    /// When it was last asked whether it is there, and whether it answered. Held meanwhile, so that all who wait share it.
    asked: Mutex<Option<(Instant, bool)>>,
}

impl Shield {
    pub(super) fn new(base: &str) -> Self {
        Self {
            base: base.to_owned(),
            health: format!("{base}/health"),
            lost: AtomicBool::new(false),
            asked: Mutex::default(),
        }
    }

    pub(super) fn is_lost(&self) -> bool {
        self.lost.load(Relaxed)
    }

    /// It did not answer. `true`: this is news, and somebody has to look for it ([`Shield::look`]).
    pub(super) fn lose(&self) -> bool {
        !self.lost.swap(true, Relaxed)
    }

    /// What it answers within this time, of whatever status.
    pub(super) async fn ask(
        &self,
        client: &reqwest::Client,
        wish: &Wish,
        within: Duration,
        max: usize,
    ) -> Result<Fetched, Failure> {
        let url = wish.at_shield(&self.base, within);
        let shield = Some(ToShield { holder: wish.holder, within });
        let call = Call { url: &url, grant: wish.grant.as_deref(), shield };
        tokio::select! {
            biased;
            outcome = fetch(client, call, max) => outcome,
            () = self.silent(client) => Err(Failure::TimedOut),
        }
    }

    /// Ends when it does not even say that it is there.
    async fn silent(&self, client: &reqwest::Client) {
        loop {
            sleep(SILENT).await;
            if !self.is_there(client, SILENT).await {
                return;
            }
        }
    }

    /// Whether it answers at all; by what was found out so long ago, too.
    async fn is_there(&self, client: &reqwest::Client, ago: Duration) -> bool {
        let now = Instant::now();
        let mut asked = self.asked.lock().await;
        if let Some((begun, answered)) = *asked
            && begun + ago >= now
        {
            return answered;
        }
        let begun = Instant::now();
        let answered = client.get(&self.health).timeout(PROBE).send().await.is_ok();
        *asked = Some((begun, answered));
        answered
    }

    /// Looks for it until it answers.
    pub(super) async fn look(&self, client: &reqwest::Client) {
        let mut told = false;
        while !self.is_there(client, Duration::ZERO).await {
            if !told {
                tracing::warn!(
                    shield = %self.base,
                    "a shield does not answer; the next one is asked, or the origin. It may be away, or this edge is not among its inner.allow"
                );
                told = true;
            }
            sleep(SILENT).await;
        }
        self.lost.store(false, Relaxed);
        if told {
            tracing::info!(shield = %self.base, "a shield answers again");
        }
    }
}
