//! Making somebody a moderator or VIP of a channel, and taking it away. Who is what is `stream`'s to keep and to allow; here is who asks, and
//! the note.
//!
//! The note follows what `stream` did, for only it knows the role before; the database is asked for a sign of life first, and no
//! connection is held meanwhile. Nodes learn of it by `stream`'s fact.

use super::{Actor, Done, Moderation, Refused, Role, Why};
use crate::{
    directory::{Channel, NotSet, Rank, Standing},
    store::audit::{self, Noted},
};
use serde_json::json;
use streamly_domain::UserId;

impl Moderation {
    pub(super) async fn give_role(
        &self,
        channel: &Channel,
        actor: &Actor,
        user: UserId,
        role: Option<Role>,
        why: &Why,
    ) -> Result<Done, Refused> {
        if actor.standing.rank() < Rank::Owner {
            return Err(Refused::Forbidden);
        }
        audit::is_there(&self.db).await?;
        let name = role.map(Role::name);
        let before = self.directory.set_member(channel.id, user, name, actor.id).await?;
        self.directory.standing_changed(user, channel.id).await;
        if before.as_deref() == name {
            return Ok(Done::default());
        }
        let change = (before.as_deref(), name);
        let noted = self.note_role(channel, actor, user, change, None, why).await?;
        Ok(Done { changed: true, noted: Some(noted), ..Done::default() })
    }

    /// Notes a change of a role; with it, that it undid an earlier one.
    pub(super) async fn note_role(
        &self,
        channel: &Channel,
        actor: &Actor,
        user: UserId,
        (before, now): (Option<&str>, Option<&str>),
        undoes: Option<i64>,
        why: &Why,
    ) -> Result<Noted, Refused> {
        let mut detail = json!({ "changes": { "role": [before, now] } });
        if let Some(id) = undoes {
            detail["undid"] = json!(id.to_string());
        }
        let target = user.to_string();
        let new = audit::New {
            room: channel.id,
            actor: actor.id,
            action: "role",
            target: &target,
            user: Some(user),
            reason: &why.reason,
            note: &why.note,
            until: None,
            detail,
        };
        let mut connection = self.db.get().await?;
        let transaction = connection.transaction().await?;
        let noted = audit::note(&transaction, &new).await?;
        if let Some(id) = undoes {
            audit::undone(&transaction, id, actor.id).await?;
        }
        transaction.commit().await?;
        Ok(noted)
    }

    /// A ban takes the role of moderator or VIP, in the owner's name, whoever banned: those who moderate give no roles. `stream` away: the
    /// person keeps it for later, and moderates nothing while the ban counts.
    pub(super) async fn take_role(
        &self,
        channel: &Channel,
        actor: &Actor,
        user: UserId,
        standing: &Standing,
    ) {
        if member_role(standing).is_none() {
            return;
        }
        let (room, owner) = (channel.id, channel.owner);
        let before = match self.directory.set_member(room, user, None, owner).await {
            Ok(before) => before,
            Err(e) => {
                tracing::warn!(%room, %user, error = ?e, "somebody who was banned keeps a role");
                return;
            }
        };
        self.directory.standing_changed(user, room).await;
        let Some(before) = before else { return };
        let change = (Some(before.as_str()), None);
        match self.note_role(channel, actor, user, change, None, &Why::default()).await {
            Ok(noted) => self.noted(room, &noted).await,
            Err(e) => {
                tracing::error!(error = ?e, %room, actor = %actor.id, %user, "a role that a ban took is not in the audit log");
            }
        }
    }
}

/// Which of the roles that a channel gives somebody has.
pub(super) fn member_role(standing: &Standing) -> Option<&str> {
    standing.roles.iter().map(String::as_str).find(|r| matches!(*r, "moderator" | "vip"))
}

impl From<NotSet> for Refused {
    fn from(why: NotSet) -> Self {
        match why {
            NotSet::Forbidden => Self::Forbidden,
            NotSet::NotFound => Self::UserNotFound,
            NotSet::Owner => Self::OutOfReach,
            NotSet::TooMany => Self::TooManyMembers,
            NotSet::TooFast => Self::TooFast,
            NotSet::Away => Self::Unknown,
        }
    }
}
