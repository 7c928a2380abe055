//! One worker from its start to its end: the pipes, the hand-over of messages and the watch over both.
//!
//! Writing, reading, logging and watching are four futures of one task; the first to end ends the life. The watch (`watch`) counts
//! silence only while the caller takes events: a caller that stops reading stalls its worker and that is no fault of the worker's. Nor is
//! a rung silent that is shed, or comes back and has met no boundary yet.

mod progress;
mod watch;

use std::sync::Mutex;
use std::time::Duration;

use bytes::BytesMut;
use streamly_media::{AccessUnit, Kind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout};
use tokio::sync::mpsc;

use super::super::queue::{Item, Queue};
use super::super::{Config, Event, Failure, Job, Order, RestartReason, RungStarted, process};
use super::blame::Suspects;
use super::{Ended, Gauges, is_all_shed};
use crate::roster::Proof;
use crate::wire::{self, Message};
use progress::{Owed, Progress};
use watch::is_passing;

/// After the last input everything must have come out within this: a crowded machine has some seconds of pictures in front of its encoders.
const DRAIN_MAX: Duration = Duration::from_secs(5);

/// After its stdout closed a worker has this long to be gone by itself, so that its exit status can be told.
const EXIT_MAX: Duration = Duration::from_millis(300);

/// Bytes read from the worker at once.
const READ_BYTES: usize = 64 * 1024;

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

    /// What the next worker is to make, if that changed (`Some(None)`: nothing); whatever became of this one.
    pub(super) fn next_job(&self) -> Option<Option<Box<Job>>> {
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
                    self.progress().asked();
                    let AccessUnit { dts, pts, keyframe, data, .. } = au;
                    Message::AccessUnit { rung: 0, dts, pts, keyframe, data }
                }
                Some(Item::Sound(AccessUnit { dts, data, .. })) => Message::Sound { dts, data },
                Some(Item::Boundary(pts)) => {
                    self.progress().excuse_no_more();
                    Message::Boundary { pts }
                }
                Some(Item::Shed(rungs)) if is_all_shed(rungs, self.config.job.rungs.len()) => {
                    self.send(&mut stdin, &mut buffer, &Message::End).await;
                    return Written::NothingToMake;
                }
                Some(Item::Shed(rungs)) => {
                    self.progress().sheds(rungs);
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
            | Message::Shot { .. }
            | Message::Still(_)
            | Message::NoStill { .. }
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

    /// Encoders in front of the one that started could not be set up: they are put aside as after any fault.
    fn skipped(&self, started: Option<&str>) {
        for encoder in self.encoders.iter().take_while(|encoder| started.is_some_and(|name| name != *encoder))
        {
            self.config.roster.fault(encoder, &self.config.channel, Proof::Own, std::time::Instant::now());
        }
    }

    fn progress(&self) -> std::sync::MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
