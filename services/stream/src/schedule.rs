//! When a channel means to be live: entries on the clocks of its owner's time zone, checked; and the same as a calendar feed (RFC 5545).
//!
//! Pure. PostgreSQL knows the time zones: it says when an entry of every week is, across the changes of summer time, so the feed has
//! moments in UTC and needs no time zones of its own.

use serde::{Deserialize, Serialize};
use std::fmt::Write;
use streamly_status::FieldError;
use time::{
    Duration, OffsetDateTime, PrimitiveDateTime, UtcOffset, format_description::BorrowedFormatItem,
    macros::format_description,
};
use uuid::Uuid;

/// Entries of one channel.
pub const MAX_ENTRIES: usize = 20;
/// Longest title, characters.
pub const MAX_TITLE: usize = 100;
/// Longest time of one entry, minutes.
pub const MAX_MINUTES: i32 = 1440;
/// Octets of a line of the feed (RFC 5545 §3.1).
const LINE: usize = 75;
const LOCAL: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]T[hour]:[minute]");
const UTC: &[BorrowedFormatItem<'_>] = format_description!("[year][month][day]T[hour][minute][second]Z");

/// An entry as its owner writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Entry {
    /// 1 to 100 characters.
    pub title: String,
    /// A category's name, or nothing.
    #[serde(default)]
    pub category: String,
    /// `2026-12-01T20:00`, on the clocks of the schedule's time zone.
    pub starts_at: String,
    /// 1 to 1440.
    pub minutes: i32,
    /// Every week from then on.
    #[serde(default)]
    pub weekly: bool,
}

/// An entry that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Planned {
    pub title: String,
    pub category: String,
    pub starts_at: PrimitiveDateTime,
    pub minutes: i32,
    pub weekly: bool,
}

impl Planned {
    /// As its owner writes it.
    pub fn entry(&self) -> Entry {
        Entry {
            title: self.title.clone(),
            category: self.category.clone(),
            starts_at: self.starts_at.format(LOCAL).unwrap_or_default(),
            minutes: self.minutes,
            weekly: self.weekly,
        }
    }
}

/// One time that a channel means to be live.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Occurrence {
    /// Of the entry; the same every week.
    #[schema(value_type = String)]
    pub id: Uuid,
    /// What is planned.
    pub title: String,
    /// A category's name, or nothing.
    pub category: String,
    /// When it begins.
    #[serde(with = "time::serde::rfc3339")]
    pub starts_at: OffsetDateTime,
    /// When it ends.
    #[serde(with = "time::serde::rfc3339")]
    pub ends_at: OffsetDateTime,
    /// Whether it is so every week.
    pub weekly: bool,
}

/// Entries, checked.
pub fn entries(all: &[Entry], errors: &mut Vec<FieldError>) -> Vec<Planned> {
    let mut wrong = |field: String, code: &'static str, detail: String| {
        errors.push(FieldError { field, code, detail });
    };
    if all.len() > MAX_ENTRIES {
        wrong("entries".into(), "too_long", format!("At most {MAX_ENTRIES} entries."));
        return Vec::new();
    }
    let mut kept = Vec::with_capacity(all.len());
    for (n, entry) in all.iter().enumerate() {
        let text = |value: &str| value.trim().to_owned();
        let (title, category) = (text(&entry.title), text(&entry.category));
        for (name, value, min) in [("title", &title, 1), ("category", &category, 0)] {
            let length = value.chars().count();
            if length < min || length > MAX_TITLE || value.chars().any(char::is_control) {
                wrong(
                    format!("entries.{n}.{name}"),
                    "invalid",
                    format!("{min} to {MAX_TITLE} characters of one line."),
                );
            }
        }
        if !(1..=MAX_MINUTES).contains(&entry.minutes) {
            wrong(format!("entries.{n}.minutes"), "invalid", format!("1 to {MAX_MINUTES} minutes."));
        }
        let starts_at = PrimitiveDateTime::parse(entry.starts_at.trim(), LOCAL).ok();
        match starts_at.filter(|at| (2000..2200).contains(&at.year())) {
            Some(starts_at) => {
                kept.push(Planned {
                    title,
                    category,
                    starts_at,
                    minutes: entry.minutes,
                    weekly: entry.weekly,
                });
            }
            None => wrong(
                format!("entries.{n}.starts_at"),
                "invalid",
                "A day and a time, such as 2026-12-01T20:00.".into(),
            ),
        }
    }
    kept
}

/// Whether a text may be the name of a time zone (`Europe/Berlin`, `UTC`). Whether there is one of that name, the database knows.
pub fn may_be_zone(text: &str) -> bool {
    (2..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'_' | b'-' | b'+'))
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && (text == "UTC" || text.contains('/'))
}

/// The feed of a channel: its page's address and name, and what is planned.
pub fn calendar(page: &str, name: &str, now: OffsetDateTime, planned: &[Occurrence]) -> String {
    let mut out = String::new();
    let mut line = |text: String| fold(&text, &mut out);
    let utc = |at: OffsetDateTime| at.to_offset(UtcOffset::UTC).format(UTC).unwrap_or_default();
    line("BEGIN:VCALENDAR".into());
    line("VERSION:2.0".into());
    line("PRODID:-//Streamly//Schedule//EN".into());
    line("CALSCALE:GREGORIAN".into());
    line("METHOD:PUBLISH".into());
    line(format!("X-WR-CALNAME:{}", escaped(name)));
    line("REFRESH-INTERVAL;VALUE=DURATION:PT1H".into());
    for o in planned {
        line("BEGIN:VEVENT".into());
        line(format!("UID:{}-{}@streamly", o.id, o.starts_at.unix_timestamp()));
        line(format!("DTSTAMP:{}", utc(now)));
        line(format!("DTSTART:{}", utc(o.starts_at)));
        line(format!("DTEND:{}", utc(o.ends_at)));
        line(format!("SUMMARY:{}", escaped(&format!("{name}: {}", o.title))));
        if !o.category.is_empty() {
            line(format!("CATEGORIES:{}", escaped(&o.category)));
        }
        line(format!("URL:{page}"));
        line("END:VEVENT".into());
    }
    line("END:VCALENDAR".into());
    out
}

/// When a feed's plan ends.
pub fn horizon() -> Duration {
    Duration::weeks(8)
}

/// Text of a property (RFC 5545 §3.3.11).
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// A line of at most 75 octets, and its rest on lines that begin with a blank; no character is cut.
fn fold(text: &str, out: &mut String) {
    let mut room = LINE;
    for c in text.chars() {
        if c.len_utf8() > room {
            out.push_str("\r\n ");
            room = LINE - 1;
        }
        room -= c.len_utf8();
        let _ = out.write_char(c);
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use time::macros::datetime;

    fn entry(title: &str, starts_at: &str, minutes: i32) -> Entry {
        Entry {
            title: title.into(),
            category: String::new(),
            starts_at: starts_at.into(),
            minutes,
            weekly: true,
        }
    }

    #[test]
    fn what_is_wrong_with_an_entry_is_named() {
        let mut errors = Vec::new();
        let all = [
            entry("Chess", "2026-12-01T20:00", 90),
            entry("", "tomorrow", 0),
            entry("x", "2026-02-30T20:00", 1441),
        ];
        let kept = entries(&all, &mut errors);
        assert_eq!(kept.iter().map(Planned::entry).collect::<Vec<_>>(), all[..1]);
        let fields: Vec<_> = errors.iter().map(|e| e.field.as_str()).collect();
        assert_eq!(
            fields,
            [
                "entries.1.title",
                "entries.1.minutes",
                "entries.1.starts_at",
                "entries.2.minutes",
                "entries.2.starts_at"
            ]
        );
        let mut errors = Vec::new();
        entries(&vec![entry("x", "2026-12-01T20:00", 1); 21], &mut errors);
        assert_eq!(errors[0].code, "too_long");
    }

    #[test]
    fn zones_are_names_and_nothing_else() {
        for good in ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+3"] {
            assert!(may_be_zone(good), "{good}");
        }
        for bad in ["", "CET", "Europe/Berlin'; DROP TABLE x", "<+03>-3", "/etc/passwd", "europe/berlin"] {
            assert!(!may_be_zone(bad), "{bad}");
        }
    }

    #[test]
    fn a_feed_has_moments_in_utc_and_texts_that_end_no_line() {
        let o = Occurrence {
            id: Uuid::nil(),
            title: "A, b; c\\d\nEND:VEVENT".into(),
            category: "Music".into(),
            starts_at: datetime!(2026-12-01 20:00 +1),
            ends_at: datetime!(2026-12-01 21:30 +1),
            weekly: true,
        };
        let feed = calendar("https://example.org/ada", "Ada", datetime!(2026-11-28 12:00 UTC), &[o]);
        assert!(feed.contains("DTSTART:20261201T190000Z\r\n") && feed.contains("DTEND:20261201T203000Z\r\n"));
        assert!(feed.contains("SUMMARY:Ada: A\\, b\\; c\\\\d\\nEND:VEVENT\r\n"), "{feed}");
        assert_eq!(feed.matches("\r\nEND:VEVENT\r\n").count(), 1);
        assert!(
            feed.starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n") && feed.ends_with("END:VCALENDAR\r\n")
        );
    }

    proptest! {
        #[test]
        fn folding_cuts_no_character_and_loses_nothing(text in "\\PC{0,400}") {
            let mut out = String::new();
            fold(&text, &mut out);
            prop_assert!(out.split("\r\n").all(|l| l.len() <= LINE));
            let whole = out.strip_suffix("\r\n").unwrap().replace("\r\n ", "");
            prop_assert_eq!(whole, text);
        }
    }
}
