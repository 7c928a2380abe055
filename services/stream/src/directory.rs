//! The directory: pages of channels in an order that stays for as long as somebody pages through it.
//!
//! Viewers change all the time: an order that were made anew for each page would show a channel twice and another never. So a first page
//! makes a list of ids, and its cursor names the list, by its hash, and the place in it. Lists are in memory and, for the other replicas,
//! in PostgreSQL; equal ones are one. Behind the live ones come the others by their ids, which do not change; a search goes by how well a
//! channel matches, then by its id.
//!
//! What is live, and what a search finds, is read from a standby where one is close behind (`Place::behind`): both may be as old as that. What one
//! page says to the next, and the cards that are kept, come from the primary: they must not be older than what they go with.
//!
//! What is live is known to this process for a moment (`live`), an answer is kept for a moment for all who ask the same, and statements are made a few
//! at a time, each within a bound: of searches half as many, and one of each caller (`callers`).

mod callers;
mod card;
mod cursor;
mod list;
mod live;

use crate::{
    app::App,
    error::Error,
    search,
    store::{
        categories,
        directory::{self as table, Filter, Match, Search},
    },
};
use callers::{Callers, NoTurn};
pub use card::Card;
pub use cursor::Cursor;
use list::List;
use live::Live;
use moka::future::Cache;
use parking_lot::Mutex;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use streamly_http::Holder;
use streamly_postgres::{Connection, Replicas, Transaction};
use streamly_status::Code;
use time::OffsetDateTime;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_postgres::error::SqlState;
use uuid::Uuid;

/// Ids that are looked up beyond a page's, for those that are not shown any more.
const SPARE: usize = 8;
/// Looks for further items of one page, at most: who pages on gets the rest.
const LOOKS: usize = 20;
/// Longest wait for a place among the statements under way.
const PATIENCE: Duration = Duration::from_secs(1);
/// Bytes of lists in memory.
const LISTS: u64 = 64 << 20;
/// Bytes of answers in memory.
const ANSWERS: u64 = 32 << 20;
/// Categories that were asked for lately.
const MEANT: u64 = 1_000;
/// Orders that may be stored at once; then as many a second as the settings say.
const KEPT_AT_ONCE: f64 = 20.0;
/// A list that is used is stored again after this share of its life.
const KEPT_AGAIN: u64 = 4;

/// What somebody asks for. Equal questions get one answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub struct Asked {
    pub filter: Filter,
    /// Text to search for; empty: none.
    pub q: String,
    /// None: the first page.
    pub cursor: Option<Cursor>,
    /// Items of a page, at least 1.
    pub limit: usize,
}

/// A page.
#[derive(Debug, Default)]
#[allow(missing_docs)]
pub struct Page {
    pub items: Vec<Card>,
    pub next: Option<Cursor>,
}

/// A category that was meant: its id and its name in small letters; none: it is no kept one.
type Meant = Option<(Uuid, String)>;

/// What is known of lists and answers in this process.
pub struct Directory {
    live: Live,
    lists: Cache<String, Arc<List>>,
    answers: Cache<Asked, Arc<str>>,
    meant: Cache<String, Meant>,
    places: Semaphore,
    searches: Semaphore,
    callers: Callers,
    /// How many orders may be stored now, and when that was counted.
    stores: Mutex<(f64, Instant)>,
    is_fresh: bool,
}

impl Directory {
    /// Nothing known yet. `fresh`: how old an answer may be; zero: each is made anew. `life`: of a list in memory. `places`: statements at
    /// once.
    pub fn new(fresh: Duration, life: Duration, places: usize) -> Self {
        let weight = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let lists = Cache::builder()
            .max_capacity(LISTS)
            .weigher(move |_, list: &Arc<List>| weight(list.bytes()))
            .time_to_live(life.max(Duration::from_secs(1)))
            .build();
        // What an answer is made of is as old as half of it, and the answer the other half.
        let half = fresh / 2;
        let answers = Cache::builder()
            .max_capacity(ANSWERS)
            .weigher(move |_, answer: &Arc<str>| weight(answer.len()))
            .time_to_live(half.max(Duration::from_millis(1)))
            .build();
        let meant =
            Cache::builder().max_capacity(MEANT).time_to_live(half.max(Duration::from_millis(1))).build();
        Self {
            live: Live::new(half),
            lists,
            answers,
            meant,
            places: Semaphore::new(places.max(1)),
            searches: Semaphore::new((places / 2).max(1)),
            callers: Callers::default(),
            stores: Mutex::new((KEPT_AT_ONCE, Instant::now())),
            is_fresh: !fresh.is_zero(),
        }
    }

    /// Whether an order may be stored now; so many a second.
    fn may_store(&self, rate: u32) -> bool {
        let mut stores = self.stores.lock();
        let now = Instant::now();
        let gained = now.saturating_duration_since(stores.1).as_secs_f64() * f64::from(rate);
        *stores = ((stores.0 + gained).min(KEPT_AT_ONCE), now);
        let may = stores.0 >= 1.0;
        stores.0 -= f64::from(u8::from(may));
        may
    }
}

/// Keeps what is known of what is live fresh while somebody asks for it. Ends with the process.
pub async fn run(app: Arc<App>) {
    tokio::select! {
        () = app.shutdown.started() => {}
        () = app.directory.live.renew(&app) => {}
    }
}

/// Counts nothing yet, of what is counted here.
pub fn count_from_zero() {
    for at in ["primary", "standby"] {
        metrics::counter!("streamly_stream_directory_reads_total", "at" => at).increment(0);
    }
}

/// Counts a read that a standby may do.
fn count_read(at: &'static str) {
    metrics::counter!("streamly_stream_directory_reads_total", "at" => at).increment(1);
}

/// What was read at a standby; none: it failed, or said nothing for twice the longest time of a statement, and is left alone for a moment. The
/// primary is to be asked then. Errors: a statement took too long. A search that did would elsewhere as well.
async fn at_standby<T>(
    app: &App,
    reading: impl Future<Output = Result<T, Error>>,
) -> Option<Result<T, Error>> {
    let read = tokio::time::timeout(app.config.directory.longest.get() * 2, reading).await;
    match read {
        Ok(Ok(read)) => {
            count_read("standby");
            Some(Ok(read))
        }
        Ok(Err(e)) if is_too_long(&e) => Some(Err(e)),
        failed => {
            if let Ok(Err(e)) = failed {
                tracing::debug!(cause = ?e, "a standby failed a reader");
            }
            app.replicas.iter().for_each(Replicas::leave);
            None
        }
    }
}

/// Whether a statement was given up for its time.
fn is_too_long(e: &Error) -> bool {
    let Error::Store(streamly_postgres::Error::Statement(e)) = e else { return false };
    e.code() == Some(&SqlState::QUERY_CANCELED)
}

/// A place among the statements under way, with a connection.
struct Place<'a> {
    db: Connection,
    _permit: SemaphorePermit<'a>,
}

impl<'a> Place<'a> {
    /// Errors: `unavailable`, also if there is none within a moment.
    async fn take(app: &'a App) -> Result<Self, Error> {
        let permit = waited(&app.directory.places).await?;
        Ok(Self { db: app.connection().await?, _permit: permit })
    }

    /// The same at a standby; none: no one is close behind. Errors: `unavailable`, if there is no place within a moment.
    async fn behind(app: &'a App) -> Result<Option<Self>, Error> {
        let Some(replicas) = &app.replicas else { return Ok(None) };
        let permit = waited(&app.directory.places).await?;
        Ok(replicas.get(PATIENCE).await.map(|db| Self { db, _permit: permit }))
    }

    /// A transaction whose statements have a longest time.
    async fn begin(&mut self, app: &App) -> Result<Transaction<'_>, Error> {
        let tx = self.db.transaction().await?;
        table::bound(&tx, app.config.directory.longest.get()).await?;
        Ok(tx)
    }
}

async fn waited(places: &Semaphore) -> Result<SemaphorePermit<'_>, Error> {
    match tokio::time::timeout(PATIENCE, places.acquire()).await {
        Ok(Ok(permit)) => Ok(permit),
        _ => Err(Code::Unavailable.into()),
    }
}

/// The category that a text means, as filters have it.
pub async fn meant(app: &App, text: &str) -> Result<(Option<Uuid>, String), Error> {
    let read = async {
        let known = categories::meant(&app.connection().await?, text).await?;
        Ok::<Meant, Error>(known.map(|c| (c.id, c.name.to_lowercase())))
    };
    let known = match app.directory.meant.get(text).await.filter(|_| app.directory.is_fresh) {
        Some(known) => known,
        None => {
            let known = read.await?;
            app.directory.meant.insert(text.to_owned(), known.clone()).await;
            known
        }
    };
    Ok(known.map_or_else(|| (None, text.to_lowercase()), |(id, name)| (Some(id), name)))
}

/// The answer to a question, written by `write`; the same for all who ask within a moment. `caller`: who asks; none: nobody whose turns are
/// counted. Errors: the code of what went wrong.
pub async fn answer(
    app: &App,
    asked: Asked,
    caller: Option<Holder>,
    write: impl Fn(Page) -> Result<String, Error>,
) -> Result<Arc<str>, Code> {
    let directory = &app.directory;
    if directory.is_fresh
        && let Some(answer) = directory.answers.get(&asked).await
    {
        return Ok(answer);
    }
    // Not within what is made for all: what one may not do, others may.
    let _turn = match caller.filter(|_| !asked.q.is_empty()) {
        Some(caller) => {
            let waiting = app.config.directory.searches_of_one;
            Some(directory.callers.turn(caller, waiting, PATIENCE).await.map_err(|why| match why {
                NoTurn::TooMany => Code::RateLimited,
                NoTurn::TooLong => Code::Unavailable,
            })?)
        }
        None => None,
    };
    let make = async {
        let page = page(app, &asked).await.and_then(&write);
        page.map(Arc::from).map_err(|e| match e {
            Error::Told(code) => code,
            e => {
                tracing::warn!(cause = ?e, "a page of the directory could not be made");
                if e.is_unavailable() { Code::Unavailable } else { Code::Internal }
            }
        })
    };
    if directory.is_fresh {
        directory.answers.try_get_with(asked.clone(), make).await.map_err(|code| *code)
    } else {
        make.await
    }
}

/// A page. Errors: `invalid_cursor`; a statement took longer than it may, or the database is away.
async fn page(app: &App, asked: &Asked) -> Result<Page, Error> {
    match (&asked.cursor, asked.q.is_empty()) {
        (None | Some(Cursor::Found { .. }), false) => found(app, asked).await,
        (None, true) => {
            let depth = usize::try_from(app.config.directory.depth).unwrap_or(usize::MAX);
            let list = app.directory.live.list(app, &asked.filter, depth).await?;
            app.directory.lists.insert(list.name.clone(), list.clone()).await;
            let page = listed(app, asked, &list, 0).await?;
            if let Some(Cursor::Listed { .. } | Cursor::Other { .. }) = &page.next {
                keep(app, &list).await;
            }
            Ok(page)
        }
        (Some(Cursor::Listed { list, from }), true) => {
            listed(app, asked, &known(app, list).await?, *from).await
        }
        (Some(Cursor::Other { list, after }), true) if !asked.filter.live => {
            let list = known(app, list).await?;
            let mut page = Page::default();
            others(app, asked, &list, *after, &mut page).await?;
            Ok(page)
        }
        _ => Err(Code::InvalidCursor.into()),
    }
}

/// Stores an order for the other replicas, unless that was done lately or too many are. Whatever comes of it, the order is good here.
async fn keep(app: &App, list: &List) {
    let settings = &app.config.directory;
    let now = OffsetDateTime::now_utc().unix_timestamp().max(0).unsigned_abs();
    if !list.is_due(now, settings.cursor_life.as_secs() / KEPT_AGAIN) {
        return;
    }
    if !app.directory.may_store(settings.stored_per_second) {
        metrics::counter!("streamly_stream_directory_orders_total", "kind" => "not_stored").increment(1);
        return list.not_kept();
    }
    let stored = async {
        let mut place = Place::take(app).await?;
        let tx = place.begin(app).await?;
        table::keep(&tx, &list.name, &list.ids).await?;
        tx.commit().await?;
        Ok::<_, Error>(())
    };
    match stored.await {
        Ok(()) => {
            metrics::counter!("streamly_stream_directory_orders_total", "kind" => "stored").increment(1)
        }
        Err(e) => {
            tracing::warn!(cause = ?e, "an order of the directory is good at this replica alone");
            list.not_kept();
        }
    }
}

async fn known(app: &App, name: &str) -> Result<Arc<List>, Error> {
    if let Some(list) = app.directory.lists.get(name).await {
        return Ok(list);
    }
    let mut place = Place::take(app).await?;
    let tx = place.begin(app).await?;
    let list = Arc::new(List::new(table::kept(&tx, name).await?.ok_or(Code::InvalidCursor)?));
    tx.commit().await?;
    app.directory.lists.insert(list.name.clone(), list.clone()).await;
    Ok(list)
}

/// A page out of a list, and beyond its end out of the other channels.
async fn listed(app: &App, asked: &Asked, list: &Arc<List>, mut from: usize) -> Result<Page, Error> {
    let mut page = Page::default();
    let limit = asked.limit;
    for _ in 0..LOOKS {
        let chunk: Vec<Uuid> =
            list.ids.iter().skip(from).take(limit - page.items.len() + SPARE).copied().collect();
        if chunk.is_empty() {
            break;
        }
        let mut shown = app.directory.live.cards(app, &chunk, asked.filter.live).await?;
        for id in chunk {
            if page.items.len() == limit {
                page.next = Some(Cursor::Listed { list: list.name.clone(), from });
                return Ok(page);
            }
            from += 1;
            page.items.extend(shown.remove(&id));
        }
    }
    if from < list.ids.len() {
        page.next = Some(Cursor::Listed { list: list.name.clone(), from });
    } else if !asked.filter.live {
        others(app, asked, list, None, &mut page).await?;
    }
    Ok(page)
}

/// Fills a page with channels that are not in the list.
async fn others(
    app: &App,
    asked: &Asked,
    list: &List,
    mut after: Option<Uuid>,
    page: &mut Page,
) -> Result<(), Error> {
    let mut place = Place::take(app).await?;
    let db = place.begin(app).await?;
    for _ in 0..LOOKS {
        let wanted = asked.limit - page.items.len() + SPARE;
        let chunk =
            table::others(&db, &asked.filter, after, i64::try_from(wanted).unwrap_or(i64::MAX)).await?;
        let is_last = chunk.len() < wanted;
        let new: Vec<Uuid> = chunk.iter().filter(|id| !list.has(id)).copied().collect();
        let mut shown = table::shown(&db, &new, false).await?;
        for id in chunk {
            if page.items.len() == asked.limit {
                page.next = Some(Cursor::Other { list: list.name.clone(), after });
                return Ok(());
            }
            after = Some(id);
            page.items.extend(shown.remove(&id).map(Card::new));
        }
        if is_last {
            return Ok(());
        }
    }
    page.next = Some(Cursor::Other { list: list.name.clone(), after });
    Ok(())
}

/// A page of what a search finds: what is as it was typed; if there is nothing, what is like it.
async fn found(app: &App, asked: &Asked) -> Result<Page, Error> {
    let words = search::words(&asked.q);
    if words.is_empty() {
        return Ok(Page::default());
    }
    // Half of the places at most, so that lists do not wait for searches.
    let _search = waited(&app.directory.searches).await?;
    let at_hand = match Place::behind(app).await? {
        Some(place) => at_standby(app, matched(app, place, asked, &words)).await,
        None => None,
    };
    let (how, mut matches) = match at_hand {
        Some(read) => read?,
        None => {
            count_read("primary");
            matched(app, Place::take(app).await?, asked, &words).await?
        }
    };
    let more = matches.len() > asked.limit;
    matches.truncate(asked.limit);
    let last =
        matches.last().filter(|_| more).map(|(score, id)| Cursor::Found { how, score: *score, after: *id });
    let ids: Vec<Uuid> = matches.iter().map(|(_, id)| *id).collect();
    let mut shown = app.directory.live.cards(app, &ids, asked.filter.live).await?;
    Ok(Page { items: ids.iter().filter_map(|id| shown.remove(id)).collect(), next: last })
}

/// How it was looked for, and what was found, one more than a page has. The place is free afterwards: nobody holds one while waiting for another.
async fn matched(
    app: &App,
    mut place: Place<'_>,
    asked: &Asked,
    words: &[String],
) -> Result<(Match, Vec<(i32, Uuid)>), Error> {
    let tx = place.begin(app).await?;
    let small = asked.q.to_lowercase();
    let name: String = small.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    let most = i64::try_from(asked.limit + 1).unwrap_or(i64::MAX);
    let look = async |how, after| {
        let search = Search { words, name: &name, how, after };
        table::matching(&tx, &asked.filter, &search, most).await
    };
    let found = match &asked.cursor {
        Some(Cursor::Found { how, score, after }) => (*how, look(*how, Some((*score, *after))).await?),
        _ => {
            let exact = look(Match::Exact, None).await?;
            match exact.is_empty() {
                true => (Match::Alike, look(Match::Alike, None).await?),
                false => (Match::Exact, exact),
            }
        }
    };
    tx.commit().await?;
    Ok(found)
}
