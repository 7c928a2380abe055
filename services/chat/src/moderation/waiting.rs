//! What becomes of messages that wait for a moderator: telling their authors and moderators, and denying those of somebody who is put out.
//!
//! The queue itself, and single verdicts, are [`crate::holds`]'s.

use super::{Moderation, Refused};
use crate::{
    bus::To,
    holds::{Kept, image_of, resolved},
    store::holds as store,
};
use streamly_domain::{ChannelId, UserId};

impl Moderation {
    /// Denies all that wait of a person in a room, in the transaction that puts them out; nothing of theirs comes to wait meanwhile. After
    /// it they are to be told of, by [`Moderation::denied`].
    pub(super) async fn deny_waiting(
        &self,
        transaction: &streamly_postgres::Transaction<'_>,
        room: ChannelId,
        user: UserId,
        by: UserId,
    ) -> Result<Vec<Kept>, Refused> {
        store::lock(transaction, room, user).await?;
        Ok(store::deny_all(transaction, room, user, by).await?)
    }

    /// Something that waited is approved, denied or over: its image is kept or goes, its author and the moderators hear of it. Redis away:
    /// they do not, and the lists have it.
    pub async fn settled(&self, kept: &Kept) {
        self.settle(kept, true).await;
    }

    /// The same for several that were denied; Redis away, it is waited for once.
    pub(super) async fn denied(&self, all: &[Kept]) {
        let mut is_heard = true;
        for kept in all {
            is_heard = self.settle(kept, is_heard).await;
        }
    }

    /// Says whether it was told.
    async fn settle(&self, kept: &Kept, tell: bool) -> bool {
        if let Some(image) = image_of(kept).and_then(|i| i.get("id")?.as_str()?.parse().ok()) {
            match kept.message.as_deref().and_then(|id| id.parse().ok()) {
                Some(message) => self.images.said(image, message).await,
                None => self.images.reject(image).await,
            }
        }
        metrics::counter!("streamly_chat_holds_resolved_total", "outcome" => kept.state.clone()).increment(1);
        let frame = resolved(kept).to_string();
        for to in [To::User(kept.user), To::Moderators] {
            if !tell {
                return false;
            }
            if let Err(e) = self.log.note(kept.room, to, &frame).await {
                tracing::debug!(room = %kept.room, error = %e.details(), "what became of a held message was not told");
                return false;
            }
        }
        true
    }
}
