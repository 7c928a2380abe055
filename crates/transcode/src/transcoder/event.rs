//! What a transcoder tells: its events, and why a worker was replaced or given up.

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use streamly_media::AccessUnit;

#[cfg(doc)]
use super::Limits;

/// Which encoder a rung got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RungStarted {
    /// The rung's name, e.g. `480p`.
    pub rung: String,
    /// As the roster names it: GStreamer element, e.g. `x264enc`.
    pub encoder: String,
}

/// What the transcoder tells.
#[derive(Debug, Clone)]
pub enum Event {
    /// A worker plays; again after each restart or reconfiguration.
    Started {
        /// In the job's order.
        rungs: Vec<RungStarted>,
    },
    /// Codec configuration of a rung; before its first access unit of each worker, mostly equal to the last one.
    Config {
        /// Index into the job's rungs.
        rung: usize,
        /// AVCDecoderConfigurationRecord.
        avcc: Bytes,
    },
    /// One coded picture of a rung, on the clock of the input (90 kHz). No AUD and no parameter sets inside.
    AccessUnit {
        /// Index into the job's rungs.
        rung: usize,
        /// `pts` equals the source picture's exactly.
        au: AccessUnit,
    },
    /// One AAC frame, which all rungs share, on the clock of the sound that was pushed; see [`sound`](crate::sound).
    Sound {
        /// `dts` counts samples.
        au: AccessUnit,
    },
    /// The worker was lost and a new one runs: pictures are missing until the source's next keyframe.
    Restarted {
        /// What became of the old one.
        reason: RestartReason,
    },
    /// No worker runs and no rung is made until [`Event::Started`]: all are shed, no encoder may be used for now, nothing can be made of
    /// the source, or worker after worker gave nothing ([`Limits::fruitless_restarts`]).
    Resting {
        /// The fault it came to that by; `None`: there was none.
        reason: Option<RestartReason>,
    },
    /// Given up; no event follows.
    Failed {
        /// Why.
        failure: Failure,
    },
}

/// Why a worker was replaced.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RestartReason {
    /// It ended by itself or by a signal.
    #[error("worker ended ({status}); it last said: {last_words}")]
    Exited {
        /// Exit code or signal, in words.
        status: String,
        /// Last line on its stderr; may be empty.
        last_words: String,
        /// By a signal of its own making: broken memory, an abort.
        crashed: bool,
    },
    /// It reported an error it cannot go on after.
    #[error("worker reported: {said}")]
    Reported {
        /// The worker's words.
        said: String,
        /// The encoders at fault; empty: something else is.
        encoders: Vec<String>,
    },
    /// Input flowed, a rung gave nothing for [`Limits::silence`], or for four times as long where the processor was missing.
    #[error("no output from the worker for {limit:?} while input flowed{}", if *starved { ", four times over and without the processor" } else { "" })]
    Silent {
        /// The limit.
        limit: Duration,
        /// It waited for the processor: the machine is too busy.
        starved: bool,
    },
    /// No `Started` within [`Limits::start`].
    #[error("worker did not start within {0:?}")]
    StartTimedOut(Duration),
    /// It wrote something that is not [`wire`](crate::wire).
    #[error("worker broke the protocol: {0}")]
    Protocol(#[source] crate::wire::Error),
    /// The job is too large to be told to a worker.
    #[error("the job cannot be told to a worker: {0}")]
    Job(#[source] crate::wire::Error),
    /// Resident memory above [`Limits::memory_bytes`].
    #[error("worker used {used} bytes of memory, more than {limit}")]
    Memory {
        /// Seen.
        used: u64,
        /// Allowed.
        limit: u64,
    },
}

/// Why there will be no more output.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The program cannot be run at all.
    #[error("cannot start the transcode worker {program}: {said}")]
    CannotStart {
        /// What was to be run.
        program: PathBuf,
        /// The system's words.
        said: String,
    },
}
