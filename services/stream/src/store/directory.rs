//! The directory's SQL: which channels there are under a filter, in what order, and what is shown of them.
//!
//! Each statement has a limit and, set by [`bound`], a longest time: whoever searches for what is everywhere costs no more than that.

use crate::{
    error::Error,
    search,
    store::{broadcasts, broadcasts::Broadcast, channels, channels::Channel, decoded},
    visibility,
};
use std::{collections::HashMap, time::Duration};
use streamly_domain::ChannelId;
use streamly_postgres::GenericClient;
use tokio_postgres::{
    Row,
    types::{FromSql, ToSql, Type},
};
use uuid::Uuid;

/// How alike a word must be that was mistyped (pg_trgm): "muisc" is found under "music", and little else.
const ALIKE: f32 = 0.33;
/// Matches of one search that are put in order, at most; a word that is in more channels finds some of them.
const CANDIDATES: i64 = 5_000;

/// Which channels are listed at all, in a statement `FROM channels c`.
pub fn listed() -> String {
    format!("NOT c.suspended AND {}", visibility::visible_to())
}

/// Which of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    /// Only what can be watched now.
    pub live: bool,
    /// Category: its id, if it is one that is kept, and its name or the text in small letters.
    pub category: Option<(Option<Uuid>, String)>,
    /// As `search::tag_key` makes it.
    pub tag: Option<String>,
    /// A language, with its variants.
    pub language: Option<String>,
}

/// A statement that grows.
struct Statement<'a> {
    sql: String,
    values: Vec<&'a (dyn ToSql + Sync)>,
}

impl<'a> Statement<'a> {
    fn new(sql: String) -> Self {
        Self { sql, values: Vec::new() }
    }
    /// The place of a value.
    fn take(&mut self, value: &'a (dyn ToSql + Sync)) -> usize {
        self.values.push(value);
        self.values.len()
    }
    fn filtered(mut self, filter: &'a Filter) -> Self {
        if let Some((id, text)) = &filter.category {
            let text = self.take(text);
            match id {
                Some(id) => {
                    let id = self.take(id);
                    self.sql += &format!(" AND (c.category_id = ${id} OR lower(c.category) = ${text})");
                }
                None => self.sql += &format!(" AND lower(c.category) = ${text}"),
            }
        }
        if let Some(tag) = &filter.tag {
            let n = self.take(tag);
            self.sql += &format!(" AND c.tag_keys @> ARRAY[${n}::text]");
        }
        if let Some(language) = &filter.language {
            let n = self.take(language);
            self.sql += &format!(" AND (c.language = ${n} OR c.language LIKE ${n} || '-%')");
        }
        self
    }
    async fn query(&self, db: &impl GenericClient) -> Result<Vec<Row>, Error> {
        Ok(db.query(&self.sql, &self.values).await?)
    }
}

/// Of a broadcast `b`: others may know that it can be watched now.
pub const LIVE: &str = "b.ended_at IS NULL AND NOT b.test AND b.state IN ('live', 'reconnecting')";

/// Sets the longest time of the transaction's statements, and how far from a word one may be that finds it.
pub async fn bound(db: &impl GenericClient, time: Duration) -> Result<(), Error> {
    let sql = "SELECT set_config('statement_timeout', $1, true), set_config('pg_trgm.word_similarity_threshold', $2, true)";
    db.query_one(sql, &[&time.as_millis().to_string(), &ALIKE.to_string()]).await?;
    Ok(())
}

/// What can be watched now, most watched first.
pub async fn live(db: &impl GenericClient, filter: &Filter, most: i64) -> Result<Vec<Uuid>, Error> {
    let listed = listed();
    let sql = format!(
        "SELECT c.id FROM broadcasts b JOIN channels c ON c.id = b.channel_id WHERE {LIVE} AND {listed}"
    );
    let mut statement = Statement::new(sql).filtered(filter);
    let n = statement.take(&most);
    statement.sql += &format!(" ORDER BY b.viewers DESC, c.id DESC LIMIT ${n}");
    Ok(statement.query(db).await?.iter().map(|row| row.get(0)).collect())
}

/// What filters look at of a channel that can be watched now.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct LiveEntry {
    pub id: Uuid,
    /// Another one after each change of what is shown of it.
    pub version: Version,
    pub category: Option<Uuid>,
    /// The category's text in small letters, as the database makes them.
    pub category_text: String,
    pub tags: Vec<String>,
    pub language: String,
}

impl LiveEntry {
    /// Whether a filter lets it pass; as the statements of this module decide.
    pub fn is_in(&self, filter: &Filter) -> bool {
        let category = filter
            .category
            .as_ref()
            .is_none_or(|(id, text)| (id.is_some() && *id == self.category) || *text == self.category_text);
        let tag = filter.tag.as_ref().is_none_or(|tag| self.tags.contains(tag));
        let language = filter.language.as_ref().is_none_or(|language| {
            self.language
                .strip_prefix(language.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        });
        category && tag && language
    }
}

/// The versions of the rows that a channel is shown by: its own, its broadcast's and its category's. Each change of one gives it another
/// (PostgreSQL, System Columns: `xmin`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version(u32, u32, Option<u32>);

const VERSION: &str = "c.xmin AS channel_version, b.xmin AS broadcast_version, k.xmin AS category_version";

/// A channel with its broadcast, and its category if it is a kept one.
const SHOWN_BY: &str =
    "broadcasts b JOIN channels c ON c.id = b.channel_id LEFT JOIN categories k ON k.id = c.category_id";

fn version(row: &Row) -> Version {
    let of = |name: &str| row.get::<_, Option<Xid>>(name).map(|xid| xid.0);
    Version(
        of("channel_version").unwrap_or_default(),
        of("broadcast_version").unwrap_or_default(),
        of("category_version"),
    )
}

/// A transaction's number, as PostgreSQL sends it.
struct Xid(u32);

impl<'a> FromSql<'a> for Xid {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(u32::from_be_bytes(raw.try_into()?)))
    }
    fn accepts(kind: &Type) -> bool {
        *kind == Type::XID
    }
}

/// All that can be watched now with its version, most watched first.
pub async fn live_versions(db: &impl GenericClient, most: i64) -> Result<Vec<(Uuid, Version)>, Error> {
    let sql = format!(
        "SELECT c.id, {VERSION} FROM {SHOWN_BY} WHERE {LIVE} AND {} ORDER BY b.viewers DESC, c.id DESC LIMIT $1",
        listed()
    );
    let statement = db.prepare_cached(&sql).await?;
    Ok(decoded(&db.query(&statement, &[&most]).await?, |row| (row.get("id"), version(row))).await)
}

/// Of these channels, what can be watched now.
pub async fn live_entries(db: &impl GenericClient, ids: &[Uuid]) -> Result<Vec<LiveEntry>, Error> {
    let sql = format!(
        "SELECT c.id, {VERSION}, c.category_id, lower(c.category) AS category, c.tag_keys, c.language \
         FROM {SHOWN_BY} WHERE c.id = ANY($1) AND {LIVE} AND {}",
        listed()
    );
    let statement = db.prepare_cached(&sql).await?;
    let entry = |row: &Row| LiveEntry {
        id: row.get("id"),
        version: version(row),
        category: row.get("category_id"),
        category_text: row.get("category"),
        tags: row.get("tag_keys"),
        language: row.get("language"),
    };
    Ok(decoded(&db.query(&statement, &[&ids]).await?, entry).await)
}

/// Channels after one of them, the newest first, whether live or not.
pub async fn others(
    db: &impl GenericClient,
    filter: &Filter,
    after: Option<Uuid>,
    most: i64,
) -> Result<Vec<Uuid>, Error> {
    let mut statement =
        Statement::new(format!("SELECT c.id FROM channels c WHERE {}", listed())).filtered(filter);
    if let Some(after) = &after {
        let n = statement.take(after);
        statement.sql += &format!(" AND c.id < ${n}");
    }
    let n = statement.take(&most);
    statement.sql += &format!(" ORDER BY c.id DESC LIMIT ${n}");
    Ok(statement.query(db).await?.iter().map(|row| row.get(0)).collect())
}

/// How words are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Match {
    /// Each is there, in a word or as one.
    Exact,
    /// Something like each is there.
    Alike,
}

/// What is searched for: words as `search::words` makes them, at least one.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)]
pub struct Search<'a> {
    pub words: &'a [String],
    /// What was typed, as far as it may be in a user name.
    pub name: &'a str,
    pub how: Match,
    /// The last one of the page before: how well it matched, and its id.
    pub after: Option<(i32, Uuid)>,
}

/// Letters of a word of which a name's beginning is told with two swapped; three are the beginning of too many names.
const BEGINS: usize = 4;

/// Names that a word means with two of its letters swapped. A short word shares too few trigrams with what it was to be.
struct Swapped {
    names: Vec<String>,
    /// Patterns of names that begin so.
    begins: Vec<String>,
}

impl Swapped {
    /// Of one word that can be a name, where what is like it is looked for; of any other search none.
    fn of(search: &Search<'_>) -> Self {
        let names = match (search.how, search.words) {
            (Match::Alike, [word]) if word == search.name => search::swapped(word),
            _ => Vec::new(),
        };
        let longer = names.iter().filter(|name| name.len() >= BEGINS);
        let begins = longer.map(|name| format!("{name}%")).collect();
        Self { names, begins }
    }

    /// Conditions: the name is one of them; it begins with one. Each is of `channels_username_prefix`, so that with what is alike they are one
    /// `BitmapOr`, whose arms find a few rows each.
    fn conditions<'a>(&'a self, statement: &mut Statement<'a>) -> Vec<String> {
        let mut all = Vec::new();
        if !self.names.is_empty() {
            all.push(format!("c.username = ANY(${}::text[])", statement.take(&self.names)));
        }
        if !self.begins.is_empty() {
            let like = |begin: &'a String| format!("c.username LIKE ${}", statement.take(begin));
            all.push(self.begins.iter().map(like).collect::<Vec<_>>().join(" OR "));
        }
        all
    }
}

/// Channels that match, the best first, each with how well it does: 0 to 3,000.
pub async fn matching(
    db: &impl GenericClient,
    filter: &Filter,
    search: &Search<'_>,
    most: i64,
) -> Result<Vec<(i32, Uuid)>, Error> {
    let whole = search.words.join(" ");
    // A trigram needs three letters: of shorter words only names that begin so are found.
    let short = search.words.iter().all(|word| word.len() < 3);
    // Nothing of it may be in a name: then no name begins so.
    let prefix = match search.name {
        "" => String::new(),
        name => format!("{}%", name.replace('_', "\\_")),
    };
    let likes: Vec<String> = search.words.iter().map(|word| format!("%{word}%")).collect();
    let swapped = Swapped::of(search);
    let mut inner = Statement::new(String::new());
    let (name, begins, q) = (inner.take(&search.name), inner.take(&prefix), inner.take(&whole));
    let meant = swapped.conditions(&mut inner);
    // The whole name before what only begins so.
    let worth: Vec<_> =
        meant.iter().zip([1000, 500]).map(|(is, score)| format!(" WHEN {is} THEN {score}")).collect();
    let worth = worth.concat();
    inner.sql = format!(
        "SELECT c.id, (CASE WHEN c.username = ${name} THEN 2000 WHEN c.username LIKE ${begins} THEN 1000{worth} ELSE 0 END \
         + round(1000 * word_similarity(${q}, c.search)))::int AS score FROM channels c"
    );
    if filter.live {
        inner.sql += " JOIN broadcasts b ON b.channel_id = c.id";
    }
    inner.sql += &format!(" WHERE {}", listed());
    if filter.live {
        inner.sql += &format!(" AND {LIVE}");
    }
    match search.how {
        Match::Exact if short => {
            inner.sql += &format!(" AND (c.username LIKE ${begins} OR c.tag_keys @> ARRAY[${q}::text])");
        }
        Match::Exact => {
            for like in &likes {
                let n = inner.take(like);
                inner.sql += &format!(" AND c.search LIKE ${n}");
            }
        }
        Match::Alike => {
            for word in search.words {
                let n = inner.take(word);
                let like = format!("${n} <% c.search");
                let any: Vec<_> = std::iter::once(&like).chain(&meant).map(String::as_str).collect();
                inner.sql += &format!(" AND ({})", any.join(" OR "));
            }
        }
    }
    let mut statement = inner.filtered(filter);
    let (score, id) = search.after.unzip();
    let candidates = statement.take(&CANDIDATES);
    statement.sql = format!("SELECT m.id, m.score FROM ({} LIMIT ${candidates}) m", statement.sql);
    if search.after.is_some() {
        let (score, id) = (statement.take(&score), statement.take(&id));
        statement.sql += &format!(" WHERE (m.score, m.id) < (${score}::int, ${id}::uuid)");
    }
    let n = statement.take(&most);
    statement.sql += &format!(" ORDER BY m.score DESC, m.id DESC LIMIT ${n}");
    Ok(statement.query(db).await?.iter().map(|row| (row.get("score"), row.get("id"))).collect())
}

/// Channels with their open broadcasts, by id; without those that are not listed any more and, if `live`, what cannot be watched any more.
pub async fn shown(
    db: &impl GenericClient,
    ids: &[Uuid],
    live: bool,
) -> Result<HashMap<Uuid, (Channel, Option<Broadcast>)>, Error> {
    let sql = format!(
        "SELECT {}, b.id AS open_id FROM channels c LEFT JOIN broadcasts b ON b.channel_id = c.id AND b.ended_at IS NULL AND NOT b.test \
         WHERE c.id = ANY($1) AND {} AND (NOT $2 OR b.state IN ('live', 'reconnecting'))",
        channels::COLUMNS,
        listed()
    );
    let statement = db.prepare_cached(&sql).await?;
    let rows = db.query(&statement, &[&ids, &live]).await?;
    let mut open = open_of(db, &rows).await?;
    Ok(rows
        .iter()
        .map(|row| {
            let channel = Channel::from_row(row);
            let broadcast = open.remove(&channel.id);
            (channel.id.0, (channel, broadcast))
        })
        .filter(|(_, (_, broadcast))| !live || broadcast.is_some())
        .collect())
}

/// The broadcasts that the column `open_id` of the rows names, by channel; without those that have ended meanwhile.
pub async fn open_of(db: &impl GenericClient, rows: &[Row]) -> Result<HashMap<ChannelId, Broadcast>, Error> {
    let ids: Vec<Uuid> = rows.iter().filter_map(|row| row.get("open_id")).collect();
    let open = broadcasts::by_ids(db, &ids).await?;
    Ok(open.into_iter().filter(|b| b.ended_how.is_none() && b.is_real()).map(|b| (b.channel.id, b)).collect())
}

/// Keeps a listing for whoever goes on in it.
pub async fn keep(db: &impl GenericClient, id: &str, channels: &[Uuid]) -> Result<(), Error> {
    let sql =
        "INSERT INTO listings (id, channels) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET used_at = now()";
    db.execute(sql, &[&id, &channels]).await?;
    Ok(())
}

/// A kept listing.
pub async fn kept(db: &impl GenericClient, id: &str) -> Result<Option<Vec<Uuid>>, Error> {
    Ok(db.query_opt("SELECT channels FROM listings WHERE id = $1", &[&id]).await?.map(|row| row.get(0)))
}

/// Forgets listings that nobody was given a cursor of for `life`, and of more than `most` the oldest.
pub async fn forget(db: &impl GenericClient, life: Duration, most: i64) -> Result<u64, Error> {
    let sql = "DELETE FROM listings WHERE used_at < now() - make_interval(secs => $1) \
               OR id IN (SELECT id FROM listings ORDER BY used_at DESC OFFSET $2)";
    Ok(db.execute(sql, &[&life.as_secs_f64(), &most]).await?)
}
