//! Removes what people wrote whose accounts were erased (the fact `user.deleted`), and rooms whose channels are gone (`stream.deleted`).
//!
//! Not who hears of it: that is `facts`, which reads the facts from where any node has read to. The text leaves the logs and whatever shows
//! it as at a moderator's clearing (`moderation`), but no act of a moderator is written down. One node does it, the others wait and find
//! nothing; an error leaves what is not done yet for the next try.

use crate::{
    emotes::{Emotes, Refused as Emote},
    moderation::Moderation,
    store::departures as store,
};
use serde_json::Value;
use streamly_domain::{ChannelId, UserId};
use streamly_postgres::Database;
use streamly_proto::event::v1::Event;

/// Who removes.
#[derive(Clone)]
pub struct Departures {
    /// The tables.
    pub db: Database,
    /// What clears logs.
    pub moderation: Moderation,
    /// What has bytes beside its rows.
    pub emotes: Emotes,
}

impl Departures {
    /// Does what a fact asks for; facts of other kinds ask for nothing. Errors: Redis or the database is away.
    pub async fn hear(&self, event: &Event) -> Result<(), String> {
        match event.r#type.as_str() {
            "user.deleted" => match event.subject.parse() {
                Ok(user) => self.person(user).await,
                Err(_) => Ok(()),
            },
            "stream.deleted" => match (event.subject.parse(), owner(event)) {
                (Ok(room), Some(owner)) => self.room(room, owner).await,
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }

    async fn person(&self, user: UserId) -> Result<(), String> {
        let mut turn = store::turn(&self.db, &user.to_string()).await.map_err(|e| e.to_string())?;
        for room in turn.rooms(user).await.map_err(|e| e.to_string())? {
            self.moderation.remove_words(room, Some(user), user).await.map_err(|e| e.to_string())?;
        }
        turn.remove_person(user).await.map_err(|e| e.to_string())?;
        turn.done().await.map_err(|e| e.to_string())?;
        tracing::info!(%user, "what an erased account had written was removed");
        Ok(())
    }

    async fn room(&self, room: ChannelId, owner: UserId) -> Result<(), String> {
        let mut turn = store::turn(&self.db, &room.to_string()).await.map_err(|e| e.to_string())?;
        self.moderation.remove_words(room, None, owner).await.map_err(|e| e.to_string())?;
        for name in turn.emotes(room).await.map_err(|e| e.to_string())? {
            match self.emotes.remove(room, &name).await {
                // Without storage there are rows alone.
                Ok(()) | Err(Emote::NotFound | Emote::NoStorage) => {}
                Err(e) => return Err(e.to_string()),
            }
        }
        turn.remove_room(room).await.map_err(|e| e.to_string())?;
        turn.done().await.map_err(|e| e.to_string())?;
        tracing::info!(%room, "the room of a channel that is gone was removed");
        Ok(())
    }
}

fn owner(event: &Event) -> Option<UserId> {
    serde_json::from_slice::<Value>(&event.payload).ok()?["owner_id"].as_str()?.parse().ok()
}
