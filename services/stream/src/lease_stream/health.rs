//! Health on its way to Redis beside a lease stream, which must not wait for it: ends have to be read meanwhile.
//!
//! Only the newest health of each channel waits; what was overtaken while Redis was slow is nobody's loss.

use super::MAX_BROADCASTS;
use crate::{app::App, bus, error::Error};
use futures_util::future::try_join_all;
use parking_lot::Mutex;
use serde_json::Value;
use std::{collections::HashMap, sync::Arc};
use streamly_domain::ChannelId;
use time::OffsetDateTime;
use tokio::sync::mpsc;
use uuid::Uuid;

type Waiting = Arc<Mutex<HashMap<ChannelId, Value>>>;

/// Takes health and writes it in a tracked task, which ends with this or at the stop.
pub(super) struct Outlet {
    waiting: Waiting,
    wake: mpsc::Sender<()>,
}

impl Outlet {
    pub(super) fn new(app: &Arc<App>) -> Self {
        let (wake, woken) = mpsc::channel(1);
        let waiting = Waiting::default();
        app.tasks.spawn("health", write(app.clone(), waiting.clone(), woken));
        Self { waiting, wake }
    }

    /// Keeps the newest of each channel, of at most [`MAX_BROADCASTS`] channels, and never waits.
    pub(super) fn put(&self, all: Vec<(ChannelId, Value)>) {
        let mut waiting = self.waiting.lock();
        for (id, health) in all {
            if waiting.len() < MAX_BROADCASTS || waiting.contains_key(&id) {
                waiting.insert(id, health);
            }
        }
        drop(waiting);
        // Full: it is woken already.
        let _ = self.wake.try_send(());
    }
}

async fn write(app: Arc<App>, waiting: Waiting, mut woken: mpsc::Receiver<()>) {
    let stop = app.shutdown.clone();
    let work = async {
        while woken.recv().await.is_some() {
            let all = std::mem::take(&mut *waiting.lock());
            let writes = all.iter().map(|(id, health)| write_one(&app, *id, health));
            if let Err(e) = try_join_all(writes).await {
                tracing::warn!(error = ?e, "health was not written");
            }
        }
    };
    tokio::select! {
        () = work => {}
        () = stop.started() => {}
    }
}

async fn write_one(app: &App, id: ChannelId, health: &Value) -> Result<(), Error> {
    let event = bus::append(
        &app.redis,
        bus::PASSING,
        Uuid::now_v7(),
        "stream.health",
        id.0,
        OffsetDateTime::now_utc(),
        health,
    );
    tokio::try_join!(bus::keep_health(&app.redis, id, health), event)?;
    Ok(())
}
