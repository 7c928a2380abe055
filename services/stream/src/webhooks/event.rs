//! What webhooks can be told of, and the JSON that says it. A delivery's text is made once and kept: each attempt sends the same bytes.

use crate::store::channels::Channel;
use serde::Serialize;
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A broadcast can be watched.
    Live,
    /// A broadcast is over.
    Ended,
    /// Somebody follows the channel.
    Followed,
    /// Its owner changed title, category or tags.
    Updated,
    /// Its owner pressed a button.
    Test,
}

impl Kind {
    /// Those that can be chosen.
    pub const CHOSEN: [Self; 4] = [Self::Live, Self::Ended, Self::Followed, Self::Updated];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Ended => "ended",
            Self::Followed => "followed",
            Self::Updated => "updated",
            Self::Test => "test",
        }
    }

    /// Of that name, if it can be chosen.
    pub fn chosen(name: &str) -> Option<Self> {
        Self::CHOSEN.into_iter().find(|kind| kind.as_str() == name)
    }
}

#[derive(Serialize)]
struct Body<'a> {
    id: String,
    r#type: &'static str,
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
    channel: Value,
    data: &'a Value,
}

/// What is told as `id` and in `webhook-id`.
pub fn public_id(delivery: Uuid) -> String {
    format!("msg_{}", delivery.simple())
}

/// The text of a delivery.
pub fn body(
    id: Uuid,
    kind: Kind,
    at: OffsetDateTime,
    channel: &Channel,
    public_url: &str,
    data: &Value,
) -> Result<String, serde_json::Error> {
    let url = format!("{}/{}", public_url.trim_end_matches('/'), channel.username);
    let about = json!({
        "id": channel.id, "username": channel.username, "display_name": channel.display_name, "url": url,
    });
    serde_json::to_string(&Body { id: public_id(id), r#type: kind.as_str(), at, channel: about, data })
}

/// What an edit changed of what is told; none: nothing.
pub fn changes(before: &Channel, after: &Channel) -> Option<Value> {
    let fields = [
        ("title", before.title != after.title),
        ("category", before.category != after.category),
        ("tags", before.tags != after.tags),
    ];
    let changed: Vec<&str> = fields.iter().filter(|(_, differs)| *differs).map(|(name, _)| *name).collect();
    if changed.is_empty() {
        return None;
    }
    Some(json!({
        "title": after.title, "category": after.category, "category_slug": after.category_slug, "tags": after.tags,
        "changed": changed,
    }))
}
