//! What is live, as this process knows it: everything that filters look at, read at once for all who ask within a moment, and the cards that
//! pages are made of.
//!
//! A filter is then some microseconds here instead of a statement over all that is live. A task of its own reads anew when somebody asked
//! for what is not fresh any more; all get what was known before meanwhile, at most [`STALE`] longer, and nobody waits. Of what is live only
//! versions are read each time, and the rest of what has another one; so long is a card good, too.

use super::{Place, at_standby, card::Card, count_read, list::List};
use crate::{
    app::App,
    error::Error,
    store::directory::{self as table, Filter, LiveEntry, Version},
};
use moka::future::Cache;
use parking_lot::{Mutex, RwLock};
use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};
use streamly_postgres::Replicas;
use tokio::sync::Notify;
use uuid::Uuid;

/// Live channels that are known, at most: of more, those with the fewest viewers are found by search alone. Some 300 bytes each.
const KNOWN: i64 = 50_000;
/// How much longer what was known is given while it is read anew.
const STALE: Duration = Duration::from_secs(2);
/// Filters of which the order is remembered until another one is.
const FILTERS: usize = 4_000;
/// Cards in memory, some three KiB each.
const CARDS: u64 = 10_000;
/// How long a card of an unchanged version is kept.
const CARD_LIFE: Duration = Duration::from_secs(60);

/// See the module's head.
pub(super) struct Live {
    fresh: Duration,
    now: RwLock<Option<Arc<Snapshot>>>,
    making: tokio::sync::Mutex<()>,
    /// Somebody got what is not fresh any more.
    wanted: Notify,
    cards: Cache<Uuid, Kept>,
}

/// A card, or that there is none.
#[derive(Clone)]
struct Kept {
    card: Option<Card>,
    /// What it is at least as new as; none: it was not live.
    of: Option<Arc<LiveEntry>>,
    read: Instant,
}

struct Snapshot {
    made: Instant,
    /// Most watched first.
    entries: Vec<Arc<LiveEntry>>,
    by_id: HashMap<Uuid, Arc<LiveEntry>>,
    /// Of as many filters as there is room for; those of the snapshot before, if it has the same order.
    lists: Arc<Mutex<HashMap<Filter, Arc<List>>>>,
}

impl Snapshot {
    fn is_like(&self, entries: &[Arc<LiveEntry>]) -> bool {
        let mut pairs = self.entries.iter().zip(entries);
        self.entries.len() == entries.len() && pairs.all(|(old, new)| Arc::ptr_eq(old, new))
    }
}

impl Live {
    /// `fresh`: how long something known counts; zero: all is read anew.
    pub(super) fn new(fresh: Duration) -> Self {
        let cards = Cache::builder().max_capacity(CARDS).time_to_live(CARD_LIFE).build();
        Self {
            fresh,
            now: RwLock::default(),
            making: tokio::sync::Mutex::default(),
            wanted: Notify::new(),
            cards,
        }
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
        if let Some(known) = self.now.read().clone() {
            let age = known.made.elapsed();
            if age < self.fresh + STALE {
                if age >= self.fresh {
                    self.wanted.notify_one();
                }
                return Ok(known);
            }
        }
        self.renewed(app).await
    }

    /// What is fresh: read by one for all who wait.
    async fn renewed(&self, app: &App) -> Result<Arc<Snapshot>, Error> {
        let _alone = self.making.lock().await;
        if let Some(known) = self.now.read().clone().filter(|known| known.made.elapsed() < self.fresh) {
            return Ok(known);
        }
        let read = self.read(app).await?;
        *self.now.write() = Some(read.clone());
        Ok(read)
    }

    /// Reads anew whenever it is wanted, for as long as it is polled. What cannot be read is wanted again by who asks next.
    pub(super) async fn renew(&self, app: &App) {
        loop {
            self.wanted.notified().await;
            if let Err(e) = self.renewed(app).await {
                tracing::debug!(cause = ?e, "what is live was not read anew");
            }
        }
    }

    /// At a standby that is close behind; else, or if that fails, at the primary.
    async fn read(&self, app: &App) -> Result<Arc<Snapshot>, Error> {
        if let Some(place) = Place::behind(app).await? {
            match at_standby(app, self.read_at(app, place)).await {
                Some(Ok(read)) => return Ok(read),
                // Nobody chooses how much this is: that standby is slow, and lists do not fail for it.
                Some(Err(_)) => app.replicas.iter().for_each(Replicas::leave),
                None => {}
            }
        }
        count_read("primary");
        self.read_at(app, Place::take(app).await?).await
    }

    async fn read_at(&self, app: &App, mut place: Place<'_>) -> Result<Arc<Snapshot>, Error> {
        let tx = place.begin(app).await?;
        let made = Instant::now();
        let versions = table::live_versions(&tx, KNOWN).await?;
        let before = self.now.read().clone();
        let known = |id: &Uuid, version: &Version| {
            let entry = before.as_ref()?.by_id.get(id)?;
            (entry.version == *version).then(|| entry.clone())
        };
        let mut by_id = HashMap::with_capacity(versions.len());
        by_id.extend(versions.iter().filter_map(|(id, version)| Some((*id, known(id, version)?))));
        let changed: Vec<Uuid> =
            versions.iter().map(|(id, _)| *id).filter(|id| !by_id.contains_key(id)).collect();
        if !changed.is_empty() {
            let read = table::live_entries(&tx, &changed).await?;
            by_id.extend(read.into_iter().map(|entry| (entry.id, Arc::new(entry))));
        }
        tx.commit().await?;
        // What ended between the two statements has no entry.
        let entries: Vec<_> = versions.iter().filter_map(|(id, _)| by_id.get(id).cloned()).collect();
        let lists = before.filter(|before| before.is_like(&entries)).map(|before| before.lists.clone());
        Ok(Arc::new(Snapshot { made, entries, by_id, lists: lists.unwrap_or_default() }))
    }

    /// Channels as they are shown, by id; without those that are not listed any more and, if `live`, what cannot be watched any more.
    pub(super) async fn cards(
        &self,
        app: &App,
        ids: &[Uuid],
        live: bool,
    ) -> Result<HashMap<Uuid, Card>, Error> {
        let snapshot = match self.fresh.is_zero() {
            true => None,
            false => Some(self.snapshot(app).await?),
        };
        let entry = |id: &Uuid| snapshot.as_ref()?.by_id.get(id).cloned();
        let (mut found, mut unknown) = (HashMap::with_capacity(ids.len()), Vec::new());
        for id in ids {
            match self.cards.get(id).await.filter(|kept| self.is_good(kept, entry(id).as_ref())) {
                Some(kept) => found.extend(kept.card.map(|card| (*id, card))),
                None => unknown.push(*id),
            }
        }
        if !unknown.is_empty() {
            let mut place = Place::take(app).await?;
            let tx = place.begin(app).await?;
            let read = Instant::now();
            let mut shown = table::shown(&tx, &unknown, false).await?;
            tx.commit().await?;
            drop(place);
            for id in unknown {
                let card = shown.remove(&id).map(Card::new);
                // It was read after the entry.
                self.cards.insert(id, Kept { card: card.clone(), of: entry(&id), read }).await;
                found.extend(card.map(|card| (id, card)));
            }
        }
        if live {
            found.retain(|_, card| card.is_watchable());
        }
        Ok(found)
    }

    fn is_good(&self, kept: &Kept, entry: Option<&Arc<LiveEntry>>) -> bool {
        match (&kept.of, entry) {
            (Some(of), Some(entry)) => of.version == entry.version,
            _ => !self.fresh.is_zero() && kept.read.elapsed() < self.fresh,
        }
    }
}
