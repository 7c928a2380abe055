//! Pinning a message and taking it away.

use super::{Actor, Done, Moderation, Refused};
use crate::{directory::Channel, log_id::LogId, pins::Error, store::audit};
use serde_json::json;
use streamly_domain::UserId;

impl From<Error> for Refused {
    fn from(e: Error) -> Self {
        match e {
            Error::MessageNotFound => Self::MessageNotFound,
            Error::Redis(e) => Self::Redis(e),
            Error::Database(e) => Self::Database(e),
        }
    }
}

impl Moderation {
    pub(super) async fn pin(
        &self,
        channel: &Channel,
        actor: &Actor,
        message: LogId,
    ) -> Result<Done, Refused> {
        let author = self.pins.pin(channel.id, message, actor.id).await?;
        self.note_pin(channel, actor, "pin", &message.to_string(), author).await
    }

    pub(super) async fn unpin(&self, channel: &Channel, actor: &Actor) -> Result<Done, Refused> {
        if !self.pins.unpin(channel.id, actor.id).await? {
            return Ok(Done::default());
        }
        self.note_pin(channel, actor, "unpin", "", None).await
    }

    async fn note_pin(
        &self,
        channel: &Channel,
        actor: &Actor,
        action: &str,
        target: &str,
        user: Option<UserId>,
    ) -> Result<Done, Refused> {
        let new = audit::New {
            room: channel.id,
            actor: actor.id,
            action,
            target,
            user: user.filter(|u| *u != actor.id),
            reason: "",
            note: "",
            until: None,
            detail: json!({}),
        };
        let noted = audit::note(&self.db.get().await?, &new).await?;
        Ok(Done { changed: true, noted: Some(noted), ..Done::default() })
    }
}
