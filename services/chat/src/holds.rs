//! Messages that wait for a moderator: put aside instead of said, approved into the log or denied, ended by themselves after a time.
//!
//! They are in PostgreSQL, known to their author and the room's moderators only, who are told by notes on every node. An approved message
//! is a new one, at that moment, with an id of its own; if Redis is away then, as soon as it is back. A repeat of the author's frame under the same nonce is the same held message, on any
//! node. The queue is bounded for each room and each person in it. PostgreSQL away: nothing can wait, the caller refuses the message instead.

use crate::{
    bus::To,
    chatters::Chatters,
    config::Limits,
    directory::Channel,
    log_id::LogId,
    moderation::{Actor, Moderation, Refused as NotDone, Why, rfc3339},
    queue::Refused,
    rules::Reason,
    store::{audit, bans, holds as store},
};
use serde_json::{Value, json};
use std::time::Duration;
use streamly_domain::{ChannelId, UserId};
use streamly_lifecycle::Shutdown;
use uuid::Uuid;

pub use store::Kept;

/// How long a nonce makes a repeat the same (CONTRACT: 2 minutes).
const NONCE_FOR: Duration = Duration::from_secs(120);
/// Pace of looking for messages whose wait is over, and how many at once.
const SWEEP: Duration = Duration::from_secs(5);
const SWEPT: i64 = 100;
/// After that it is the sweep's to say what was approved and not said.
const UNSAID_FOR: Duration = Duration::from_secs(10);

/// A message that is to wait.
#[derive(Debug, Clone, Copy)]
pub struct Waiting<'a> {
    /// Whose.
    pub user: UserId,
    /// Of the frame that asked for it.
    pub nonce: Option<&'a str>,
    /// As it would be said.
    pub text: &'a str,
    /// The members of the message to be.
    pub body: &'a str,
    /// Why it waits.
    pub reason: Reason,
    /// The blocked term, if it was one.
    pub matched: Option<&'a str>,
}

/// What a moderator makes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is said.
    Approve,
    /// It is not.
    Deny,
}

/// The queue of all rooms. Clones share it.
#[derive(Clone)]
pub struct Holds {
    /// The log, notes, the audit log, the database.
    pub moderation: Moderation,
    /// Who has written where.
    pub chatters: Chatters,
    /// Longest wait; most in a room and of a person.
    pub limits: std::sync::Arc<Limits>,
}

impl Holds {
    /// Lets a message wait and tells its author and the moderators. A repeat gets the one that waits, and only its author hears of it
    /// again. Errors: `Full`, the person was put out meanwhile, or PostgreSQL is away.
    pub async fn put(&self, room: ChannelId, new: &Waiting<'_>) -> Result<(Kept, bool), Refused> {
        let kept = match self.keep(room, new).await? {
            (kept, true) => return Ok((kept, true)),
            (kept, false) => kept,
        };
        metrics::counter!("streamly_chat_held_total", "reason" => kept.reason.clone()).increment(1);
        // A frame with this nonce that no rule holds any more is not said beside it.
        if let Some(nonce) = &kept.nonce {
            let claimed = self.moderation.log.hold_nonce(room, kept.user, nonce, kept.id).await;
            if let Err(e) = claimed {
                tracing::debug!(%room, error = %e.details(), "the nonce of a held message is not known to other nodes");
            }
        }
        self.note(room, To::User(kept.user), &for_author(&kept)).await;
        self.note(room, To::Moderators, &for_moderators(&kept)).await;
        Ok((kept, false))
    }

    async fn keep(&self, room: ChannelId, new: &Waiting<'_>) -> Result<(Kept, bool), Refused> {
        let mut connection = self.moderation.db.get().await?;
        let transaction = connection.transaction().await?;
        let (all, theirs) = store::lock(&transaction, room, new.user).await?;
        if let Some(nonce) = new.nonce
            && let Some(kept) = store::repeated(&transaction, room, new.user, nonce, NONCE_FOR).await?
        {
            return Ok((kept, true));
        }
        // Put out a moment ago: what waited was denied, and nothing is to come after it.
        if bans::is_out(&transaction, room, new.user).await? {
            return Err(NotDone::Banned.into());
        }
        if all >= self.limits.max_holds as i64 || theirs >= self.limits.max_holds_per_person as i64 {
            return Err(Refused::Full);
        }
        let new = store::New {
            room,
            user: new.user,
            nonce: new.nonce,
            text: new.text,
            body: new.body,
            reason: new.reason.name(),
            matched: new.matched,
            lasts: self.limits.hold_for.get(),
        };
        let kept = store::add(&transaction, &new).await?;
        transaction.commit().await?;
        Ok((kept, false))
    }

    /// One of the room, whatever became of it.
    pub async fn get(&self, room: ChannelId, id: Uuid) -> Result<Option<Kept>, Refused> {
        Ok(store::get(&self.moderation.db.get().await?, room, id).await?)
    }

    /// Those that wait, oldest first, after `after`; of one person or of all.
    pub async fn page(
        &self,
        room: ChannelId,
        user: Option<UserId>,
        after: Option<Uuid>,
        count: usize,
    ) -> Result<Vec<Kept>, Refused> {
        Ok(store::page(&self.moderation.db, room, user, after, count as i64).await?)
    }

    /// Approves or denies, notes it in the audit log and tells author and moderators. The same verdict again is answered alike.
    pub async fn resolve(
        &self,
        channel: &Channel,
        actor: &Actor,
        id: Uuid,
        verdict: Verdict,
        why: &Why,
    ) -> Result<Kept, Refused> {
        if !actor.standing.moderates() {
            return Err(Refused::Forbidden);
        }
        let room = channel.id;
        let state = match verdict {
            Verdict::Approve => "approved",
            Verdict::Deny => "denied",
        };
        let seen = self.get(room, id).await?.ok_or(Refused::NotFound)?;
        if seen.user == actor.id && verdict == Verdict::Approve {
            return Err(NotDone::OutOfReach.into());
        }
        if seen.state == state && !seen.is_unsaid() {
            return Ok(seen);
        }
        if verdict == Verdict::Approve && self.moderation.bans.of(room, seen.user).await.is_some() {
            return Err(NotDone::Banned.into());
        }
        let kept = self.settle(room, id, state, actor, why).await?;
        self.moderation.settled(&kept).await;
        Ok(kept)
    }

    /// The one of several moderators who is first settles it: the verdict is written down before anything is said, so that no connection
    /// is held meanwhile. What could not be said then is said when the verdict is repeated, or by the sweep.
    async fn settle(
        &self,
        room: ChannelId,
        id: Uuid,
        state: &str,
        actor: &Actor,
        why: &Why,
    ) -> Result<Kept, Refused> {
        let (kept, noted) = {
            let mut connection = self.moderation.db.get().await?;
            let transaction = connection.transaction().await?;
            let mut kept = store::lock_one(&transaction, room, id).await?.ok_or(Refused::NotFound)?;
            let mut noted = None;
            if kept.state == "waiting" {
                if state == "approved" && bans::is_out(&transaction, room, kept.user).await? {
                    return Err(NotDone::Banned.into());
                }
                store::resolve(&transaction, id, state, actor.id).await?;
                kept.state = state.to_owned();
                noted = Some(note(&transaction, &kept, actor, why).await?);
            } else if kept.state != state || !kept.is_unsaid() {
                return Err(Refused::Resolved);
            }
            transaction.commit().await?;
            (kept, noted)
        };
        if let Some(noted) = &noted {
            self.moderation.noted(room, noted).await;
        }
        if kept.is_unsaid() { self.say(kept).await } else { Ok(kept) }
    }

    /// Says what was approved: under a nonce of its own, so that a repeat finds the same message.
    async fn say(&self, mut kept: Kept) -> Result<Kept, Refused> {
        let (room, log) = (kept.room, &self.moderation.log);
        let floor = self.moderation.hub.floor(room);
        let said = log.say(room, floor, kept.user, &nonce(&kept), kept.body.clone()).await?;
        store::said(&self.moderation.db, kept.id, said.id).await?;
        kept.message = Some(said.id.to_string());
        self.chatters.wrote(room, kept.user).await;
        if let Some(nonce) = &kept.nonce {
            let _ = log.held_said(room, kept.user, nonce, said.id).await;
        }
        Ok(kept)
    }

    /// Says what was approved a while ago and not said then: Redis was away, or the node went. If it was said and that was not written
    /// down, that is done instead.
    async fn say_late(&self) -> Result<(), Refused> {
        for kept in store::unsaid(&self.moderation.db, UNSAID_FOR, SWEPT).await? {
            let log =
                self.moderation.log.newest(kept.room, LogId::default(), None, self.limits.keep_count).await?;
            let nonce = nonce(&kept);
            let kept = match log.iter().find(|e| e.nonce.as_deref() == Some(nonce.as_str())) {
                Some(said) => {
                    store::said(&self.moderation.db, kept.id, said.id).await?;
                    Kept { message: Some(said.id.to_string()), ..kept }
                }
                None => self.say(kept).await?,
            };
            self.moderation.settled(&kept).await;
        }
        Ok(())
    }

    async fn note(&self, room: ChannelId, to: To, frame: &Value) {
        if let Err(e) = self.moderation.log.note(room, to, &frame.to_string()).await {
            // The lists have it.
            tracing::debug!(%room, error = %e.details(), "a held message was not told of");
        }
    }

    /// Ends the wait of those whose time is over, on whatever node is first, until the stop.
    pub async fn sweep(self, shutdown: Shutdown) {
        loop {
            tokio::select! {
                () = shutdown.started() => return,
                () = tokio::time::sleep(SWEEP) => {}
            }
            match store::expire(&self.moderation.db, SWEPT).await {
                Ok(over) => {
                    for kept in &over {
                        self.moderation.settled(kept).await;
                    }
                }
                Err(e) => tracing::debug!(error = %e, "held messages wait longer"),
            }
            if let Err(e) = self.say_late().await {
                tracing::debug!(error = ?e, "approved messages are said later");
            }
        }
    }
}

/// The verdict's entry in the audit log.
async fn note(
    transaction: &streamly_postgres::Transaction<'_>,
    kept: &Kept,
    actor: &Actor,
    why: &Why,
) -> Result<audit::Noted, Refused> {
    let target = kept.id.to_string();
    let new = audit::New {
        room: kept.room,
        actor: actor.id,
        action: if kept.state == "approved" { "approve" } else { "deny" },
        target: &target,
        user: Some(kept.user),
        reason: &why.reason,
        note: &why.note,
        until: None,
        detail: json!({ "text": kept.text, "reason": kept.reason }),
    };
    Ok(audit::note(transaction, &new).await?)
}

/// Under which an approved message is said.
fn nonce(kept: &Kept) -> String {
    format!("hold-{}", kept.id)
}

/// The image that the message has.
pub fn image_of(kept: &Kept) -> Option<Value> {
    serde_json::from_str::<Value>(&format!("{{{}}}", kept.body)).ok()?.get("image").cloned()
}

/// The frame `held` as its author gets it.
pub fn for_author(kept: &Kept) -> Value {
    let mut frame = json!({
        "type": "held", "room": kept.room, "hold_id": kept.id, "text": kept.text, "at": rfc3339(kept.at),
        "expires_at": rfc3339(kept.expires_at),
    });
    if let Some(nonce) = &kept.nonce {
        frame["nonce"] = json!(nonce);
    }
    if let Some(image) = image_of(kept) {
        frame["image"] = image;
    }
    frame
}

/// The frame `hold_resolved`, the same for both.
pub fn resolved(kept: &Kept) -> Value {
    let mut frame =
        json!({ "type": "hold_resolved", "room": kept.room, "hold_id": kept.id, "outcome": kept.state });
    if let Some(message) = &kept.message {
        frame["message_id"] = json!(message);
    }
    frame
}

/// The same for moderators: who, and why.
pub fn for_moderators(kept: &Kept) -> Value {
    let members: Value = serde_json::from_str(&format!("{{{}}}", kept.body)).unwrap_or_default();
    let mut frame = for_author(kept);
    if let Some(members_of_frame) = frame.as_object_mut() {
        members_of_frame.remove("nonce");
    }
    frame["user"] = members.get("user").cloned().unwrap_or_else(|| json!({ "id": kept.user }));
    frame["reason"] = json!(kept.reason);
    if let Some(matched) = &kept.matched {
        frame["matched"] = json!(matched);
    }
    frame
}
