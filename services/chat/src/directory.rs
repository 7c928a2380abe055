//! What other services know, as last heard: channels and roles from `stream`, people from `user`.
//!
//! Fresh answers are used for `limits.directory_fresh`. While the service behind is away the last known answer goes on counting; names that do not
//! exist are remembered for ten seconds.

use crate::frame::Person;
use moka::future::Cache;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use streamly_auth::access::Claims;
use streamly_domain::{ChannelId, UserId, Username};
use streamly_proto::{
    stream::v1::{
        GetCapabilitiesRequest, ResolveChannelRequest, channel_service_client::ChannelServiceClient,
        resolve_channel_request::By,
    },
    user::v1::{GetUsersByNameRequest, GetUsersRequest, user_service_client::UserServiceClient},
};
use streamly_rpc::Peer;
use tonic::Code;

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
}

/// What a person is in a channel.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// `owner`, `moderator`, `vip`; `staff` of the platform.
    pub roles: Vec<String>,
}

impl Standing {
    /// Whether the person keeps order here: the owner, moderators, the platform's staff.
    pub fn moderates(&self) -> bool {
        self.roles.iter().any(|r| matches!(r.as_str(), "owner" | "moderator" | "staff"))
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
    heard: Instant,
}

impl<T> Known<T> {
    fn now(value: T) -> Self {
        Self { value, heard: Instant::now() }
    }
    fn is_fresh(&self, fresh: Duration) -> bool {
        self.heard.elapsed() < fresh
    }
}

/// The caches. Clones share them.
#[derive(Clone)]
pub struct Directory {
    stream: Peer,
    user: Peer,
    fresh: Duration,
    channels: Cache<String, Known<Arc<Channel>>>,
    absent: Cache<String, ()>,
    standings: Cache<(UserId, ChannelId), Known<Arc<Standing>>>,
    people: Cache<UserId, Known<(Person, bool)>>,
    names: Cache<String, Option<UserId>>,
}

impl Directory {
    /// Nothing known yet; answers count for `fresh` without asking again.
    pub fn new(stream: Peer, user: Peer, fresh: Duration) -> Self {
        Self {
            stream,
            user,
            fresh,
            channels: Cache::new(CAPACITY),
            absent: Cache::builder().max_capacity(CAPACITY).time_to_live(ABSENT).build(),
            standings: Cache::new(CAPACITY),
            people: Cache::new(CAPACITY),
            names: Cache::builder().max_capacity(CAPACITY).time_to_live(fresh).build(),
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
                let channel = Arc::new(Channel { id, owner, username: c.username, viewers: c.viewers });
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

    /// What the user is in the channel; the owner is one even while `stream` is away.
    pub async fn standing(&self, user: UserId, channel: &Channel) -> Arc<Standing> {
        let key = (user, channel.id);
        let known = self.standings.get(&key).await;
        if let Some(k) = known.as_ref().filter(|k| k.is_fresh(self.fresh)) {
            return k.value.clone();
        }
        let request =
            GetCapabilitiesRequest { user_id: user.to_string(), channel_id: channel.id.to_string() };
        let asked = self
            .stream
            .call(|t| {
                let request = request.clone();
                async move { ChannelServiceClient::new(t).get_capabilities(request).await }
            })
            .await;
        match asked {
            Ok(c) => {
                let standing = Arc::new(Standing { roles: c.roles });
                self.standings.insert(key, Known::now(standing.clone())).await;
                standing
            }
            Err(_) => known.map_or_else(
                || {
                    let owner = (channel.owner == user).then(|| "owner".to_owned());
                    Arc::new(Standing { roles: owner.into_iter().collect() })
                },
                |k| k.value,
            ),
        }
    }

    /// The people of those names, in their order; unknown ones are left out, and while `user` is away all that are not remembered.
    pub async fn named(&self, names: &[Username]) -> Vec<UserId> {
        let mut unknown = Vec::new();
        for name in names {
            if !self.names.contains_key(name.as_str()) {
                unknown.push(name.to_string());
            }
        }
        if !unknown.is_empty() {
            let request = GetUsersByNameRequest { usernames: unknown.clone() };
            let asked = self
                .user
                .call(|t| {
                    let request = request.clone();
                    async move { UserServiceClient::new(t).get_users_by_name(request).await }
                })
                .await;
            if let Ok(found) = asked {
                for name in unknown {
                    let user = found.users.iter().find(|u| u.username == name);
                    self.names.insert(name, user.and_then(|u| u.id.parse().ok())).await;
                }
            }
        }
        let mut people = Vec::new();
        for name in names {
            people.extend(self.names.get(name.as_str()).await.flatten());
        }
        people
    }

    /// The person of a token, and whether they are suspended; what the token says while `user` is away.
    pub async fn person(&self, claims: &Claims) -> (Person, bool) {
        let known = self.people.get(&claims.sub).await;
        if let Some(k) = known.as_ref().filter(|k| k.is_fresh(self.fresh)) {
            return k.value.clone();
        }
        let request = GetUsersRequest { ids: vec![claims.sub.to_string()] };
        let asked = self
            .user
            .call(|t| {
                let request = request.clone();
                async move { UserServiceClient::new(t).get_users(request).await }
            })
            .await;
        if let Ok(Some(u)) = asked.map(|r| r.users.into_iter().next()) {
            let display_name = if u.display_name.is_empty() { u.username.clone() } else { u.display_name };
            let value = (Person { id: claims.sub, username: u.username, display_name }, u.suspended);
            self.people.insert(claims.sub, Known::now(value.clone())).await;
            return value;
        }
        known.map(|k| k.value).unwrap_or_else(|| {
            let name = claims.username.to_string();
            (Person { id: claims.sub, username: name.clone(), display_name: name }, false)
        })
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
            _ => None,
        })
        .collect()
}
