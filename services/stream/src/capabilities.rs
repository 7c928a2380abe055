//! What a user may do in a channel: the roles, and the capabilities that they come to. Callers go by capabilities; roles are for badges.

use crate::{
    app::App,
    error::Error,
    people::{self, Standing},
    store::{
        channels,
        members::{self, Role, Tie},
        watching,
    },
    visibility,
};
use streamly_domain::{ChannelId, UserId};
use streamly_status::Code;
use time::OffsetDateTime;

const VIEW: &str = "channel.view";
const SAY: &str = "chat.say";
const MODERATE: &str = "chat.moderate";
const MEMBERS: &str = "stream.members";
const MANAGE: &str = "stream.manage";
const HEALTH: &str = "stream.health";

/// What a user is and may in a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// `owner`, `moderator` or `vip`, and `staff`.
    pub roles: Vec<&'static str>,
    /// Names as in proto/streamly/stream/v1.
    pub names: Vec<&'static str>,
    /// Since when the user follows the channel, if so.
    pub followed_at: Option<OffsetDateTime>,
}

/// What a user, or a stranger, is and may in a channel. Errors: `channel_not_found`; the database is away.
pub async fn of(app: &App, channel: ChannelId, user: Option<UserId>) -> Result<Capabilities, Error> {
    let unknown = || Error::from(Code::ChannelNotFound);
    let stored = async {
        let db = app.connection().await?;
        let found = channels::find(&db, channels::By::Id(channel)).await?.ok_or_else(unknown)?;
        let Some(user) = user else { return Ok((found, Tie::default(), false)) };
        let tie = members::tie(&db, channel, user).await?.ok_or_else(unknown)?;
        let admitted = watching::is_admitted(&db, channel, user, found.watch_version).await?;
        Ok::<_, Error>((found, tie, admitted))
    };
    let standing = async {
        match user {
            Some(user) => people::standing(app, user).await,
            None => Standing::default(),
        }
    };
    let (stored, standing) = tokio::join!(stored, standing);
    let (found, tie, admitted) = stored?;
    let views = visibility::is_for(found.visibility, &tie, admitted, standing);
    if user.is_none() {
        let names = if views { vec![VIEW] } else { Vec::new() };
        return Ok(Capabilities { roles: Vec::new(), names, followed_at: None });
    }
    Ok(combine(&tie, standing, views))
}

fn combine(tie: &Tie, standing: Standing, views: bool) -> Capabilities {
    let followed_at = tie.followed_at;
    if standing.suspended {
        return Capabilities { roles: Vec::new(), names: Vec::new(), followed_at };
    }
    let role = if tie.owner { Some("owner") } else { tie.role.map(Role::as_str) };
    let staff = standing.staff.then_some("staff");
    let may = |name: &&'static str| match *name {
        VIEW | SAY => views,
        MODERATE => tie.owner || standing.staff || tie.role == Some(Role::Moderator),
        MEMBERS => tie.owner || standing.staff,
        _ => tie.owner,
    };
    let names = [VIEW, SAY, MODERATE, MEMBERS, MANAGE, HEALTH].into_iter().filter(may).collect();
    Capabilities { roles: role.into_iter().chain(staff).collect(), names, followed_at }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(owner: bool, role: Option<Role>, staff: bool, suspended: bool) -> (Vec<&'static str>, String) {
        let tie = Tie { owner, role, followed_at: Some(OffsetDateTime::UNIX_EPOCH) };
        let all = combine(&tie, Standing { staff, suspended }, true);
        assert_eq!(all.followed_at, tie.followed_at);
        (all.roles, all.names.join(" "))
    }

    #[test]
    fn each_role_may_what_it_is_for_and_no_more() {
        let everything = "channel.view chat.say chat.moderate stream.members stream.manage stream.health";
        for (owner, role, staff, roles, names) in [
            (false, None, false, vec![], "channel.view chat.say"),
            (false, Some(Role::Vip), false, vec!["vip"], "channel.view chat.say"),
            (false, Some(Role::Moderator), false, vec!["moderator"], "channel.view chat.say chat.moderate"),
            (false, None, true, vec!["staff"], "channel.view chat.say chat.moderate stream.members"),
            (
                false,
                Some(Role::Vip),
                true,
                vec!["vip", "staff"],
                "channel.view chat.say chat.moderate stream.members",
            ),
            (true, None, false, vec!["owner"], everything),
            (true, None, true, vec!["owner", "staff"], everything),
        ] {
            assert_eq!(of(owner, role, staff, false), (roles, names.to_owned()));
            assert_eq!(of(owner, role, staff, true), (vec![], String::new()), "suspended: nothing");
        }
        let outside = combine(&Tie::default(), Standing::default(), false);
        assert!(outside.names.is_empty(), "who may not see the channel says nothing there");
    }
}
