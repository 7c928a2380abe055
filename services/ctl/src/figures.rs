//! Times, rates and sizes as people read them. What is not known is an empty text.

use std::time::Duration;
use time::{OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};

const AT: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]Z");

/// A moment in UTC from Unix milliseconds; 0 and what is out of range is not known.
pub(crate) fn at(ms: i64) -> String {
    let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000).ok();
    moment.filter(|_| ms > 0).and_then(|moment| moment.format(AT).ok()).unwrap_or_default()
}

/// `2.7 Mbit/s`, `640 kbit/s`; 0 is not known.
pub(crate) fn bitrate(bps: u64) -> String {
    match bps {
        0 => String::new(),
        1..1_000_000 => format!("{} kbit/s", bps / 1000),
        _ => format!("{:.1} Mbit/s", bps as f64 / 1e6),
    }
}

/// `1280x720p30`, `1920x1080p29.97`; without the rate where that is not known.
pub(crate) fn picture(width: u32, height: u32, fps: f64) -> String {
    if width == 0 || height == 0 {
        return String::new();
    }
    let is_known = fps.is_finite() && fps > 0.0;
    let rate = if is_known { format!("{fps:.2}") } else { String::new() };
    format!("{width}x{height}p{}", rate.trim_end_matches('0').trim_end_matches('.'))
}

/// `9.3 of 15.6 GiB`; of nothing is not known.
pub(crate) fn memory(used: u64, all: u64) -> String {
    let gib = |bytes: u64| bytes as f64 / f64::from(1 << 30);
    if all == 0 { String::new() } else { format!("{:.1} of {:.1} GiB", gib(used), gib(all)) }
}

/// `12.3 %` of thousandths.
pub(crate) fn percent(permille: u32) -> String {
    format!("{}.{} %", permille / 10, permille % 10)
}

/// `12 ms`.
pub(crate) fn took(time: Duration) -> String {
    format!("{} ms", time.as_millis())
}

/// `1 broadcast`, `2 broadcasts`: the noun as one of it is called.
pub(crate) fn count(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_in_utc_and_those_that_are_none_are_not_known() {
        assert_eq!(at(1_800_000_000_999), "2027-01-15 08:00:00Z");
        for none in [0, -1, i64::MAX, i64::MIN] {
            assert_eq!(at(none), "", "{none}");
        }
    }

    #[test]
    fn pictures_and_rates_are_short_and_nonsense_is_left_out() {
        assert_eq!(picture(1280, 720, 30.0), "1280x720p30");
        assert_eq!(picture(1920, 1080, 29.970_03), "1920x1080p29.97");
        assert_eq!(picture(640, 360, 12.5), "640x360p12.5");
        assert_eq!(picture(640, 360, f64::NAN), "640x360p");
        assert_eq!(picture(640, 360, 0.0), "640x360p");
        assert_eq!(picture(0, 360, 30.0), "");
        assert_eq!((bitrate(2_700_000), bitrate(640_999)), ("2.7 Mbit/s".into(), "640 kbit/s".into()));
        assert_eq!(bitrate(0), "");
    }

    #[test]
    fn sizes_and_numbers_have_their_units() {
        assert_eq!(memory(10 << 30, 16 << 30), "10.0 of 16.0 GiB");
        assert_eq!(memory(0, 0), "");
        assert_eq!((percent(123), percent(5)), ("12.3 %".into(), "0.5 %".into()));
        assert_eq!((count(1, "key"), count(0, "key")), ("1 key".into(), "0 keys".into()));
        assert_eq!(took(Duration::from_micros(12_900)), "12 ms");
    }
}
