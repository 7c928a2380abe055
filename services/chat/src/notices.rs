//! What happens to a channel, told in its room: live, reconnecting, back, ended, a new title, new followers. Each is an event of the log,
//! written once whatever the number of nodes that heard of it, also while nobody is in the room.
//!
//! The facts are `stream`'s. One that is older than [`STALE`] is not told any more: people would take it for news. Redis away: the fact is
//! tried again. Followers that come in crowds are summed up.

use crate::{
    bus::{Event, Floor, Kind, Log},
    hub::Hub,
    socket::unix_ms,
};
use serde_json::{Map, Value, json};
use std::time::Duration;
use streamly_domain::{ChannelId, UserId};
use streamly_proto::event::v1::Event as Fact;
use streamly_redis::Error;

/// Facts that are older are no news.
const STALE: Duration = Duration::from_secs(300);

/// What a fact says of a channel.
#[derive(Debug, Clone, PartialEq)]
enum News {
    State { state: String, broadcast: String },
    Title { title: String, category: String },
    Follow { user: UserId, username: String, display_name: String },
}

/// Writes notices. Clones share what it works with.
#[derive(Clone)]
pub struct Notices {
    log: Log,
    hub: Hub,
}

impl Notices {
    /// Into these logs.
    pub fn new(log: Log, hub: Hub) -> Self {
        Self { log, hub }
    }

    /// Tells of a fact, if it is one to be told. Twice is once. Errors: Redis is away.
    pub async fn tell(&self, fact: &Fact) -> Result<(), Error> {
        let age = unix_ms().saturating_sub(u64::try_from(fact.occurred_at_ms).unwrap_or_default());
        if u128::from(age) > STALE.as_millis() {
            return Ok(());
        }
        let (Some(news), Ok(room)) = (read(fact), fact.subject.parse::<ChannelId>()) else { return Ok(()) };
        let Some((body, author)) = self.body(room, &fact.id, news).await? else { return Ok(()) };
        let event = Event { kind: Kind::Notice, author, body };
        self.log.event(room, self.floor(room), &fact.id, &event).await.map(|_| ())
    }

    fn floor(&self, room: ChannelId) -> Floor {
        self.hub.floor(room)
    }

    async fn body(
        &self,
        room: ChannelId,
        fact: &str,
        news: News,
    ) -> Result<Option<(String, Option<UserId>)>, Error> {
        Ok(match news {
            News::State { state, broadcast } => {
                let kind = match state.as_str() {
                    // The first time of a broadcast; after that it is back.
                    "live" if self.log.mark(room, &format!("live:{broadcast}"), fact).await? => "live",
                    "live" => "back",
                    "reconnecting" => "reconnecting",
                    "offline" => "ended",
                    _ => return Ok(None),
                };
                Some((members(kind, json!({"broadcast_id": broadcast})), None))
            }
            News::Title { title, category } => {
                let now = json!([title, category]).to_string();
                let before = self.log.swap(room, "title", &now).await?;
                // Nothing to compare with, or only something else changed.
                let Some(before) = before.filter(|b| *b != now) else { return Ok(None) };
                let before: (String, String) = serde_json::from_str(&before).unwrap_or_default();
                let mut body = json!({"title": title});
                if before.1 != category {
                    body["category"] = category.into();
                }
                Some((members("title", body), None))
            }
            News::Follow { user, username, display_name } => {
                let Some(more) = self.log.crowd(room, "follows").await? else { return Ok(None) };
                let mut body =
                    json!({"user": {"id": user, "username": username, "display_name": display_name}});
                if more > 0 {
                    body["more"] = more.into();
                }
                Some((members("follow", body), Some(user)))
            }
        })
    }
}

fn members(kind: &str, more: Value) -> String {
    let mut body = format!("\"kind\":\"{kind}\"");
    let more: Map<String, Value> = more.as_object().cloned().unwrap_or_default();
    for (name, value) in more {
        body.push_str(&format!(",\"{name}\":{value}"));
    }
    body
}

/// `None` for what is not told.
fn read(fact: &Fact) -> Option<News> {
    let payload: Value = serde_json::from_slice(&fact.payload).ok()?;
    let text = |name: &str| payload.get(name).and_then(Value::as_str).map(str::to_owned);
    match fact.r#type.as_str() {
        "stream.state_changed" => {
            Some(News::State { state: text("state")?, broadcast: text("broadcast_id")? })
        }
        "stream.updated" => {
            // A channel that is hidden for a while has none meanwhile, and afterwards the one that it had.
            let title = text("title").filter(|title| !title.is_empty())?;
            Some(News::Title { title, category: text("category").unwrap_or_default() })
        }
        "stream.followed" => Some(News::Follow {
            user: text("user_id")?.parse().ok()?,
            username: text("username")?,
            display_name: text("display_name")?,
        }),
        _ => None,
    }
}
