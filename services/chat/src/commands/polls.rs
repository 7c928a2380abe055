//! The commands of polls: `/poll Tea? | yes | no | 5m`, `/endpoll`.

use super::{Caller, No, arguments};
use crate::{error::Code, polls::Error};
use std::time::Duration;

/// A poll whose length is not said.
const LASTS: Duration = Duration::from_secs(120);

/// Does one of them.
pub async fn run(caller: &Caller<'_>, name: &str, rest: &str) -> Result<String, No> {
    let (polls, room, by) = (&caller.context.polls, caller.channel.id, caller.actor.id);
    if name == "endpoll" {
        let poll = polls.end(room, None, "closed", Some(by)).await.map_err(no)?;
        return Ok(format!("The poll \u{201C}{}\u{201D} is over.", poll.question));
    }
    let (question, options, lasts) = read(rest).ok_or(Code::InvalidCommand)?;
    polls.open(room, by, question, &options, lasts).await.map_err(no)?;
    Ok("The poll is open.".into())
}

/// Parts between bars; a last one that is a duration is the poll's.
fn read(rest: &str) -> Option<(&str, Vec<String>, Duration)> {
    let mut parts: Vec<&str> = rest.split('|').map(str::trim).collect();
    let lasts = match parts.last().and_then(|last| arguments::duration(last)).filter(|_| parts.len() > 3) {
        Some(lasts) => {
            parts.pop();
            lasts
        }
        None => LASTS,
    };
    let (question, options) = parts.split_first()?;
    (options.len() > 1).then(|| (*question, options.iter().map(|o| (*o).to_owned()).collect(), lasts))
}

fn no(e: Error) -> No {
    let (code, detail) = match e {
        Error::Open => (Code::PollOpen, None),
        Error::NotFound => (Code::PollNotFound, None),
        Error::Over => (Code::PollClosed, None),
        Error::Invalid(errors) => (Code::InvalidCommand, errors.into_iter().next().map(|e| e.detail)),
        e @ (Error::Redis(_) | Error::Database(_)) => {
            tracing::warn!(error = ?e, "a poll was not opened or ended");
            (Code::Unavailable, None)
        }
    };
    No { detail, ..code.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_poll_is_written_with_bars() {
        let read = |rest| read(rest).map(|(q, o, l)| (q, o.join(","), l.as_secs()));
        assert_eq!(read("Tea? | yes |no"), Some(("Tea?", "yes,no".into(), 120)));
        assert_eq!(read("Tea?|yes|no|5m"), Some(("Tea?", "yes,no".into(), 300)));
        assert_eq!(read("How long?|5m|10m"), Some(("How long?", "5m,10m".into(), 120)));
        assert_eq!(read("Tea? | yes"), None);
        assert_eq!(read(""), None);
    }
}
