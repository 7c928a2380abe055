//! What other services know, as last heard: channels and roles from `stream`, people from `user`. Bots are found as people are.
//!
//! Fresh answers are used for `limits.directory_fresh`. While the service behind is away the last known answer goes on counting; names that do not
//! exist are remembered for ten seconds.

mod members;
mod people;

pub use members::NotSet;
pub use people::Profile;

use crate::bots::Bots;
use moka::future::Cache;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use streamly_domain::{ChannelId, UserId, Username};
use streamly_proto::stream::v1::{
    GetCapabilitiesRequest, ResolveChannelRequest, channel_service_client::ChannelServiceClient,
    resolve_channel_request::By,
};
use streamly_rpc::Peer;
use tonic::Code;

/// The capability to see a channel.
const VIEW: &str = "channel.view";
const ABSENT: Duration = Duration::from_secs(10);
/// Least recently used answers beyond this are forgotten.
const CAPACITY: u64 = 50_000;

/// A channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// Also the room's id.
    pub id: ChannelId,
    /// Whose it is.
    pub owner: UserId,
    /// Its name.
    pub username: String,
    /// Viewers when it was asked.
    pub viewers: u64,
    /// For whom it is: `public`, `unlisted`, `followers`, `password`, `private`; empty from a `stream` that knows no such thing.
    pub visibility: String,
    /// Of two, the higher one counts.
    pub watch_version: u64,
}

impl Channel {
    /// Whether anybody may see its room.
    pub fn is_open(&self) -> bool {
        is_open(&self.visibility)
    }
}

/// Whether a channel of that visibility may be seen by anybody.
pub fn is_open(visibility: &str) -> bool {
    matches!(visibility, "public" | "unlisted" | "")
}

/// What a person is in a channel.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// `owner`, `moderator`, `vip`; `staff` of the platform; `bot`.
    pub roles: Vec<String>,
    /// Since when they follow the channel, Unix milliseconds; none: they do not.
    pub followed_at_ms: Option<u64>,
    /// Whether they may see the channel, if it is not open to everybody.
    pub views: bool,
}

impl Standing {
    /// Of which rank: staff above the owner, the owner above moderators, moderators above VIPs, VIPs above everybody.
    pub fn rank(&self) -> Rank {
        let of = |r: &String| match r.as_str() {
            "staff" => Rank::Staff,
            "owner" => Rank::Owner,
            "moderator" => Rank::Moderator,
            "vip" => Rank::Vip,
            _ => Rank::Anybody,
        };
        self.roles.iter().map(of).max().unwrap_or(Rank::Anybody)
    }

    /// What is left of it while something is in force against the person: only the owner and staff keep order all the same.
    pub fn while_sanctioned(&self) -> Self {
        let stays = |r: &&String| !matches!(r.as_str(), "moderator" | "vip");
        Self { roles: self.roles.iter().filter(stays).cloned().collect(), ..self.clone() }
    }

    /// Whether the person keeps order here: the owner, moderators, the platform's staff.
    pub fn moderates(&self) -> bool {
        self.rank() >= Rank::Moderator
    }
}

/// Whose word counts more in a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Rank {
    Anybody,
    Vip,
    Moderator,
    Owner,
    Staff,
}

impl Rank {
    /// As it is kept with what somebody of it made.
    pub fn number(self) -> i16 {
        self as i16
    }

    /// Of its number; unknown ones are moderators', who alone act besides those above.
    pub fn numbered(number: i16) -> Self {
        [Self::Owner, Self::Staff].into_iter().find(|r| r.number() == number).unwrap_or(Self::Moderator)
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// No such channel.
    #[error("there is no such channel")]
    NotFound,
    /// The service is away and nothing is remembered.
    #[error("the service that knows is away")]
    Away,
}

#[derive(Clone)]
struct Known<T> {
    value: T,
    /// None: something told that it is otherwise now.
    heard: Option<Instant>,
}

impl<T> Known<T> {
    fn now(value: T) -> Self {
        Self { value, heard: Some(Instant::now()) }
    }
    fn is_fresh(&self, fresh: Duration) -> bool {
        self.heard.is_some_and(|h| h.elapsed() < fresh)
    }
}

/// The caches. Clones share them.
#[derive(Clone)]
pub struct Directory {
    stream: Peer,
    user: Peer,
    bots: Bots,
    fresh: Duration,
    channels: Cache<String, Known<Arc<Channel>>>,
    absent: Cache<String, ()>,
    standings: Cache<(UserId, ChannelId), Known<Arc<Standing>>>,
    people: Cache<UserId, Known<Profile>>,
    names: Cache<String, Known<Option<UserId>>>,
    /// When something about a person's account changed: what was heard before is asked again.
    changed: Cache<UserId, Instant>,
}

impl Directory {
    /// Nothing known yet; answers count for `fresh` without asking again.
    pub fn new(stream: Peer, user: Peer, bots: Bots, fresh: Duration) -> Self {
        Self {
            stream,
            user,
            bots,
            fresh,
            channels: Cache::new(CAPACITY),
            absent: Cache::builder().max_capacity(CAPACITY).time_to_live(ABSENT).build(),
            standings: Cache::new(CAPACITY),
            people: Cache::new(CAPACITY),
            names: Cache::new(CAPACITY),
            changed: Cache::builder().max_capacity(CAPACITY).time_to_live(fresh * 2).build(),
        }
    }

    /// The channel of an id or a name.
    pub async fn channel(&self, room: &str) -> Result<Arc<Channel>, Failure> {
        let by = match (room.parse::<ChannelId>(), Username::parse(room)) {
            (Ok(id), _) => By::ChannelId(id.to_string()),
            (_, Ok(name)) => By::Username(name.to_string()),
            _ => return Err(Failure::NotFound),
        };
        let (By::ChannelId(key) | By::Username(key)) = by.clone();
        let known = self.channels.get(&key).await;
        if let Some(k) = known.as_ref().filter(|k| k.is_fresh(self.fresh)) {
            return Ok(k.value.clone());
        }
        if self.absent.contains_key(&key) {
            return Err(Failure::NotFound);
        }
        let request = ResolveChannelRequest { by: Some(by) };
        let asked = self
            .stream
            .call(|t| {
                let request = request.clone();
                async move { ChannelServiceClient::new(t).resolve_channel(request).await }
            })
            .await;
        match asked {
            Ok(c) => {
                let (Ok(id), Ok(owner)) = (c.id.parse(), c.owner_id.parse()) else {
                    return Err(Failure::Away);
                };
                let channel = Arc::new(Channel {
                    id,
                    owner,
                    username: c.username,
                    viewers: c.viewers,
                    visibility: c.visibility,
                    watch_version: c.watch_version,
                });
                self.channels.insert(key, Known::now(channel.clone())).await;
                self.channels.insert(id.to_string(), Known::now(channel.clone())).await;
                Ok(channel)
            }
            Err(s) if matches!(s.code(), Code::NotFound | Code::InvalidArgument) => {
                self.channels.invalidate(&key).await;
                self.absent.insert(key, ()).await;
                Err(Failure::NotFound)
            }
            Err(_) => known.map(|k| k.value).ok_or(Failure::Away),
        }
    }

    /// What the user is in the channel; the owner is one even while `stream` is away, and who is unknown is nobody in particular.
    pub async fn standing(&self, user: UserId, channel: &Channel) -> Arc<Standing> {
        let known = self.standing_within(user, channel, self.fresh).await;
        known.unwrap_or_else(|| {
            let owner = (channel.owner == user).then(|| "owner".to_owned());
            Arc::new(Standing {
                views: owner.is_some(),
                roles: owner.into_iter().collect(),
                followed_at_ms: None,
            })
        })
    }

    /// The same, asked again if it was heard longer ago than `age`. `stream` away: as last known, `None` if nothing is known.
    pub async fn standing_within(
        &self,
        user: UserId,
        channel: &Channel,
        age: Duration,
    ) -> Option<Arc<Standing>> {
        let key = (user, channel.id);
        let known = self.standings.get(&key).await;
        let changed = self.changed.get(&user).await;
        if let Some(k) = known.as_ref().filter(|k| k.is_fresh(age) && k.heard > changed) {
            return Some(k.value.clone());
        }
        Box::pin(self.ask_standing(user, channel.id, known)).await
    }

    async fn ask_standing(
        &self,
        user: UserId,
        channel: ChannelId,
        known: Option<Known<Arc<Standing>>>,
    ) -> Option<Arc<Standing>> {
        let request = GetCapabilitiesRequest { user_id: user.to_string(), channel_id: channel.to_string() };
        let asked = self.stream.call(|t| {
            let request = request.clone();
            async move { ChannelServiceClient::new(t).get_capabilities(request).await }
        });
        // At once: a service that hangs holds a join up once.
        let (asked, profile) = tokio::join!(asked, self.profile_within(user, self.fresh));
        match asked {
            Ok(c) => {
                let followed_at_ms = u64::try_from(c.followed_at_ms).ok().filter(|ms| *ms > 0);
                let mut views = c.capabilities.iter().any(|name| name == VIEW);
                let mut roles = c.roles;
                // Who is staff `user` says: `stream` may have heard it a while ago.
                if let Ok(profile) = profile {
                    roles.retain(|role| role != "staff");
                    let is_staff = profile.is_staff && !profile.suspended;
                    roles.extend(is_staff.then(|| "staff".to_owned()));
                    views |= is_staff;
                }
                let standing = Arc::new(Standing { roles, followed_at_ms, views });
                self.standings.insert((user, channel), Known::now(standing.clone())).await;
                Some(standing)
            }
            Err(_) => known.map(|k| k.value),
        }
    }

    /// Whether somebody, or (`None`) a stranger, may see the channel's room now. Of a channel that is not open `stream` is asked each time; what
    /// it said last counts while it is away, and who is unknown may not, the owner excepted.
    pub async fn may_view(&self, channel: &Channel, user: Option<UserId>) -> bool {
        if channel.is_open() {
            return true;
        }
        let Some(user) = user else { return false };
        let standing = self.standing_within(user, channel, Duration::ZERO).await;
        standing.map_or(user == channel.owner, |standing| standing.views)
    }

    /// Something about the channel has changed: asked again at the next need.
    pub async fn channel_changed(&self, id: ChannelId) {
        let Some(known) = self.channels.get(&id.to_string()).await else { return };
        for key in [id.to_string(), known.value.username.clone()] {
            self.channels.invalidate(&key).await;
        }
    }

    /// What the user is in the channel has changed: it is asked again, and counts as last known until there is an answer.
    pub async fn standing_changed(&self, user: UserId, channel: ChannelId) {
        if let Some(known) = self.standings.get(&(user, channel)).await {
            self.standings.insert((user, channel), Known { heard: None, ..known }).await;
        }
    }
}

/// The badges of roles, as frames name them.
pub fn badges(roles: &[String]) -> Vec<&'static str> {
    roles
        .iter()
        .filter_map(|r| match r.as_str() {
            "owner" => Some("broadcaster"),
            "moderator" => Some("moderator"),
            "vip" => Some("vip"),
            "staff" => Some("staff"),
            "bot" => Some("bot"),
            _ => None,
        })
        .collect()
}
