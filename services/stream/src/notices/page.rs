//! Notices in the page: what an event stream knows of its user, so that a channel which goes live costs no look-up for each follower. It
//! is read at the start and when its user changes something, in whatever tab ([`CHANGED`]).

use crate::{
    app::App,
    error::Error,
    feed::{Item, Words},
    pictures,
    store::notices::{self, Notice},
    visibility::Visibility,
};
use bytes::Bytes;
use serde::Serialize;
use serde_json::{Value, json};
use std::{collections::HashSet, time::Duration};
use streamly_domain::{BroadcastId, ChannelId, UserId};
use time::OffsetDateTime;

/// What passes when a person's follows, bells or settings are others; about the person, with nothing in it.
pub const CHANGED: &str = "notices.changed";
/// The fact that a channel went live.
const WENT_LIVE: &str = "stream.went_live";
/// Notices of a list.
pub const LISTED: i64 = 50;

/// A channel went live.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = Notice)]
pub struct Told {
    #[schema(value_type = String)]
    broadcast_id: BroadcastId,
    #[schema(value_type = String)]
    channel_id: ChannelId,
    username: String,
    display_name: String,
    avatar_url: Option<String>,
    /// What the channel says now; empty once the broadcast is over.
    title: String,
    category: String,
    #[serde(with = "time::serde::rfc3339")]
    started_at: OffsetDateTime,
    /// Null while it runs.
    #[serde(with = "time::serde::rfc3339::option")]
    ended_at: Option<OffsetDateTime>,
}

impl Told {
    /// Whether it is news to who has seen what began until then.
    pub fn began_after(&self, seen: OffsetDateTime) -> bool {
        self.started_at > seen
    }
}

impl From<Notice> for Told {
    fn from(n: Notice) -> Self {
        Self {
            broadcast_id: n.broadcast,
            channel_id: n.channel,
            username: n.username,
            display_name: n.display_name,
            avatar_url: n.avatar.as_deref().map(pictures::url),
            title: n.title,
            category: n.category,
            started_at: n.started_at,
            ended_at: n.ended_at,
        }
    }
}

/// The latest notices of a person: those that run, or all of the last days.
pub async fn list(app: &App, user: UserId, live: bool) -> Result<Vec<Told>, Error> {
    let back = if live { Duration::from_secs(7 * 86_400) } else { app.config.notices.listed.get() };
    let db = app.connection().await?;
    Ok(notices::list(&db, user, back, live, LISTED).await?.into_iter().map(Told::from).collect())
}

/// What an event stream knows of its user. At most `max_follows` ids, 16 bytes each.
#[derive(Debug)]
pub struct Wants {
    user: UserId,
    page: bool,
    channels: HashSet<ChannelId>,
}

impl Wants {
    /// Of that user, with nothing read yet.
    pub fn of(user: UserId) -> Self {
        Self { user, page: false, channels: HashSet::new() }
    }

    /// Reads the tables; what the page is told: settings, and the notices of what is live now.
    pub async fn read(&mut self, app: &App) -> Result<Value, Error> {
        let db = app.connection().await?;
        let settings = notices::settings(&db, self.user).await?;
        self.page = settings.page;
        self.channels = match settings.page {
            true => notices::wanted(&db, self.user).await?.into_iter().collect(),
            false => HashSet::new(),
        };
        drop(db);
        let live = if settings.page { list(app, self.user, true).await? } else { Vec::new() };
        let seen_at =
            settings.seen_at.and_then(|at| at.format(&time::format_description::well_known::Rfc3339).ok());
        Ok(json!({"page": settings.page, "seen_at": seen_at, "live": live}))
    }

    /// Whether it says that what this user wants is another.
    pub fn is_changed_by(&self, item: &Item) -> bool {
        item.kind == CHANGED && item.channel == self.user.to_string()
    }

    /// The frame of the notice of a fact, if this user is to be told of it. Only of a channel that is not open to all followers the tables are
    /// asked.
    pub async fn notice(&self, app: &App, item: &Item) -> Option<Bytes> {
        if item.kind != WENT_LIVE || !self.page {
            return None;
        }
        let channel: ChannelId = item.channel.parse().ok()?;
        if !self.channels.contains(&channel) {
            return None;
        }
        let is_for_all = match item.payload["visibility"].as_str()?.parse().ok()? {
            Visibility::Public | Visibility::Followers => true,
            Visibility::Unlisted => false,
            Visibility::Password | Visibility::Private => {
                let db = app.connection().await.ok()?;
                notices::may_know(&db, self.user, channel).await.ok()?
            }
        };
        is_for_all.then(|| item.written(Words::Notice, || Some(("notice", notice(item)))))?
    }
}

/// What the fact that a channel went live says to its followers.
fn notice(item: &Item) -> Value {
    let p = &item.payload;
    json!({"broadcast_id": p["broadcast_id"], "channel_id": item.channel, "username": p["username"],
           "display_name": p["display_name"], "avatar_url": p.get("avatar_url"), "title": p["title"],
           "category": p["category"], "started_at": p["started_at"], "ended_at": null})
}
