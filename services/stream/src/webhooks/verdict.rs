//! What follows an attempt, as plain functions: delivered, again later, given up, switched off. No clock and no chance in here.

use super::reason::Reason;
use std::time::Duration;

/// Pauses before the second and the following attempts; after the last of them a delivery has failed. 31 hours and 13 minutes in all.
pub const SCHEDULE: [Duration; 7] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_secs(2 * 60),
    Duration::from_secs(10 * 60),
    Duration::from_secs(3600),
    Duration::from_secs(6 * 3600),
    Duration::from_secs(24 * 3600),
];
/// A pause is this much shorter or longer at most, so that many that failed together do not come back together.
const JITTER: f64 = 0.2;
/// Longest pause that a receiver can ask for.
pub const MAX_WAIT: Duration = Duration::from_secs(24 * 3600);
/// Failures of a webhook in a row after which its other deliveries wait too: a dead receiver is not asked with each event.
const PATIENT: u32 = 3;
/// That wait: this long, doubled by each further failure, up to the second. It bounds how late a receiver that is back hears of something.
const PAUSE: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(300));
/// Failures in a row without which no webhook is switched off, however long it has been.
pub const FEW: u32 = 10;

/// How an attempt went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// None: no answer.
    pub status: Option<u16>,
    /// Why there is none, or what is wrong with the answer.
    pub error: Option<Reason>,
    /// The beginning of the answer's body.
    pub answer: String,
    /// How long it took.
    pub took: Duration,
    /// How long the receiver asked to wait.
    pub retry_after: Option<Duration>,
}

/// What follows for the delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// It has arrived.
    Delivered,
    /// Again after this time.
    Again(Duration),
    /// That was the last attempt.
    Failed,
    /// The receiver wants nothing any more.
    Gone,
}

/// After the `tries`th failed attempt in a row, this one not counted. `chance`: 0 to 1.
pub fn after(outcome: &Outcome, tries: u32, chance: f64) -> Next {
    match outcome.status {
        Some(200..=299) => return Next::Delivered,
        Some(410) => return Next::Gone,
        _ => {}
    }
    let Some(pause) = SCHEDULE.get(tries as usize) else { return Next::Failed };
    let pause = pause.mul_f64(1.0 - JITTER + 2.0 * JITTER * chance.clamp(0.0, 1.0));
    // Sooner than planned nobody is asked, whatever they say.
    Next::Again(outcome.retry_after.unwrap_or_default().min(MAX_WAIT).max(pause))
}

/// How long the webhook's other deliveries wait after so many failures in a row.
pub fn pause(failures: u32) -> Duration {
    let Some(doublings) = failures.checked_sub(PATIENT) else { return Duration::ZERO };
    PAUSE.0.saturating_mul(1 << doublings.min(16)).min(PAUSE.1)
}

/// The header `Retry-After` (RFC 9110, 10.2.3): seconds, or a date.
pub fn retry_after(text: &str, now: std::time::SystemTime) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    httpdate::parse_http_date(text.trim()).ok()?.duration_since(now).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::SystemTime;

    fn said(status: Option<u16>) -> Outcome {
        Outcome { status, error: None, answer: String::new(), took: Duration::ZERO, retry_after: None }
    }

    #[test]
    fn only_2xx_is_delivered_410_is_gone_and_everything_else_comes_again() {
        assert_eq!(after(&said(Some(200)), 9, 0.5), Next::Delivered);
        assert_eq!(after(&said(Some(299)), 0, 0.5), Next::Delivered);
        assert_eq!(after(&said(Some(410)), 0, 0.5), Next::Gone);
        for status in [None, Some(199), Some(301), Some(307), Some(404), Some(429), Some(500)] {
            assert_eq!(after(&said(status), 0, 0.5), Next::Again(Duration::from_secs(5)), "{status:?}");
        }
    }

    #[test]
    fn pauses_follow_the_schedule_within_a_fifth_and_then_it_has_failed() {
        for (tries, pause) in SCHEDULE.into_iter().enumerate() {
            let at = |chance| after(&said(Some(500)), tries as u32, chance);
            assert_eq!(at(0.0), Next::Again(pause.mul_f64(0.8)));
            assert_eq!(at(1.0), Next::Again(pause.mul_f64(1.2)));
        }
        assert_eq!(after(&said(None), SCHEDULE.len() as u32, 0.5), Next::Failed);
    }

    #[test]
    fn a_receiver_may_ask_for_a_longer_pause_up_to_a_day_and_for_no_shorter_one() {
        let asked = |wait| {
            let outcome = Outcome { retry_after: Some(Duration::from_secs(wait)), ..said(Some(503)) };
            after(&outcome, 1, 0.5)
        };
        assert_eq!(asked(1), Next::Again(Duration::from_secs(30)));
        assert_eq!(asked(90), Next::Again(Duration::from_secs(90)));
        assert_eq!(asked(u64::MAX), Next::Again(MAX_WAIT));
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000);
        assert_eq!(retry_after(" 7 ", now), Some(Duration::from_secs(7)));
        let date = retry_after("Thu, 01 Jan 1970 00:17:00 GMT", now);
        assert_eq!(date, Some(Duration::from_secs(20)));
        for odd in ["", "soon", "-1", "Thu, 01 Jan 1970 00:00:00 GMT"] {
            assert_eq!(retry_after(odd, now), None, "{odd}");
        }
    }

    #[test]
    fn a_dead_receivers_other_deliveries_wait_up_to_five_minutes() {
        let pauses: Vec<u64> = [0, 2, 3, 4, 6, 9, 10, 4_000_000_000].map(|n| pause(n).as_secs()).into();
        assert_eq!(pauses, [0, 0, 5, 10, 40, 300, 300, 300]);
    }
}
