//! The clocks of one connection: pings, silence, a reader that takes nothing, a sign of life that does not come. Pure: the time is an
//! argument. What is due is the caller's to do.
//!
//! Law of use: [`Clocks::look`] at each turn, [`Clocks::on_time`] whenever [`Clocks::due`] has passed, [`Clocks::heard`] at each frame
//! of the peer.

use crate::{config::Limits, socket::Progress};
use std::time::Duration;
use tokio::time::Instant;

/// Silence that ends a socket, in heartbeats.
const SILENCE: f64 = 2.5;

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// The peer is to be asked whether it is there.
    Ping,
    /// The peer is gone, or as good as.
    TooSlow,
}

#[derive(Debug)]
pub(super) struct Clocks {
    heartbeat: Duration,
    stalled: Duration,
    pong_timeout: Duration,
    heard: Instant,
    pinged: Instant,
    /// What was written when something waited first, and since when it has not grown.
    stuck: Option<(u64, Instant)>,
}

impl Clocks {
    /// Starts them.
    pub(super) fn new(limits: &Limits, now: Instant) -> Self {
        Self {
            heartbeat: limits.heartbeat.get(),
            stalled: limits.stalled.get(),
            pong_timeout: limits.pong_timeout.get(),
            heard: now,
            pinged: now,
            stuck: None,
        }
    }

    /// The peer sent a frame.
    pub(super) fn heard(&mut self, now: Instant) {
        self.heard = now;
    }

    /// Looks at how far the peer is: at each turn of the connection's task.
    pub(super) fn look(&mut self, now: Instant, progress: &Progress) {
        self.stuck = match self.stuck {
            _ if !progress.waits => None,
            Some((written, since)) if written == progress.written => Some((written, since)),
            _ => Some((progress.written, now)),
        };
    }

    /// When something is due next.
    pub(super) fn due(&self, progress: &Progress) -> Instant {
        let stuck = self.stuck.map(|(_, since)| since + self.stalled);
        let pong = progress.asked.map(|at| at + self.pong_timeout);
        let all = [stuck, pong, Some(self.heard + self.heartbeat.mul_f64(SILENCE))];
        all.into_iter().flatten().fold(self.pinged + self.heartbeat, Instant::min)
    }

    /// What is due now.
    pub(super) fn on_time(&mut self, now: Instant, progress: &Progress) -> Option<Due> {
        if now < self.due(progress) {
            return None;
        }
        if now >= self.pinged + self.heartbeat {
            self.pinged = now;
            // If more is due, that is what counts.
            if now < self.due(progress) {
                return Some(Due::Ping);
            }
        }
        Some(Due::TooSlow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits {
            heartbeat: streamly_config::Duration::from_secs(30),
            stalled: streamly_config::Duration::from_secs(5),
            pong_timeout: streamly_config::Duration::from_secs(4),
            ..Limits::default()
        }
    }

    const IDLE: Progress = Progress { written: 0, waits: false, asked: None };

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn a_silent_peer_is_pinged_at_each_heartbeat_and_given_up_after_two_and_a_half() {
        let start = Instant::now();
        let mut clocks = Clocks::new(&limits(), start);
        assert_eq!(clocks.on_time(start + seconds(29), &IDLE), None);
        assert_eq!(clocks.on_time(start + seconds(30), &IDLE), Some(Due::Ping));
        assert_eq!(clocks.due(&IDLE), start + seconds(60));
        assert_eq!(clocks.on_time(start + seconds(60), &IDLE), Some(Due::Ping));
        clocks.heard(start + seconds(61));
        assert_eq!(clocks.on_time(start + seconds(90), &IDLE), Some(Due::Ping));
        assert_eq!(clocks.on_time(start + seconds(120), &IDLE), Some(Due::Ping));
        assert_eq!(clocks.on_time(start + seconds(135), &IDLE), None);
        assert_eq!(clocks.due(&IDLE), start + seconds(136));
        assert_eq!(clocks.on_time(start + seconds(136), &IDLE), Some(Due::TooSlow));
    }

    #[test]
    fn a_peer_that_takes_something_goes_on_and_one_that_takes_nothing_does_not() {
        let start = Instant::now();
        let mut clocks = Clocks::new(&limits(), start);
        let waits = |written| Progress { written, waits: true, asked: None };
        for n in 0..7 {
            clocks.look(start + seconds(4 * n), &waits(n));
            assert_eq!(clocks.due(&waits(n)), start + seconds(4 * n + 5));
        }
        clocks.look(start + seconds(28), &waits(6));
        assert_eq!(clocks.due(&waits(6)), start + seconds(29), "looking is no progress");
        assert_eq!(clocks.on_time(start + seconds(28), &waits(6)), None);
        assert_eq!(clocks.on_time(start + seconds(29), &waits(6)), Some(Due::TooSlow));
        clocks.look(start + seconds(29), &Progress { waits: false, ..waits(7) });
        assert_eq!(clocks.on_time(start + seconds(29), &IDLE), None, "all was taken");
    }

    #[test]
    fn a_sign_of_life_that_was_asked_for_comes_in_time_or_never() {
        let start = Instant::now();
        let mut clocks = Clocks::new(&limits(), start);
        let asked = Progress { asked: Some(start + seconds(10)), ..IDLE };
        assert_eq!(clocks.due(&asked), start + seconds(14));
        assert_eq!(clocks.on_time(start + seconds(13), &asked), None);
        assert_eq!(clocks.on_time(start + seconds(14), &IDLE), None, "it came");
        assert_eq!(clocks.on_time(start + seconds(14), &asked), Some(Due::TooSlow));
    }

    #[test]
    fn a_ping_that_is_due_does_not_hide_that_the_peer_is_gone() {
        let start = Instant::now();
        let mut clocks = Clocks::new(&limits(), start);
        let asked = Progress { asked: Some(start + seconds(26)), ..IDLE };
        assert_eq!(clocks.on_time(start + seconds(30), &asked), Some(Due::TooSlow));
    }
}
