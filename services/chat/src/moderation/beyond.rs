//! A message that the log does not have any more, and a record of a broadcast or the pin still has: deleted there.
//!
//! The room is told first, so that whoever shows it yet takes it away; then the text goes. Either may be repeated. A store that is away: it
//! is not done, and the caller is told to repeat it.

use super::{Done, Moderation, Refused};
use crate::{
    bus::{Event, Kind},
    log_id::LogId,
    record::{self, Gone},
    store::audit,
};
use streamly_domain::{ChannelId, UserId};

impl From<record::Error> for Refused {
    fn from(e: record::Error) -> Self {
        match e {
            record::Error::Store(e) => Self::Database(e),
            record::Error::Log(e) => Self::Redis(e),
        }
    }
}

impl Moderation {
    /// Whose message it is, if a record or the pin has it.
    pub(super) async fn author_beyond(
        &self,
        room: ChannelId,
        message: LogId,
    ) -> Result<Option<UserId>, Refused> {
        match self.record.author_of(room, message).await? {
            Some(author) => Ok(Some(author)),
            None => Ok(self.pins.author_of(room, message).await?),
        }
    }

    /// Deletes it there, and notes it. Who may is the caller's to know.
    pub(super) async fn delete_beyond(
        &self,
        message: LogId,
        author: UserId,
        new: &audit::New<'_>,
    ) -> Result<Done, Refused> {
        let (room, by) = (new.room, if author == new.actor { "author" } else { "moderator" });
        let body = format!("\"message_id\":\"{message}\",\"by\":\"{by}\"");
        let event = Event { kind: Kind::Deleted, author: Some(author), body };
        let floor = self.hub.floor(room);
        let event = self.log.event(room, floor, &format!("gone:{message}"), &event).await?.id;
        let gone = Gone::Message(message);
        self.record.forget(room, gone).await?;
        self.pins.forget(room, gone, new.actor).await?;
        self.images.gone(room, gone).await;
        let noted = audit::note_once(&self.db.get().await?, new).await?;
        Ok(Done { changed: true, event: Some(event), noted, ..Done::default() })
    }
}
