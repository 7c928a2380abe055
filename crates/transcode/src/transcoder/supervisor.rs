//! The task that keeps one worker running: start, feed, read, watch, kill, start again.
//!
//! It holds the only reader of the input queue and the only sender of events. A worker's life is [`Life`]; this file decides
//! what follows it. It ends when the input ends, the handle is dropped, or the worker is hopeless; the child is always killed
//! and reaped before that.

mod life;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::queue::Queue;
use super::{Config, Event, Failure, Job, RestartReason, Usage};
use life::Life;

/// A worker that gave output for so long has recovered: the next fault restarts it at once again.
const HEALTHY_AFTER: Duration = Duration::from_secs(10);

/// What the handle reads while the supervisor runs.
#[derive(Debug, Default)]
pub(super) struct Gauges {
    pid: AtomicU32,
    /// CPU of workers that are gone, milliseconds.
    past_cpu_ms: AtomicU64,
    /// CPU of the present worker, milliseconds.
    cpu_ms: AtomicU64,
    memory_bytes: AtomicU64,
    restarts: AtomicU64,
}

impl Gauges {
    pub(super) fn usage(&self) -> Usage {
        let cpu_ms = self.past_cpu_ms.load(Ordering::Relaxed) + self.cpu_ms.load(Ordering::Relaxed);
        Usage {
            cpu: Duration::from_millis(cpu_ms),
            memory_bytes: self.memory_bytes.load(Ordering::Relaxed),
            restarts: self.restarts.load(Ordering::Relaxed),
            dropped: 0,
        }
    }

    pub(super) fn pid(&self) -> Option<u32> {
        Some(self.pid.load(Ordering::Relaxed)).filter(|pid| *pid != 0)
    }

    fn started(&self, pid: u32) {
        self.pid.store(pid, Ordering::Relaxed);
    }

    fn sampled(&self, cpu: Duration, memory_bytes: u64) {
        self.cpu_ms.store(cpu.as_millis() as u64, Ordering::Relaxed);
        self.memory_bytes.store(memory_bytes, Ordering::Relaxed);
    }

    fn gone(&self) {
        self.pid.store(0, Ordering::Relaxed);
        self.memory_bytes.store(0, Ordering::Relaxed);
        self.past_cpu_ms.fetch_add(self.cpu_ms.swap(0, Ordering::Relaxed), Ordering::Relaxed);
    }
}

/// How a worker's life ended.
enum Ended {
    /// The input ended and everything came out, or the handle or the event receiver is gone.
    Finished,
    /// The source changed; everything before it came out.
    Reconfigured(Box<Job>),
    /// A fault.
    Faulty(RestartReason),
    /// The program cannot be run.
    Hopeless(Failure),
}

pub(super) struct Supervisor {
    config: Config,
    queue: Arc<Queue>,
    gauges: Arc<Gauges>,
    events: mpsc::Sender<Event>,
    cancel: CancellationToken,
}

impl Supervisor {
    pub(super) fn new(
        config: Config,
        queue: Arc<Queue>,
        gauges: Arc<Gauges>,
        events: mpsc::Sender<Event>,
        cancel: CancellationToken,
    ) -> Self {
        Self { config, queue, gauges, events, cancel }
    }

    pub(super) async fn run(mut self) {
        let mut fruitless = 0;
        let mut in_a_row = 0;
        let mut reason: Option<RestartReason> = None;
        let failure = loop {
            self.queue.skip_to_keyframe();
            let begun = Instant::now();
            let mut life = Life::new(&self.config, &self.queue, &self.gauges, &self.events);
            let ended = tokio::select! {
                biased;
                () = self.cancel.cancelled() => Ended::Finished,
                () = self.events.closed() => Ended::Finished,
                ended = life.run(reason.take()) => ended,
            };
            let was_fruitful = life.gave_output();
            life.bury().await;
            self.gauges.gone();
            match ended {
                Ended::Finished => break None,
                Ended::Hopeless(failure) => break Some(failure),
                Ended::Reconfigured(job) => {
                    self.config.job = *job;
                    continue;
                }
                Ended::Faulty(fault) => {
                    tracing::warn!(%fault, "transcode worker lost, starting another");
                    metrics::counter!("streamly_transcode_restarts_total").increment(1);
                    self.gauges.restarts.fetch_add(1, Ordering::Relaxed);
                    fruitless = if was_fruitful { 0 } else { fruitless + 1 };
                    in_a_row = if was_fruitful && begun.elapsed() > HEALTHY_AFTER { 0 } else { in_a_row + 1 };
                    if fruitless > self.config.limits.fruitless_restarts {
                        break Some(Failure::KeepsFailing { restarts: fruitless, last: fault });
                    }
                    if matches!(fault, RestartReason::Reported { .. }) {
                        // The encoder's own words: the next candidate may do better; the order turns round in the end.
                        self.config.job.encoders.rotate_left(1);
                    }
                    reason = Some(fault);
                }
            }
            tokio::select! {
                () = self.cancel.cancelled() => break None,
                () = tokio::time::sleep(self.pause(in_a_row)) => {}
            }
        };
        self.queue.close();
        if let Some(failure) = failure {
            tracing::error!(%failure, "transcoding given up");
            tokio::select! {
                () = self.cancel.cancelled() => {}
                // An error means the receiver is gone: nobody is left to tell.
                _ = self.events.send(Event::Failed { failure }) => {}
            }
        }
    }

    /// The pause before the `in_a_row`-th restart: none, then doubling.
    fn pause(&self, in_a_row: u32) -> Duration {
        let limits = &self.config.limits;
        match in_a_row {
            0 | 1 => Duration::ZERO,
            n => limits.backoff.saturating_mul(1 << (n - 2).min(16)).min(limits.backoff_max),
        }
    }
}
