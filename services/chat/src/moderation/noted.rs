//! What moderators see of the audit log: names for ids, and whether there is an undo.

use crate::{directory::Directory, store::audit::Noted};
use serde_json::{Value, json};
use std::collections::HashSet;
use streamly_domain::UserId;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// Acts as moderators see them, in the same order. People whose names cannot be had are ids.
pub async fn view(directory: &Directory, acts: &[Noted]) -> Vec<Value> {
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

fn is_undoable(a: &Noted) -> bool {
    let replaced = a.detail.get("replaced").is_some();
    let over = a.until.is_some_and(|u| u <= OffsetDateTime::now_utc());
    let has_undo = matches!(a.action.as_str(), "ban" | "timeout" | "settings" | "role");
    has_undo && a.undone_at.is_none() && !replaced && !over
}
