//! What a user may do in a channel: the roles, and the capabilities that they come to. Callers go by capabilities; roles are for badges.

use crate::{
    app::App,
    error::Error,
    people::{self, Standing},
    store::members::{self, Role, Tie},
};
use streamly_domain::{ChannelId, UserId};
use streamly_status::Code;
use time::OffsetDateTime;

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

/// What a user is and may in a channel. Errors: `channel_not_found`; the database is away.
pub async fn of(app: &App, channel: ChannelId, user: UserId) -> Result<Capabilities, Error> {
    let tie = async {
        let db = app.connection().await?;
        members::tie(&db, channel, user).await?.ok_or_else(|| Error::from(Code::ChannelNotFound))
    };
    let (tie, standing) = tokio::join!(tie, people::standing(app, user));
    Ok(combine(&tie?, standing))
}

fn combine(tie: &Tie, standing: Standing) -> Capabilities {
    let followed_at = tie.followed_at;
    if standing.suspended {
        return Capabilities { roles: Vec::new(), names: Vec::new(), followed_at };
    }
    let role = if tie.owner { Some("owner") } else { tie.role.map(Role::as_str) };
    let staff = standing.staff.then_some("staff");
    let may = |name: &&'static str| match *name {
        SAY => true,
        MODERATE => tie.owner || standing.staff || tie.role == Some(Role::Moderator),
        MEMBERS => tie.owner || standing.staff,
        _ => tie.owner,
    };
    let names = [SAY, MODERATE, MEMBERS, MANAGE, HEALTH].into_iter().filter(may).collect();
    Capabilities { roles: role.into_iter().chain(staff).collect(), names, followed_at }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(owner: bool, role: Option<Role>, staff: bool, suspended: bool) -> (Vec<&'static str>, String) {
        let tie = Tie { owner, role, followed_at: Some(OffsetDateTime::UNIX_EPOCH) };
        let all = combine(&tie, Standing { staff, suspended });
        assert_eq!(all.followed_at, tie.followed_at);
        (all.roles, all.names.join(" "))
    }

    #[test]
    fn each_role_may_what_it_is_for_and_no_more() {
        let everything = "chat.say chat.moderate stream.members stream.manage stream.health";
        for (owner, role, staff, roles, names) in [
            (false, None, false, vec![], "chat.say"),
            (false, Some(Role::Vip), false, vec!["vip"], "chat.say"),
            (false, Some(Role::Moderator), false, vec!["moderator"], "chat.say chat.moderate"),
            (false, None, true, vec!["staff"], "chat.say chat.moderate stream.members"),
            (false, Some(Role::Vip), true, vec!["vip", "staff"], "chat.say chat.moderate stream.members"),
            (true, None, false, vec!["owner"], everything),
            (true, None, true, vec!["owner", "staff"], everything),
        ] {
            assert_eq!(of(owner, role, staff, false), (roles, names.to_owned()));
            assert_eq!(of(owner, role, staff, true), (vec![], String::new()), "suspended: nothing");
        }
    }
}
