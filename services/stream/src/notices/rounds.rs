//! The order in which broadcasts are told of: a batch of one, then of the next, so that a large channel holds up no other. Pushes of several
//! go out beside one another, since push services may be slow; mails one batch after the other, and only while few wait at user.
//!
//! What the order goes by is in memory: with another leader it begins anew, and nobody is left out by it.

use super::{Batch, mails, pushes, turns::Turns};
use crate::{
    app::App,
    error::Error,
    store::notices::{self, Telling, Way},
};
use futures_util::{StreamExt, stream::FuturesUnordered};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};
use streamly_domain::BroadcastId;

/// How often it is looked for broadcasts whose followers are to be told.
const ROUND: Duration = Duration::from_secs(1);
/// Pause after a failure.
const PAUSE: Duration = Duration::from_secs(2);
/// Broadcasts with a batch of pushes under way at once, in each walk. A connection to the database each, for a moment.
const SIDE_BY_SIDE: usize = 16;

/// When the batches of each broadcast were begun, as numbers that go up.
#[derive(Debug, Default)]
struct Order {
    begun: HashMap<BroadcastId, u64>,
    last: u64,
}

impl Order {
    /// The broadcasts that are due, first those whose turn was longest ago. What is due no more is forgotten.
    fn sort(&mut self, due: &mut [Telling]) {
        let all: HashSet<BroadcastId> = due.iter().map(|telling| telling.broadcast).collect();
        self.begun.retain(|broadcast, _| all.contains(broadcast));
        due.sort_by_key(|telling| self.begun.get(&telling.broadcast).copied().unwrap_or_default());
    }
    fn begin(&mut self, broadcast: BroadcastId) {
        self.last += 1;
        self.begun.insert(broadcast, self.last);
    }
}

/// Asks for mails, for as long as it is polled.
pub async fn mails(app: &App) {
    let mut order = Order::default();
    loop {
        let pause = match mails_once(app, &mut order).await {
            Ok(Batch::More) => continue,
            Ok(Batch::Done) => ROUND,
            Err(e) => {
                tracing::warn!(error = ?e, "followers wait for mails about a live channel");
                PAUSE
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// A batch of each broadcast, until too many mails wait. `Done`: there is nothing more to ask for at present.
async fn mails_once(app: &App, order: &mut Order) -> Result<Batch, Error> {
    let mut due = due(app, Way::Mail).await?;
    order.sort(&mut due);
    let Some(first) = due.first() else { return Ok(Batch::Done) };
    let mut waiting = mails::waiting(app, first).await?;
    let (mut next, mut failed) = (Batch::Done, None);
    for telling in due {
        if waiting >= mails::WAITING {
            next = Batch::Done;
            break;
        }
        order.begin(telling.broadcast);
        match mails::batch(app, telling).await {
            Ok((Batch::More, now)) => (next, waiting) = (Batch::More, now),
            Ok((Batch::Done, _)) => {}
            Err(e) => failed = Some(e),
        }
    }
    failed.map_or(Ok(next), Err)
}

/// Pushes of one walk, for as long as it is polled.
pub async fn pushes(app: &App, way: Way) {
    let turns = Turns::new(pushes::at_once(app, way));
    let (mut order, mut running) = (Order::default(), HashSet::new());
    let mut batches = FuturesUnordered::new();
    loop {
        match due(app, way).await {
            Ok(mut due) => {
                order.sort(&mut due);
                for telling in due {
                    if batches.len() < SIDE_BY_SIDE && running.insert(telling.broadcast) {
                        order.begin(telling.broadcast);
                        batches.push(one(app, way, &turns, telling));
                    }
                }
            }
            Err(e) => tracing::warn!(error = ?e, ?way, "followers wait to be told of a live channel"),
        }
        let next_look = tokio::time::sleep(ROUND);
        tokio::pin!(next_look);
        loop {
            tokio::select! {
                Some((broadcast, more)) = batches.next(), if !batches.is_empty() => {
                    running.remove(&broadcast);
                    if more {
                        break;
                    }
                }
                () = &mut next_look => break,
            }
        }
    }
}

/// A batch; whether there may be more of that broadcast. After a failure there is a pause first.
async fn one(app: &App, way: Way, turns: &Arc<Turns>, telling: Telling) -> (BroadcastId, bool) {
    let more = match pushes::batch(app, way, turns, &telling).await {
        Ok(batch) => batch == Batch::More,
        Err(e) => {
            tracing::warn!(error = ?e, ?way, "followers wait to be told of a live channel");
            tokio::time::sleep(PAUSE).await;
            false
        }
    };
    (telling.broadcast, more)
}

async fn due(app: &App, way: Way) -> Result<Vec<Telling>, Error> {
    let config = &app.config.notices;
    notices::due(&app.connection().await?, way, config.settle.get(), config.late.get()).await
}
