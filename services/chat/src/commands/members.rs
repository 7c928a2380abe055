//! Who helps in a room: its moderators and its VIPs, told to who asks.

use super::{Caller, No};
use crate::{directory::Failure, error::Code};
use streamly_domain::UserId;

/// Lists those of one role by name. Accounts that are gone are left out.
pub async fn run(caller: &Caller<'_>, name: &str) -> Result<String, No> {
    let (role, word) = if name == "mods" { ("moderator", "moderators") } else { ("vip", "VIPs") };
    let directory = &caller.context.directory;
    let members = directory.members(caller.channel.id).await.map_err(|e| match e {
        Failure::NotFound => Code::ChannelNotFound,
        Failure::Away => Code::Unavailable,
    })?;
    let ids: Vec<UserId> = members.iter().filter(|m| m.role == role).map(|m| m.user).collect();
    let people = directory.people(&ids).await;
    let names: Vec<&str> = ids.iter().filter_map(|id| Some(people.get(id)?.username.as_str())).collect();
    Ok(match names.as_slice() {
        [] => format!("There are no {word} here."),
        names => format!("The {word} here: {}.", names.join(", ")),
    })
}
