//! Undoing an act of the audit log, where there is an undo: a ban, a time-out, a change of settings, a role. A deletion has none.
//!
//! Only what that act made is taken back: not a later ban of the same person, nor settings that were changed again since.

use super::{Actor, Done, Moderation, Refused, Role, Why};
use crate::{
    directory::Channel,
    store::{audit, bans, settings},
};
use serde_json::json;
use std::time::Duration;

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
            return Err(Refused::NotUndoable);
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
            ("role", Some(user)) => {
                let change = act.detail.pointer("/changes/role").cloned().unwrap_or_default();
                let role = |n: usize| match change.get(n).and_then(|r| r.as_str()) {
                    Some("moderator") => Some(Role::Moderator),
                    Some("vip") => Some(Role::Vip),
                    _ => None,
                };
                let now = self.directory.standing_within(user, channel, Duration::ZERO).await;
                let roles = &now.ok_or(Refused::Unknown)?.roles;
                if role(1).is_some_and(|r| !roles.iter().any(|n| n == r.name())) {
                    return Err(Refused::NotUndoable);
                }
                let done = self.give_role(channel, actor, user, role(0), why).await?;
                audit::undone(&transaction, id, actor.id).await?;
                transaction.commit().await?;
                Ok(done)
            }
            _ => Err(Refused::NotUndoable),
        }
    }
}
