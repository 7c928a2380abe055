//! Mails to followers of a channel that went live, in the table `mails`: at most one about a broadcast to a person.

use super::{Store, users::language_of};
use crate::{
    error::Error,
    mail::{Letter, Live, Reader},
};
use streamly_domain::UserId;
use uuid::Uuid;

/// The condition on a user `u` that mails to many may go there: a proved address, and an account in force.
pub(super) const MAY_BE_TOLD: &str = "u.email_verified_at IS NOT NULL AND u.suspended_at IS NULL AND u.closed_at IS NULL AND u.deleted_at IS NULL";
/// Mails that wait are counted up to here.
const COUNTED: i64 = 1_000;

/// What was written, and what waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) written: u32,
    pub(crate) waiting: u32,
}

impl Store {
    /// Writes the mail to each of these people who may be told; `letter` makes it of its reader and the link that stops such mails.
    pub(crate) async fn tell_live(
        &self,
        live: &Live,
        recipients: &[(UserId, &str)],
        letter: impl Fn(Reader<'_>, &str) -> Letter,
    ) -> Result<Written, Error> {
        let connection = self.connection().await?;
        let ids: Vec<Uuid> = recipients.iter().map(|(id, _)| id.uuid()).collect();
        let sql =
            format!("SELECT id, username, email, language FROM users u WHERE id = ANY($1) AND {MAY_BE_TOLD}");
        let statement = connection.prepare_cached(&sql).await?;
        let people = connection.query(&statement, &[&ids]).await?;
        let (mut mails, mut users, mut addresses) = (Vec::new(), Vec::new(), Vec::new());
        let (mut kinds, mut languages, mut subjects, mut texts, mut stops) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for row in &people {
            let (id, email): (Uuid, Option<String>) = (row.get("id"), row.get("email"));
            let stop = recipients.iter().find(|(user, _)| user.uuid() == id).map(|(_, stop)| *stop);
            let (Some(email), Some(stop)) = (email, stop) else { continue };
            let letter = letter(Reader::new(row.get("username"), language_of(row), None), stop);
            mails.push(Uuid::now_v7());
            users.push(id);
            addresses.push(email);
            kinds.push(letter.kind);
            languages.push(letter.language.tag());
            subjects.push(letter.subject);
            texts.push(letter.text);
            stops.push(stop);
        }
        let sql = "INSERT INTO mails (id, kind, user_id, recipient, language, subject, body, stop_url, bulk, about) \
                   SELECT m.*, true, $9 FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[]) AS m \
                   ON CONFLICT (about, user_id) WHERE about IS NOT NULL DO NOTHING";
        let statement = connection.prepare_cached(sql).await?;
        let written = connection
            .execute(
                &statement,
                &[&mails, &kinds, &users, &addresses, &languages, &subjects, &texts, &stops, &live.broadcast],
            )
            .await?;
        let sql = "SELECT count(*) FROM (SELECT 1 FROM mails WHERE bulk AND sent_at IS NULL AND given_up_at IS NULL LIMIT $1) AS waiting";
        let statement = connection.prepare_cached(sql).await?;
        let waiting: i64 = connection.query_one(&statement, &[&COUNTED]).await?.get(0);
        Ok(Written {
            written: u32::try_from(written).unwrap_or(u32::MAX),
            waiting: u32::try_from(waiting).unwrap_or(0),
        })
    }
}
