//! Undoing an act of the audit log, where there is an undo: a ban, a time-out, a change of settings, a role. A deletion has none.
//!
//! Only what that act made is taken back: not a later ban of the same person, nor settings that were changed again since. An act that was
//! undone before is answered by what undid it, and that is put into effect once more, unless something else has taken its place: the first
//! time Redis may have been away.

use super::{Actor, Done, Moderation, Refused, Role, Why};
use crate::{
    directory::Channel,
    store::{
        audit::{self, Noted},
        bans, settings,
    },
};
use deadpool_postgres::Transaction;
use serde_json::json;
use std::time::Duration;
use streamly_domain::UserId;

impl Moderation {
    pub(super) async fn undo(
        &self,
        channel: &Channel,
        actor: &Actor,
        id: i64,
        why: &Why,
    ) -> Result<Done, Refused> {
        let room = channel.id;
        let mut connection = self.db.get().await?;
        let transaction = connection.transaction().await?;
        let act = audit::lock(&transaction, room, id).await?.ok_or(Refused::ActNotFound)?;
        if act.undone_at.is_some() {
            return self.undone_before(channel, actor, &act, transaction).await;
        }
        match (act.action.as_str(), act.user) {
            ("ban" | "timeout", Some(user)) => {
                let before = bans::lock(&transaction, room, user).await?;
                let before = before.filter(|b| b.audit == Some(id)).ok_or(Refused::NotUndoable)?;
                let noted = self.lift_in(&transaction, room, actor, &before, why).await?;
                transaction.commit().await?;
                self.lifted(room, user).await?;
                Ok(Done { changed: true, noted: Some(noted), ..Done::default() })
            }
            ("settings", _) => {
                let before = settings::lock(&transaction, room).await?;
                let changes = act.detail.get("changes").and_then(|c| c.as_object());
                let after = changes.and_then(|c| before.taken_back(c)).ok_or(Refused::NotUndoable)?;
                audit::undone(&transaction, id, actor.id).await?;
                let detail = json!({ "undid": id.to_string() });
                let (after, noted) =
                    self.change_in(&transaction, room, actor, (&before, after), detail, why).await?;
                transaction.commit().await?;
                self.changed(room, actor.id, after, noted).await
            }
            ("role", Some(user)) => self.undo_role(channel, actor, (&act, user), transaction, why).await,
            _ => Err(Refused::NotUndoable),
        }
    }

    /// What an undo that is in the audit log already has for those who ask again.
    async fn undone_before(
        &self,
        channel: &Channel,
        actor: &Actor,
        act: &Noted,
        transaction: Transaction<'_>,
    ) -> Result<Done, Refused> {
        let room = channel.id;
        let noted = audit::undoing(&transaction, room, act.id).await?.ok_or(Refused::NotUndoable)?;
        let done = match (act.action.as_str(), act.user) {
            ("ban" | "timeout", Some(user)) => {
                if bans::lock(&transaction, room, user).await?.is_some() {
                    return Err(Refused::NotUndoable);
                }
                drop(transaction);
                self.lifted(room, user).await?;
                Done::default()
            }
            ("settings", _) => {
                // As they are now: the newest count, whatever was changed since.
                let now = settings::lock(&transaction, room).await?;
                drop(transaction);
                self.changed(room, actor.id, now, None).await?
            }
            _ => Done::default(),
        };
        Ok(Done { noted: Some(noted), ..done })
    }

    async fn undo_role(
        &self,
        channel: &Channel,
        actor: &Actor,
        (act, user): (&Noted, UserId),
        transaction: Transaction<'_>,
        why: &Why,
    ) -> Result<Done, Refused> {
        let change = act.detail.pointer("/changes/role").cloned().unwrap_or_default();
        let role = |n: usize| match change.get(n).and_then(|r| r.as_str()) {
            Some("moderator") => Some(Role::Moderator),
            Some("vip") => Some(Role::Vip),
            _ => None,
        };
        let now = self.directory.standing_within(user, channel, Duration::ZERO).await;
        let roles = &now.ok_or(Refused::Unknown)?.roles;
        let is_now = |role: Option<Role>| match role {
            Some(role) => roles.iter().any(|r| r == role.name()),
            None => !roles.iter().any(|r| r == "moderator" || r == "vip"),
        };
        if !is_now(role(1)) {
            // Its undo may be noted and lack the mark, where the mark's transaction failed.
            let noted = audit::undoing(&transaction, channel.id, act.id).await?.filter(|_| is_now(role(0)));
            let noted = Some(noted.ok_or(Refused::NotUndoable)?);
            audit::undone(&transaction, act.id, actor.id).await?;
            transaction.commit().await?;
            return Ok(Done { noted, ..Done::default() });
        }
        let done = self.give_role(channel, actor, user, role(0), Some(act.id), why).await?;
        audit::undone(&transaction, act.id, actor.id).await?;
        transaction.commit().await?;
        Ok(done)
    }
}
