//! When a publish may be asked about: GCRA (ITU-T I.371, annex A) for each address, in this process. Time is an argument.
//!
//! Who is too early waits for a turn instead of being refused: to OBS a late answer is an answer, and BadName is a wrong key.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};
use streamly_http::Holder;

/// Addresses after which idle ones are forgotten; without it the table grows for ever.
const MAX_HOLDERS: usize = 10_000;

/// The turns taken.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    arrivals: HashMap<Holder, Instant>,
}

impl Turns {
    /// Takes a turn: `burst` at once, then one in `interval`. How long it has to be waited for; `None`, and none is taken, if longer
    /// than `most`.
    pub(crate) fn take(
        &mut self,
        now: Instant,
        who: Holder,
        (burst, interval): (u32, Duration),
        most: Duration,
    ) -> Option<Duration> {
        if self.arrivals.len() >= MAX_HOLDERS {
            self.arrivals.retain(|_, arrival| *arrival > now);
        }
        let arrival = self.arrivals.get(&who).map_or(now, |arrival| now.max(*arrival));
        let ahead = arrival.duration_since(now);
        let wait = ahead.saturating_sub(interval.saturating_mul(burst.saturating_sub(1)));
        if wait > most {
            return None;
        }
        self.arrivals.insert(who, arrival + interval);
        Some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;

    const RATE: (u32, Duration) = (20, Duration::from_secs(1));
    const MOST: Duration = Duration::from_secs(5);

    fn holder(last: u8) -> Holder {
        IpAddr::from([192, 0, 2, last]).into()
    }

    #[test]
    fn twenty_are_at_once_then_each_waits_a_second_longer_up_to_the_most() {
        let (mut turns, now) = (Turns::default(), Instant::now());
        let mut waits: Vec<_> = (0..30).map(|_| turns.take(now, holder(1), RATE, MOST)).collect();
        let late = waits.split_off(20);
        assert!(waits.iter().all(|wait| *wait == Some(Duration::ZERO)));
        assert_eq!(late[..5], [1, 2, 3, 4, 5].map(|s| Some(Duration::from_secs(s))));
        assert!(late[5..].iter().all(Option::is_none));
        assert_eq!(turns.take(now, holder(2), RATE, MOST), Some(Duration::ZERO));
        // Who was sent away took no turn.
        assert_eq!(turns.take(now + Duration::from_secs(6), holder(1), RATE, MOST), Some(Duration::ZERO));
    }

    #[test]
    fn the_back_off_of_obs_and_a_person_who_stops_and_starts_never_wait() {
        let (mut turns, start) = (Turns::default(), Instant::now());
        let mut at = start;
        for n in 0..25 {
            assert_eq!(turns.take(at, holder(1), RATE, MOST), Some(Duration::ZERO));
            at += Duration::from_secs_f64(2.0 * 1.5f64.powi(n).min(450.0));
        }
        for _ in 0..100 {
            assert_eq!(turns.take(at, holder(1), RATE, MOST), Some(Duration::ZERO));
            at += Duration::from_secs(1);
        }
    }

    #[test]
    fn idle_addresses_are_forgotten() {
        let (mut turns, now) = (Turns::default(), Instant::now());
        for n in 0..MAX_HOLDERS as u32 {
            turns.take(now, IpAddr::from(n.to_be_bytes()).into(), RATE, MOST);
        }
        turns.take(now + Duration::from_secs(2), holder(1), RATE, MOST);
        assert_eq!(turns.arrivals.len(), 1);
    }
}
