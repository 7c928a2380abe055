//! Many people in chat rooms in one process: who loads the chat rows. It must cost less than the server it loads.
//!
//! One thread, one epoll, raw WebSocket frames. A body carries the time at which it was said, so a delivery is found and timed without
//! reading the frame around it. The process obeys commands on stdin, a JSON object a line, and answers each with one line; it
//! ends when stdin closes. Sockets come from several loopback addresses, so that ports do not run out.

mod crowd;
mod dialect;
mod frames;
mod hear;
mod member;
mod say;
mod tally;

pub use dialect::Dialect;
pub use tally::Lists;

use anyhow::Context;
use crowd::Crowd;
use serde::{Deserialize, Serialize};
use std::{
    io::{BufRead, Write},
    net::SocketAddr,
    path::PathBuf,
    sync::mpsc,
    time::Duration,
};

/// How often stdin is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// Who comes.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// What the servers speak.
    #[arg(long, value_enum)]
    speaks: Dialect,
    /// The servers; sockets go to them in turn.
    #[arg(long, value_delimiter = ',')]
    to: Vec<SocketAddr>,
    /// Sockets that come at once, spread over the rooms in turn.
    #[arg(long)]
    sockets: u32,
    /// A file with a room a line: its name, and a token for who speaks in it.
    #[arg(long)]
    rooms: PathBuf,
    /// Sockets of each room that speak.
    #[arg(long, default_value_t = 1)]
    speakers: u32,
    /// Events of history that are asked for.
    #[arg(long, default_value_t = 0)]
    history: u32,
    /// Bytes that the kernel may hold for a socket that does not read; 0: what it does by itself.
    #[arg(long, default_value_t = 0)]
    receive_buffer: usize,
    /// Milliseconds at least between two looks at the sockets.
    #[arg(long, default_value_t = 0)]
    look_ms: u64,
    /// List every message, repeat what is not acknowledged, and come back with `since`.
    #[arg(long)]
    follow: bool,
}

/// What is done.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Command {
    /// Says so much in each room for so long, and waits until all is heard or nothing more comes.
    Say {
        /// Messages a second in each room.
        per_second: f64,
        /// How long.
        seconds: f64,
    },
    /// These many sockets, none of which speaks, stop reading for good.
    Stall {
        /// How many.
        sockets: u32,
    },
    /// More sockets come at a pace, while one message a second is said in each room.
    Come {
        /// Sockets a second.
        per_second: f64,
        /// How long.
        seconds: f64,
    },
    /// What followers heard, all together.
    Compare,
}

/// What became of `Say`.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Heard {
    /// Messages said.
    pub said: u64,
    /// Deliveries there should have been.
    pub expected: u64,
    /// Deliveries there were.
    pub delivered: u64,
    /// Left out for somebody, and told so.
    pub skipped: u64,
    /// Refusals.
    pub refused: u64,
    /// Sockets that ended.
    pub ended: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Seconds of saying.
    pub seconds: f64,
    /// Delay from saying to hearing.
    pub p50_ms: Option<f64>,
    /// The same.
    pub p99_ms: Option<f64>,
    /// How far saying fell behind its pace at most.
    pub behind_ms: f64,
}

/// What became of `Come`.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Came {
    /// Sockets that are in.
    pub joined: u64,
    /// Sockets that came and are not in.
    pub failed: u64,
    /// From asking to join to having the answer whole.
    pub join_p50_ms: Option<f64>,
    /// The same.
    pub join_p99_ms: Option<f64>,
    /// From connecting to the same.
    pub come_p99_ms: Option<f64>,
    /// Mean bytes read by one until then.
    pub bytes: f64,
}

/// What the first line says.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Joined {
    /// Sockets that are in.
    pub joined: u32,
    /// How long it took.
    pub seconds: f64,
}

/// What became of `Stall`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Stalled {
    /// Local addresses of the sockets.
    pub from: Vec<SocketAddr>,
}

/// Comes, then obeys until stdin closes.
///
/// # Errors
/// If not everybody gets in, or a server says what it never should.
pub fn run(options: &Options) -> anyhow::Result<()> {
    raise_file_limit()?;
    let mut crowd = Crowd::new(options)?;
    let joined = crowd.fill(options.sockets)?;
    say(&joined)?;
    let (lines, commands) = mpsc::sync_channel(1);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let Ok(line) = line else { return };
            if lines.send(line).is_err() {
                return;
            }
        }
    });
    loop {
        match commands.try_recv() {
            Ok(line) => {
                let command = serde_json::from_str(&line).with_context(|| format!("no command: {line}"))?;
                match command {
                    Command::Say { per_second, seconds } => {
                        say(&crowd.say(per_second, Duration::from_secs_f64(seconds))?)?;
                    }
                    Command::Stall { sockets } => say(&crowd.stall(sockets)?)?,
                    Command::Come { per_second, seconds } => {
                        say(&crowd.come(per_second, Duration::from_secs_f64(seconds))?)?;
                    }
                    Command::Compare => say(&crowd.compare())?,
                }
            }
            Err(mpsc::TryRecvError::Empty) => crowd.listen(LOOK)?,
            Err(mpsc::TryRecvError::Disconnected) => return Ok(()),
        }
    }
}

fn say(answer: &impl Serialize) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", serde_json::to_string(answer)?)?;
    Ok(out.flush()?)
}

/// Every socket needs a descriptor: the soft limit becomes the hard one.
fn raise_file_limit() -> anyhow::Result<()> {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    Ok(setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?)
}
