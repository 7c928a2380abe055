//! Draining a node: it is told to, and watched until its broadcasts have moved or ended.
//!
//! [`Progress`] is a plain machine: time is an argument. A node that is told to drain goes on doing so, whether or not somebody watches; it
//! does not stop by itself.

use crate::{config::Config, error::Error, figures, node::Node, output::Output, stream::Stream};
use std::{
    io::Write,
    process::ExitCode,
    time::{Duration, Instant},
};
use streamly_lifecycle::until_stop_signal;
use tokio::time::{MissedTickBehavior, interval};

/// Between two looks.
const TURN: Duration = Duration::from_secs(1);
/// A node that has answered nothing for so long is gone. Shorter would give up one that is merely busy.
const GONE: Duration = Duration::from_secs(5);
/// A node is given at least so long: it answers when nobody can connect any more, a second at most.
const DEADLINE: streamly_config::Duration = streamly_config::Duration::from_secs(3);

/// What a look at the node has shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// Nothing new.
    Same,
    /// So many broadcasts now, more than none.
    Left(usize),
    /// No broadcast any more. The end.
    Empty,
    /// It does not answer any more; so many broadcasts it had. The end.
    Gone(usize),
}

/// How far the draining of a node is.
#[derive(Debug)]
pub(crate) struct Progress {
    left: usize,
    silent_since: Option<Instant>,
}

impl Progress {
    /// A node that has so many broadcasts.
    pub(crate) fn new(left: usize) -> Self {
        Self { left, silent_since: None }
    }

    /// Takes the node's answer, how many broadcasts it has, or that there was none.
    pub(crate) fn handle(&mut self, now: Instant, answer: Option<usize>) -> Seen {
        let Some(left) = answer else {
            let since = *self.silent_since.get_or_insert(now);
            let is_gone = now.saturating_duration_since(since) >= GONE;
            return if is_gone { Seen::Gone(self.left) } else { Seen::Same };
        };
        self.silent_since = None;
        let before = std::mem::replace(&mut self.left, left);
        match left {
            0 => Seen::Empty,
            left if left == before => Seen::Same,
            left => Seen::Left(left),
        }
    }
}

/// Tells the node to drain and, if asked to, watches it. The status is 1 if the watching was ended before the drain was.
pub(crate) async fn run<W: Write>(
    config: &Config,
    wanted: &str,
    watched: bool,
    output: &mut Output<W>,
) -> Result<ExitCode, Error> {
    let identity = config.identity()?;
    let nodes = Stream::new(config.stream.clone(), identity.clone())?.nodes().await?;
    let told = nodes.iter().find(|node| node.node_id == wanted);
    let told = told.ok_or_else(|| Error::NoNode { node: wanted.to_owned() })?;
    let node = Node::new(told, config, config.stream.deadline.max(DEADLINE), identity)?;
    let left = node.drain().await?;
    let name = node.name();
    if left == 0 {
        output.line(&format!("{name} takes no new publisher from now on, and has no broadcast."))?;
        return Ok(ExitCode::SUCCESS);
    }
    let left_now = figures::count(left, "broadcast");
    output.line(&format!("{name} takes no new publisher from now on, and still has {left_now}."))?;
    if !watched {
        return Ok(ExitCode::SUCCESS);
    }
    let end = tokio::select! {
        end = watch(&node, Progress::new(left), output) => Some(end?),
        stop = until_stop_signal() => {
            stop.map_err(Error::Signals)?;
            None
        }
    };
    let (line, code) = match end {
        Some(Seen::Gone(left)) => {
            let left = figures::count(left, "broadcast");
            (format!("{name} is gone; it had {left} when it last answered."), ExitCode::SUCCESS)
        }
        Some(_) => (format!("{name} has no broadcast any more."), ExitCode::SUCCESS),
        None => (format!("Not watched any longer; {name} goes on draining."), ExitCode::FAILURE),
    };
    output.line(&line)?;
    Ok(code)
}

/// Looks at the node until its drain is at an end: which one.
async fn watch<W: Write>(node: &Node, mut progress: Progress, output: &mut Output<W>) -> Result<Seen, Error> {
    let mut turns = interval(TURN);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        turns.tick().await;
        let answer = match node.broadcasts().await {
            Ok(left) => Some(left),
            Err(e) if e.is_outage() => None,
            Err(e) => return Err(e),
        };
        match progress.handle(Instant::now(), answer) {
            Seen::Same => {}
            Seen::Left(left) => {
                output.progress(&format!("{}: {} left", node.name(), figures::count(left, "broadcast")))?;
            }
            end => return Ok(end),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_change_is_told_once_until_none_is_left() {
        let (mut progress, now) = (Progress::new(3), Instant::now());
        let answers = [3, 2, 2, 4, 1, 0].map(|left| progress.handle(now, Some(left)));
        let wanted = [Seen::Same, Seen::Left(2), Seen::Same, Seen::Left(4), Seen::Left(1), Seen::Empty];
        assert_eq!(answers, wanted);
    }

    #[test]
    fn a_node_is_gone_after_five_seconds_without_an_answer_and_not_before() {
        let (mut progress, start) = (Progress::new(3), Instant::now());
        let at = |ms| start + Duration::from_millis(ms);
        assert_eq!(progress.handle(at(0), Some(2)), Seen::Left(2));
        assert_eq!(progress.handle(at(1_000), None), Seen::Same);
        assert_eq!(progress.handle(at(5_900), None), Seen::Same);
        // It was busy.
        assert_eq!(progress.handle(at(5_950), Some(2)), Seen::Same);
        assert_eq!(progress.handle(at(6_000), None), Seen::Same);
        assert_eq!(progress.handle(at(10_999), None), Seen::Same);
        assert_eq!(progress.handle(at(11_000), None), Seen::Gone(2));
    }
}
