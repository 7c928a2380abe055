//! The duty of tidying up: orders of the directory that no cursor needs any more, and pictures that nobody shows.
//!
//! Few at a time; what fails is tried again at the next round.

use crate::{app::App, error::Error, pictures, store::directory};
use std::time::Duration;
use tokio::time::MissedTickBehavior;

/// How often, unless pictures are kept for less than ten times as long.
const ROUND: Duration = Duration::from_secs(60);

/// For as long as it is polled.
pub(super) async fn run(app: &App) {
    let round = (app.config.pictures.unused.get() / 10).clamp(Duration::from_millis(50), ROUND);
    let mut rounds = tokio::time::interval(round);
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        rounds.tick().await;
        if let Err(e) = listings(app).await {
            tracing::warn!(error = ?e, "old orders of the directory stay for now");
        }
        match pictures::sweep(app).await {
            Ok(0) => {}
            Ok(swept) => tracing::info!(swept, "pictures that nobody shows were removed"),
            Err(e) => tracing::warn!(error = ?e, "pictures that nobody shows stay for now"),
        }
    }
}

async fn listings(app: &App) -> Result<u64, Error> {
    let settings = &app.config.directory;
    let db = app.connection().await?;
    directory::forget(&db, settings.cursor_life.get(), settings.max_listings.into()).await
}
