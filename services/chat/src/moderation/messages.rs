//! Deleting one message, clearing a person's or all. The text leaves the log in the same step as the event that says so is appended; what
//! shows it elsewhere takes it from there (`bus::shown`), or is told to forget it.
//!
//! The note comes first, on a connection that is given back, and is taken back when Redis could not do it. Holding one while Redis and the
//! other tables are asked would have a few of these at once wait for one another.

use super::{Actor, Done, Moderation, Refused, Why};
use crate::{
    bus::{Deleted, Floor, Kind},
    directory::{Channel, Rank},
    log_id::LogId,
    record::Gone,
    store::audit::{self, Noted},
};
use serde_json::json;
use streamly_domain::{ChannelId, UserId};

impl Moderation {
    pub(super) async fn delete(
        &self,
        channel: &Channel,
        actor: &Actor,
        message: LogId,
        why: &Why,
    ) -> Result<Done, Refused> {
        let (room, floor, target) = (channel.id, self.hub.floor(channel.id), message.to_string());
        let kept = self.log.get(room, message).await?.filter(|e| e.kind == Kind::Message);
        let author = match &kept {
            Some(kept) => kept.author,
            None => self.author_beyond(room, message).await?,
        };
        let own = author.is_none_or(|a| a == actor.id);
        if !own && !actor.standing.moderates() {
            return Err(Refused::Forbidden);
        }
        if let Some(author) = author.filter(|_| !own)
            && actor.standing.rank() != Rank::Staff
            && self.rank_of(channel, author).await? >= actor.standing.rank()
        {
            return Err(Refused::OutOfReach);
        }
        let new = audit::New {
            room,
            actor: actor.id,
            action: "delete",
            target: &target,
            user: author.filter(|_| !own),
            reason: &why.reason,
            note: &why.note,
            until: None,
            detail: json!({}),
        };
        if let Some(author) = author.filter(|_| kept.is_none()) {
            return self.delete_beyond(message, author, &new).await;
        }
        // Everybody may take back their own words, also while the database is away.
        let only = (!actor.standing.moderates()).then_some(actor.id);
        if only.is_some() || author == Some(actor.id) {
            let event = self.delete_from_log(channel, floor, message, only, (actor.id, true)).await?;
            if let Err(e) = self.note_once(&new).await {
                tracing::error!(error = %e, %room, actor = %actor.id, %message, "a deletion is not in the audit log");
            }
            return Ok(Done { changed: true, event: Some(event), ..Done::default() });
        }
        let noted = if kept.is_some() { self.note_once(&new).await? } else { None };
        let event = self.delete_from_log(channel, floor, message, only, (actor.id, false)).await;
        let event = self.or_taken_back(event, noted.as_ref()).await?;
        Ok(Done { changed: true, event: Some(event), noted, ..Done::default() })
    }

    async fn note_once(&self, new: &audit::New<'_>) -> Result<Option<Noted>, streamly_postgres::Error> {
        audit::note_once(&self.db.get().await?, new).await
    }

    /// What was not done is not noted either.
    async fn or_taken_back(
        &self,
        done: Result<LogId, Refused>,
        noted: Option<&Noted>,
    ) -> Result<LogId, Refused> {
        if let (Err(_), Some(noted)) = (&done, noted)
            && let Err(e) = audit::take_back(&self.db, noted.id).await
        {
            tracing::error!(error = %e, act = noted.id, "what was not done stays in the audit log");
        }
        done
    }

    async fn delete_from_log(
        &self,
        channel: &Channel,
        floor: Floor,
        message: LogId,
        only: Option<UserId>,
        (by, is_own): (UserId, bool),
    ) -> Result<LogId, Refused> {
        match self.log.delete(channel.id, floor, message, only, is_own).await? {
            Deleted::By(event) => {
                self.forget(channel.id, Gone::Message(message), by).await;
                Ok(event)
            }
            Deleted::NotKept => Err(Refused::MessageNotFound),
            Deleted::NotTheirs => Err(Refused::Forbidden),
        }
    }

    pub(super) async fn clear(
        &self,
        channel: &Channel,
        actor: &Actor,
        user: Option<UserId>,
        why: &Why,
    ) -> Result<Done, Refused> {
        let room = channel.id;
        if let Some(user) = user.filter(|u| *u != actor.id)
            && actor.standing.rank() != Rank::Staff
            && self.rank_of(channel, user).await? >= actor.standing.rank()
        {
            return Err(Refused::OutOfReach);
        }
        let target = user.map_or_else(|| room.to_string(), |u| u.to_string());
        let new = audit::New {
            room,
            actor: actor.id,
            action: if user.is_some() { "clear" } else { "clear_room" },
            target: &target,
            user,
            reason: &why.reason,
            note: &why.note,
            until: None,
            detail: json!({}),
        };
        let noted = audit::note(&self.db.get().await?, &new).await?;
        let event = self.clear_log(room, user, actor.id).await;
        let event = self.or_taken_back(event, Some(&noted)).await?;
        Ok(Done { changed: true, noted: Some(noted), event: Some(event), ..Done::default() })
    }

    /// Messages leave log and records, up to the event that says so.
    /// Removes a person's words, or all, from a room's log and whatever shows them: nobody's act, and not written down.
    pub async fn remove_words(
        &self,
        room: ChannelId,
        user: Option<UserId>,
        by: UserId,
    ) -> Result<(), Refused> {
        self.clear_log(room, user, by).await.map(|_| ())
    }

    pub(super) async fn clear_log(
        &self,
        room: ChannelId,
        user: Option<UserId>,
        by: UserId,
    ) -> Result<LogId, Refused> {
        let event = self.log.clear(room, self.hub.floor(room), user).await?;
        self.forget(room, user.map_or(Gone::All(event), |user| Gone::Of(user, event)), by).await;
        Ok(event)
    }
}
