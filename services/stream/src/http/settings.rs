//! What the owner of a channel sets about its broadcasts: read, checked and shown. Both count from the next start of the encoder on, the
//! grace of a broadcast whose node is lost at once.

use crate::{config::Config, store::channels::Channel, visibility::Visibility};
use serde::Serialize;
use streamly_config::Secret;
use streamly_status::FieldError;

/// Longest grace, seconds: longer, and a channel would be called live for half an hour after its end.
const MAX_GRACE_S: i64 = 1800;
/// Most names of a ladder; there are no more different rungs.
const MAX_RUNGS: usize = 5;
/// Shorter sides of the rungs there are.
const SIDES: [&str; MAX_RUNGS] = ["1080", "720", "480", "360", "160"];
/// Frame rates that a name may end with.
const RATES: [&str; 4] = ["", "30", "50", "60"];

/// Settings of one's own channel.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Settings {
    /// Seconds for which a broadcast waits for its lost encoder.
    reconnect_grace_s: u64,
    /// Names of the renditions made beside the source; empty: what the server makes for everybody.
    ladder: Vec<String>,
    /// Whether others see the channel's past broadcasts.
    show_broadcasts: bool,
    /// Whether the next broadcast is a test, for the owner and the team alone.
    test_mode: bool,
}

impl Settings {
    pub fn of(config: &Config, channel: &Channel) -> Self {
        let reconnect_grace_s = channel.grace(config.grace.get()).as_secs();
        let show_broadcasts = channel.show_broadcasts;
        let test_mode = channel.test_mode;
        Self { reconnect_grace_s, ladder: channel.ladder.clone(), show_broadcasts, test_mode }
    }
}

/// Fewest and most characters of a channel's password: it is told to many people, and its tries are limited.
const PASSWORD: std::ops::RangeInclusive<usize> = 4..=128;

/// For whom the channel is to be.
pub fn visibility(name: &str, errors: &mut Vec<FieldError>) -> Option<Visibility> {
    let parsed = name.parse().ok();
    if parsed.is_none() {
        let detail = format!("One of {}.", Visibility::ALL.map(Visibility::as_str).join(", "));
        errors.push(FieldError { field: "visibility".into(), code: "invalid", detail });
    }
    parsed
}

/// A channel's password of a length that is taken.
pub fn password(password: &Secret, errors: &mut Vec<FieldError>) {
    let length = password.expose().chars().count();
    let code = match length {
        _ if PASSWORD.contains(&length) => return,
        _ if length < *PASSWORD.start() => "too_short",
        _ => "too_long",
    };
    let detail = format!("{} to {} characters.", PASSWORD.start(), PASSWORD.end());
    errors.push(FieldError { field: "password".into(), code, detail });
}

/// A grace of 0 to 1800 s.
pub fn grace(seconds: i64, errors: &mut Vec<FieldError>) -> u32 {
    match u32::try_from(seconds).ok().filter(|_| seconds <= MAX_GRACE_S) {
        Some(seconds) => seconds,
        None => {
            let detail = format!("0 to {MAX_GRACE_S} seconds.");
            errors.push(FieldError { field: "reconnect_grace_s".into(), code: "invalid", detail });
            0
        }
    }
}

/// Names of rungs, each once.
pub fn ladder(names: &[String], errors: &mut Vec<FieldError>) -> Vec<String> {
    let mut wrong = |code: &'static str, detail: String| {
        errors.push(FieldError { field: "ladder".into(), code, detail });
    };
    if names.len() > MAX_RUNGS {
        wrong("too_long", format!("At most {MAX_RUNGS} renditions."));
        return Vec::new();
    }
    let mut kept: Vec<String> = Vec::new();
    for name in names.iter().map(|name| name.trim()) {
        if !is_rung(name) {
            let known = SIDES.map(|side| format!("{side}p")).join(", ");
            wrong("invalid", format!("Each is one of {known}; 30, 50 or 60 may follow."));
        } else if !kept.iter().any(|k| k == name) {
            kept.push(name.to_owned());
        }
    }
    kept
}

fn is_rung(name: &str) -> bool {
    name.split_once('p').is_some_and(|(side, rate)| SIDES.contains(&side) && RATES.contains(&rate))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(errors: &[FieldError]) -> Vec<(&str, &str)> {
        errors.iter().map(|e| (e.field.as_str(), e.code)).collect()
    }

    #[test]
    fn a_grace_is_half_an_hour_at_most() {
        for (said, kept) in [(0, 0), (1, 1), (1800, 1800)] {
            let mut errors = Vec::new();
            assert_eq!((grace(said, &mut errors), errors.len()), (kept, 0));
        }
        for said in [-1, 1801, i64::MIN, i64::MAX, 1 << 32] {
            let mut errors = Vec::new();
            grace(said, &mut errors);
            assert_eq!(codes(&errors), [("reconnect_grace_s", "invalid")], "{said}");
        }
    }

    #[test]
    fn a_ladder_names_rungs_that_there_are_each_once() {
        let list = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let mut errors = Vec::new();
        let kept = ladder(&list(&["720p60", " 480p ", "720p60"]), &mut errors);
        assert_eq!((kept, errors.len()), (list(&["720p60", "480p"]), 0));
        for bad in ["source", "", "p", "481p", "480", "480p25", "480P", "480p\u{0}", "0480p"] {
            let mut errors = Vec::new();
            ladder(&list(&[bad]), &mut errors);
            assert_eq!(codes(&errors), [("ladder", "invalid")], "{bad:?}");
        }
        let mut errors = Vec::new();
        ladder(&list(&["480p"; 6]), &mut errors);
        assert_eq!(codes(&errors), [("ladder", "too_long")]);
    }
}
