//! What nodes tell one another besides the logs: on a room's channel, and about a person on one of all nodes. And what a repeat of a held
//! message is answered by.
//!
//! Nothing keeps it: a node that is away misses it and asks when it is back.

use super::{
    Log, Published, To, channel,
    log::HELD,
    scripts::{NONCE_SECONDS, key},
};
use crate::{bans::Sanction, log_id::LogId};
use bytes::Bytes;
use streamly_domain::{ChannelId, UserId};
use streamly_redis::{Error, Value};

/// The channel that every node hears; what is published there is rare.
pub const PEOPLE: &str = "chat:{people}";

/// Reads what was published on [`PEOPLE`]: whom a frame is for. `None` if it is not one of ours.
pub fn told(payload: &Bytes) -> Option<(UserId, &str)> {
    let (user, frame) = std::str::from_utf8(payload).ok()?.split_once('\n')?;
    Some((user.parse().ok()?, frame))
}

impl Log {
    /// Sends a frame to all sockets of a person, on every node, in whatever rooms they are. Nothing keeps it.
    pub async fn tell_person(&self, user: UserId, frame: &str) -> Result<(), Error> {
        let args = [PEOPLE.to_owned(), format!("{user}\n{frame}")];
        self.redis().call::<Value>("SPUBLISH", args).await.map(|_| ())
    }

    /// A message with this nonce waits for a moderator: repeats of it are not said. What was said under it already stays.
    pub async fn hold_nonce(
        &self,
        room: ChannelId,
        author: UserId,
        nonce: &str,
        hold: uuid::Uuid,
    ) -> Result<(), Error> {
        let key = key(room, &format!("n:{author}:{nonce}"));
        let args = [key, format!("{HELD}{hold}"), "EX".into(), NONCE_SECONDS.into(), "NX".into()];
        self.redis().call::<Value>("SET", args).await.map(|_| ())
    }

    /// Whether a message was said under the nonce in the last two minutes.
    pub async fn is_said(&self, room: ChannelId, author: UserId, nonce: &str) -> Result<bool, Error> {
        let by: Option<String> =
            self.redis().call("GET", [key(room, &format!("n:{author}:{nonce}"))]).await?;
        Ok(by.is_some_and(|by| !by.starts_with(HELD)))
    }

    /// It became this event: repeats that come yet are answered by it.
    pub async fn held_said(
        &self,
        room: ChannelId,
        author: UserId,
        nonce: &str,
        id: LogId,
    ) -> Result<(), Error> {
        let key = key(room, &format!("n:{author}:{nonce}"));
        let args = [key, id.to_string(), "KEEPTTL".into(), "XX".into()];
        self.redis().call::<Value>("SET", args).await.map(|_| ())
    }

    /// Tells every node that the room's list of blocked terms was changed.
    pub async fn announce_terms(&self, room: ChannelId) -> Result<(), Error> {
        self.publish(room, Published::terms()).await
    }

    /// Tells every node that has the room open of a sanction, or of one that was lifted.
    pub async fn announce(
        &self,
        room: ChannelId,
        user: UserId,
        sanction: Option<&Sanction>,
    ) -> Result<(), Error> {
        self.publish(room, Published::sanction(user, sanction)).await
    }

    /// Tells every node that has the room open that a bot was revoked.
    pub async fn announce_revoked(&self, room: ChannelId, bot: UserId) -> Result<(), Error> {
        self.publish(room, Published::revoked(bot)).await
    }

    /// Sends a frame to some of the room's sockets, on every node. Nothing keeps it.
    pub async fn note(&self, room: ChannelId, to: To, frame: &str) -> Result<(), Error> {
        self.publish(room, Published::note(to, frame)).await
    }

    /// Tells every node, and all sockets in the room, that its set of emotes is another now.
    pub async fn announce_emotes(&self, room: ChannelId) -> Result<(), Error> {
        self.publish(room, super::entry::EMOTES_CHANGED.to_owned()).await
    }

    async fn publish(&self, room: ChannelId, payload: String) -> Result<(), Error> {
        self.redis().call::<Value>("SPUBLISH", [channel(room), payload]).await.map(|_| ())
    }
}
