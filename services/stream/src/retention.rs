//! The duty of forgetting: rows older than the settings say go, few at a time and with pauses, so that nobody waits for it.
//!
//! Facts are only forgotten when Redis has been away for as long as `keep_outbox`; readers then see the next state of a channel, not
//! each one in between. A failure is tried again at the next round.

use crate::{
    app::App,
    error::Error,
    store::{
        follows,
        retention::{self, Kind},
    },
};
use std::time::Duration;
use tokio::time::MissedTickBehavior;

/// How often rows are looked for.
const ROUND: Duration = Duration::from_secs(600);
/// Rows of one statement.
const BATCH: i64 = 200;
/// Between two statements.
const PAUSE: Duration = Duration::from_millis(100);

/// For as long as it is polled.
pub async fn run(app: &App) {
    let mut rounds = tokio::time::interval(ROUND);
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        rounds.tick().await;
        for kind in Kind::ALL {
            match forget(app, kind).await {
                Ok(0) => {}
                Ok(rows) if kind == Kind::Facts => {
                    tracing::warn!(rows, "facts waited too long for redis and were given up");
                }
                Ok(rows) => tracing::info!(rows, table = kind.table(), "old rows were removed"),
                Err(e) => tracing::warn!(error = ?e, table = kind.table(), "old rows stay for now"),
            }
        }
    }
}

async fn forget(app: &App, kind: Kind) -> Result<u64, Error> {
    let keep = match kind {
        Kind::Sessions | Kind::Broadcasts => app.config.keep_broadcasts.get(),
        // They would go with their broadcast, all at once.
        Kind::Minutes => app.config.keep_broadcast_minutes.get().min(app.config.keep_broadcasts.get()),
        Kind::Refusals => app.config.keep_refusals.get(),
        Kind::Facts => app.config.keep_outbox.get(),
        Kind::Follows => follows::REMEMBERED,
        Kind::Deliveries => app.config.webhooks.keep.get(),
    };
    let mut all = 0;
    loop {
        // A connection for each statement: others come in between.
        let rows = retention::forget(&app.connection().await?, kind, keep, BATCH).await?;
        metrics::counter!("streamly_stream_forgotten_total", "table" => kind.table()).increment(rows);
        all += rows;
        if rows < BATCH.unsigned_abs() {
            return Ok(all);
        }
        tokio::time::sleep(PAUSE).await;
    }
}
