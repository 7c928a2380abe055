//! The table `browsers`: which browsers and networks signed in to an account in the last 90 days.
//!
//! A browser is known by a cookie of its own, kept as SHA-256; it proves nothing but that somebody who knew the password was there.

use super::{Store, families::Device};
use crate::{device, error::Error, refresh::Token};
use std::time::Duration;
use streamly_domain::UserId;
use streamly_postgres::Transaction;

/// How long a browser is remembered after its last sign-in.
pub(crate) const REMEMBERED: Duration = Duration::from_secs(90 * 86_400);

/// Remembers a sign-in. Whether its browser is new to an account that knows others, or its kind of device or its network is.
pub(super) async fn seen(
    transaction: &Transaction<'_>,
    user: UserId,
    device: &Device,
    browser: &Token,
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
