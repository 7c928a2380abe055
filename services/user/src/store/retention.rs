//! Forgets what is too old, a bounded number of rows at a time, so that nobody waits for it.

use super::{Store, browsers::REMEMBERED, users::REST};
use crate::error::Error;
use std::time::Duration;

/// Rows of one statement.
const BATCH: i64 = 200;
/// How long an invitation is listed after its end.
const KEPT: Duration = Duration::from_secs(90 * 86_400);
/// Between two statements.
const PAUSE: Duration = Duration::from_millis(100);

/// For how long settings have rows kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keep {
    pub(crate) mails: Duration,
    pub(crate) acts: Duration,
}

/// What is kept for a limited time.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// Refresh tokens past their life.
    Tokens,
    /// Freed names that have rested.
    Names,
    /// Links of mails past their life.
    Links,
    /// Browsers that have not signed in for long.
    Browsers,
    /// Mails that were sent or given up.
    Mails,
    /// Registrations whose link was not followed.
    Pending,
    /// Invitations that were not used.
    Invitations,
    /// Sign-ins that waited for a second factor.
    Steps,
    /// Challenges that no passkey answered.
    Challenges,
    /// What staff did. Why somebody is suspended stays for as long as they are and their account is not erased.
    Acts,
}

impl Kind {
    pub(crate) const ALL: [Self; 10] = [
        Self::Tokens,
        Self::Names,
        Self::Links,
        Self::Browsers,
        Self::Mails,
        Self::Pending,
        Self::Invitations,
        Self::Steps,
        Self::Challenges,
        Self::Acts,
    ];

    /// Its table.
    pub(crate) fn table(self) -> &'static str {
        match self {
            Self::Tokens => "refresh_tokens",
            Self::Names => "freed_names",
            Self::Links => "email_tokens",
            Self::Browsers => "browsers",
            Self::Mails => "mails",
            Self::Pending => "pending_accounts",
            Self::Invitations => "invitations",
            Self::Steps => "second_steps",
            Self::Challenges => "passkey_challenges",
            Self::Acts => "audit",
        }
    }

    /// $1: seconds for which rows are kept beyond their end; $2: most rows.
    fn sql(self) -> &'static str {
        match self {
            Self::Tokens => {
                "DELETE FROM refresh_tokens WHERE token_hash IN (SELECT token_hash FROM refresh_tokens \
                 WHERE expires_at < now() - make_interval(secs => $1) LIMIT $2)"
            }
            // Asked again of the row itself: a name may be freed anew while this waits for it.
            Self::Names => {
                "DELETE FROM freed_names WHERE freed_at < now() - make_interval(secs => $1) AND username IN \
                 (SELECT username FROM freed_names WHERE freed_at < now() - make_interval(secs => $1) LIMIT $2)"
            }
            Self::Links => {
                "DELETE FROM email_tokens WHERE token_hash IN (SELECT token_hash FROM email_tokens \
                 WHERE expires_at < now() - make_interval(secs => $1) LIMIT $2)"
            }
            Self::Browsers => {
                "DELETE FROM browsers WHERE seen_at < now() - make_interval(secs => $1) AND (user_id, token_hash) IN \
                 (SELECT user_id, token_hash FROM browsers WHERE seen_at < now() - make_interval(secs => $1) LIMIT $2)"
            }
            Self::Mails => {
                "DELETE FROM mails WHERE id IN (SELECT id FROM mails WHERE created_at < now() - make_interval(secs => $1) \
                 AND (sent_at IS NOT NULL OR given_up_at IS NOT NULL) LIMIT $2)"
            }
            Self::Pending => {
                "DELETE FROM pending_accounts WHERE token_hash IN (SELECT token_hash FROM pending_accounts \
                 WHERE expires_at < now() - make_interval(secs => $1) LIMIT $2)"
            }
            Self::Invitations => {
                "DELETE FROM invitations WHERE id IN (SELECT id FROM invitations \
                 WHERE expires_at < now() - make_interval(secs => $1) LIMIT $2)"
            }
            Self::Steps => {
                "DELETE FROM second_steps WHERE token_hash IN (SELECT token_hash FROM second_steps \
                 WHERE expires_at < now() - make_interval(secs => $1) LIMIT $2)"
            }
            Self::Challenges => {
                "DELETE FROM passkey_challenges WHERE challenge_hash IN (SELECT challenge_hash FROM passkey_challenges \
                 WHERE expires_at < now() - make_interval(secs => $1) LIMIT $2)"
            }
            Self::Acts => {
                "DELETE FROM audit WHERE id = ANY(ARRAY(SELECT a.id FROM audit a WHERE a.at < now() - make_interval(secs => $1) \
                 AND NOT (a.act = 'suspended' AND EXISTS (SELECT 1 FROM users u WHERE u.id = a.subject_id \
                 AND u.suspended_at IS NOT NULL AND u.deleted_at IS NULL)) LIMIT $2))"
            }
        }
    }

    fn keep(self, keep: Keep) -> Duration {
        match self {
            Self::Tokens | Self::Links | Self::Pending | Self::Steps | Self::Challenges => Duration::ZERO,
            Self::Invitations => KEPT,
            Self::Names => REST,
            Self::Browsers => REMEMBERED,
            Self::Mails => keep.mails,
            Self::Acts => keep.acts,
        }
    }
}

impl Store {
    /// Forgets all that is too old; how many rows there were. May be left at any time.
    pub(crate) async fn forget(&self, kind: Kind, keep: Keep) -> Result<u64, Error> {
        let mut all = 0;
        loop {
            // A connection for each statement: others come in between.
            let rows = self
                .connection()
                .await?
                .execute(kind.sql(), &[&kind.keep(keep).as_secs_f64(), &BATCH])
                .await?;
            metrics::counter!("streamly_user_forgotten_total", "table" => kind.table()).increment(rows);
            all += rows;
            if rows < BATCH.unsigned_abs() {
                return Ok(all);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}
