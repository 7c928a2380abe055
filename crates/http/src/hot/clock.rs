//! The time as HTTP writes it, written once a second and thread.

use std::{
    cell::RefCell,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

thread_local! {
    static LAST: RefCell<(u64, String)> = const { RefCell::new((u64::MAX, String::new())) };
}

/// Milliseconds since 1970.
pub(crate) fn unix_millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Appends the date (RFC 9110, 5.6.7) of that time.
pub(super) fn push_date(out: &mut Vec<u8>, unix_millis: u64) {
    let second = unix_millis / 1000;
    LAST.with_borrow_mut(|(written, text)| {
        if *written != second {
            *text = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(second));
            *written = second;
        }
        out.extend_from_slice(text.as_bytes());
    });
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_date_follows_the_clock_both_ways() {
        for (millis, date) in [
            (784_111_777_999, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (784_111_778_000, "Sun, 06 Nov 1994 08:49:38 GMT"),
            (784_111_777_000, "Sun, 06 Nov 1994 08:49:37 GMT"),
        ] {
            let mut out = Vec::new();
            super::push_date(&mut out, millis);
            assert_eq!(out, date.as_bytes());
        }
    }
}
