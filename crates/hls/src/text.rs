//! Numbers and dates as playlists spell them.
//!
//! Durations are decimal seconds with at most six decimals and at least one; dates are RFC 3339 in UTC with
//! milliseconds.

use std::fmt::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Writes `duration` in seconds, to the nearest microsecond, without needless zeros: `0.2`, `2.0`, `1.966667`.
pub(crate) fn push_seconds(out: &mut String, duration: Duration) {
    let micros = (duration.as_nanos() + 500) / 1000;
    let (seconds, mut fraction) = (micros / 1_000_000, micros % 1_000_000);
    let mut digits = 6;
    while digits > 1 && fraction % 10 == 0 {
        fraction /= 10;
        digits -= 1;
    }
    write!(out, "{seconds}.{fraction:0digits$}").expect("a String takes every write");
}

/// Writes `time` as `2026-11-21T12:00:00.000Z`. Times before 1970 are written as 1970.
///
/// The civil date is computed from days as in Howard Hinnant's "chrono-Compatible Low-Level Date Algorithms".
pub(crate) fn push_date(out: &mut String, time: SystemTime) {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let (day, second) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
    let shifted = day + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let date = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let millis = since.subsec_millis();
    write!(out, "{year:04}-{month:02}-{date:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
        .expect("a String takes every write");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(micros: u64) -> String {
        let mut out = String::new();
        push_seconds(&mut out, Duration::from_micros(micros));
        out
    }

    fn date(secs: u64, millis: u64) -> String {
        let mut out = String::new();
        push_date(&mut out, UNIX_EPOCH + Duration::from_secs(secs) + Duration::from_millis(millis));
        out
    }

    #[test]
    fn seconds_have_one_to_six_decimals() {
        let written: Vec<_> = [0, 200_000, 2_000_000, 1_966_667, 50, 10_000_000].map(seconds).into();
        assert_eq!(written, ["0.0", "0.2", "2.0", "1.966667", "0.00005", "10.0"]);
    }

    #[test]
    fn dates_are_right_at_leap_days_and_year_ends() {
        assert_eq!(date(0, 0), "1970-01-01T00:00:00.000Z");
        assert_eq!(date(951_782_399, 999), "2000-02-28T23:59:59.999Z");
        assert_eq!(date(951_782_400, 0), "2000-02-29T00:00:00.000Z");
        assert_eq!(date(1_735_689_599, 0), "2024-12-31T23:59:59.000Z");
        assert_eq!(date(4_107_542_400, 0), "2100-03-01T00:00:00.000Z");
    }
}
