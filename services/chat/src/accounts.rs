//! Follows what happens to people: suspensions, other names, roles of the platform (facts of `user`), roles in channels and follows (facts of
//! `stream`).
//!
//! What is remembered of them is asked for again at once. A suspended person's sockets are closed, and those of their room's bots; those of
//! a token that was voided only read from then on; who became or ceased to be a moderator gets what moderators get, or not any more. A fact
//! only says whom to ask about, or names a moment: an old one that is read again harms nobody. Facts that come while Redis is away come
//! later; every node follows all of them from its start on.

use crate::{
    directory::{Channel, Directory},
    hub::Hub,
    socket::Close,
    sockets::Sockets,
};
use prost::Message;
use serde_json::Value;
use std::{collections::HashMap, sync::Arc, time::Duration};
use streamly_domain::{ChannelId, UserId};
use streamly_lifecycle::Shutdown;
use streamly_proto::event::v1::Event;
use streamly_redis::{Follower, Redis};

/// Facts of `user`.
const USERS: &str = "events:user";
/// Facts of `stream`.
const CHANNELS: &str = "events:stream";
const PAUSE: Duration = Duration::from_millis(500);

/// Whom facts about people concern here.
#[derive(Clone)]
pub struct Accounts {
    /// What is remembered.
    pub directory: Directory,
    /// Rooms that tell their moderators.
    pub hub: Hub,
    /// Who is connected.
    pub sockets: Sockets,
}

impl Accounts {
    /// Follows until the stop.
    pub async fn follow(self, redis: Redis, shutdown: Shutdown) {
        tokio::select! {
            () = self.run(&redis, USERS) => {}
            () = self.run(&redis, CHANNELS) => {}
            () = shutdown.started() => {}
        }
    }

    async fn run(&self, redis: &Redis, stream: &str) {
        let mut follower = loop {
            match Follower::new(redis, stream, "$").await {
                Ok(f) => break f,
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        };
        loop {
            let Ok(entries) = follower.next().await else {
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            for event in entries.iter().filter_map(|e| Event::decode(e.field("e")?.as_ref()).ok()) {
                self.hear(&event).await;
            }
        }
    }

    async fn hear(&self, event: &Event) {
        let payload = || serde_json::from_slice::<Value>(&event.payload).unwrap_or_default();
        match event.r#type.as_str() {
            "user.suspended" | "user.updated" => {
                let Ok(user) = event.subject.parse() else { return };
                let told = event.r#type == "user.suspended" || payload()["suspended"] == true;
                self.account_changed(user, told).await;
            }
            "user.tokens_voided" => {
                if let (Ok(user), Some(before)) = (event.subject.parse(), payload()["before"].as_u64()) {
                    self.sockets.void(user, before);
                }
            }
            "stream.member_changed" | "stream.followed" | "stream.unfollowed" => {
                let payload = payload();
                let user = payload.get("user_id").and_then(Value::as_str).and_then(|u| u.parse().ok());
                if let (Ok(channel), Some(user)) = (event.subject.parse::<ChannelId>(), user) {
                    self.directory.standing_changed(user, channel).await;
                    self.roles_changed(user, Some(channel)).await;
                }
            }
            _ => {}
        }
    }

    /// `told` counts while `user` is away.
    async fn account_changed(&self, user: UserId, told: bool) {
        self.directory.person_changed(user).await;
        if self.sockets.barred_with(user).is_empty() {
            return;
        }
        let suspended =
            self.directory.profile_within(user, Duration::ZERO).await.map_or(told, |p| p.suspended);
        if suspended {
            self.sockets.end(user, Close::SUSPENDED);
        } else {
            self.roles_changed(user, None).await;
        }
    }

    /// Tells the rooms that the person is in, or that one of them, what they are in it now.
    async fn roles_changed(&self, user: UserId, only: Option<ChannelId>) {
        let sockets = self.sockets.of(user);
        let rooms: HashMap<ChannelId, Arc<Channel>> =
            sockets.iter().flat_map(|s| s.rooms()).map(|c| (c.id, c)).collect();
        for (room, channel) in rooms.into_iter().filter(|(room, _)| only.is_none_or(|o| o == *room)) {
            if !self.directory.may_view(&channel, Some(user)).await {
                self.hub.hidden_from(room, user).await;
                continue;
            }
            let standing = self.directory.standing(user, &channel).await;
            self.hub.roles_changed(room, user, standing.roles.clone(), standing.moderates()).await;
        }
    }
}
