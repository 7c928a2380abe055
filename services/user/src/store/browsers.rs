//! The table `browsers`: which browsers and networks signed in to an account in the last 90 days, the newest of them.
//!
//! A browser is known by a cookie of its own, kept as SHA-256; it proves nothing but that somebody who knew the password was there.

use super::{Store, families::Device};
use crate::{device, error::Error, refresh::Token};
use std::time::Duration;
use streamly_domain::UserId;
use streamly_postgres::Transaction;

/// How long a browser is remembered after its last sign-in.
pub(crate) const REMEMBERED: Duration = Duration::from_secs(90 * 86_400);

/// Browsers that are remembered of an account for each sign-in that it may have (`sessions`). Fewer than one, and a browser that is signed in
/// would be new; without a bound whoever signs in without cookies, as programs do, makes a row each time.
const FOR_EACH_SIGN_IN: i64 = 2;
/// Most of them that are forgotten at one sign-in. An account from before they were bounded may have very many.
const FORGOTTEN_AT_ONCE: i64 = 200;

/// Remembers a sign-in, and forgets browsers beyond what an account with `most` sign-ins may have. Whether its browser is new to an account
/// that knows others, or its kind of device or its network is.
pub(super) async fn seen(
    transaction: &Transaction<'_>,
    user: UserId,
    device: &Device,
    browser: &Token,
    most: u32,
) -> Result<bool, Error> {
    let (words, network) = (device::words(device.user_agent.as_deref()), device::network(&device.ip));
    let (user, hash) = (user.uuid(), browser.hash());
    let ask = "SELECT count(*) > 0 AND NOT coalesce(bool_or(token_hash = $2), false) \
               AND NOT (coalesce(bool_or(device = $3), false) AND coalesce(bool_or(network = $4), false)) \
               FROM browsers WHERE user_id = $1 AND seen_at > now() - make_interval(secs => $5)";
    let statement = transaction.prepare_cached(ask).await?;
    let row = transaction
        .query_one(&statement, &[&user, &hash, &words, &network, &REMEMBERED.as_secs_f64()])
        .await?;
    let put = "INSERT INTO browsers (user_id, token_hash, device, network) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (user_id, token_hash) DO UPDATE SET device = $3, network = $4, seen_at = now()";
    let statement = transaction.prepare_cached(put).await?;
    transaction.execute(&statement, &[&user, &hash, &words, &network]).await?;
    // One that is locked signs in just now. Asked again of the row itself: it may have done so meanwhile.
    let forget = "DELETE FROM browsers WHERE user_id = $1 AND token_hash = ANY(ARRAY(SELECT token_hash FROM browsers \
                  WHERE user_id = $1 AND seen_at < (SELECT seen_at FROM browsers WHERE user_id = $1 \
                  ORDER BY seen_at DESC OFFSET $2 LIMIT 1) LIMIT $3 FOR UPDATE SKIP LOCKED))";
    let statement = transaction.prepare_cached(forget).await?;
    let before_last = (i64::from(most) * FOR_EACH_SIGN_IN - 1).max(0);
    transaction.execute(&statement, &[&user, &before_last, &FORGOTTEN_AT_ONCE]).await?;
    Ok(row.get(0))
}

impl Store {
    /// Whether this browser signed in to the account before.
    pub(crate) async fn knows(&self, user: UserId, browser: &Token) -> Result<bool, Error> {
        let connection = self.connection().await?;
        let sql = "SELECT EXISTS (SELECT 1 FROM browsers WHERE user_id = $1 AND token_hash = $2 \
                   AND seen_at > now() - make_interval(secs => $3))";
        let statement = connection.prepare_cached(sql).await?;
        let row = connection
            .query_one(&statement, &[&user.uuid(), &browser.hash(), &REMEMBERED.as_secs_f64()])
            .await?;
        Ok(row.get(0))
    }
}
