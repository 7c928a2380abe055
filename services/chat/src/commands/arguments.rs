//! What follows a command's name: people, durations, switches.

use super::No;
use crate::{directory::Failure, directory::Profile, error::Code, session::Context};
use std::time::Duration;

/// The first word and the rest.
pub fn word(rest: &str) -> (&str, &str) {
    let (word, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    (word, rest.trim_start())
}

/// The person of a name or id.
pub async fn person(context: &Context, named: &str) -> Result<Profile, No> {
    if named.is_empty() {
        return Err(Code::InvalidCommand.into());
    }
    context.directory.find(named).await.map_err(|e| match e {
        Failure::NotFound => Code::UserNotFound.into(),
        Failure::Away => Code::Unavailable.into(),
    })
}

/// `on` or `off`.
pub fn switch(word: &str) -> Result<bool, No> {
    match word.to_lowercase().as_str() {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(Code::InvalidCommand.into()),
    }
}

/// `90`, `90s`, `10m`, `2h`, `1d`, `1w`, and several of them together, `1h30m`; a number without a unit is in seconds. At most ten years.
pub fn duration(text: &str) -> Option<Duration> {
    const MAX_SECONDS: u64 = 10 * 365 * 24 * 3600;
    let mut total: u64 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: u64 = rest.get(..digits)?.parse().ok()?;
        rest = rest.get(digits..)?;
        let unit = rest.chars().next();
        let seconds = match unit.map(|u| u.to_ascii_lowercase()) {
            None | Some('s') => 1,
            Some('m') => 60,
            Some('h') => 3600,
            Some('d') => 24 * 3600,
            Some('w') => 7 * 24 * 3600,
            Some(_) => return None,
        };
        rest = rest.get(unit.map_or(0, char::len_utf8)..)?;
        total = total.checked_add(number.checked_mul(seconds)?).filter(|t| *t <= MAX_SECONDS)?;
    }
    (!text.is_empty()).then(|| Duration::from_secs(total))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations_are_read_with_and_without_units() {
        for (text, seconds) in [
            ("90", 90),
            ("90s", 90),
            ("10m", 600),
            ("2H", 7200),
            ("14d", 1_209_600),
            ("1h30m5", 5405),
            ("0", 0),
        ] {
            assert_eq!(duration(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        for bad in ["", "m", "-1", "1x", "1.5h", "rude", "99999999999999999999", "999999w", "１"] {
            assert_eq!(duration(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_duration_or_none(s in "\\PC{0,12}") {
            let _ = duration(&s);
        }
    }
}
