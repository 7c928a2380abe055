//! The handle ingest holds: access units in, every rung's access units out, a supervised worker process in between.
//!
//! It does not cut segments and does not decide boundaries (ingest does both) and it is not the worker (`worker`). The rule:
//! nothing here ever blocks or slows the caller. [`Input::push`] drops and counts when the worker is behind, and a caller that stops
//! reading [`Events`] only stalls its own rungs. On any fault of the worker it is killed and started again, and output resumes at
//! the source's next keyframe with [`Event::Restarted`] in front; [`Event::Failed`] means it has given up for good. While all rungs are
//! shed, no encoder may be used, nothing can be made of the source or worker after worker gave nothing, there is none at all
//! ([`Event::Resting`]).

mod event;
mod process;
mod queue;
mod supervisor;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use streamly_media::{AccessUnit, Kind, VideoFormat};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::ladder::{FrameRate, Rung};
use crate::roster::Roster;
pub use crate::sound::SoundJob;
pub use event::{Event, Failure, RestartReason, RungStarted};
pub use process::WorkerCommand;
pub(crate) use process::start;
use queue::{Item, Queue};
use supervisor::{Gauges, Supervisor};

/// Events waiting for the caller: about two seconds of the full ladder. Above it the worker is stalled, not the caller's memory filled.
const EVENTS_MAX: usize = 256;

/// Rungs of one job: one byte carries their index, and no ladder is near it.
pub const RUNGS_MAX: usize = 16;

/// What one worker makes, in the words it is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// The source's codec.
    #[serde(with = "FormatNames")]
    pub format: VideoFormat,
    /// Its avcC, hvcC or av1C. Access units carry 4-byte lengths whatever it says.
    #[serde(with = "bytes_as_list")]
    pub record: Bytes,
    /// Sound that the rungs need in AAC; `None`: theirs is the source's own, which never comes here.
    pub sound: Option<SoundJob>,
    /// The source's frame rate: tells which frames a rung at half the rate keeps.
    pub fps: FrameRate,
    /// From [`ladder::plan`](crate::ladder::plan): 1 to [`RUNGS_MAX`], largest first.
    pub rungs: Vec<Rung>,
    /// x264's speed preset, e.g. `veryfast` (`encoders::PRESET_DEFAULT`); other encoders ignore it.
    pub preset: String,
}

/// The names of the source's codec on the wire.
#[derive(Serialize, Deserialize)]
#[serde(remote = "VideoFormat")]
enum FormatNames {
    H264,
    Hevc,
    Av1,
}

/// A job with what changes from worker to worker, as a worker is told it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) job: Job,
    /// Encoders, best first; the worker takes the first that can be set up.
    pub(crate) encoders: Vec<String>,
    /// One bit a rung that is not made for now.
    pub(crate) shed: u16,
}

/// How much a transcoder may hold and how long it may be silent.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Access units waiting for the worker, bytes. Without it a stalled worker would fill ingest's memory.
    pub input_bytes: usize,
    /// The same as time between the oldest and the newest.
    pub input_duration: Duration,
    /// Input flows but a rung gives nothing for so long: the worker hangs. One that waits for the processor on a crowded machine gets
    /// four times as long and says so ([`Usage::is_starved`]).
    pub silence: Duration,
    /// From the worker's start to its `Started`; a cold plugin registry costs seconds.
    pub start: Duration,
    /// Resident memory of the worker, bytes (Linux only). A leak in a driver ends here instead of in the OOM killer.
    pub memory_bytes: u64,
    /// Pause before the second restart in a row; doubles up to [`Limits::backoff_max`]. The first one is immediate.
    pub backoff: Duration,
    /// Longest pause between restarts.
    pub backoff_max: Duration,
    /// Restarts in a row without one access unit of output after which no other follows for [`Limits::rest`] or until the source
    /// changes, whichever comes first.
    pub fruitless_restarts: u32,
    /// See [`Limits::fruitless_restarts`]. Without it what is broken for good would be started for ever.
    pub rest: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            input_bytes: 16 * 1024 * 1024,
            input_duration: Duration::from_secs(3),
            silence: Duration::from_secs(3),
            start: Duration::from_secs(10),
            memory_bytes: 1024 * 1024 * 1024,
            backoff: Duration::from_millis(250),
            backoff_max: Duration::from_secs(5),
            fruitless_restarts: 8,
            rest: Duration::from_secs(300),
        }
    }
}

/// Everything [`Transcoder::spawn`] needs.
#[derive(Debug, Clone)]
pub struct Config {
    /// The process to start.
    pub worker: WorkerCommand,
    /// What it makes.
    pub job: Job,
    /// Its bounds.
    pub limits: Limits,
    /// Rungs that are not made to begin with, by their place in the job ([`Input::shed`]).
    pub shed: Vec<usize>,
    /// Whose broadcast it is: faults that a source may have caused count once a channel.
    pub channel: String,
    /// The node's encoders. A worker takes the first it can use; after a fault of the encoder the next start takes the next one.
    pub roster: Roster,
}

/// A job no transcoder can be started with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpawnError {
    /// None, or more than [`RUNGS_MAX`].
    #[error("a job has 1 to {RUNGS_MAX} rungs, not {0}")]
    Rungs(usize),
}

/// What became of a pushed access unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushed {
    /// On its way.
    Queued,
    /// The queue was full, or this picture depends on one that was dropped; counted.
    Dropped,
    /// Sound of a job without any.
    NotWanted,
    /// The transcoder has ended.
    Closed,
}

/// What a transcoder has used so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// CPU time of all its workers (Linux only, else 0); sampled twice a second.
    pub cpu: Duration,
    /// Resident memory of the present worker, bytes (Linux only, else 0).
    pub memory_bytes: u64,
    /// Restarts after faults.
    pub restarts: u64,
    /// Source pictures dropped before the worker.
    pub dropped: u64,
    /// Those of them that found the queue full: the worker is behind.
    pub overruns: u64,
    /// The worker gives nothing, but it waits for the processor: the machine is too busy, the worker not broken.
    pub is_starved: bool,
}

/// Reads what a transcoder uses, wherever its handle is.
#[derive(Debug, Clone)]
pub struct Meter {
    gauges: Arc<Gauges>,
    queue: Arc<Queue>,
}

impl Meter {
    /// Resources used so far.
    pub fn usage(&self) -> Usage {
        let (dropped, overruns) = (self.queue.dropped(), self.queue.overruns());
        Usage { dropped, overruns, ..self.gauges.usage() }
    }
}

/// The way in. Dropping it ends the input: the worker drains, its last events follow, then [`Events::recv`] gives `None`.
#[derive(Debug)]
pub struct Input {
    queue: Arc<Queue>,
}

impl Input {
    /// Offers one access unit; never waits. After a drop everything up to the next keyframe is dropped too.
    pub fn push(&self, au: &AccessUnit) -> Pushed {
        match au.kind {
            Kind::Video => self.queue.push(au.clone()),
            Kind::Audio => self.queue.push_sound(au.clone()),
        }
    }

    /// Every rung gets a keyframe at the first picture with this PTS or a later one (90 kHz). Call it before that picture is pushed.
    pub fn boundary(&self, pts: i64) {
        self.queue.control(Item::Boundary(pts));
    }

    /// The source changed (new codec configuration, other size): what was pushed so far is finished, then a new worker starts with
    /// this job. What follows must begin with a keyframe.
    pub fn reconfigure(&self, job: Job) {
        self.queue.want_sound(job.sound.is_some());
        // Rungs keep their places: what is shed stays so.
        self.queue.control(Item::Reconfigure(Some(Box::new(job))));
    }

    /// The source changed to something that nothing can be made of here: what was pushed so far is finished, then no worker runs
    /// ([`Event::Resting`]) until [`Input::reconfigure`].
    pub fn pause(&self) {
        self.queue.want_sound(false);
        self.queue.control(Item::Reconfigure(None));
    }

    /// Stops making a rung at once, or makes it again from the next boundary on. The other rungs lose nothing by it; once all are
    /// shed the worker ends, and the first that comes back waits for a new one. `rung` beyond the job's is ignored.
    pub fn shed(&self, rung: usize, is_shed: bool) {
        self.queue.shed(rung, is_shed);
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        self.queue.end();
    }
}

/// The way out.
#[derive(Debug)]
pub struct Events {
    events: mpsc::Receiver<Event>,
}

impl Events {
    /// The next event; `None` once the transcoder has ended. Cancel-safe.
    pub async fn recv(&mut self) -> Option<Event> {
        self.events.recv().await
    }
}

/// Keeps the worker alive. Dropping it kills the worker; [`Transcoder::close`] also waits until it is gone.
#[derive(Debug)]
pub struct Transcoder {
    supervisor: JoinHandle<()>,
    gauges: Arc<Gauges>,
    queue: Arc<Queue>,
    cancel: DropGuard,
}

impl Transcoder {
    /// Starts a worker and its supervisor task; must be called inside a tokio runtime. A program that cannot be started is told
    /// by [`Event::Failed`].
    ///
    /// # Errors
    /// The job is empty or too large.
    pub fn spawn(config: Config) -> Result<(Transcoder, Input, Events), SpawnError> {
        let rungs = config.job.rungs.len();
        if rungs == 0 || rungs > RUNGS_MAX {
            return Err(SpawnError::Rungs(rungs));
        }
        let queue = Arc::new(Queue::new(config.limits.input_bytes, config.limits.input_duration));
        queue.want_sound(config.job.sound.is_some());
        for rung in &config.shed {
            queue.shed(*rung, true);
        }
        let gauges = Arc::new(Gauges::default());
        let cancel = CancellationToken::new();
        let (sender, events) = mpsc::channel(EVENTS_MAX);
        let supervisor = Supervisor::new(config, queue.clone(), gauges.clone(), sender, cancel.clone());
        let transcoder = Transcoder {
            supervisor: tokio::spawn(supervisor.run()),
            gauges,
            queue: queue.clone(),
            cancel: cancel.drop_guard(),
        };
        Ok((transcoder, Input { queue }, Events { events }))
    }

    /// Resources used so far, for admission and metrics.
    pub fn usage(&self) -> Usage {
        self.meter().usage()
    }

    /// The same for somebody else to read.
    pub fn meter(&self) -> Meter {
        Meter { gauges: self.gauges.clone(), queue: self.queue.clone() }
    }

    /// Process id of the present worker.
    pub fn worker_pid(&self) -> Option<u32> {
        self.gauges.pid()
    }

    /// Kills the worker, waits until it is reaped.
    pub async fn close(self) {
        drop(self.cancel);
        // An error means the runtime is shutting down, which kills the child too.
        let _ = self.supervisor.await;
    }
}

/// `Bytes` as a JSON list: a codec configuration is some forty bytes.
pub(crate) mod bytes_as_list {
    use bytes::Bytes;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(bytes: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
        bytes.as_ref().serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
        Vec::<u8>::deserialize(deserializer).map(Bytes::from)
    }
}
