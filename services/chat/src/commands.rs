//! Slash commands: what a text that begins with "/" asks for, who may, and doing it.
//!
//! One table has them all, with the rank they need and how they are used; a new one is a line there and an arm in `run`. They do nothing of
//! their own: each calls the module whose work it is, moderation mostly. `//x` says "/x". Who writes, and how fast, the caller has seen to.

mod acts;
mod arguments;
mod members;
mod personal;
mod polls;

use crate::{
    directory::{Channel, Rank},
    error::Code,
    moderation::{Actor, OUTRANKED, Refused},
    session::Context,
};
use std::time::Duration;

/// What a text is.
#[derive(Debug, PartialEq, Eq)]
pub enum Form<'a> {
    /// A message.
    Text(&'a str),
    /// A message about oneself: `/me waves`.
    Action(&'a str),
    /// A command.
    Command(Line<'a>),
}

/// A command as it was written.
#[derive(Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// In lower case, without the slash.
    pub name: String,
    /// What follows, without blanks at its ends.
    pub rest: &'a str,
}

/// Tells messages from commands.
pub fn read(text: &str) -> Form<'_> {
    let Some(command) = text.trim_start().strip_prefix('/') else { return Form::Text(text) };
    if command.starts_with('/') {
        return Form::Text(command);
    }
    let (name, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
    match name.to_lowercase() {
        name if name == "me" => Form::Action(rest),
        name => Form::Command(Line { name, rest: rest.trim() }),
    }
}

/// The text and tone of an announcement, which is a message; `None` for other commands, and for one that says nothing.
pub fn announcement<'a>(line: &Line<'a>) -> Option<(&'a str, &'static str)> {
    if line.name != "announce" || line.rest.is_empty() {
        return None;
    }
    let (first, after) = arguments::word(line.rest);
    Some(match first {
        "good" if !after.is_empty() => (after, "good"),
        "warn" if !after.is_empty() => (after, "warn"),
        _ => (line.rest, "primary"),
    })
}

/// One command.
#[derive(Debug)]
pub struct Spec {
    /// Without the slash.
    pub name: &'static str,
    /// What follows the name.
    pub takes: &'static str,
    /// Who may use it: this rank and those above.
    pub from: Rank,
}

const fn spec(name: &'static str, takes: &'static str, from: Rank) -> Spec {
    Spec { name, takes, from }
}

/// All of them, in the order in which `/help` lists them.
pub const ALL: &[Spec] = &[
    spec("help", "", Rank::Anybody),
    spec("me", "TEXT", Rank::Anybody),
    spec("mods", "", Rank::Anybody),
    spec("vips", "", Rank::Anybody),
    spec("report", "USER|MESSAGE_ID [REASON]", Rank::Anybody),
    spec("block", "USER", Rank::Anybody),
    spec("unblock", "USER", Rank::Anybody),
    spec("delete", "MESSAGE_ID", Rank::Anybody),
    spec("clear", "[USER]", Rank::Moderator),
    spec("timeout", "USER [DURATION] [REASON]", Rank::Moderator),
    spec("untimeout", "USER [REASON]", Rank::Moderator),
    spec("ban", "USER [REASON]", Rank::Moderator),
    spec("unban", "USER [REASON]", Rank::Moderator),
    spec("pin", "MESSAGE_ID", Rank::Moderator),
    spec("unpin", "", Rank::Moderator),
    spec("poll", "QUESTION | ANSWER | ANSWER … [| DURATION]", Rank::Moderator),
    spec("endpoll", "", Rank::Moderator),
    spec("announce", "[good|warn] TEXT", Rank::Moderator),
    spec("slow", "[DURATION|off]", Rank::Moderator),
    spec("followers", "[DURATION|off]", Rank::Moderator),
    spec("verified", "on|off", Rank::Moderator),
    spec("emoteonly", "on|off", Rank::Moderator),
    spec("unique", "on|off", Rank::Moderator),
    spec("links", "allow|hold|refuse", Rank::Moderator),
    spec("shield", "on|off", Rank::Moderator),
    spec("mod", "USER", Rank::Owner),
    spec("unmod", "USER", Rank::Owner),
    spec("vip", "USER", Rank::Owner),
    spec("unvip", "USER", Rank::Owner),
];

/// Why a command was not done.
#[derive(Debug)]
pub struct No {
    /// As the `error` frame says it.
    pub code: Code,
    /// A sentence of its own, where there is more to say than the code's.
    pub detail: Option<String>,
    /// When to try again.
    pub retry_after: Option<Duration>,
}

impl From<Code> for No {
    fn from(code: Code) -> Self {
        Self { code, detail: None, retry_after: None }
    }
}

impl From<Refused> for No {
    fn from(refused: Refused) -> Self {
        let detail = match &refused {
            Refused::OutOfReach => Some("Your role does not reach this person.".to_owned()),
            Refused::Outranked => Some(OUTRANKED.to_owned()),
            Refused::Banned => Some("This person is banned already.".to_owned()),
            Refused::TooManyMembers => {
                Some("This channel has as many moderators and VIPs as it may have.".to_owned())
            }
            Refused::Invalid(errors) => errors.first().map(|e| e.detail.clone()),
            Refused::Redis(_) | Refused::Database(_) => {
                tracing::warn!(error = ?refused, "an act was not done");
                None
            }
            _ => None,
        };
        Self { detail, ..refused.code().into() }
    }
}

/// Who uses a command, and where.
pub struct Caller<'a> {
    /// What commands work with.
    pub context: &'a Context,
    /// The room.
    pub channel: &'a Channel,
    /// The person.
    pub actor: Actor,
}

/// Whether it is for people only: what it does is kept for the person who uses it.
pub fn is_personal(line: &Line<'_>) -> bool {
    matches!(line.name.as_str(), "report" | "block" | "unblock")
}

/// Does it; answers a sentence for its user.
pub async fn run(caller: &Caller<'_>, line: &Line<'_>) -> Result<String, No> {
    let spec = ALL.iter().find(|s| s.name == line.name).ok_or(Code::UnknownCommand)?;
    let rank = caller.actor.standing.rank();
    if rank < spec.from {
        return Err(Code::Forbidden.into());
    }
    match spec.name {
        "help" => Ok(help(rank)),
        // With a text it is a message, and not for here.
        "announce" => Err(Code::InvalidCommand.into()),
        "mods" | "vips" => members::run(caller, spec.name).await,
        "poll" | "endpoll" => polls::run(caller, spec.name, line.rest).await,
        "report" | "block" | "unblock" => personal::run(caller, spec.name, line.rest).await,
        name => acts::run(caller, name, line.rest).await,
    }
    .map_err(|no| match no {
        No { code: Code::InvalidCommand, detail: None, .. } => {
            No { detail: Some(format!("Use it so: /{} {}", spec.name, spec.takes)), ..no }
        }
        no => no,
    })
}

fn help(rank: Rank) -> String {
    let usable = ALL.iter().filter(|s| s.from <= rank);
    usable.map(|s| format!("/{} {}", s.name, s.takes).trim_end().to_owned()).collect::<Vec<_>>().join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_commands_and_actions_are_told_apart() {
        assert_eq!(read("hello /ban"), Form::Text("hello /ban"));
        assert_eq!(read("//ban bob"), Form::Text("/ban bob"));
        assert_eq!(read("/me  waves"), Form::Action(" waves"));
        let line = |name: &str, rest| Form::Command(Line { name: name.into(), rest });
        assert_eq!(read(" /BAN  bob  rude "), line("ban", "bob  rude"));
        assert_eq!(read("/"), line("", ""));
        assert_eq!(read("/clear"), line("clear", ""));
    }

    #[test]
    fn announcements_have_a_tone_and_a_text() {
        let line = |rest| Line { name: "announce".into(), rest };
        assert_eq!(announcement(&line("warn stop it")), Some(("stop it", "warn")));
        assert_eq!(announcement(&line("good")), Some(("good", "primary")));
        assert_eq!(announcement(&line("")), None);
        assert_eq!(announcement(&Line { name: "ban".into(), rest: "bob" }), None);
    }

    #[test]
    fn help_lists_what_the_rank_may_use_and_every_name_is_unique() {
        assert!(!help(Rank::Anybody).contains("/ban"));
        assert!(help(Rank::Moderator).contains("/ban USER [REASON]"));
        let names: std::collections::HashSet<_> = ALL.iter().map(|s| s.name).collect();
        assert_eq!(names.len(), ALL.len());
    }

    proptest! {
        #[test]
        fn any_text_is_something(s in "/?/?\\PC{0,20}") {
            let _ = read(&s);
        }
    }
}
