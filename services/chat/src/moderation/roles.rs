//! Making somebody a moderator or VIP of a channel, and taking it away. Who is what is `stream`'s to keep and to allow; here is who asks, and
//! the note.
//!
//! The note is committed after `stream` has done it. Nodes learn of it by `stream`'s fact.

use super::{Actor, Done, Moderation, Refused, Role, Why};
use crate::{
    directory::{Channel, NotSet, Rank},
    store::audit,
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
        undoes: Option<i64>,
        why: &Why,
    ) -> Result<Done, Refused> {
        if actor.standing.rank() < Rank::Owner {
            return Err(Refused::Forbidden);
        }
        let mut connection = self.db.get().await?;
        let transaction = connection.transaction().await?;
        let name = role.map(Role::name);
        let before = self.directory.set_member(channel.id, user, name, actor.id).await?;
        let changed = before.as_deref() != name;
        let mut detail = json!({ "changes": { "role": [before, name] } });
        if let Some(id) = undoes {
            detail["undid"] = json!(id.to_string());
        }
        let noted = if changed {
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
            Some(audit::note(&transaction, &new).await?)
        } else {
            None
        };
        transaction.commit().await?;
        self.directory.standing_changed(user, channel.id).await;
        Ok(Done { changed, noted, ..Done::default() })
    }
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
