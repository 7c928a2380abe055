//! The commands of moderation: each is one act.

use super::{Caller, No, arguments};
use crate::{
    error::Code,
    moderation::{Act, Done, Role, Why},
};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// A time-out whose length is not said.
const TIMEOUT: Duration = Duration::from_secs(600);
/// Slow mode whose pause is not said, seconds.
const SLOW_S: u64 = 30;

/// Does one of them.
pub async fn run(caller: &Caller<'_>, name: &str, rest: &str) -> Result<String, No> {
    let (first, after) = arguments::word(rest);
    match name {
        "delete" => {
            let message = first.parse().map_err(|_| Code::InvalidCommand)?;
            perform(caller, Act::Delete(message), after).await?;
            Ok("The message is deleted.".into())
        }
        "pin" => {
            let message = first.parse().map_err(|_| Code::InvalidCommand)?;
            perform(caller, Act::Pin(message), "").await?;
            Ok("The message is pinned.".into())
        }
        "unpin" => {
            let done = perform(caller, Act::Unpin, "").await?;
            Ok(if done.changed { "Nothing is pinned any more." } else { "Nothing was pinned." }.into())
        }
        "clear" if first.is_empty() => {
            perform(caller, Act::Clear(None), "").await?;
            Ok("The chat is cleared.".into())
        }
        "clear" => {
            let user = arguments::person(caller.context, first).await?.person;
            perform(caller, Act::Clear(Some(user.id)), after).await?;
            Ok(format!("The messages of {} are deleted.", user.username))
        }
        "timeout" => {
            let user = arguments::person(caller.context, first).await?.person;
            let (lasts, reason) = match arguments::word(after) {
                ("", _) => (TIMEOUT, ""),
                (word, reason) => (arguments::duration(word).ok_or(Code::InvalidCommand)?, reason),
            };
            perform(caller, Act::Timeout { user: user.id, lasts, clear: false }, reason).await?;
            Ok(format!("{} may not write for {}.", user.username, words(lasts)))
        }
        "ban" => {
            let user = arguments::person(caller.context, first).await?.person;
            let done = perform(caller, Act::Ban { user: user.id, clear: true }, after).await?;
            let already = if done.changed { "" } else { " already" };
            Ok(format!("{} is banned{already}.", user.username))
        }
        "untimeout" | "unban" => {
            let user = arguments::person(caller.context, first).await?.person;
            let done = perform(caller, Act::Lift(user.id), after).await?;
            let again = if done.changed { "again" } else { "anyway" };
            Ok(format!("{} may write {again}.", user.username))
        }
        "mod" | "vip" => {
            let user = arguments::person(caller.context, first).await?.person;
            let (role, word) =
                if name == "mod" { (Role::Moderator, "a moderator") } else { (Role::Vip, "a VIP") };
            perform(caller, Act::Role(user.id, Some(role)), after).await?;
            Ok(format!("{} is {word} now.", user.username))
        }
        "unmod" | "unvip" => take_role(caller, name, first, after).await,
        _ => {
            let (field, value) = setting(name, first)?;
            let change = Map::from_iter([(field.to_owned(), value.clone())]);
            perform(caller, Act::Settings(change), "").await?;
            Ok(told(name, &value))
        }
    }
}

/// Takes a role away from who has it; somebody who is something else stays it.
async fn take_role(caller: &Caller<'_>, name: &str, user: &str, reason: &str) -> Result<String, No> {
    let user = arguments::person(caller.context, user).await?.person;
    let (role, word) = if name == "unmod" { ("moderator", "moderator") } else { ("vip", "VIP") };
    let directory = &caller.context.directory;
    let standing = directory.standing_within(user.id, caller.channel, Duration::ZERO).await;
    let standing = standing.ok_or(Code::Unavailable)?;
    if standing.roles.iter().any(|r| r == role) {
        perform(caller, Act::Role(user.id, None), reason).await?;
    }
    Ok(format!("{} is no {word}.", user.username))
}

async fn perform(caller: &Caller<'_>, act: Act, reason: &str) -> Result<Done, No> {
    let moderation = &caller.context.moderation;
    Ok(moderation.perform(caller.channel, &caller.actor, act, &Why::reason(reason)).await?)
}

/// The field of the settings that a command changes, and to what.
fn setting(name: &str, word: &str) -> Result<(&'static str, Value), No> {
    let off = word.eq_ignore_ascii_case("off");
    let seconds = || arguments::duration(word).map(|d| d.as_secs()).ok_or(Code::InvalidCommand);
    Ok(match name {
        "slow" if off => ("slow_s", json!(0)),
        "slow" if word.is_empty() => ("slow_s", json!(SLOW_S)),
        "slow" => ("slow_s", json!(seconds()?)),
        "followers" if off => ("followers_only_min", Value::Null),
        "followers" if word.is_empty() => ("followers_only_min", json!(0)),
        "followers" => ("followers_only_min", json!(seconds()?.div_ceil(60))),
        "verified" => ("verified_only", json!(arguments::switch(word)?)),
        "emoteonly" => ("emote_only", json!(arguments::switch(word)?)),
        "unique" => ("unique", json!(arguments::switch(word)?)),
        "shield" => ("shield", json!(arguments::switch(word)?)),
        "links" if ["allow", "hold", "refuse"].contains(&word) => ("links", json!(word)),
        _ => return Err(Code::InvalidCommand.into()),
    })
}

fn told(name: &str, value: &Value) -> String {
    let on = value.as_bool() == Some(true);
    let state = if on { "on" } else { "off" };
    match name {
        "slow" => match value.as_u64() {
            Some(0) | None => "Slow mode is off.".into(),
            Some(s) => format!("Slow mode: one message in {}.", words(Duration::from_secs(s))),
        },
        "followers" => match value.as_u64() {
            None => "Everybody may write.".into(),
            Some(0) => "Only followers may write.".into(),
            Some(m) => format!("Only followers of {} may write.", words(Duration::from_secs(m * 60))),
        },
        "verified" if on => "Only people with a verified e-mail address may write.".into(),
        "verified" => "People without a verified e-mail address may write.".into(),
        "emoteonly" => format!("Emote-only mode is {state}."),
        "unique" => format!("Unique mode is {state}."),
        "shield" => format!("Shield mode is {state}."),
        _ => format!("Links: {}.", value.as_str().unwrap_or_default()),
    }
}

/// A duration for people: `1 h 30 min`.
fn words(d: Duration) -> String {
    let mut left = d.as_secs();
    let mut parts = Vec::new();
    for (unit, seconds) in [("d", 24 * 3600), ("h", 3600), ("min", 60), ("s", 1)] {
        if left >= seconds {
            parts.push(format!("{} {unit}", left / seconds));
            left %= seconds;
        }
    }
    if parts.is_empty() { "0 s".into() } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_told_in_words() {
        for (seconds, text) in [(0, "0 s"), (1, "1 s"), (90, "1 min 30 s"), (1_209_600, "14 d")] {
            assert_eq!(words(Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn each_command_of_a_setting_names_its_field() {
        for (name, word, field, value) in [
            ("slow", "", "slow_s", json!(30)),
            ("slow", "2h", "slow_s", json!(7200)),
            ("slow", "OFF", "slow_s", json!(0)),
            ("followers", "", "followers_only_min", json!(0)),
            ("followers", "90s", "followers_only_min", json!(2)),
            ("followers", "off", "followers_only_min", Value::Null),
            ("shield", "on", "shield", json!(true)),
            ("links", "hold", "links", json!("hold")),
        ] {
            assert_eq!(setting(name, word).unwrap(), (field, value), "{name} {word}");
        }
        for (name, word) in
            [("slow", "x"), ("unique", ""), ("links", "on"), ("shield", "maybe"), ("nothing", "on")]
        {
            assert!(setting(name, word).is_err(), "{name} {word}");
        }
    }
}
