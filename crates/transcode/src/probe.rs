//! Which encoders really work on this machine: each candidate encodes ten pictures in a child process of its own.
//!
//! A broken driver may crash or hang; here it takes only its child with it. Run it once at boot, with a fresh registry file in the
//! [`WorkerCommand`]: GStreamer's registry remembers "no GPU" across reboots. The result is a list with what each one said, for
//! `streamly doctor` and the log. It never fails as a whole: a worker program that cannot be run is what every candidate says.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::encoders;
use crate::transcoder::{WorkerCommand, start};
use crate::worker::probed::SUCCESS;

/// How long one candidate may take. x264enc needs 70 ms, a first look at the plugins some seconds.
pub const TIMEOUT: Duration = Duration::from_secs(10);

/// Most bytes kept of what a child says.
const SAID_BYTES_MAX: usize = 2000;

/// What became of one candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It encoded.
    Usable {
        /// Bytes of ten pictures.
        bytes: u64,
    },
    /// It did not: its own last words.
    Refused {
        /// One line.
        said: String,
    },
    /// It gave nothing in time and was killed.
    TimedOut(Duration),
}

/// One candidate and its verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probed {
    /// GStreamer element.
    pub encoder: String,
    /// Whether it encodes on a device of its own.
    pub hardware: bool,
    /// What became of it.
    pub verdict: Verdict,
    /// How long it took.
    pub took: Duration,
}

impl std::fmt::Display for Probed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (encoder, took) = (&self.encoder, self.took.as_millis());
        match &self.verdict {
            Verdict::Usable { bytes } => {
                write!(f, "{encoder}: works ({bytes} bytes for ten pictures, {took} ms)")
            }
            Verdict::Refused { said } => write!(f, "{encoder}: {said}"),
            Verdict::TimedOut(limit) => write!(f, "{encoder}: gave nothing within {limit:?}"),
        }
    }
}

/// All candidates in the order asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// One each.
    pub probed: Vec<Probed>,
}

impl Report {
    /// Whether another trial may say something else: nothing works, or something gave nothing in time.
    pub fn is_open(&self) -> bool {
        let timed_out = |probed: &Probed| matches!(probed.verdict, Verdict::TimedOut(_));
        self.usable().is_empty() || self.probed.iter().any(timed_out)
    }

    /// The working ones, best first, for [`Roster::new`](crate::Roster::new).
    pub fn usable(&self) -> Vec<String> {
        let works = |probed: &&Probed| matches!(probed.verdict, Verdict::Usable { .. });
        self.probed.iter().filter(works).map(|probed| probed.encoder.clone()).collect()
    }
}

/// Tries every candidate, one after another, each for at most `timeout`. `candidates` empty: all of the table, best first, each that
/// works with the way over its device behind it, if it has one; the report has the better of the two in front.
pub async fn run(worker: &WorkerCommand, candidates: &[String], timeout: Duration) -> Report {
    let mut report = Report::default();
    for encoder in candidates {
        report.probed.push(tried(worker, encoder, timeout).await);
    }
    if candidates.is_empty() {
        for encoder in encoders::names() {
            report.probed.extend(both_ways(worker, encoder, timeout).await);
        }
    }
    report
}

/// Tries once more what gave nothing in time, which a busy machine does to a good encoder too; all of them if none works. The order
/// stays.
pub async fn again(worker: &WorkerCommand, report: Report, timeout: Duration) -> Report {
    let none_works = report.usable().is_empty();
    let mut anew = Report::default();
    for probed in report.probed {
        if none_works || matches!(probed.verdict, Verdict::TimedOut(_)) {
            anew.probed.extend(both_ways(worker, &probed.encoder, timeout).await);
        } else {
            anew.probed.push(probed);
        }
    }
    anew
}

/// The way over its device in front, if it has one and works.
async fn both_ways(worker: &WorkerCommand, encoder: &str, timeout: Duration) -> Vec<Probed> {
    let plain = tried(worker, encoder, timeout).await;
    let device = encoders::on_device(encoder).filter(|_| matches!(plain.verdict, Verdict::Usable { .. }));
    match device {
        Some(device) => vec![tried(worker, &device, timeout).await, plain],
        None => vec![plain],
    }
}

async fn tried(worker: &WorkerCommand, encoder: &str, timeout: Duration) -> Probed {
    let begun = Instant::now();
    let verdict = match tokio::time::timeout(timeout, one(worker, encoder)).await {
        Ok(verdict) => verdict,
        // Dropping the child killed it.
        Err(_) => Verdict::TimedOut(timeout),
    };
    let (hardware, took) = (encoders::is_hardware(encoder), begun.elapsed());
    let probed = Probed { encoder: encoder.to_owned(), hardware, verdict, took };
    tracing::info!("{probed}");
    probed
}

async fn one(worker: &WorkerCommand, encoder: &str) -> Verdict {
    let mut command = worker.command(&["probe", encoder]);
    command.stdin(Stdio::null());
    let output = match start(command).await {
        Ok(child) => child.wait_with_output().await,
        Err(error) => Err(error),
    };
    let output = match output {
        Ok(output) => output,
        Err(error) => {
            let program = worker.program.display();
            return Verdict::Refused { said: format!("cannot run the worker {program}: {error}") };
        }
    };
    let stdout = String::from_utf8_lossy(&output.stdout);
    let bytes = stdout.lines().find_map(|line| line.strip_prefix(SUCCESS)?.parse().ok());
    match bytes {
        Some(bytes) if output.status.success() && bytes > 0 => Verdict::Usable { bytes },
        _ => {
            let stderr = String::from_utf8_lossy(&output.stderr);
            let last = stderr.lines().rev().map(str::trim).find(|line| !line.is_empty());
            let said = last.map_or_else(
                || output.status.to_string(),
                |line| line.chars().take(SAID_BYTES_MAX).collect(),
            );
            Verdict::Refused { said }
        }
    }
}
