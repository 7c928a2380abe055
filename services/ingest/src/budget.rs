//! What the node spends on rungs: who gets how many, decided by what workers are measured to cost.
//!
//! The deciding is `machine`'s, a plain value; here are its lock and the task that feeds it once a second and carries out what it says.
//! The source rendition never enters: it costs next to nothing and is never given up. Nothing here waits for anybody.

mod machine;

use crate::{broadcast::Broadcast, node::Node};
use machine::Machine;
pub(crate) use machine::{Change, Cost, Lag, Load};
use parking_lot::Mutex;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// How often workers are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Least that is left to everything else on the machine where nothing is configured, cores.
const RESERVE_MIN: f64 = 0.5;
/// The same as a share of all cores.
const RESERVE_SHARE: f64 = 1.0 / 8.0;

/// The node's budget.
pub(crate) struct Budget {
    machine: Mutex<Machine>,
}

impl Budget {
    /// `configured` in cores; 0: all of `cores` but a reserve.
    pub(crate) fn new(configured: f64, cores: usize) -> Self {
        let all = cores as f64;
        let rest = all - (all * RESERVE_SHARE).max(RESERVE_MIN);
        let capacity = if configured > 0.0 { configured } else { rest };
        Self { machine: Mutex::new(Machine::new(capacity)) }
    }

    /// A broadcast begins: which of its rungs have to wait (`true`), in the order of the plan.
    pub(crate) fn admit(&self, broadcast: &str, cost: Cost, now: Instant) -> Vec<bool> {
        self.machine.lock().admit(broadcast, cost, now)
    }

    fn look(&self, running: &[Arc<Broadcast>], now: Instant) -> Vec<Change> {
        // Read one by one, without the budget's lock: a broadcast asks for admission under its own.
        let loads: Vec<_> = running
            .iter()
            .map(|broadcast| (broadcast.id.as_str(), broadcast.with_pipeline(|pipeline| pipeline.load(now))))
            .collect();
        let mut machine = self.machine.lock();
        machine.retain(|id| running.iter().any(|broadcast| broadcast.id == id), now);
        for (id, load) in loads {
            if let Some(load) = load {
                machine.observe(id, load, now);
            }
        }
        let changes = machine.decide(now);
        metrics::gauge!("streamly_ingest_transcode_cores").set(machine.used());
        metrics::gauge!("streamly_ingest_transcode_budget_cores").set(machine.capacity());
        changes
    }
}

/// Keeps the node within its budget until it closes.
pub(crate) async fn keep(node: Arc<Node>) {
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = node.closing.cancelled() => return,
        }
        let now = Instant::now();
        let running = node.running();
        for Change { broadcast, rung, is_shed, why } in node.settings.budget.look(&running, now) {
            let Some(found) = running.iter().find(|one| one.id == broadcast) else { continue };
            tracing::info!(broadcast, rung, is_shed, why, "rung shed or given back");
            let kind = if is_shed { "shed" } else { "given_back" };
            metrics::counter!("streamly_ingest_rungs_changed_total", "kind" => kind, "why" => why)
                .increment(1);
            found.with_pipeline(|pipeline| pipeline.shed(rung, is_shed, now));
        }
    }
}
