//! Who may watch a channel: its visibility, and whether a person is among those it is for.
//!
//! The one place that decides it; playback tokens, the directory, event streams and chat's rooms go by what is said here. Where it cannot
//! be found out the answer is no. Telling origins and edges is `playback`'s and the live index's.

use crate::{
    app::App,
    channel,
    error::Error,
    names::Asker,
    people::{self, Standing},
    store::{
        broadcasts::Broadcast,
        channels::Channel,
        members::{self, Role, Tie},
        watching,
    },
};
use serde::Serialize;
use std::str::FromStr;
use streamly_auth::playback::TEST;
use streamly_domain::{ChannelId, UserId};
use streamly_status::Code;

/// For whom a channel is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// For everybody, and listed.
    #[default]
    Public,
    /// For everybody who knows its address; neither listed nor found.
    Unlisted,
    /// For who follows it.
    Followers,
    /// For who knows its password.
    Password,
    /// For who has its secret link; to anybody else it is always offline.
    Private,
}

impl Visibility {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Public, Self::Unlisted, Self::Followers, Self::Password, Self::Private];

    /// Its name in tables, facts and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Unlisted => "unlisted",
            Self::Followers => "followers",
            Self::Password => "password",
            Self::Private => "private",
        }
    }
    /// Whether anybody may watch, without a playback token.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Public | Self::Unlisted)
    }
    /// Whether strangers may know what goes on there: title, state, how many watch.
    pub fn is_known(self) -> bool {
        self != Self::Private
    }
}

/// Not the name of a visibility.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a visibility")]
pub struct Unknown;

impl FromStr for Visibility {
    type Err = Unknown;
    fn from_str(name: &str) -> Result<Self, Unknown> {
        Self::ALL.into_iter().find(|v| v.as_str() == name).ok_or(Unknown)
    }
}

/// The SQL condition that a channel `c` may be listed for anybody: in the directory, in searches, in categories.
pub fn visible_to() -> &'static str {
    "c.visibility = 'public'"
}

/// How origins and edges guard what is on air.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guard {
    /// Only who has a playback token may watch.
    pub restricted: bool,
    /// Of tokens only those of this watch version count.
    pub version: u64,
    /// Who may not watch is not told that it is on air.
    pub hidden: bool,
}

/// How a broadcast of the channel is guarded; a test as that of a private channel, under a watch version of its own, so that nothing which
/// was given out before lets anybody in.
pub fn guard(channel: &Channel, test: bool) -> Guard {
    let (visibility, bit) = if test { (Visibility::Private, TEST) } else { (channel.visibility, 0) };
    Guard {
        restricted: !visibility.is_open(),
        version: channel.watch_version | bit,
        hidden: !visibility.is_known(),
    }
}

/// Whether somebody so tied to a channel sees its tests: owner, moderators, staff.
fn sees_tests(tie: &Tie, standing: Standing) -> bool {
    !standing.suspended && (tie.owner || tie.role == Some(Role::Moderator) || standing.staff)
}

/// Whether that person is of the channel's team, which sees its tests: owner, moderators, staff. Errors: the database is away, which
/// means no.
pub async fn on_team(app: &App, channel: ChannelId, user: Option<UserId>) -> Result<bool, Error> {
    let Some(user) = user else { return Ok(false) };
    let tie = async {
        let db = app.connection().await?;
        members::tie(&db, channel, user).await?.ok_or(Error::from(Code::ChannelNotFound))
    };
    let (tie, standing) = tokio::join!(tie, people::standing(app, user));
    Ok(sees_tests(&tie?, standing))
}

/// What is on air as far as that person may know: of a test only the team does. Where it cannot be found out, nothing is.
pub async fn on_air_for(app: &App, open: Option<Broadcast>, user: Option<UserId>) -> Option<Broadcast> {
    let open = open?;
    let knows = open.is_real() || on_team(app, open.channel.id, user).await.unwrap_or(false);
    knows.then_some(open)
}

/// Whether that person (or, with `None`, a stranger) may watch the channel as who they are, without a password or link. Errors: the
/// database is away, which means no.
pub async fn may_watch(app: &App, channel: &Channel, user: Option<UserId>) -> Result<bool, Error> {
    if channel.visibility.is_open() {
        return Ok(true);
    }
    let Some(user) = user else { return Ok(false) };
    let stored = async {
        let db = app.connection().await?;
        let tie = members::tie(&db, channel.id, user).await?.ok_or(Error::from(Code::ChannelNotFound))?;
        let admitted = watching::is_admitted(&db, channel.id, user, channel.watch_version).await?;
        Ok::<_, Error>((tie, admitted))
    };
    let (stored, standing) = tokio::join!(stored, people::standing(app, user));
    let (tie, admitted) = stored?;
    Ok(is_for(channel.visibility, &tie, admitted, standing))
}

/// Whether a person belongs to a channel whatever its visibility: its owner, members, staff. Errors: the database is away, which means no.
pub async fn belongs(app: &App, channel: &Channel, user: UserId) -> Result<bool, Error> {
    let tie = async {
        let db = app.connection().await?;
        members::tie(&db, channel.id, user).await?.ok_or(Error::from(Code::ChannelNotFound))
    };
    let (tie, standing) = tokio::join!(tie, people::standing(app, user));
    Ok(is_for(Visibility::Private, &tie?, false, standing))
}

/// Whether that person (or, with `None`, a stranger) may see what the channel says about itself, as far as its owner's standing goes: while
/// the owner is suspended, or has closed the account, the owner and staff alone.
pub async fn may_see(app: &App, channel: &Channel, user: Option<UserId>) -> bool {
    if !channel.suspended {
        return true;
    }
    let Some(user) = user else { return false };
    let standing = people::standing(app, user).await;
    user == channel.owner_id || standing.staff && !standing.suspended
}

/// The channel of that name, if that person (or, with `None`, a stranger) may know what it says about itself and plans: of a private one only
/// who may watch it does, of a suspended owner's the owner and staff. Errors: there is none for them.
pub async fn told(app: &App, name: &str, user: Option<UserId>, from: Asker) -> Result<Channel, Error> {
    let channel = channel::by_name(app, name, from).await?;
    if !may_see(app, &channel, user).await {
        return Err(Code::ChannelNotFound.into());
    }
    if channel.visibility.is_known() || may_watch(app, &channel, user).await? {
        return Ok(channel);
    }
    Err(Code::ChannelNotFound.into())
}

/// Whether a channel of that visibility is for somebody so tied to it, who has or has not proved its password or link.
pub fn is_for(visibility: Visibility, tie: &Tie, admitted: bool, standing: Standing) -> bool {
    if visibility.is_open() {
        return true;
    }
    if standing.suspended {
        return false;
    }
    let belongs = tie.owner || tie.role.is_some() || standing.staff;
    belongs
        || match visibility {
            Visibility::Followers => tie.followed_at.is_some(),
            Visibility::Password | Visibility::Private => admitted,
            Visibility::Public | Visibility::Unlisted => true,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::OffsetDateTime;

    #[test]
    fn each_visibility_is_for_whom_it_says() {
        let stranger = Tie::default();
        let follower = Tie { followed_at: Some(OffsetDateTime::UNIX_EPOCH), ..stranger };
        let vip = Tie { role: Some(Role::Vip), ..stranger };
        let owner = Tie { owner: true, ..stranger };
        let nobody = Standing::default();
        let staff = Standing { staff: true, suspended: false };
        let suspended = Standing { staff: true, suspended: true };
        for v in Visibility::ALL {
            assert_eq!(v.as_str().parse(), Ok(v));
            let open = v.is_open();
            assert_eq!(is_for(v, &stranger, false, nobody), open, "{v:?}");
            assert_eq!(is_for(v, &follower, false, nobody), open || v == Visibility::Followers, "{v:?}");
            let proof = matches!(v, Visibility::Password | Visibility::Private);
            assert_eq!(is_for(v, &stranger, true, nobody), open || proof, "{v:?}");
            for tie in [vip, owner] {
                assert!(is_for(v, &tie, false, nobody), "{v:?}");
            }
            assert!(is_for(v, &stranger, false, staff), "{v:?}");
            assert_eq!(is_for(v, &owner, true, suspended), open, "{v:?}");
        }
        for (tie, team) in [(stranger, false), (follower, false), (vip, false), (owner, true)] {
            assert_eq!(sees_tests(&tie, nobody), team, "{tie:?}");
            assert!(sees_tests(&tie, staff) && !sees_tests(&tie, suspended), "{tie:?}");
        }
        assert!(sees_tests(&Tie { role: Some(Role::Moderator), ..stranger }, nobody));
        assert!("Public".parse::<Visibility>().is_err() && "".parse::<Visibility>().is_err());
    }
}
