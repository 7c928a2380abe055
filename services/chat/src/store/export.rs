//! What the tables know of a person, for the person: sections, each in pages by a key of its own.

use streamly_domain::{ChannelId, UserId};
use streamly_postgres::{Error, GenericClient};

/// One thing that is known.
#[derive(Debug, Clone)]
pub struct Item {
    /// Which section.
    pub kind: &'static str,
    /// Its key there.
    pub key: String,
    /// An object.
    pub json: String,
}

/// Kinds, and what selects them; $1: the person. What others wrote about the person is theirs and not in it.
pub const SECTIONS: [(&str, &str); 11] = [
    (
        "colour",
        "SELECT 'colour' AS key, jsonb_build_object('colour', colour) AS item FROM colours WHERE user_id = $1",
    ),
    (
        "rooms",
        "SELECT room_id::text AS key, jsonb_build_object('room_id', room_id, 'first_at', first_at) AS item FROM chatters WHERE user_id = $1",
    ),
    (
        "recorded_messages",
        "SELECT broadcast_id || '/' || id AS key, jsonb_build_object('broadcast_id', broadcast_id, 'id', id, 'offset_ms', offset_ms, \
         'body', body) AS item FROM recorded WHERE author_id = $1",
    ),
    (
        "held_messages",
        "SELECT id::text AS key, jsonb_build_object('room_id', room_id, 'text', text, 'state', state, 'created_at', created_at) AS item \
         FROM holds WHERE user_id = $1",
    ),
    (
        "images",
        "SELECT id::text AS key, jsonb_build_object('id', id, 'room_id', room_id, 'content_type', content_type, 'created_at', created_at, \
         'message_id', message_id) AS item FROM images WHERE user_id = $1 AND gone_at IS NULL",
    ),
    (
        "blocks",
        "SELECT blocked_id::text AS key, jsonb_build_object('user_id', blocked_id, 'blocked_at', blocked_at) AS item FROM blocks WHERE user_id = $1",
    ),
    (
        "reports",
        "SELECT id::text AS key, jsonb_build_object('room_id', room_id, 'about', about, 'category', category, 'text', text, 'state', state, \
         'created_at', created_at, 'answer', answer) AS item FROM reports WHERE reporter_id = $1",
    ),
    (
        "unban_requests",
        "SELECT id::text AS key, jsonb_build_object('room_id', room_id, 'text', text, 'state', state, 'created_at', created_at, \
         'answer', answer) AS item FROM unban_requests WHERE user_id = $1",
    ),
    (
        "bans",
        "SELECT room_id::text AS key, jsonb_build_object('room_id', room_id, 'reason', reason, 'created_at', created_at, \
         'expires_at', expires_at) AS item FROM bans WHERE user_id = $1",
    ),
    (
        "votes",
        "SELECT v.poll_id::text AS key, jsonb_build_object('question', p.question, 'option', p.options[v.option + 1], 'made_at', p.made_at) AS item \
         FROM poll_votes v JOIN polls p ON p.id = v.poll_id WHERE v.user_id = $1",
    ),
    (
        "bots",
        "SELECT id::text AS key, jsonb_build_object('room_id', room_id, 'name', name, 'scopes', scopes, 'made_at', made_at, \
         'revoked_at', revoked_at) AS item FROM bots WHERE made_by = $1",
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
    let rows = db.query(&sql, &[&user.uuid(), &after, &limit]).await?;
    Ok(rows.iter().map(|row| Item { kind, key: row.get(0), json: row.get(1) }).collect())
}

/// The first room after one in which the person wrote.
pub async fn room_after(
    db: &impl GenericClient,
    user: UserId,
    after: Option<ChannelId>,
) -> Result<Option<ChannelId>, Error> {
    let sql = "SELECT room_id FROM chatters WHERE user_id = $1 AND ($2::uuid IS NULL OR room_id > $2) ORDER BY room_id LIMIT 1";
    let after = after.map(|room| room.uuid());
    Ok(db.query_opt(sql, &[&user.uuid(), &after]).await?.map(|row| ChannelId(row.get(0))))
}
