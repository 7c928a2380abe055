//! Undoing an act of the audit log, where there is an undo: a ban, a time-out, a change of settings, a role. A deletion has none.
//!
//! Only what that act made is taken back: not a later ban of the same person, nor settings or a role that were changed again since.
//! Nobody undoes what was done to themselves, nor what a higher rank did. An act that was undone before is answered by what undid it, and
//! that is put into effect once more, unless something else has taken its place: the first time Redis may have been away. What is in
//! the database is one transaction; Redis and `stream` are asked without it.

use super::{Actor, Done, Moderation, Refused, Why, roles::member_role};
use crate::{
    directory::{Channel, Rank},
    settings::Settings,
    store::{
        audit::{self, Noted},
        bans, settings,
    },
};
use serde_json::json;
use std::time::Duration;
use streamly_domain::{ChannelId, UserId};
use streamly_postgres::Transaction;

/// What is left to do outside of the database.
enum Left {
    Nothing,
    /// The person's sanction is over.
    Lifted(UserId),
    /// The settings are these now.
    Changed(Box<Settings>),
    /// The person's role goes back to what it was before this act.
    Role(UserId, Box<Noted>),
}

/// With the act that undid it, and whether that is new.
type Undone = (Left, Option<Noted>, bool);

impl Moderation {
    pub(super) async fn undo(
        &self,
        channel: &Channel,
        actor: &Actor,
        id: i64,
        why: &Why,
    ) -> Result<Done, Refused> {
        let room = channel.id;
        let (left, noted, changed) = {
            let mut connection = self.db.get().await?;
            let transaction = connection.transaction().await?;
            let act = audit::lock(&transaction, room, id).await?.ok_or(Refused::ActNotFound)?;
            if act.user == Some(actor.id) {
                return Err(Refused::OutOfReach);
            }
            let undone = match act.undone_at {
                Some(_) => self.undone_before(&transaction, room, &act).await?,
                None => self.undo_in(&transaction, channel, actor, act, why).await?,
            };
            transaction.commit().await?;
            undone
        };
        let done = match left {
            Left::Nothing => Done::default(),
            Left::Lifted(user) => {
                self.lifted(room, user).await?;
                Done::default()
            }
            Left::Changed(settings) => self.changed(room, actor.id, *settings, None).await?,
            Left::Role(user, act) => return self.undo_role(channel, actor, user, &act, why).await,
        };
        Ok(Done { changed, noted, ..done })
    }

    async fn undo_in(
        &self,
        transaction: &Transaction<'_>,
        channel: &Channel,
        actor: &Actor,
        act: Noted,
        why: &Why,
    ) -> Result<Undone, Refused> {
        let room = channel.id;
        match (act.action.as_str(), act.user) {
            ("ban" | "timeout", Some(user)) => {
                let before = bans::lock(transaction, room, user).await?;
                let before = before.filter(|b| b.audit == Some(act.id)).ok_or(Refused::NotUndoable)?;
                let noted = self.lift_in(transaction, channel, actor, &before, why).await?;
                Ok((Left::Lifted(user), Some(noted), true))
            }
            ("settings", _) => {
                let before = settings::lock(transaction, room).await?;
                let changes = act.detail.get("changes").and_then(|c| c.as_object());
                let after = changes.and_then(|c| before.taken_back(c, self.email_verification));
                let after = after.ok_or(Refused::NotUndoable)?;
                audit::undone(transaction, act.id, actor.id).await?;
                let detail = json!({ "undid": act.id.to_string() });
                let (after, noted) =
                    self.change_in(transaction, room, actor, (&before, after), detail, why).await?;
                let changed = noted.is_some();
                Ok((Left::Changed(Box::new(after)), noted, changed))
            }
            ("role", Some(user)) => Ok((Left::Role(user, Box::new(act)), None, false)),
            _ => Err(Refused::NotUndoable),
        }
    }

    /// What an undo that is in the audit log already has for those who ask again.
    async fn undone_before(
        &self,
        transaction: &Transaction<'_>,
        room: ChannelId,
        act: &Noted,
    ) -> Result<Undone, Refused> {
        let noted = audit::undoing(transaction, room, act.id).await?.ok_or(Refused::NotUndoable)?;
        let left = match (act.action.as_str(), act.user) {
            ("ban" | "timeout", Some(user)) => {
                if bans::lock(transaction, room, user).await?.is_some() {
                    return Err(Refused::NotUndoable);
                }
                Left::Lifted(user)
            }
            // As they are now: the newest count, whatever was changed since.
            ("settings", _) => Left::Changed(Box::new(settings::lock(transaction, room).await?)),
            _ => Left::Nothing,
        };
        Ok((left, Some(noted), false))
    }

    async fn undo_role(
        &self,
        channel: &Channel,
        actor: &Actor,
        user: UserId,
        act: &Noted,
        why: &Why,
    ) -> Result<Done, Refused> {
        if actor.standing.rank() < Rank::Owner {
            return Err(Refused::Forbidden);
        }
        let (was, made) = roles_of(act);
        let now = self.directory.standing_within(user, channel, Duration::ZERO).await;
        if member_role(&*now.ok_or(Refused::Unknown)?) != made {
            return Err(Refused::NotUndoable);
        }
        let (room, id) = (channel.id, actor.id);
        let before = self.directory.set_member(room, user, was, id).await?;
        if before.as_deref() != made {
            // Somebody else was faster, and theirs counts.
            self.directory.set_member(room, user, before.as_deref(), id).await?;
            return Err(Refused::NotUndoable);
        }
        self.directory.standing_changed(user, room).await;
        let noted = self.note_role(channel, actor, user, (made, was), Some(act.id), why).await?;
        Ok(Done { changed: true, noted: Some(noted), ..Done::default() })
    }
}

/// The role before an act that changed one, and the role that it made.
pub(super) fn roles_of(act: &Noted) -> (Option<&str>, Option<&str>) {
    let role = |n: usize| act.detail.pointer("/changes/role")?.get(n)?.as_str();
    (role(0), role(1))
}
