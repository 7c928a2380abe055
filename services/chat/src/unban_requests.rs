//! What banned people ask moderators for: to be let in again. One open request at a time, and after a refusal not again for a while.
//!
//! Moderators of the room read and resolve them, nobody their own; an approval lifts the ban through the one door for acts, a denial is in
//! the audit log too. PostgreSQL away: unavailable.

use crate::{
    bans::SanctionKind,
    bus::To,
    config::Limits,
    directory::Channel,
    moderation::{Act, Actor, Moderation, Why, rfc3339},
    queue::{Refused, field, text},
    store::{
        audit::{self, Noted},
        unban_requests as store,
    },
};
use serde_json::{Value, json};
use std::{collections::HashSet, sync::Arc};
use streamly_domain::{ChannelId, UserId};
use uuid::Uuid;

pub use store::Kept;

/// The requests of all rooms. Clones share them.
#[derive(Clone)]
pub struct UnbanRequests {
    /// Acts, notes, the database.
    pub moderation: Moderation,
    /// The pause after a refusal.
    pub limits: Arc<Limits>,
}

impl UnbanRequests {
    /// Keeps a banned person's request; while one is open it is that one. Says whether it is new.
    pub async fn make(&self, room: ChannelId, user: UserId, said: &str) -> Result<(Kept, bool), Refused> {
        let said = text("text", said)?;
        if said.is_empty() {
            return Err(field("text", "required", "Say why."));
        }
        let sanction = self.moderation.bans.ask(room, user).await;
        if sanction.is_none_or(|s| s.kind != SanctionKind::Ban) {
            return Err(Refused::NotBanned);
        }
        let db = &self.moderation.db;
        if let Some(ago) = store::denied_ago(db, room, user).await?
            && let Some(wait) = self.limits.unban_request_pause.get().checked_sub(ago)
            && !wait.is_zero()
        {
            return Err(Refused::Wait(wait));
        }
        let (kept, is_new) = store::add(db, room, user, &said).await?;
        if is_new {
            let request = self.views(std::slice::from_ref(&kept), true).await.pop();
            self.note(
                room,
                To::Moderators,
                &json!({ "type": "unban_request", "room": room, "request": request }),
            )
            .await;
        }
        Ok((kept, is_new))
    }

    /// A page of the room's, or of what one person asked for there.
    pub async fn page(
        &self,
        room: ChannelId,
        user: Option<UserId>,
        is_open: bool,
        after: Option<Uuid>,
        count: usize,
    ) -> Result<Vec<Kept>, Refused> {
        Ok(store::page(&self.moderation.db, room, user, is_open, after, count as i64).await?)
    }

    /// Lifts the ban, or does not, and answers. The same verdict again is answered alike.
    pub async fn resolve(
        &self,
        channel: &Channel,
        actor: &Actor,
        id: Uuid,
        is_approved: bool,
        answer: &str,
    ) -> Result<Kept, Refused> {
        if !actor.standing.moderates() {
            return Err(Refused::Forbidden);
        }
        let answer = text("text", answer)?;
        let state = if is_approved { "approved" } else { "denied" };
        let seen = self.one(channel.id, id).await?;
        if seen.user == actor.id {
            return Err(Refused::Forbidden);
        }
        if seen.state == state {
            return Ok(seen);
        }
        if seen.state != "open" {
            return Err(Refused::Resolved);
        }
        if is_approved {
            // Before, and by itself: should the rest fail, the ban is lifted and a repeat ends the request.
            let why = Why::new(&answer, "unban request");
            self.moderation.perform(channel, actor, Act::Lift(seen.user), &why).await?;
        }
        let (mut kept, noted) = self.end(channel.id, actor, id, state, &answer).await?;
        if let Some(noted) = noted {
            self.moderation.noted(channel.id, &noted).await;
        }
        (kept.state, kept.answer, kept.resolved_by) = (state.into(), answer, Some(actor.id));
        Ok(kept)
    }

    /// Writes the verdict down. A denial has a note of its own; that of an approval is the unban's.
    async fn end(
        &self,
        room: ChannelId,
        actor: &Actor,
        id: Uuid,
        state: &str,
        answer: &str,
    ) -> Result<(Kept, Option<Noted>), Refused> {
        let mut connection = self.moderation.db.get().await?;
        let transaction = connection.transaction().await?;
        let kept = store::lock(&transaction, room, id).await?.ok_or(Refused::NotFound)?;
        if kept.state != "open" {
            return Err(Refused::Resolved);
        }
        store::resolve(&transaction, id, state, actor.id, answer).await?;
        let target = id.to_string();
        let new = audit::New {
            room,
            actor: actor.id,
            action: "unban_denied",
            target: &target,
            user: Some(kept.user),
            reason: answer,
            note: "",
            until: None,
            detail: json!({}),
        };
        let noted = match state {
            "denied" => Some(audit::note(&transaction, &new).await?),
            _ => None,
        };
        transaction.commit().await?;
        Ok((kept, noted))
    }

    async fn one(&self, room: ChannelId, id: Uuid) -> Result<Kept, Refused> {
        let connection = self.moderation.db.get().await?;
        store::get(&connection, room, id).await?.ok_or(Refused::NotFound)
    }

    async fn note(&self, room: ChannelId, to: To, frame: &Value) {
        if let Err(e) = self.moderation.log.note(room, to, &frame.to_string()).await {
            tracing::debug!(%room, error = %e.details(), "a request was not told of");
        }
    }

    /// Requests as moderators see them, or (`for_moderators` false) as who made them does.
    pub async fn views(&self, requests: &[Kept], for_moderators: bool) -> Vec<Value> {
        let ids: HashSet<UserId> =
            requests.iter().flat_map(|r| [Some(r.user), r.resolved_by]).flatten().collect();
        let people = self.moderation.directory.people(&ids.into_iter().collect::<Vec<_>>()).await;
        let person = |id: UserId| people.get(&id).map_or_else(|| json!({ "id": id }), |p| json!(p));
        let view = |r: &Kept| {
            let mut view = json!({
                "id": r.id, "user": person(r.user), "text": r.text, "state": r.state, "at": rfc3339(r.at),
            });
            for (name, value) in [
                ("answer", (!r.answer.is_empty()).then(|| json!(r.answer))),
                ("resolved_at", r.resolved_at.map(|t| json!(rfc3339(t)))),
                ("resolved_by", r.resolved_by.filter(|_| for_moderators).map(person)),
            ] {
                if let Some(value) = value {
                    view[name] = value;
                }
            }
            view
        };
        requests.iter().map(view).collect()
    }
}
