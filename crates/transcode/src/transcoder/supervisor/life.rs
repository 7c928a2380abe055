//! One worker from its start to its end: the pipes, the hand-over of messages and the watch over both.
//!
//! Writing, reading, logging and watching are four futures of one task; the first to end ends the life. The watch counts
//! silence only while the caller takes events: a caller that stops reading stalls its worker and that is no fault of the worker's. Nor is
//! a rung silent that is shed, or comes back and has met no boundary yet.

use std::sync::Mutex;
use std::time::Duration;

use bytes::BytesMut;
use streamly_media::{AccessUnit, Kind};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior};

use super::super::queue::{Item, Queue};
use super::super::{Config, Event, Failure, Job, Order, RestartReason, RungStarted, process};
use super::blame::Suspects;
use super::silence::{Look, Silence, Verdict};
use super::{Ended, Gauges, is_all_shed};
use crate::roster::Proof;
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

/// What a rung owes us.
#[derive(Debug, Clone, Copy, Default)]
struct Owed {
    /// Pictures it was given since it last gave one.
    pictures: u32,
    /// How long they have been more than a decoder holds back, as the watch counts.
    silent: Duration,
    /// It is not made, or waits for a boundary to begin with.
    is_excused: bool,
    /// Its encoder took pictures and gave none, the worker says.
    stalled: bool,
}

/// What the four futures know of each other.
#[derive(Debug, Default)]
struct Progress {
    started: bool,
    gave_output: bool,
    encoder: Option<String>,
    rungs: Vec<Owed>,
    /// A write to the worker waits, since so long.
    writing: Option<Duration>,
    /// What is shed, one bit a rung.
    shed: u16,
    /// The caller has not taken an event since.
    caller_waits: bool,
    last_words: String,
    /// Taken off the queue, for the next worker.
    next_job: Option<Box<Job>>,
}

pub(super) struct Life<'a> {
    config: &'a Config,
    encoders: &'a [String],
    queue: &'a Queue,
    gauges: &'a Gauges,
    events: &'a mpsc::Sender<Event>,
    progress: Mutex<Progress>,
    child: Option<Child>,
}

/// Why writing stopped.
enum Written {
    InputEnded,
    Reconfigured,
    NothingToMake,
}

impl<'a> Life<'a> {
    pub(super) fn new(
        config: &'a Config,
        encoders: &'a [String],
        queue: &'a Queue,
        gauges: &'a Gauges,
        events: &'a mpsc::Sender<Event>,
    ) -> Self {
        let shed = queue.shed_now();
        let owed = |rung| Owed { is_excused: shed >> rung & 1 == 1, ..Owed::default() };
        let rungs = (0..config.job.rungs.len()).map(owed).collect();
        let progress = Mutex::new(Progress { rungs, shed, ..Progress::default() });
        Self { config, encoders, queue, gauges, events, progress, child: None }
    }

    /// What is known of the encoder.
    pub(super) fn suspects(&self) -> Suspects {
        let progress = self.progress();
        let encoder = progress.encoder.clone().or_else(|| self.encoders.first().cloned());
        Suspects { encoder, stalled: progress.rungs.iter().any(|rung| rung.stalled) }
    }

    pub(super) fn gave_output(&self) -> bool {
        self.progress().gave_output
    }

    /// What the next worker is to make, if that changed; whatever became of this one.
    pub(super) fn next_job(&self) -> Option<Box<Job>> {
        self.progress().next_job.take()
    }

    /// Runs to the end. Dropped at any await it leaves the child to [`Life::bury`].
    pub(super) async fn run(&mut self, replaces: Option<RestartReason>) -> Ended {
        let order = match self.order() {
            Ok(order) => order,
            Err(error) => return Ended::Faulty(RestartReason::Job(error)),
        };
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
            let write = this.write(stdin, order);
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
            (Some(Written::Reconfigured), _) => Ended::Reconfigured,
            (Some(Written::NothingToMake), _) => Ended::NothingToMake,
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
                return Err(Ended::Faulty(RestartReason::Exited { status, last_words, crashed: false }));
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

    /// The first two messages, as bytes.
    fn order(&self) -> Result<BytesMut, wire::Error> {
        let order = Order {
            job: self.config.job.clone(),
            encoders: self.encoders.to_vec(),
            shed: self.progress().shed,
        };
        let json = serde_json::to_vec(&order).map_err(|_| wire::Error::Body(1))?;
        let mut bytes = BytesMut::new();
        Message::HELLO.encode(&mut bytes)?;
        Message::Job(json.into()).encode(&mut bytes)?;
        Ok(bytes)
    }

    /// Feeds the worker. A broken pipe is left to the reader, who learns the reason.
    async fn write(&self, mut stdin: ChildStdin, mut buffer: BytesMut) -> Written {
        self.put(&mut stdin, &buffer).await;
        loop {
            let message = match self.queue.next().await {
                Some(Item::AccessUnit(au)) => {
                    self.asked();
                    let AccessUnit { dts, pts, keyframe, data, .. } = au;
                    Message::AccessUnit { rung: 0, dts, pts, keyframe, data }
                }
                Some(Item::Sound(AccessUnit { dts, data, .. })) => Message::Sound { dts, data },
                Some(Item::Boundary(pts)) => {
                    self.excuse_no_more();
                    Message::Boundary { pts }
                }
                Some(Item::Shed(rungs)) if is_all_shed(rungs, self.config.job.rungs.len()) => {
                    self.send(&mut stdin, &mut buffer, &Message::End).await;
                    return Written::NothingToMake;
                }
                Some(Item::Shed(rungs)) => {
                    self.sheds(rungs);
                    Message::Shed { rungs }
                }
                Some(Item::Reconfigure(job)) => {
                    // Kept before the await: a worker that dies in it must not take the job along.
                    self.progress().next_job = Some(job);
                    self.send(&mut stdin, &mut buffer, &Message::End).await;
                    return Written::Reconfigured;
                }
                None => {
                    self.send(&mut stdin, &mut buffer, &Message::End).await;
                    return Written::InputEnded;
                }
            };
            self.send(&mut stdin, &mut buffer, &message).await;
        }
    }

    async fn send(&self, stdin: &mut ChildStdin, buffer: &mut BytesMut, message: &Message) {
        buffer.clear();
        if let Err(error) = message.encode(buffer) {
            tracing::debug!(%error, "message to the transcode worker left out");
            return;
        }
        self.put(stdin, buffer).await;
    }

    async fn put(&self, stdin: &mut ChildStdin, buffer: &[u8]) {
        self.progress().writing = Some(Duration::ZERO);
        let written = stdin.write_all(buffer).await;
        self.progress().writing = None;
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
                        Ok(Some(event)) => self.hand_on(event).await,
                        Ok(None) => {}
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

    fn event(&self, message: Message) -> Result<Option<Event>, RestartReason> {
        let rungs = self.config.job.rungs.len();
        let mut progress = self.progress();
        match message {
            Message::AccessUnit { rung, dts, pts, keyframe, data } if usize::from(rung) < rungs => {
                progress.gave_output = true;
                let owed = &mut progress.rungs[usize::from(rung)];
                *owed = Owed { is_excused: owed.is_excused, ..Owed::default() };
                let au = AccessUnit { kind: Kind::Video, dts, pts, keyframe, data };
                Ok(Some(Event::AccessUnit { rung: usize::from(rung), au }))
            }
            Message::Config { rung, avcc } if usize::from(rung) < rungs => {
                Ok(Some(Event::Config { rung: usize::from(rung), avcc }))
            }
            Message::Sound { dts, data } => {
                let au = AccessUnit { kind: Kind::Audio, dts, pts: dts, keyframe: true, data };
                Ok(Some(Event::Sound { au }))
            }
            Message::Started(json) => match serde_json::from_slice::<Vec<RungStarted>>(&json) {
                Ok(rungs) => {
                    progress.started = true;
                    progress.encoder = rungs.first().map(|one| one.encoder.clone());
                    self.skipped(progress.encoder.as_deref());
                    Ok(Some(Event::Started { rungs }))
                }
                Err(_) => Err(RestartReason::Protocol(wire::Error::Body(5))),
            },
            Message::Failed { encoders, reason } => {
                let named = encoders.split(',').filter(|name| !name.is_empty()).map(str::to_owned);
                Err(RestartReason::Reported { said: reason, encoders: named.collect() })
            }
            Message::Stalled { rung } if usize::from(rung) < rungs => {
                let owed = &mut progress.rungs[usize::from(rung)];
                owed.stalled = !owed.is_excused;
                Ok(None)
            }
            Message::Stalled { .. } => Err(RestartReason::Protocol(wire::Error::Body(17))),
            Message::AccessUnit { .. } => Err(RestartReason::Protocol(wire::Error::Body(2))),
            Message::Config { .. } => Err(RestartReason::Protocol(wire::Error::Body(6))),
            Message::Hello { .. }
            | Message::Job(_)
            | Message::Boundary { .. }
            | Message::Shed { .. }
            | Message::End => Err(RestartReason::Protocol(wire::Error::Kind(0))),
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
        let (begun, mut last) = (Instant::now(), Instant::now());
        let mut silence = Silence::new(limits.silence);
        let mut ticks = tokio::time::interval(WATCH_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let step = Silence::step(last.elapsed());
            last = Instant::now();
            let pid = self.gauges.pid();
            if let Some(used) = pid.and_then(|pid| self.sample(pid))
                && used > limits.memory_bytes
            {
                return RestartReason::Memory { used, limit: limits.memory_bytes };
            }
            let silent = self.progress().silent(step);
            let Some(silent) = silent else {
                if !self.progress().started && begun.elapsed() > limits.start {
                    return RestartReason::StartTimedOut(limits.start);
                }
                continue;
            };
            let look = || {
                let (waited, is_stopped) = process::waiting(pid?)?;
                Some(Look { waited, is_stopped })
            };
            let verdict = silence.judge(silent, look);
            self.gauges.starves(verdict == Verdict::Starved);
            if let Verdict::Hung { starved } = verdict {
                return RestartReason::Silent { limit: limits.silence, starved };
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
            None => {
                let (status, last_words) = ("gone".to_owned(), String::new());
                return RestartReason::Exited { status, last_words, crashed: false };
            }
        };
        let crashed = matches!(&status, Ok(Ok(status)) if is_crash(*status));
        let status = match status {
            Ok(Ok(status)) => status.to_string(),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "closed its output".to_owned(),
        };
        RestartReason::Exited { status, last_words: self.progress().last_words.clone(), crashed }
    }

    /// A picture goes in: each rung owes one more.
    fn asked(&self) {
        for owed in self.progress().rungs.iter_mut().filter(|owed| !owed.is_excused) {
            owed.pictures = owed.pictures.saturating_add(1);
        }
    }

    /// Encoders in front of the one that started could not be set up: they are put aside as after any fault.
    fn skipped(&self, started: Option<&str>) {
        for encoder in self.encoders.iter().take_while(|encoder| started.is_some_and(|name| name != *encoder))
        {
            self.config.roster.fault(encoder, &self.config.channel, Proof::Own, std::time::Instant::now());
        }
    }

    /// What is shed owes nothing; what comes back owes nothing before a boundary.
    fn sheds(&self, shed: u16) {
        let mut progress = self.progress();
        progress.shed = shed;
        for (rung, owed) in progress.rungs.iter_mut().enumerate() {
            if shed >> rung & 1 == 1 {
                *owed = Owed { is_excused: true, ..Owed::default() };
            }
        }
    }

    /// A boundary goes in: what waited for one begins.
    fn excuse_no_more(&self) {
        let mut progress = self.progress();
        let shed = progress.shed;
        for (rung, owed) in progress.rungs.iter_mut().enumerate() {
            owed.is_excused &= shed >> rung & 1 == 1;
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

impl Progress {
    /// Counts the time of one look; the longest that something was owed. `None`: not to be judged, since it starts or the caller
    /// does not read.
    fn silent(&mut self, step: Duration) -> Option<Duration> {
        if self.caller_waits || !self.started {
            for owed in &mut self.rungs {
                *owed = Owed { is_excused: owed.is_excused, ..Owed::default() };
            }
            self.writing = self.writing.map(|_| Duration::ZERO);
            return None;
        }
        // What a decoder rightly holds back is no debt: a broadcaster's pause must not make one of it.
        for owed in self.rungs.iter_mut().filter(|owed| owed.pictures > REORDER_MAX) {
            owed.silent += step;
        }
        if let Some(writing) = &mut self.writing {
            *writing += step;
        }
        let rungs = self.rungs.iter().map(|owed| owed.silent);
        Some(rungs.chain(self.writing).max().unwrap_or_default())
    }
}

/// Signals that a process gets for what it does itself.
fn is_crash(status: std::process::ExitStatus) -> bool {
    use nix::sys::signal::Signal::{SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV};
    use std::os::unix::process::ExitStatusExt;
    let own = [SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV];
    status.signal().is_some_and(|signal| own.iter().any(|own| *own as i32 == signal))
}

/// Errors of starting that another try may not meet: too many processes or files, no memory just now.
fn is_passing(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{Interrupted, OutOfMemory, ResourceBusy, WouldBlock};
    matches!(error.kind(), WouldBlock | OutOfMemory | Interrupted | ResourceBusy)
        || matches!(error.raw_os_error(), Some(errno) if errno == nix::errno::Errno::EMFILE as i32
            || errno == nix::errno::Errno::ENFILE as i32 || errno == nix::errno::Errno::ETXTBSY as i32)
}

#[cfg(test)]
mod tests;
