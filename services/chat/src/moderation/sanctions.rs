//! Time-outs, bans, and lifting them.
//!
//! The row and its note are one transaction, and with a ban, or a time-out that clears, the denial of what waits of the person. Then the
//! person is told, every node hears of it, and with a ban their messages go, and the role that they had. All of that is done again when
//! the same is asked for again: the first time Redis or `stream` may have been away. No connection is held while these are asked.

use super::{Actor, Done, MAX_TIMEOUT, MIN_TIMEOUT, Moderation, Refused, Why};
use crate::{
    bans::{Sanction, SanctionKind},
    bus::To,
    directory::{Channel, Rank},
    frame,
    store::{
        audit::{self, Noted},
        bans, holds,
    },
};
use serde_json::json;
use std::time::Duration;
use streamly_domain::{ChannelId, UserId};
use streamly_status::FieldError;

impl Moderation {
    /// A time-out, or without a duration a ban.
    pub(super) async fn sanction(
        &self,
        channel: &Channel,
        actor: &Actor,
        user: UserId,
        lasts: Option<Duration>,
        clear: bool,
        why: &Why,
    ) -> Result<Done, Refused> {
        if lasts.is_some_and(|l| l < MIN_TIMEOUT || l > MAX_TIMEOUT) {
            let detail = "One second to 14 days.".into();
            return Err(Refused::Invalid(vec![FieldError {
                field: "duration_s".into(),
                code: "invalid",
                detail,
            }]));
        }
        let standing = self.reaches(channel, actor, user).await?;
        let room = channel.id;
        let (sanction, noted, denied) = self.keep(channel, actor, user, (lasts, clear), why).await?;
        self.bans.put(room, user, Some(sanction.clone())).await;
        // Before the person is put out, while they can hear of it.
        self.denied(&denied).await;
        self.tell(room, user, Some(&sanction)).await?;
        let event = match clear {
            true => Some(self.clear_log(room, Some(user), actor.id).await?),
            false => None,
        };
        if sanction.kind == SanctionKind::Ban {
            self.take_role(channel, actor, user, &standing).await;
        }
        Ok(Done { changed: noted.is_some(), noted, event, sanction: Some(sanction), ..Done::default() })
    }

    /// What is in force from now on, the note of it if it is new, and what no longer waits.
    async fn keep(
        &self,
        channel: &Channel,
        actor: &Actor,
        user: UserId,
        (lasts, clear): (Option<Duration>, bool),
        why: &Why,
    ) -> Result<(Sanction, Option<Noted>, Vec<holds::Kept>), Refused> {
        let room = channel.id;
        let mut connection = self.db.get().await?;
        let transaction = connection.transaction().await?;
        let before = bans::lock(&transaction, room, user).await?;
        let is_banned = before.as_ref().is_some_and(|b| b.sanction.kind == SanctionKind::Ban);
        if is_banned && lasts.is_some() {
            return Err(Refused::Banned);
        }
        let (sanction, noted) = match before {
            Some(before) if is_banned => (before.sanction, None),
            before => {
                if let Some(before) = &before {
                    may_take_back(channel, actor, before)?;
                }
                let rank = actor.standing.rank();
                let (reason, note) = (why.reason.as_str(), why.note.as_str());
                let new = bans::New { room, user, actor: actor.id, rank, reason, note, lasts };
                let until = bans::put(&transaction, &new).await?;
                let target = user.to_string();
                let new = audit::New {
                    room,
                    actor: actor.id,
                    action: if lasts.is_some() { "timeout" } else { "ban" },
                    target: &target,
                    user: Some(user),
                    reason,
                    note,
                    until,
                    detail: lasts.map_or_else(|| json!({}), |l| json!({ "duration_s": l.as_secs() })),
                };
                let noted = audit::note(&transaction, &new).await?;
                bans::made_by(&transaction, room, user, noted.id).await?;
                if let Some(replaced) = before.and_then(|b| b.audit) {
                    audit::replaced(&transaction, replaced).await?;
                }
                let kind = if lasts.is_some() { SanctionKind::Timeout } else { SanctionKind::Ban };
                let until_ms = until.and_then(|u| u64::try_from(u.unix_timestamp_nanos() / 1_000_000).ok());
                (Sanction { kind, until_ms, reason: why.reason.clone() }, Some(noted))
            }
        };
        let denied = match clear || sanction.kind == SanctionKind::Ban {
            true => self.deny_waiting(&transaction, room, user, actor.id).await?,
            false => Vec::new(),
        };
        transaction.commit().await?;
        Ok((sanction, noted, denied))
    }

    /// Ends a ban or time-out of somebody else. Nothing to end: nothing is changed, and the nodes are told all the same.
    pub(super) async fn lift(
        &self,
        channel: &Channel,
        actor: &Actor,
        user: UserId,
        why: &Why,
    ) -> Result<Done, Refused> {
        if user == actor.id {
            return Err(Refused::OutOfReach);
        }
        let noted = {
            let mut connection = self.db.get().await?;
            let transaction = connection.transaction().await?;
            let noted = match bans::lock(&transaction, channel.id, user).await? {
                Some(before) => Some(self.lift_in(&transaction, channel, actor, &before, why).await?),
                None => None,
            };
            transaction.commit().await?;
            noted
        };
        self.lifted(channel.id, user).await?;
        Ok(Done { changed: noted.is_some(), noted, ..Done::default() })
    }

    /// The part of it in a transaction. Refused: what a higher rank did.
    pub(super) async fn lift_in(
        &self,
        transaction: &streamly_postgres::Transaction<'_>,
        channel: &Channel,
        actor: &Actor,
        before: &bans::Kept,
        why: &Why,
    ) -> Result<Noted, Refused> {
        may_take_back(channel, actor, before)?;
        let room = channel.id;
        bans::lift(transaction, room, before.user).await?;
        if let Some(made_by) = before.audit {
            audit::undone(transaction, made_by, actor.id).await?;
        }
        let target = before.user.to_string();
        let new = audit::New {
            room,
            actor: actor.id,
            action: if before.sanction.kind == SanctionKind::Ban { "unban" } else { "untimeout" },
            target: &target,
            user: Some(before.user),
            reason: &why.reason,
            note: &why.note,
            until: None,
            detail: before.audit.map_or_else(|| json!({}), |id| json!({ "undid": id.to_string() })),
        };
        Ok(audit::note(transaction, &new).await?)
    }

    /// What follows the transaction.
    pub(super) async fn lifted(&self, room: ChannelId, user: UserId) -> Result<(), Refused> {
        self.bans.put(room, user, None).await;
        self.tell(room, user, None).await
    }

    /// The person's own sockets hear what it is and why, then every node what counts.
    async fn tell(&self, room: ChannelId, user: UserId, sanction: Option<&Sanction>) -> Result<(), Refused> {
        let told = frame::sanction(sanction).to_string();
        let members = told.strip_prefix('{').unwrap_or("}");
        let told = format!("{{\"type\":\"sanction\",\"room\":\"{room}\",{members}");
        self.log.note(room, To::User(user), &told).await?;
        self.log.announce(room, user, sanction).await?;
        Ok(())
    }
}

/// Whether the actor may end or replace a ban or time-out: not their own, nor what a higher rank made.
pub(super) fn may_take_back(channel: &Channel, actor: &Actor, made: &bans::Kept) -> Result<(), Refused> {
    // What was made before ranks were kept has the least; the owner's is known by its maker.
    let rank = if made.actor == channel.owner { made.rank.max(Rank::Owner) } else { made.rank };
    if made.user == actor.id {
        return Err(Refused::OutOfReach);
    }
    if actor.standing.rank() < rank { Err(Refused::Outranked) } else { Ok(()) }
}
