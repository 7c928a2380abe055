//! Stills of live pictures: a keyframe in, a small JPEG out, by one worker process for all broadcasts of a node.
//!
//! It is not the transcoder: it shares no process, queue or thread with rungs, so that a still never costs a rung a picture (ADR 0034). One
//! shot at a time; the caller decides which and how often. The worker starts with the first shot and is kept, for starting costs more than
//! a still does. Whatever goes wrong costs that one still: a worker that dies, hangs or babbles is killed and the next shot starts another.

use std::ffi::OsString;
use std::process::Stdio;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use streamly_media::VideoFormat;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, ChildStdout};

use crate::transcoder::{WorkerCommand, start};
use crate::wire::{self, Decoder, Message};

/// Longest time for the first still of a worker: it reads GStreamer's registry, which costs seconds where there is none yet.
const FIRST: Duration = Duration::from_secs(60);
/// Longest time for a still. One of 4K takes a quarter of a second.
const EACH: Duration = Duration::from_secs(5);
/// Bytes read from the worker at once.
const READ_BYTES: usize = 64 * 1024;

/// By how much nicer than this process the worker is: rungs and all else go first, and it still gets a thirtieth of a machine that is ten times
/// too busy. At 10 it would be a hundredth, and starting the worker take half a minute.
const NICER: &str = "5";

/// What a still is to look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// The picture is scaled to fit into so many pixels as it is to be shown, and never up.
    pub width: u16,
    /// The same.
    pub height: u16,
    /// Of the JPEG, 1 to 100.
    pub quality: u8,
}

/// A keyframe of a source.
#[derive(Debug, Clone)]
pub struct Shot {
    /// Its codec.
    pub format: VideoFormat,
    /// The configuration record that belongs to it.
    pub record: Bytes,
    /// As a timeline gives it.
    pub data: Bytes,
}

/// Why there is no still.
#[derive(Debug, thiserror::Error)]
pub enum Missed {
    /// The worker program does not start.
    #[error("the worker of stills does not start")]
    Start(#[source] std::io::Error),
    /// No answer in time: it was killed.
    #[error("the worker of stills gave no answer within {0:?}")]
    TimedOut(Duration),
    /// It died.
    #[error("the worker of stills died")]
    Died,
    /// It says what it should not: it was killed.
    #[error("the worker of stills broke the protocol")]
    Protocol(#[from] wire::Error),
    /// It goes on, but has no still of this.
    #[error("no still can be made of the picture: {0}")]
    Refused(String),
}

/// See the module's head.
#[derive(Debug)]
pub struct Stills {
    command: WorkerCommand,
    look: Look,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    child: Child,
    stdin: ChildStdin,
    stdout: ChildStdout,
    decoder: Decoder,
    buffer: BytesMut,
    is_proven: bool,
}

impl Stills {
    /// Nothing runs yet.
    pub fn new(command: WorkerCommand, look: Look) -> Self {
        Self { command, look, running: None }
    }

    /// The worker's process, if there is one.
    pub fn pid(&self) -> Option<u32> {
        self.running.as_ref()?.child.id()
    }

    /// Makes a still. Dropped before its end, the worker is left in the middle of its answer: [`Stills::rest`] has to follow.
    ///
    /// # Errors
    /// [`Missed`]; the next shot is a new attempt in every case.
    pub async fn take(&mut self, shot: &Shot) -> Result<Bytes, Missed> {
        let mut running = match self.running.take() {
            Some(running) => running,
            None => Running::start(&self.command).await?,
        };
        let limit = if running.is_proven { EACH } else { FIRST };
        let answer = match tokio::time::timeout(limit, running.ask(&self.look, shot)).await {
            Ok(answer) => answer,
            Err(_) => Err(Missed::TimedOut(limit)),
        };
        match &answer {
            Ok(_) | Err(Missed::Refused(_)) => {
                running.is_proven = true;
                self.running = Some(running);
            }
            Err(_) => running.bury().await,
        }
        answer
    }

    /// Ends the worker, until the next shot.
    pub async fn rest(&mut self) {
        if let Some(running) = self.running.take() {
            running.bury().await;
        }
    }
}

impl Running {
    async fn start(command: &WorkerCommand) -> Result<Self, Missed> {
        let run = |command: &WorkerCommand| {
            let mut command = command.command(&["stills"]);
            // What it has to say of a picture it says in its answer.
            command.stderr(Stdio::null());
            start(command)
        };
        let child = match run(&niced(command)).await {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => run(command).await,
            child => child,
        };
        let mut child = child.map_err(Missed::Start)?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Missed::Died);
        };
        let (decoder, buffer) = (Decoder::default(), BytesMut::with_capacity(READ_BYTES));
        let mut this = Self { child, stdin, stdout, decoder, buffer, is_proven: false };
        this.send(&Message::HELLO).await?;
        Ok(this)
    }

    async fn send(&mut self, message: &Message) -> Result<(), Missed> {
        let mut bytes = BytesMut::new();
        message.encode(&mut bytes)?;
        self.stdin.write_all(&bytes).await.map_err(|_| Missed::Died)
    }

    async fn ask(&mut self, look: &Look, shot: &Shot) -> Result<Bytes, Missed> {
        let Look { width, height, quality } = *look;
        let Shot { format, record, data } = shot.clone();
        self.send(&Message::Shot { format, width, height, quality, record, data }).await?;
        loop {
            if let Some(message) = self.decoder.next(&mut self.buffer)? {
                return match message {
                    Message::Still(jpeg) => Ok(jpeg),
                    Message::NoStill { reason } => Err(Missed::Refused(reason)),
                    _ => Err(Missed::Protocol(wire::Error::Kind(0))),
                };
            }
            self.buffer.reserve(READ_BYTES);
            match self.stdout.read_buf(&mut self.buffer).await {
                Ok(0) | Err(_) => return Err(Missed::Died),
                Ok(_) => {}
            }
        }
    }

    /// Kills and reaps it: no zombie stays.
    async fn bury(mut self) {
        if let Err(error) = self.child.kill().await {
            tracing::warn!(%error, "cannot kill a worker of stills");
        }
    }
}

/// The same at a low priority; `nice` is where POSIX is.
fn niced(command: &WorkerCommand) -> WorkerCommand {
    let mut args: Vec<OsString> = ["-n", NICER].map(Into::into).into();
    args.push(command.program.clone().into());
    args.extend(command.args.iter().cloned());
    WorkerCommand { program: "nice".into(), args, registry: command.registry.clone() }
}
