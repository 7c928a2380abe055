//! Changing settings. The change and its note are one transaction; then the room's log tells everybody, and with that every node.

use super::{Actor, Done, Moderation, Refused, Why};
use crate::{
    bus::{Event, Kind},
    directory::Channel,
    settings::Settings,
    store::{audit, settings},
};
use serde_json::{Map, Value, json};
use streamly_domain::{ChannelId, UserId};

impl Moderation {
    pub(super) async fn change(
        &self,
        channel: &Channel,
        actor: &Actor,
        change: &Map<String, Value>,
        why: &Why,
    ) -> Result<Done, Refused> {
        let (after, noted) = {
            let mut connection = self.db.get().await?;
            let transaction = connection.transaction().await?;
            let before = settings::lock(&transaction, channel.id).await?;
            let after = before.patched(change, self.email_verification).map_err(Refused::Invalid)?;
            let changed =
                self.change_in(&transaction, channel.id, actor, (&before, after), json!({}), why).await?;
            transaction.commit().await?;
            changed
        };
        self.changed(channel.id, actor.id, after, noted).await
    }

    /// The part of it in a transaction; without a change there is nothing to note.
    pub(super) async fn change_in(
        &self,
        transaction: &streamly_postgres::Transaction<'_>,
        room: ChannelId,
        actor: &Actor,
        (before, after): (&Settings, Settings),
        mut detail: Value,
        why: &Why,
    ) -> Result<(Settings, Option<audit::Noted>), Refused> {
        let changes = after.changes_from(before);
        if changes.is_empty() {
            return Ok((after, None));
        }
        let target = changes.keys().map(String::as_str).collect::<Vec<_>>().join(" ");
        detail["changes"] = Value::Object(changes);
        let after = settings::write(transaction, room, &after).await?;
        let new = audit::New {
            room,
            actor: actor.id,
            action: "settings",
            target: &target,
            user: None,
            reason: &why.reason,
            note: &why.note,
            until: None,
            detail,
        };
        let noted = audit::note(transaction, &new).await?;
        Ok((after, Some(noted)))
    }

    /// What follows the transaction. The same settings are told again when they are set again: Redis may have been away.
    pub(super) async fn changed(
        &self,
        room: ChannelId,
        actor: UserId,
        after: Settings,
        noted: Option<audit::Noted>,
    ) -> Result<Done, Refused> {
        self.settings.put(room, after.clone()).await;
        let body = format!("\"settings\":{},\"by\":\"{actor}\"", after.public());
        let event = Event { kind: Kind::Settings, author: None, body };
        let key = format!("settings:{}", uuid::Uuid::now_v7().simple());
        let event = self.log.event(room, self.hub.floor(room), &key, &event).await?.id;
        Ok(Done {
            changed: noted.is_some(),
            noted,
            event: Some(event),
            settings: Some(after),
            ..Done::default()
        })
    }
}
