//! What the tables know of a person, for the person: sections, each in pages by a key of its own. No secret of a key is in it.

use crate::error::Error;
use streamly_domain::UserId;
use streamly_postgres::GenericClient;

/// One thing that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Which section.
    pub kind: &'static str,
    /// Its key there.
    pub key: String,
    /// An object.
    pub json: String,
}

/// Kinds, and what selects them; $1: the person.
pub const SECTIONS: [(&str, &str); 17] = [
    (
        "channel",
        "SELECT id::text AS key, to_jsonb(c) - '{watch_password,watch_version,search,tag_keys}'::text[] AS item FROM channels c \
         WHERE owner_id = $1",
    ),
    (
        "schedule",
        "SELECT e.id::text AS key, to_jsonb(e) - 'channel_id' AS item FROM schedule_entries e JOIN channels c ON c.id = e.channel_id \
         WHERE c.owner_id = $1",
    ),
    (
        "pictures",
        "SELECT p.file AS key, to_jsonb(p) - 'channel_id' AS item FROM channel_pictures p JOIN channels c ON c.id = p.channel_id \
         WHERE c.owner_id = $1",
    ),
    (
        "keys",
        "SELECT k.id::text AS key, to_jsonb(k) - 'channel_id' AS item FROM stream_keys k JOIN channels c ON c.id = k.channel_id WHERE c.owner_id = $1",
    ),
    (
        "broadcasts",
        "SELECT b.id::text AS key, jsonb_build_object('id', b.id, 'started_at', b.started_at, 'live_at', b.live_at, 'ended_at', b.ended_at, \
         'ended_how', b.ended_how, 'renditions', b.renditions, 'title', b.title, 'category', b.category, 'tags', b.tags, \
         'visibility', b.visibility, 'test', b.test, 'peak_viewers', b.peak_viewers, 'unique_viewers', b.unique_viewers, 'watched_s', b.watch_s, \
         'counted_s', b.counted_s, 'messages', b.messages) AS item FROM broadcasts b JOIN channels c ON c.id = b.channel_id WHERE c.owner_id = $1",
    ),
    (
        "markers",
        "SELECT m.id::text AS key, jsonb_build_object('id', m.id, 'broadcast_id', m.broadcast_id, 'at', m.at, 'label', m.label, \
         'made_by', m.made_by, 'made_at', m.made_at) AS item \
         FROM markers m JOIN broadcasts b ON b.id = m.broadcast_id JOIN channels c ON c.id = b.channel_id WHERE c.owner_id = $1",
    ),
    (
        "markers_made",
        "SELECT m.id::text AS key, jsonb_build_object('id', m.id, 'channel', c.username, 'at', m.at, 'label', m.label) AS item \
         FROM markers m JOIN broadcasts b ON b.id = m.broadcast_id JOIN channels c ON c.id = b.channel_id \
         WHERE m.made_by = $1 AND c.owner_id <> $1",
    ),
    (
        "sessions",
        "SELECT s.id::text AS key, jsonb_build_object('broadcast_id', s.broadcast_id, 'key_id', s.key_id, 'remote_addr', s.remote_addr, \
         'encoder', s.encoder, 'started_at', s.started_at, 'ended_at', s.ended_at, 'ended_how', s.ended_how) AS item \
         FROM sessions s JOIN broadcasts b ON b.id = s.broadcast_id JOIN channels c ON c.id = b.channel_id WHERE c.owner_id = $1",
    ),
    (
        "refusals",
        "SELECT r.id::text AS key, to_jsonb(r) - '{channel_id,attempt_id}'::text[] AS item FROM refusals r JOIN channels c ON c.id = r.channel_id \
         WHERE c.owner_id = $1",
    ),
    (
        "members",
        "SELECT m.user_id::text AS key, to_jsonb(m) - 'channel_id' AS item FROM channel_members m JOIN channels c ON c.id = m.channel_id \
         WHERE c.owner_id = $1",
    ),
    (
        "webhooks",
        "SELECT w.id::text AS key, jsonb_build_object('id', w.id, 'name', w.name, 'url', w.url, 'events', w.events, 'enabled', w.enabled, \
         'created_at', w.created_at, 'off_at', w.off_at, 'off_because', w.off_because, 'failing_since', w.failing_since) AS item \
         FROM webhooks w JOIN channels c ON c.id = w.channel_id WHERE c.owner_id = $1",
    ),
    (
        "deliveries",
        "SELECT d.id::text AS key, jsonb_build_object('webhook_id', d.webhook_id, 'type', d.type, 'state', d.state, 'created_at', d.created_at, \
         'finished_at', d.finished_at, 'attempts', d.attempts, 'body', d.body) AS item FROM deliveries d JOIN webhooks w ON w.id = d.webhook_id \
         JOIN channels c ON c.id = w.channel_id WHERE c.owner_id = $1",
    ),
    (
        "roles",
        "SELECT m.channel_id::text AS key, jsonb_build_object('channel', c.username, 'role', m.role, 'added_at', m.added_at) AS item \
         FROM channel_members m JOIN channels c ON c.id = m.channel_id WHERE m.user_id = $1",
    ),
    (
        "follows",
        "SELECT f.channel_id::text AS key, jsonb_build_object('channel', c.username, 'followed_at', f.followed_at, \
         'unfollowed_at', f.unfollowed_at, 'notify', f.notify, 'mailed_at', f.mailed_at) AS item FROM follows f JOIN channels c ON c.id = f.channel_id WHERE f.user_id = $1",
    ),
    (
        "admissions",
        "SELECT a.channel_id::text AS key, jsonb_build_object('channel', c.username, 'admitted_at', a.admitted_at) AS item \
         FROM admissions a JOIN channels c ON c.id = a.channel_id WHERE a.user_id = $1",
    ),
    (
        "notice_settings",
        "SELECT s.user_id::text AS key, to_jsonb(s) - 'user_id' AS item FROM notice_settings s WHERE s.user_id = $1",
    ),
    (
        "browsers",
        "SELECT p.id::text AS key, jsonb_build_object('name', p.name, 'made_at', p.made_at, 'told_at', p.told_at) AS item \
         FROM push_subscriptions p WHERE p.user_id = $1",
    ),
];

/// Up to `limit` items of a section after a key.
pub async fn page(
    db: &impl GenericClient,
    (kind, select): (&'static str, &str),
    user: UserId,
    after: &str,
    limit: i64,
) -> Result<Vec<Item>, Error> {
    let sql = format!(
        "SELECT key, item::text FROM ({select}) AS section WHERE key COLLATE \"C\" > $2 ORDER BY key COLLATE \"C\" LIMIT $3"
    );
    let statement = db.prepare_cached(&sql).await?;
    let rows = db.query(&statement, &[&user.0, &after, &limit]).await?;
    Ok(rows.iter().map(|row| Item { kind, key: row.get(0), json: row.get(1) }).collect())
}
