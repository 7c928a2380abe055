//! What this service's tables know of a person, for the person. No hash, no token, and of acts about the person not who did them.

use super::Store;
use crate::error::Error;
use streamly_domain::UserId;

/// Most rows of one kind; nobody has as many but staff, whose acts are in the log as well.
const MOST: i64 = 10_000;

/// Kinds, and what selects them; $1: the person.
const SECTIONS: [(&str, &str); 9] = [
    (
        "account",
        "SELECT to_jsonb(u) - '{password_hash,tokens_void_before,deletion_told_at}'::text[] AS item FROM users u WHERE id = $1",
    ),
    (
        "sign_ins",
        "SELECT jsonb_build_object('id', family, 'started_at', started_at, 'last_used_at', created_at, 'user_agent', user_agent, 'ip', last_ip) AS item \
         FROM refresh_tokens WHERE user_id = $1 AND successor IS NULL ORDER BY created_at DESC",
    ),
    (
        "browsers",
        "SELECT jsonb_build_object('device', device, 'network', network, 'seen_at', seen_at) AS item FROM browsers WHERE user_id = $1 \
         ORDER BY seen_at DESC",
    ),
    (
        "authenticator_app",
        "SELECT jsonb_build_object('created_at', created_at, 'confirmed_at', confirmed_at) AS item FROM totp WHERE user_id = $1",
    ),
    (
        "passkeys",
        "SELECT jsonb_build_object('id', id, 'name', name, 'created_at', created_at, 'last_used_at', last_used_at) AS item FROM passkeys \
         WHERE user_id = $1 ORDER BY created_at",
    ),
    (
        "mails",
        "SELECT jsonb_build_object('kind', kind, 'to', recipient, 'subject', subject, 'created_at', created_at, 'sent_at', sent_at) AS item \
         FROM mails WHERE user_id = $1 ORDER BY id DESC",
    ),
    (
        "acts_about_you",
        "SELECT jsonb_build_object('at', at, 'act', act, 'detail', detail) AS item FROM audit WHERE subject_id = $1 AND actor_id <> $1 ORDER BY id DESC",
    ),
    (
        "acts_by_you",
        "SELECT jsonb_build_object('at', at, 'act', act, 'subject', subject_name, 'detail', detail) AS item FROM audit WHERE actor_id = $1 \
         ORDER BY id DESC",
    ),
    (
        "invitations",
        "SELECT jsonb_build_object('note', note, 'created_at', created_at, 'expires_at', expires_at, 'used_at', used_at) AS item FROM invitations \
         WHERE created_by = $1 ORDER BY id DESC",
    ),
];

impl Store {
    /// The person's sections: each kind with its items, JSON objects.
    pub(crate) async fn export(&self, user: UserId) -> Result<Vec<(&'static str, Vec<String>)>, Error> {
        let connection = self.connection().await?;
        let mut all = Vec::with_capacity(SECTIONS.len());
        for (kind, select) in SECTIONS {
            let sql = format!("SELECT item::text FROM ({select} LIMIT {MOST}) AS section");
            let rows = connection.query(&sql, &[&user.uuid()]).await?;
            all.push((kind, rows.iter().map(|row| row.get(0)).collect()));
        }
        Ok(all)
    }
}
