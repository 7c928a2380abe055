//! What is live, as this process knows it: everything that filters look at, read at once for all who ask within a moment, and the cards that
//! pages are made of.
//!
//! A filter is then some microseconds here instead of a statement over all that is live. While one reads anew, the others get what was
//! known before: at most [`STALE`] longer.

use super::{Place, list::List};
use crate::{
    app::App,
    error::Error,
    store::{
        broadcasts::Broadcast,
        channels::Channel,
        directory::{self as table, Filter, LiveEntry},
    },
};
use moka::future::Cache;
use parking_lot::{Mutex, RwLock};
use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};
use streamly_domain::StreamState;
use uuid::Uuid;

/// Live channels that are known, at most: of more, those with the fewest viewers are found by search alone. Some 200 bytes each.
const KNOWN: i64 = 50_000;
/// How much longer what was known is given while it is read anew.
const STALE: Duration = Duration::from_secs(2);
/// Filters of which the order is remembered for a moment.
const FILTERS: usize = 1_000;
/// Cards in memory, some two KiB each.
const CARDS: u64 = 10_000;

/// A channel and what it broadcasts.
pub(super) type Card = Arc<(Channel, Option<Broadcast>)>;

/// See the module's head.
pub(super) struct Live {
    fresh: Duration,
    now: RwLock<Option<Arc<Snapshot>>>,
    making: tokio::sync::Mutex<()>,
    cards: Cache<Uuid, Option<Card>>,
}

struct Snapshot {
    made: Instant,
    /// Most watched first.
    entries: Vec<LiveEntry>,
    lists: Mutex<HashMap<Filter, Arc<List>>>,
}

impl Live {
    /// `fresh`: how long something known counts; zero: all is read anew.
    pub(super) fn new(fresh: Duration) -> Self {
        let cards =
            Cache::builder().max_capacity(CARDS).time_to_live(fresh.max(Duration::from_millis(1))).build();
        Self { fresh, now: RwLock::default(), making: tokio::sync::Mutex::default(), cards }
    }

    /// What is live under a filter, most watched first, at most `depth`.
    pub(super) async fn list(&self, app: &App, filter: &Filter, depth: usize) -> Result<Arc<List>, Error> {
        let snapshot = self.snapshot(app).await?;
        if let Some(list) = snapshot.lists.lock().get(filter) {
            return Ok(list.clone());
        }
        let ids = snapshot.entries.iter().filter(|entry| entry.is_in(filter)).take(depth).map(|e| e.id);
        let list = Arc::new(List::new(ids.collect()));
        let mut lists = snapshot.lists.lock();
        if lists.len() < FILTERS {
            lists.insert(filter.clone(), list.clone());
        }
        Ok(list)
    }

    async fn snapshot(&self, app: &App) -> Result<Arc<Snapshot>, Error> {
        if self.fresh.is_zero() {
            return self.read(app).await;
        }
        let known = self.now.read().clone();
        let age = known.as_ref().map(|known| known.made.elapsed());
        let _alone = match (known, age) {
            (Some(known), Some(age)) if age < self.fresh => return Ok(known),
            (Some(known), Some(age)) if age < self.fresh + STALE => match self.making.try_lock() {
                Ok(alone) => alone,
                Err(_) => return Ok(known),
            },
            _ => self.making.lock().await,
        };
        // Somebody else may have read it while this one waited.
        if let Some(known) = self.now.read().clone().filter(|known| known.made.elapsed() < self.fresh) {
            return Ok(known);
        }
        let read = self.read(app).await?;
        *self.now.write() = Some(read.clone());
        Ok(read)
    }

    async fn read(&self, app: &App) -> Result<Arc<Snapshot>, Error> {
        let mut place = Place::take(app).await?;
        let tx = place.begin(app).await?;
        let made = Instant::now();
        let entries = table::live_entries(&tx, KNOWN).await?;
        tx.commit().await?;
        Ok(Arc::new(Snapshot { made, entries, lists: Mutex::default() }))
    }

    /// Channels as they are shown, by id; without those that are not listed any more and, if `live`, what cannot be watched any more.
    pub(super) async fn cards(
        &self,
        app: &App,
        ids: &[Uuid],
        live: bool,
    ) -> Result<HashMap<Uuid, Card>, Error> {
        let (mut found, mut unknown) = (HashMap::with_capacity(ids.len()), Vec::new());
        for id in ids {
            match self.cards.get(id).await.filter(|_| !self.fresh.is_zero()) {
                Some(card) => found.extend(card.map(|card| (*id, card))),
                None => unknown.push(*id),
            }
        }
        if !unknown.is_empty() {
            let mut place = Place::take(app).await?;
            let tx = place.begin(app).await?;
            let mut shown = table::shown(&tx, &unknown, false).await?;
            tx.commit().await?;
            drop(place);
            for id in unknown {
                let card = shown.remove(&id).map(Arc::new);
                self.cards.insert(id, card.clone()).await;
                found.extend(card.map(|card| (id, card)));
            }
        }
        if live {
            found.retain(|_, card| card.1.as_ref().is_some_and(is_watchable));
        }
        Ok(found)
    }
}

fn is_watchable(b: &Broadcast) -> bool {
    matches!(b.state, StreamState::Live | StreamState::Reconnecting)
}
