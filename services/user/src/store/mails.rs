//! The table `mails`: written with what it tells of, sent by one process (`mail::delivery`), read by admins.

use super::{Store, links, live_notices::MAY_BE_TOLD, users::language_of};
use crate::{
    error::Error,
    mail::{Letter, RESET, Reader},
    refresh::Token,
};
use std::time::Duration;
use streamly_domain::{Language, UserId};
use streamly_postgres::{Connection, Transaction};
use time::OffsetDateTime;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

/// The lock of the one that sends: "mail".
const LOCK: i64 = 0x6d61_696c;
/// Mails of one look.
const BATCH: i64 = 20;

/// A mail that waits to be sent.
pub(crate) struct Due {
    pub(crate) id: Uuid,
    pub(crate) kind: String,
    pub(crate) recipient: String,
    /// Of subject and body.
    pub(crate) language: Option<Language>,
    pub(crate) subject: Option<String>,
    pub(crate) body: Option<String>,
    pub(crate) attempts: i32,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) age: Duration,
    /// To many: it waits for all others.
    pub(crate) bulk: bool,
    /// Of mail to many: its reader's account or address is no more what it was.
    pub(crate) unwanted: bool,
    pub(crate) stop_url: Option<String>,
    /// Of mail to many: the broadcast, and who reads it.
    pub(crate) about: Option<(Uuid, UserId)>,
}

/// What became of a try.
pub(crate) enum Fate {
    Sent {
        keep_text: bool,
    },
    /// It was not tried: it waits for so long.
    Later {
        pause: Duration,
    },
    Failed {
        error: String,
        pause: Duration,
        given_up: bool,
    },
}

/// A mail as an admin sees it.
pub(crate) struct Mail {
    pub(crate) id: Uuid,
    pub(crate) kind: String,
    pub(crate) recipient: String,
    pub(crate) subject: Option<String>,
    pub(crate) body: Option<String>,
    pub(crate) attempts: i32,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) sent_at: Option<OffsetDateTime>,
    pub(crate) given_up_at: Option<OffsetDateTime>,
    pub(crate) last_error: Option<String>,
}

/// Adds a mail to a transaction.
pub(super) async fn put(
    transaction: &Transaction<'_>,
    user: UserId,
    recipient: &str,
    letter: &Letter,
) -> Result<(), Error> {
    put_to(transaction, Some(user), recipient, letter).await
}

/// The same to somebody who may have no account.
pub(super) async fn put_to(
    transaction: &Transaction<'_>,
    user: Option<UserId>,
    recipient: &str,
    letter: &Letter,
) -> Result<(), Error> {
    let user = user.map(UserId::uuid);
    let sql = "INSERT INTO mails (id, kind, user_id, recipient, language, subject, body) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let statement = transaction.prepare_cached(sql).await?;
    let (id, Letter { kind, language, subject, text }) = (Uuid::now_v7(), letter);
    transaction.execute(&statement, &[&id, kind, &user, &recipient, &language.tag(), subject, text]).await?;
    Ok(())
}

/// The right to send: held by one process at a time, as long as its connection lives.
pub(crate) struct MailLease(Connection);

impl Store {
    /// Tries to become the one that sends. The connection leaves the pool, so that closing it gives the right back.
    pub(crate) async fn try_mail_lease(&self) -> Result<Option<MailLease>, Error> {
        let connection = self.connection().await?;
        let row = connection.query_one("SELECT pg_try_advisory_lock($1)", &[&LOCK]).await?;
        Ok(row.get::<_, bool>(0).then(|| MailLease(Connection::take(connection))))
    }

    /// Notes what became of a try.
    pub(crate) async fn decide(&self, id: Uuid, fate: &Fate) -> Result<(), Error> {
        let connection = self.connection().await?;
        match fate {
            Fate::Sent { keep_text } => {
                let sql = "UPDATE mails SET sent_at = now(), attempts = attempts + 1, last_error = NULL, \
                           body = CASE WHEN $2 THEN body END, stop_url = NULL WHERE id = $1";
                let statement = connection.prepare_cached(sql).await?;
                connection.execute(&statement, &[&id, keep_text]).await?;
            }
            Fate::Later { pause } => {
                let sql = "UPDATE mails SET next_try_at = now() + make_interval(secs => $2) WHERE id = $1";
                let statement = connection.prepare_cached(sql).await?;
                connection.execute(&statement, &[&id, &pause.as_secs_f64()]).await?;
            }
            Fate::Failed { error, pause, given_up } => {
                let sql = "UPDATE mails SET attempts = attempts + 1, last_error = $2, \
                           next_try_at = now() + make_interval(secs => $3), \
                           given_up_at = CASE WHEN $4 THEN now() END, body = CASE WHEN NOT $4 THEN body END, \
                           stop_url = CASE WHEN NOT $4 THEN stop_url END WHERE id = $1";
                let statement = connection.prepare_cached(sql).await?;
                connection.execute(&statement, &[&id, error, &pause.as_secs_f64(), given_up]).await?;
            }
        }
        Ok(())
    }

    /// Notes that somebody who gave this address wants a new password, and in which language they asked. Looks nothing up.
    pub(crate) async fn forgot(&self, address: &str, asked: Option<Language>) -> Result<(), Error> {
        let connection = self.connection().await?;
        let sql = "INSERT INTO mails (id, kind, recipient, language) VALUES ($1, $2, $3, $4)";
        let statement = connection.prepare_cached(sql).await?;
        let language = asked.map(Language::tag);
        connection.execute(&statement, &[&Uuid::now_v7(), &RESET, &address, &language]).await?;
        Ok(())
    }

    /// Writes the mail to such a request with a link of its own; without an account, with a suspended one, or beyond `per_hour` the
    /// request is dropped.
    pub(crate) async fn answer_forgotten(
        &self,
        id: Uuid,
        address: &str,
        token: &Token,
        per_hour: i64,
        letter: impl FnOnce(Reader<'_>) -> Letter,
    ) -> Result<Option<Letter>, Error> {
        let mut connection = self.connection().await?;
        let transaction = connection.transaction().await?;
        let sql = "SELECT id, username, coalesce(language, (SELECT language FROM mails WHERE id = $4)) AS language \
                   FROM users u WHERE email = $1 AND suspended_at IS NULL AND $2 > \
                   (SELECT count(*) FROM mails m WHERE m.user_id = u.id AND m.kind = $3 AND m.created_at > now() - interval '1 hour')";
        let statement = transaction.prepare_cached(sql).await?;
        let found = transaction.query_opt(&statement, &[&address, &per_hour, &RESET, &id]).await?;
        let letter = match found {
            Some(row) => {
                let user = UserId(row.get("id"));
                let letter = letter(Reader::new(row.get("username"), language_of(&row), None));
                links::put(&transaction, token, links::Purpose::Reset, user, address).await?;
                let sql =
                    "UPDATE mails SET user_id = $2, language = $3, subject = $4, body = $5 WHERE id = $1";
                let written: [&(dyn ToSql + Sync); 5] =
                    [&id, &user.uuid(), &letter.language.tag(), &letter.subject, &letter.text];
                transaction.execute(sql, &written).await?;
                Some(letter)
            }
            None => {
                transaction.execute("DELETE FROM mails WHERE id = $1", &[&id]).await?;
                None
            }
        };
        transaction.commit().await?;
        Ok(letter)
    }

    /// The newest mails before one, for an admin; without their text.
    pub(crate) async fn mails(&self, before: Option<Uuid>, limit: i64) -> Result<Vec<Mail>, Error> {
        let connection = self.connection().await?;
        let sql = "SELECT id, kind, recipient, subject, NULL::text AS body, attempts, created_at, sent_at, given_up_at, last_error \
                   FROM mails WHERE subject IS NOT NULL AND ($1::uuid IS NULL OR id < $1) ORDER BY id DESC LIMIT $2";
        let statement = connection.prepare_cached(sql).await?;
        Ok(connection.query(&statement, &[&before, &limit]).await?.iter().map(Mail::from_row).collect())
    }
}

impl Mail {
    pub(super) fn from_row(row: &tokio_postgres::Row) -> Self {
        Self {
            id: row.get("id"),
            kind: row.get("kind"),
            recipient: row.get("recipient"),
            subject: row.get("subject"),
            body: row.get("body"),
            attempts: row.get("attempts"),
            created_at: row.get("created_at"),
            sent_at: row.get("sent_at"),
            given_up_at: row.get("given_up_at"),
            last_error: row.get("last_error"),
        }
    }
}

impl MailLease {
    /// What is due and not to many, oldest first. Errors: the lease is lost, or on a server that takes no writes any more: there what was sent
    /// would be due for ever.
    pub(crate) async fn due(&self) -> Result<Vec<Due>, Error> {
        streamly_postgres::takes_writes(&self.0).await?;
        self.look("NOT m.bulk", &[], BATCH).await
    }

    /// The mail to many that is due and whose turn it is: the oldest about what is not in `served`, or is there first. Errors: the lease is
    /// lost.
    pub(crate) async fn notice_due(&self, served: &[Uuid]) -> Result<Option<Due>, Error> {
        Ok(self.look("m.bulk", served, 1).await?.pop())
    }

    async fn look(&self, which: &str, served: &[Uuid], most: i64) -> Result<Vec<Due>, Error> {
        let sql = format!(
            "SELECT m.id, m.kind, m.recipient, m.language, m.subject, m.body, m.attempts, m.created_at, m.bulk, m.stop_url, m.about, m.user_id, \
             extract(epoch FROM greatest(now() - m.created_at, interval '0'))::float8 AS age, \
             m.bulk AND NOT EXISTS (SELECT 1 FROM users u WHERE u.id = m.user_id AND u.email = m.recipient AND {MAY_BE_TOLD}) AS unwanted \
             FROM mails m WHERE m.sent_at IS NULL AND m.given_up_at IS NULL AND m.next_try_at <= now() AND {which} \
             ORDER BY coalesce(array_position($2::uuid[], m.about), 0), m.next_try_at LIMIT $1"
        );
        let statement = self.0.prepare_cached(&sql).await?;
        let rows = self.0.query(&statement, &[&most, &served]).await?;
        Ok(rows
            .iter()
            .map(|row| Due {
                id: row.get("id"),
                kind: row.get("kind"),
                recipient: row.get("recipient"),
                language: language_of(row),
                subject: row.get("subject"),
                body: row.get("body"),
                attempts: row.get("attempts"),
                created_at: row.get("created_at"),
                age: Duration::try_from_secs_f64(row.get("age")).unwrap_or_default(),
                bulk: row.get("bulk"),
                unwanted: row.get("unwanted"),
                stop_url: row.get("stop_url"),
                about: row
                    .get::<_, Option<Uuid>>("about")
                    .zip(row.get::<_, Option<Uuid>>("user_id").map(UserId)),
            })
            .collect())
    }
}
