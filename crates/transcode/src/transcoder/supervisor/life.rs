//! One worker from its start to its end: the pipes, the hand-over of messages and the watch over both.
//!
//! Writing, reading, logging and watching are four futures of one task; the first to end ends the life. The watch counts
//! silence only while the caller takes events: a caller that stops reading stalls its worker and that is no fault of the worker's.

use std::sync::Mutex;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use streamly_media::{AccessUnit, Kind};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior};

use super::super::queue::{Item, Queue};
use super::super::{Config, Event, Failure, Job, RestartReason, process};
use super::{Ended, Gauges};
use crate::wire::{self, Message};

/// How often the worker is looked at.
const WATCH_EVERY: Duration = Duration::from_millis(250);

/// After the last input everything must have come out within this.
const DRAIN_MAX: Duration = Duration::from_secs(2);

/// After its stdout closed a worker has this long to be gone by itself, so that its exit status can be told.
const EXIT_MAX: Duration = Duration::from_millis(300);

/// Pictures a decoder may rightly hold back before the first comes out (H.264 A.3.1: max_dec_frame_buffering ≤ 16).
const REORDER_MAX: u32 = 16;

/// Longest line taken from the worker's stderr, bytes; the rest of it is cut off.
const LOG_LINE_MAX: usize = 4096;

/// Bytes read from the worker at once.
const READ_BYTES: usize = 64 * 1024;

/// What the four futures know of each other.
#[derive(Debug, Default)]
struct Progress {
    started: bool,
    gave_output: bool,
    /// Per rung: since when input is unanswered, and how many pictures.
    unanswered: Vec<Option<(Instant, u32)>>,
    /// A write to the worker waits since.
    writing_since: Option<Instant>,
    /// The caller has not taken an event since.
    caller_waits: bool,
    last_words: String,
}

pub(super) struct Life<'a> {
    config: &'a Config,
    queue: &'a Queue,
    gauges: &'a Gauges,
    events: &'a mpsc::Sender<Event>,
    progress: Mutex<Progress>,
    child: Option<Child>,
}

/// Why writing stopped.
enum Written {
    InputEnded,
    Reconfigured(Box<Job>),
}

impl<'a> Life<'a> {
    pub(super) fn new(
        config: &'a Config,
        queue: &'a Queue,
        gauges: &'a Gauges,
        events: &'a mpsc::Sender<Event>,
    ) -> Self {
        let unanswered = vec![None; config.job.rungs.len()];
        let progress = Mutex::new(Progress { unanswered, ..Progress::default() });
        Self { config, queue, gauges, events, progress, child: None }
    }

    pub(super) fn gave_output(&self) -> bool {
        self.progress().gave_output
    }

    /// Runs to the end. Dropped at any await it leaves the child to [`Life::bury`].
    pub(super) async fn run(&mut self, replaces: Option<RestartReason>) -> Ended {
        let (stdin, stdout, stderr) = match self.start().await {
            Ok(pipes) => pipes,
            Err(ended) => return ended,
        };
        if let Some(reason) = replaces
            && self.events.send(Event::Restarted { reason }).await.is_err()
        {
            return Ended::Finished;
        }
        let (written, fault) = {
            let this = &*self;
            let read = this.read(stdout);
            tokio::pin!(read);
            let relay = this.relay(stderr);
            tokio::pin!(relay);
            let write = this.write(stdin);
            tokio::pin!(write);
            let watch = this.watch();
            tokio::pin!(watch);
            let mut relayed = false;
            let written = loop {
                tokio::select! {
                    fault = &mut read => break Err(fault),
                    written = &mut write => break Ok(written),
                    fault = &mut watch => break Err(Some(fault)),
                    () = &mut relay, if !relayed => relayed = true,
                }
            };
            match written {
                Ok(written) => {
                    // Drained when the worker closes its stdout; too slow is no fault worth a restart now.
                    tokio::select! {
                        _ = &mut read => {}
                        () = tokio::time::sleep(DRAIN_MAX) => {}
                    }
                    (Some(written), None)
                }
                Err(fault) => {
                    if fault.is_none() && !relayed {
                        // It is dying: hear it out, its last line is the reason that gets told.
                        let _ = tokio::time::timeout(EXIT_MAX, &mut relay).await;
                    }
                    (None, fault)
                }
            }
        };
        match (written, fault) {
            (Some(Written::InputEnded), _) => Ended::Finished,
            (Some(Written::Reconfigured(job)), _) => Ended::Reconfigured(job),
            (None, Some(fault)) => Ended::Faulty(fault),
            (None, None) => Ended::Faulty(self.exited().await),
        }
    }

    /// Kills what still runs and reaps it: no zombie stays.
    pub(super) async fn bury(mut self) {
        let Some(mut child) = self.child.take() else { return };
        if let Some(pid) = child.id() {
            self.sample(pid);
        }
        if let Err(error) = child.kill().await {
            tracing::warn!(%error, "cannot kill a transcode worker");
        }
    }

    async fn start(&mut self) -> Result<(ChildStdin, ChildStdout, ChildStderr), Ended> {
        let command = &self.config.worker;
        let mut child = match process::start(command.command(&[])).await {
            Ok(child) => child,
            Err(error) if is_passing(&error) => {
                let (status, last_words) = (format!("not started: {error}"), String::new());
                return Err(Ended::Faulty(RestartReason::Exited { status, last_words }));
            }
            Err(error) => {
                let (program, said) = (command.program.clone(), error.to_string());
                return Err(Ended::Hopeless(Failure::CannotStart { program, said }));
            }
        };
        self.gauges.started(child.id().unwrap_or(0));
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        self.child = Some(child);
        match pipes {
            (Some(stdin), Some(stdout), Some(stderr)) => Ok((stdin, stdout, stderr)),
            _ => unreachable!("WorkerCommand pipes all three streams"),
        }
    }

    /// Feeds the worker. A broken pipe is left to the reader, who learns the reason.
    async fn write(&self, mut stdin: ChildStdin) -> Written {
        let mut buffer = BytesMut::new();
        let job = serde_json::to_vec(&self.config.job).map(Bytes::from).unwrap_or_default();
        self.send(&mut stdin, &mut buffer, &Message::HELLO).await;
        self.send(&mut stdin, &mut buffer, &Message::Job(job)).await;
        loop {
            let written = match self.queue.next().await {
                Some(Item::AccessUnit(au)) => {
                    self.asked();
                    let AccessUnit { dts, pts, keyframe, data, .. } = au;
                    let message = Message::AccessUnit { rung: 0, dts, pts, keyframe, data };
                    self.send(&mut stdin, &mut buffer, &message).await;
                    continue;
                }
                Some(Item::Sound(AccessUnit { dts, data, .. })) => {
                    self.send(&mut stdin, &mut buffer, &Message::Sound { dts, data }).await;
                    continue;
                }
                Some(Item::Boundary(pts)) => {
                    self.send(&mut stdin, &mut buffer, &Message::Boundary { pts }).await;
                    continue;
                }
                Some(Item::Reconfigure(job)) => Written::Reconfigured(job),
                None => Written::InputEnded,
            };
            self.send(&mut stdin, &mut buffer, &Message::End).await;
            return written;
        }
    }

    async fn send(&self, stdin: &mut ChildStdin, buffer: &mut BytesMut, message: &Message) {
        buffer.clear();
        if let Err(error) = message.encode(buffer) {
            tracing::debug!(%error, "message to the transcode worker left out");
            return;
        }
        self.progress().writing_since = Some(Instant::now());
        let written = stdin.write_all(buffer).await;
        self.progress().writing_since = None;
        if written.is_err() {
            // The worker is gone; the reader ends this life.
            std::future::pending::<()>().await;
        }
    }

    /// Hands on what the worker says; `None` at the end of its output.
    async fn read(&self, mut stdout: ChildStdout) -> Option<RestartReason> {
        let mut decoder = wire::Decoder::default();
        let mut buffer = BytesMut::with_capacity(READ_BYTES);
        loop {
            loop {
                match decoder.next(&mut buffer) {
                    Ok(Some(message)) => match self.event(message) {
                        Ok(event) => self.hand_on(event).await,
                        Err(fault) => return Some(fault),
                    },
                    Ok(None) => break,
                    Err(error) => return Some(RestartReason::Protocol(error)),
                }
            }
            buffer.reserve(READ_BYTES);
            match stdout.read_buf(&mut buffer).await {
                Ok(0) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    fn event(&self, message: Message) -> Result<Event, RestartReason> {
        let rungs = self.config.job.rungs.len();
        let mut progress = self.progress();
        match message {
            Message::AccessUnit { rung, dts, pts, keyframe, data } if usize::from(rung) < rungs => {
                progress.gave_output = true;
                progress.unanswered[usize::from(rung)] = None;
                let au = AccessUnit { kind: Kind::Video, dts, pts, keyframe, data };
                Ok(Event::AccessUnit { rung: usize::from(rung), au })
            }
            Message::Config { rung, avcc } if usize::from(rung) < rungs => {
                Ok(Event::Config { rung: usize::from(rung), avcc })
            }
            Message::Sound { dts, data } => {
                let au = AccessUnit { kind: Kind::Audio, dts, pts: dts, keyframe: true, data };
                Ok(Event::Sound { au })
            }
            Message::Started(json) => match serde_json::from_slice(&json) {
                Ok(rungs) => {
                    progress.started = true;
                    Ok(Event::Started { rungs })
                }
                Err(_) => Err(RestartReason::Protocol(wire::Error::Body(5))),
            },
            Message::Failed(said) => Err(RestartReason::Reported { said }),
            Message::AccessUnit { .. } => Err(RestartReason::Protocol(wire::Error::Body(2))),
            Message::Config { .. } => Err(RestartReason::Protocol(wire::Error::Body(6))),
            Message::Hello { .. } | Message::Job(_) | Message::Boundary { .. } | Message::End => {
                Err(RestartReason::Protocol(wire::Error::Kind(0)))
            }
        }
    }

    async fn hand_on(&self, event: Event) {
        self.progress().caller_waits = true;
        // A closed receiver ends the supervisor through `closed()`.
        let _ = self.events.send(event).await;
        let mut progress = self.progress();
        progress.caller_waits = false;
    }

    /// Ends with the fault that makes the worker's life not worth going on.
    async fn watch(&self) -> RestartReason {
        let limits = &self.config.limits;
        let begun = Instant::now();
        let mut ticks = tokio::time::interval(WATCH_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Some(pid) = self.gauges.pid()
                && let Some(used) = self.sample(pid)
                && used > limits.memory_bytes
            {
                return RestartReason::Memory { used, limit: limits.memory_bytes };
            }
            let mut progress = self.progress();
            if progress.caller_waits {
                progress.unanswered.fill(None);
                progress.writing_since = progress.writing_since.map(|_| Instant::now());
                continue;
            }
            if !progress.started {
                if begun.elapsed() > limits.start {
                    return RestartReason::StartTimedOut(limits.start);
                }
                continue;
            }
            let is_stuck = progress.writing_since.is_some_and(|since| since.elapsed() > limits.silence);
            let is_silent = progress
                .unanswered
                .iter()
                .flatten()
                .any(|(since, pictures)| since.elapsed() > limits.silence && *pictures > REORDER_MAX);
            if is_stuck || is_silent {
                return RestartReason::Silent(limits.silence);
            }
        }
    }

    /// Logs the worker's stderr line by line, cut at a length; ends with it.
    async fn relay(&self, stderr: ChildStderr) {
        let mut lines = BufReader::with_capacity(LOG_LINE_MAX, stderr);
        loop {
            let Ok(piece) = lines.fill_buf().await else { return };
            if piece.is_empty() {
                return;
            }
            // A line longer than the buffer is logged in pieces: nothing grows with what the worker says.
            let length = piece.iter().position(|byte| *byte == b'\n').map_or(piece.len(), |at| at + 1);
            let line = String::from_utf8_lossy(&piece[..length]).trim().to_owned();
            lines.consume(length);
            if !line.is_empty() {
                tracing::debug!(target: "streamly_transcode::worker", "{line}");
                self.progress().last_words = line;
            }
        }
    }

    async fn exited(&mut self) -> RestartReason {
        let status = match &mut self.child {
            Some(child) => tokio::time::timeout(EXIT_MAX, child.wait()).await,
            None => return RestartReason::Exited { status: "gone".to_owned(), last_words: String::new() },
        };
        let status = match status {
            Ok(Ok(status)) => status.to_string(),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "closed its output".to_owned(),
        };
        RestartReason::Exited { status, last_words: self.progress().last_words.clone() }
    }

    fn asked(&self) {
        let now = Instant::now();
        for waiting in &mut self.progress().unanswered {
            let (_, pictures) = waiting.get_or_insert((now, 0));
            *pictures += 1;
        }
    }

    fn sample(&self, pid: u32) -> Option<u64> {
        let (cpu, memory_bytes) = process::usage(pid)?;
        self.gauges.sampled(cpu, memory_bytes);
        Some(memory_bytes)
    }

    fn progress(&self) -> std::sync::MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Errors of starting that another try may not meet: too many processes or files, no memory just now.
fn is_passing(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{Interrupted, OutOfMemory, ResourceBusy, WouldBlock};
    matches!(error.kind(), WouldBlock | OutOfMemory | Interrupted | ResourceBusy)
        || matches!(error.raw_os_error(), Some(errno) if errno == nix::errno::Errno::EMFILE as i32
            || errno == nix::errno::Errno::ENFILE as i32 || errno == nix::errno::Errno::ETXTBSY as i32)
}
