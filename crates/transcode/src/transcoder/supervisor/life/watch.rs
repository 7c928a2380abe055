//! The watch over a worker: what it uses, what it says on stderr, whether it still gives anything, how it ended.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::ChildStderr;
use tokio::time::{Instant, MissedTickBehavior};

use super::super::super::{RestartReason, process};
use super::super::silence::{Look, Silence, Verdict};
use super::{EXIT_MAX, Life};

/// How often the worker is looked at.
pub(super) const WATCH_EVERY: Duration = Duration::from_millis(250);

/// Longest line taken from the worker's stderr, bytes; the rest of it is cut off.
const LOG_LINE_MAX: usize = 4096;

impl Life<'_> {
    /// Ends with the fault that makes the worker's life not worth going on.
    pub(super) async fn watch(&self) -> RestartReason {
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
    pub(super) async fn relay(&self, stderr: ChildStderr) {
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

    /// How it ended by itself.
    pub(super) async fn exited(&mut self) -> RestartReason {
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

    /// Notes what it uses; its resident bytes.
    pub(super) fn sample(&self, pid: u32) -> Option<u64> {
        let (cpu, memory_bytes) = process::usage(pid)?;
        self.gauges.sampled(cpu, memory_bytes);
        Some(memory_bytes)
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
pub(super) fn is_passing(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{Interrupted, OutOfMemory, ResourceBusy, WouldBlock};
    matches!(error.kind(), WouldBlock | OutOfMemory | Interrupted | ResourceBusy)
        || matches!(error.raw_os_error(), Some(errno) if errno == nix::errno::Errno::EMFILE as i32
            || errno == nix::errno::Errno::ENFILE as i32 || errno == nix::errno::Errno::ETXTBSY as i32)
}
