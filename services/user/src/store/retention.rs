//! Forgets what is too old, a bounded number of rows at a time, so that nobody waits for it.

use super::{Store, users::REST};
use crate::error::Error;
use std::time::Duration;

/// Rows of one statement.
const BATCH: i64 = 200;
/// Between two statements.
const PAUSE: Duration = Duration::from_millis(100);

/// What is kept for a limited time.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// Refresh tokens past their life.
    Tokens,
    /// Freed names that have rested.
    Names,
}

impl Kind {
    pub(crate) const ALL: [Self; 2] = [Self::Tokens, Self::Names];

    /// Its table.
    pub(crate) fn table(self) -> &'static str {
        match self {
            Self::Tokens => "refresh_tokens",
            Self::Names => "freed_names",
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
        }
    }

    fn keep(self) -> Duration {
        match self {
            Self::Tokens => Duration::ZERO,
            Self::Names => REST,
        }
    }
}

impl Store {
    /// Forgets all that is too old; how many rows there were. May be left at any time.
    pub(crate) async fn forget(&self, kind: Kind) -> Result<u64, Error> {
        let mut all = 0;
        loop {
            // A connection for each statement: others come in between.
            let rows =
                self.connection().await?.execute(kind.sql(), &[&kind.keep().as_secs_f64(), &BATCH]).await?;
            metrics::counter!("streamly_user_forgotten_total", "table" => kind.table()).increment(rows);
            all += rows;
            if rows < BATCH.unsigned_abs() {
                return Ok(all);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}
