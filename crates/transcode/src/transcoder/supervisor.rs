//! The task that keeps one worker running: start, feed, read, watch, kill, start again.
//!
//! It holds the only reader of the input queue and the only sender of events. A worker's life is [`Life`]; this file decides
//! what follows it: a fault of the encoder is told to the roster and the next candidate starts at once, any other one starts the same
//! again with growing pauses. With nothing to make, nothing to make it with, or only faults to show for it, it rests without a worker. It
//! ends when the input ends, the handle is dropped, or the program cannot be run; the child is always killed and reaped before that.

mod blame;
mod life;
mod silence;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use streamly_media::VideoFormat;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::queue::{Item, Queue};
use super::{Config, Event, Failure, Job, RestartReason, Usage};
use crate::encoders::ON_DEVICE;
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
    is_starved: AtomicBool,
}

impl Gauges {
    pub(super) fn usage(&self) -> Usage {
        let cpu_ms = self.past_cpu_ms.load(Ordering::Relaxed) + self.cpu_ms.load(Ordering::Relaxed);
        Usage {
            cpu: Duration::from_millis(cpu_ms),
            memory_bytes: self.memory_bytes.load(Ordering::Relaxed),
            restarts: self.restarts.load(Ordering::Relaxed),
            is_starved: self.is_starved.load(Ordering::Relaxed),
            ..Usage::default()
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

    fn starves(&self, starved: bool) {
        self.is_starved.store(starved, Ordering::Relaxed);
    }

    fn gone(&self) {
        self.starves(false);
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
    Reconfigured,
    /// All rungs are shed.
    NothingToMake,
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
    /// Nothing is made of the source.
    paused: Option<Paused>,
}

/// Why nothing is made although there are rungs and encoders.
#[derive(Debug, Clone, Copy)]
enum Paused {
    /// It cannot be: until it changes.
    Source,
    /// Worker after worker gave nothing: until then, or until it changes.
    Fruitless(Instant),
}

impl Supervisor {
    pub(super) fn new(
        config: Config,
        queue: Arc<Queue>,
        gauges: Arc<Gauges>,
        events: mpsc::Sender<Event>,
        cancel: CancellationToken,
    ) -> Self {
        Self { config, queue, gauges, events, cancel, paused: None }
    }

    pub(super) async fn run(mut self) {
        let mut fruitless = 0;
        let mut in_a_row = 0;
        let mut reason: Option<RestartReason> = None;
        let failure = loop {
            let encoders = self.candidates();
            if encoders.is_empty() || self.paused.is_some() || self.is_all_shed(self.queue.shed_now()) {
                if self.rest(reason.clone()).await { continue } else { break None }
            }
            self.queue.skip_to_keyframe();
            let begun = Instant::now();
            let mut life = Life::new(&self.config, &encoders, &self.queue, &self.gauges, &self.events);
            let ended = tokio::select! {
                biased;
                () = self.cancel.cancelled() => Ended::Finished,
                () = self.events.closed() => Ended::Finished,
                ended = life.run(reason.take()) => ended,
            };
            let was_fruitful = life.gave_output();
            let suspects = life.suspects();
            let next_job = life.next_job();
            life.bury().await;
            self.gauges.gone();
            if let Some(job) = next_job {
                self.changes_to(job);
            }
            let fault = match ended {
                Ended::Finished => break None,
                Ended::Hopeless(failure) => break Some(failure),
                Ended::NothingToMake | Ended::Reconfigured => continue,
                Ended::Faulty(fault) => fault,
            };
            tracing::warn!(%fault, "transcode worker lost, starting another");
            self.gauges.restarts.fetch_add(1, Ordering::Relaxed);
            let (blamed, proof) = blame::blamed(&fault, &suspects);
            for encoder in &blamed {
                self.config.roster.fault(encoder, &self.config.channel, proof, std::time::Instant::now());
            }
            if blamed.is_empty() {
                fruitless = if was_fruitful { 0 } else { fruitless + 1 };
                in_a_row = if was_fruitful && begun.elapsed() > HEALTHY_AFTER { 0 } else { in_a_row + 1 };
                if fruitless > self.config.limits.fruitless_restarts {
                    let rest = self.config.limits.rest;
                    tracing::error!(workers = fruitless, ?rest, "no transcode worker gave anything, resting");
                    self.paused = Some(Paused::Fruitless(Instant::now() + rest));
                    (fruitless, in_a_row) = (0, 0);
                }
            } else {
                // Another encoder follows, and each is put aside only once in its time: no pause keeps the rungs waiting.
                in_a_row = 0;
            }
            reason = Some(fault);
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

    /// Takes the input and makes nothing of it until there is something to make and an encoder for it; `false`: the end.
    async fn rest(&mut self, reason: Option<RestartReason>) -> bool {
        // Subscribed before looking, so that no change in between is missed.
        let mut changes = self.config.roster.changes();
        let cancel = self.cancel.clone();
        let resting = async {
            if self.events.send(Event::Resting { reason }).await.is_err() {
                return false;
            }
            loop {
                let can = !self.candidates().is_empty() && self.paused.is_none();
                if can && !self.is_all_shed(self.queue.shed_now()) {
                    return true;
                }
                let paused = self.paused;
                let over = async {
                    match paused {
                        Some(Paused::Fruitless(until)) => tokio::time::sleep_until(until).await,
                        Some(Paused::Source) | None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    item = self.queue.next() => match item {
                        Some(Item::Reconfigure(job)) => self.changes_to(job),
                        Some(Item::AccessUnit(_) | Item::Sound(_) | Item::Boundary(_) | Item::Shed(_)) => {}
                        None => return false,
                    },
                    // An error cannot be: this side holds the sender.
                    _ = changes.changed() => {}
                    () = over => self.paused = None,
                    () = self.events.closed() => return false,
                }
            }
        };
        tokio::select! {
            biased;
            () = cancel.cancelled() => false,
            goes_on = resting => goes_on,
        }
    }

    /// What the source became: a job, or nothing that can be made anything of.
    fn changes_to(&mut self, job: Option<Box<Job>>) {
        self.paused = job.is_none().then_some(Paused::Source);
        if let Some(job) = job {
            self.config.job = *job;
        }
    }

    /// The encoders for the present job, best first. Devices decode H.264 alone: what comes otherwise is never on the device, and that is
    /// no fault of the candidates left out.
    fn candidates(&self) -> Vec<String> {
        let mut encoders = self.config.roster.order(&self.config.channel);
        if self.config.job.format != VideoFormat::H264 {
            encoders.retain(|encoder| !encoder.ends_with(ON_DEVICE));
        }
        encoders
    }

    fn is_all_shed(&self, shed: u16) -> bool {
        is_all_shed(shed, self.config.job.rungs.len())
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

/// Whether the bits of all rungs are set.
fn is_all_shed(shed: u16, rungs: usize) -> bool {
    shed.trailing_ones() as usize >= rungs
}
