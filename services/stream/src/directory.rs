//! The directory: pages of channels in an order that stays for as long as somebody pages through it.
//!
//! Viewers change all the time: an order that were made anew for each page would show a channel twice and another never. So a first page
//! makes a list of ids, and its cursor names the list, by its hash, and the place in it. Lists are in memory and, for the other replicas,
//! in PostgreSQL; equal ones are one. Behind the live ones come the others by their ids, which do not change; a search goes by how well a
//! channel matches, then by its id.
//!
//! An answer is made once a second for all who ask the same, and of different ones a few at a time, each within a bound.

use crate::{
    app::App,
    error::Error,
    search,
    store::{
        broadcasts::Broadcast,
        channels::Channel,
        directory::{self as table, Filter, Match, Search},
    },
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use moka::future::Cache;
use sha2::{Digest, Sha256};
use std::{collections::HashSet, sync::Arc, time::Duration};
use streamly_status::Code;
use tokio::sync::Semaphore;
use uuid::Uuid;

/// Ids that are looked up beyond a page's, for those that are not shown any more.
const SPARE: usize = 8;
/// Looks for further items of one page, at most: who pages on gets the rest.
const LOOKS: usize = 20;
/// Longest wait for a place among the statements under way.
const PATIENCE: Duration = Duration::from_secs(1);
/// Ids in memory: 16 bytes each.
const IDS: u64 = 4_000_000;
/// Bytes of answers in memory.
const ANSWERS: u64 = 32 << 20;
/// Hex digits of a list's name.
const NAME: usize = 32;

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

/// Where a page begins.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Cursor {
    /// In a list, from a place on.
    Listed {
        /// The list's name.
        list: String,
        /// Items before it.
        from: usize,
    },
    /// After a channel of those that are not in the list.
    Other {
        /// The list's name; its channels were shown.
        list: String,
        /// The last one; none: before the first.
        after: Option<Uuid>,
    },
    /// After a match.
    Found {
        /// How was searched.
        how: Match,
        /// How well the last one matched.
        score: i32,
        /// Which it was.
        after: Uuid,
    },
}

impl Cursor {
    /// As clients carry it.
    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(match self {
            Self::Listed { list, from } => format!("2:l:{list}:{from}"),
            Self::Other { list, after: Some(after) } => format!("2:o:{list}:{after}"),
            Self::Other { list, after: None } => format!("2:o:{list}:"),
            Self::Found { how: Match::Exact, score, after } => format!("2:e:{score}:{after}"),
            Self::Found { how: Match::Alike, score, after } => format!("2:a:{score}:{after}"),
        })
    }
    /// What a client carried; `None`: it is none of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let (kind, rest) = text.strip_prefix("2:")?.split_once(':')?;
        let (first, second) = rest.split_once(':')?;
        let list = || {
            let is_name =
                first.len() == NAME && first.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
            is_name.then(|| first.to_owned())
        };
        let found = |how| Some(Self::Found { how, score: first.parse().ok()?, after: second.parse().ok()? });
        match kind {
            "l" => Some(Self::Listed { list: list()?, from: second.parse().ok()? }),
            "o" if second.is_empty() => Some(Self::Other { list: list()?, after: None }),
            "o" => Some(Self::Other { list: list()?, after: Some(second.parse().ok()?) }),
            "e" => found(Match::Exact),
            "a" => found(Match::Alike),
            _ => None,
        }
    }
}

/// An order of channels.
#[derive(Debug)]
struct List {
    name: String,
    ids: Vec<Uuid>,
    known: HashSet<Uuid>,
}

impl List {
    fn new(ids: Vec<Uuid>) -> Self {
        let mut hash = Sha256::new();
        for id in &ids {
            hash.update(id.as_bytes());
        }
        let name = hash.finalize().iter().take(NAME / 2).map(|b| format!("{b:02x}")).collect();
        let known = ids.iter().copied().collect();
        Self { name, ids, known }
    }
}

/// A page.
#[derive(Debug, Default)]
#[allow(missing_docs)]
pub struct Page {
    pub items: Vec<(Channel, Option<Broadcast>)>,
    pub next: Option<Cursor>,
}

/// What is known of lists and answers in this process.
pub struct Directory {
    lists: Cache<String, Arc<List>>,
    answers: Cache<Asked, Arc<str>>,
    places: Semaphore,
    is_fresh: bool,
}

impl Directory {
    /// Nothing known yet. `fresh`: how long an answer is given to others, too; zero: it is not. `life`: of a list in memory.
    pub fn new(fresh: Duration, life: Duration, places: usize) -> Self {
        let weight = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let lists = Cache::builder()
            .max_capacity(IDS)
            .weigher(move |_, list: &Arc<List>| weight(list.ids.len() + 1))
            .time_to_live(life.max(Duration::from_secs(1)))
            .build();
        let answers = Cache::builder()
            .max_capacity(ANSWERS)
            .weigher(move |_, answer: &Arc<str>| weight(answer.len()))
            .time_to_live(fresh.max(Duration::from_millis(1)))
            .build();
        Self { lists, answers, places: Semaphore::new(places.max(1)), is_fresh: !fresh.is_zero() }
    }
}

/// The answer to a question, written by `write`; the same for all who ask within a moment. Errors: the code of what went wrong.
pub async fn answer(
    app: &App,
    asked: Asked,
    write: impl Fn(Page) -> Result<String, Error>,
) -> Result<Arc<str>, Code> {
    let make = async {
        let place = tokio::time::timeout(PATIENCE, app.directory.places.acquire()).await;
        let Ok(Ok(_place)) = place else { return Err(Code::Unavailable) };
        let page = page(app, &asked).await.and_then(&write);
        page.map(Arc::from).map_err(|e| match e {
            Error::Told(code) => code,
            e => {
                tracing::warn!(cause = ?e, "a page of the directory could not be made");
                if e.is_unavailable() { Code::Unavailable } else { Code::Internal }
            }
        })
    };
    if app.directory.is_fresh {
        app.directory.answers.try_get_with(asked.clone(), make).await.map_err(|code| *code)
    } else {
        make.await
    }
}

/// A page. Errors: `invalid_cursor`; a statement took longer than it may, or the database is away.
pub async fn page(app: &App, asked: &Asked) -> Result<Page, Error> {
    let mut db = app.connection().await?;
    let tx = db.transaction().await?;
    table::bound(&tx, app.config.directory.longest.get()).await?;
    let page = match (&asked.cursor, asked.q.is_empty()) {
        (None | Some(Cursor::Found { .. }), false) => found(&tx, asked).await?,
        (None, true) => listed(app, &tx, asked, &fresh(app, &tx, asked).await?, 0).await?,
        (Some(Cursor::Listed { list, from }), true) => {
            listed(app, &tx, asked, &known(app, &tx, list).await?, *from).await?
        }
        (Some(Cursor::Other { list, after }), true) if !asked.filter.live => {
            let list = known(app, &tx, list).await?;
            let mut page = Page::default();
            others(&tx, asked, &list, *after, &mut page).await?;
            page
        }
        _ => return Err(Code::InvalidCursor.into()),
    };
    if let Some(Cursor::Listed { list, .. } | Cursor::Other { list, .. }) = &page.next
        && asked.cursor.is_none()
        && let Some(list) = app.directory.lists.get(list).await
    {
        table::keep(&tx, &list.name, &list.ids).await?;
    }
    tx.commit().await?;
    Ok(page)
}

async fn fresh(
    app: &App,
    db: &deadpool_postgres::Transaction<'_>,
    asked: &Asked,
) -> Result<Arc<List>, Error> {
    let list = Arc::new(List::new(table::live(db, &asked.filter, app.config.directory.depth.into()).await?));
    app.directory.lists.insert(list.name.clone(), list.clone()).await;
    Ok(list)
}

async fn known(app: &App, db: &deadpool_postgres::Transaction<'_>, name: &str) -> Result<Arc<List>, Error> {
    if let Some(list) = app.directory.lists.get(name).await {
        return Ok(list);
    }
    let list = Arc::new(List::new(table::kept(db, name).await?.ok_or(Code::InvalidCursor)?));
    app.directory.lists.insert(list.name.clone(), list.clone()).await;
    Ok(list)
}

/// A page out of a list, and beyond its end out of the other channels.
async fn listed(
    app: &App,
    db: &deadpool_postgres::Transaction<'_>,
    asked: &Asked,
    list: &Arc<List>,
    mut from: usize,
) -> Result<Page, Error> {
    let _ = app;
    let mut page = Page::default();
    let limit = asked.limit;
    for _ in 0..LOOKS {
        let chunk: Vec<Uuid> =
            list.ids.iter().skip(from).take(limit - page.items.len() + SPARE).copied().collect();
        if chunk.is_empty() {
            break;
        }
        let mut shown = table::shown(db, &chunk, asked.filter.live).await?;
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
        others(db, asked, list, None, &mut page).await?;
    }
    Ok(page)
}

/// Fills a page with channels that are not in the list.
async fn others(
    db: &deadpool_postgres::Transaction<'_>,
    asked: &Asked,
    list: &List,
    mut after: Option<Uuid>,
    page: &mut Page,
) -> Result<(), Error> {
    for _ in 0..LOOKS {
        let wanted = asked.limit - page.items.len() + SPARE;
        let chunk =
            table::others(db, &asked.filter, after, i64::try_from(wanted).unwrap_or(i64::MAX)).await?;
        let is_last = chunk.len() < wanted;
        let new: Vec<Uuid> = chunk.iter().filter(|id| !list.known.contains(*id)).copied().collect();
        let mut shown = table::shown(db, &new, false).await?;
        for id in chunk {
            if page.items.len() == asked.limit {
                page.next = Some(Cursor::Other { list: list.name.clone(), after });
                return Ok(());
            }
            after = Some(id);
            page.items.extend(shown.remove(&id));
        }
        if is_last {
            return Ok(());
        }
    }
    page.next = Some(Cursor::Other { list: list.name.clone(), after });
    Ok(())
}

/// A page of what a search finds: what is as it was typed; if there is nothing, what is like it.
async fn found(db: &deadpool_postgres::Transaction<'_>, asked: &Asked) -> Result<Page, Error> {
    let words = search::words(&asked.q);
    if words.is_empty() {
        return Ok(Page::default());
    }
    let small = asked.q.to_lowercase();
    let name: String = small.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    let most = i64::try_from(asked.limit + 1).unwrap_or(i64::MAX);
    let look = async |how, after| {
        let search = Search { words: &words, name: &name, how, after };
        table::matching(db, &asked.filter, &search, most).await
    };
    let (how, mut matches) = match &asked.cursor {
        Some(Cursor::Found { how, score, after }) => (*how, look(*how, Some((*score, *after))).await?),
        _ => {
            let exact = look(Match::Exact, None).await?;
            match exact.is_empty() {
                true => (Match::Alike, look(Match::Alike, None).await?),
                false => (Match::Exact, exact),
            }
        }
    };
    let more = matches.len() > asked.limit;
    matches.truncate(asked.limit);
    let last =
        matches.last().filter(|_| more).map(|(score, id)| Cursor::Found { how, score: *score, after: *id });
    let ids: Vec<Uuid> = matches.iter().map(|(_, id)| *id).collect();
    let mut shown = table::shown(db, &ids, asked.filter.live).await?;
    Ok(Page { items: ids.iter().filter_map(|id| shown.remove(id)).collect(), next: last })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cursors_read_back() {
        let (list, after) = (List::new(vec![Uuid::now_v7()]).name, Uuid::now_v7());
        for cursor in [
            Cursor::Listed { list: list.clone(), from: 30 },
            Cursor::Other { list: list.clone(), after: Some(after) },
            Cursor::Other { list, after: None },
            Cursor::Found { how: Match::Exact, score: -1, after },
            Cursor::Found { how: Match::Alike, score: 700, after },
        ] {
            assert_eq!(Cursor::parse(&cursor.encode()), Some(cursor));
        }
    }

    #[test]
    fn equal_orders_are_one_list() {
        let (a, b) = (Uuid::now_v7(), Uuid::now_v7());
        assert_eq!(List::new(vec![a, b]).name, List::new(vec![a, b]).name);
        assert_ne!(List::new(vec![a, b]).name, List::new(vec![b, a]).name);
    }

    proptest! {
        #[test]
        fn other_texts_are_no_cursors(text in "\\PC{0,80}") {
            prop_assert_eq!(Cursor::parse(&text), None);
            prop_assert_eq!(Cursor::parse(&URL_SAFE_NO_PAD.encode(format!("2:l:{text}"))), None);
        }
    }
}
