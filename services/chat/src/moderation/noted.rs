//! What moderators see of the audit log: names for ids, and whether there is an undo now.
//!
//! An act can be undone while what it made is in force: its ban, a field that it set, the role that it gave. Who may undo it counts too,
//! where somebody in particular looks.

use super::{Actor, Moderation, sanctions::may_take_back, undo::roles_of};
use crate::{
    directory::{Channel, Directory, Rank},
    store::{audit::Noted, bans},
};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use streamly_domain::UserId;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

impl Moderation {
    /// Acts as this actor sees them, in the same order. People whose names cannot be had are ids; what cannot be found out is not undoable.
    pub async fn view(&self, channel: &Channel, actor: &Actor, acts: &[Noted]) -> Vec<Value> {
        let undoable = self.undoable(channel, actor, acts).await;
        view(&self.directory, acts, |act| undoable.contains(&act.id)).await
    }

    /// Those of the acts that the actor could undo now.
    async fn undoable(&self, channel: &Channel, actor: &Actor, acts: &[Noted]) -> HashSet<i64> {
        let mut undoable = HashSet::new();
        let open: Vec<&Noted> = acts.iter().filter(|a| has_undo(a) && a.user != Some(actor.id)).collect();
        let of = |actions: &[&str]| -> Vec<&Noted> {
            open.iter().filter(|a| actions.contains(&a.action.as_str())).copied().collect()
        };
        let sanctions: Vec<i64> = of(&["ban", "timeout"]).iter().map(|a| a.id).collect();
        if !sanctions.is_empty() {
            let made = bans::of_acts(&self.db, channel.id, &sanctions).await.unwrap_or_default();
            let may = made.iter().filter(|m| may_take_back(channel, actor, m).is_ok());
            undoable.extend(may.filter_map(|m| m.audit));
        }
        let settings = of(&["settings"]);
        if !settings.is_empty() {
            let now = self.settings.ask(channel.id).await;
            let counts = |a: &&&Noted| {
                let changes = a.detail.get("changes").and_then(Value::as_object);
                changes.is_some_and(|c| now.taken_back(c, self.email_verification).is_some())
            };
            undoable.extend(settings.iter().filter(counts).map(|a| a.id));
        }
        let roles = of(&["role"]);
        if !roles.is_empty() && actor.standing.rank() >= Rank::Owner {
            let Ok(members) = self.directory.members(channel.id).await else { return undoable };
            let now: HashMap<UserId, String> = members.into_iter().map(|m| (m.user, m.role)).collect();
            let counts =
                |a: &&&Noted| a.user.is_some_and(|u| now.get(&u).map(String::as_str) == roles_of(a).1);
            undoable.extend(roles.iter().filter(counts).map(|a| a.id));
        }
        undoable
    }
}

/// Acts as moderators see them, in the same order, where `is_undoable` is known.
pub(super) async fn view(
    directory: &Directory,
    acts: &[Noted],
    is_undoable: impl Fn(&Noted) -> bool,
) -> Vec<Value> {
    let ids: HashSet<UserId> =
        acts.iter().flat_map(|a| [Some(a.actor), a.user, a.undone_by]).flatten().collect();
    let people = directory.people(&ids.into_iter().collect::<Vec<_>>()).await;
    let person = |id: UserId| people.get(&id).map_or_else(|| json!({ "id": id }), |p| json!(p));
    let target = |a: &Noted| match a.user {
        Some(user) if a.target == user.to_string() => person(user),
        _ => json!(a.target),
    };
    let view = |a: &Noted| {
        let mut act = json!({
            "id": a.id.to_string(), "action": a.action, "actor": person(a.actor), "target": target(a),
            "reason": a.reason, "at": rfc3339(a.at), "undoable": is_undoable(a),
        });
        for (name, value) in [
            ("user", a.user.map(person)),
            // Only of what was never said: what was may be deleted since.
            ("text", a.detail.get("text").filter(|_| a.action == "deny").cloned()),
            ("note", (!a.note.is_empty()).then(|| json!(a.note))),
            ("until", a.until.map(|t| json!(rfc3339(t)))),
            ("undone_at", a.undone_at.map(|t| json!(rfc3339(t)))),
            ("undone_by", a.undone_by.map(person)),
            ("changes", a.detail.get("changes").cloned()),
            ("question", a.detail.get("question").cloned()),
            // What was let through may be deleted since; what was kept out is here only.
            ("text", a.detail.get("text").filter(|_| a.action == "deny").cloned()),
            ("undid", a.detail.get("undid").cloned()),
        ] {
            if let Some(value) = value {
                act[name] = value;
            }
        }
        act
    };
    acts.iter().map(view).collect()
}

/// RFC 3339 UTC.
pub fn rfc3339(t: OffsetDateTime) -> String {
    t.format(&Rfc3339).unwrap_or_default()
}

/// Whether there is an undo at all, and nobody has used it.
pub(super) fn has_undo(a: &Noted) -> bool {
    matches!(a.action.as_str(), "ban" | "timeout" | "settings" | "role") && a.undone_at.is_none()
}
