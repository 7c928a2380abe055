//! What this service knows of a person, for the person, page by page: the tables' sections, then what the rooms' logs still hold of their words.
//!
//! A cursor names a section and the last key of it that was given, or a room and the last event of its log that was looked at. A page of a
//! log may be empty: others wrote there, too.

use crate::{
    bus::{Kind, Log},
    log_id::LogId,
    store::export::{self as store, Item, SECTIONS},
};
use serde_json::{Value, json};
use streamly_domain::{ChannelId, UserId};
use streamly_postgres::Database;

/// Items of a page, and events of a log that one page looks at.
const PAGE: usize = 500;
/// Longest cursor that is looked at, bytes.
const MAX_CURSOR: usize = 160;
/// The kind of what the logs hold.
const MESSAGES: &str = "messages";

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The cursor was not given out here.
    #[error("not a cursor")]
    Cursor,
    /// Redis is away.
    #[error("redis")]
    Redis(#[from] streamly_redis::Error),
    /// PostgreSQL is away.
    #[error("database")]
    Database(#[from] streamly_postgres::Error),
}

/// Where a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    /// After a key of a section.
    Section(usize, String),
    /// After an event of a room's log; no room: before the first.
    Log(Option<ChannelId>, LogId),
}

/// A page after a cursor (empty: the first), and the cursor of the next; none: that was all.
pub async fn page(
    db: &Database,
    log: &Log,
    user: UserId,
    cursor: &str,
) -> Result<(Vec<Item>, Option<String>), Error> {
    match parse(cursor).ok_or(Error::Cursor)? {
        Place::Section(section, after) => sections(db, user, section, after).await,
        Place::Log(room, after) => words(db, log, user, room, after).await,
    }
}

async fn sections(
    db: &Database,
    user: UserId,
    section: usize,
    mut after: String,
) -> Result<(Vec<Item>, Option<String>), Error> {
    let connection = db.get().await?;
    let mut items = Vec::new();
    for (number, (kind, select)) in SECTIONS.into_iter().enumerate().skip(section) {
        let left = PAGE - items.len();
        let found = store::page(&connection, (kind, select), user, &after, left as i64).await?;
        let full = found.len() == left;
        items.extend(found);
        if full {
            let key = items.last().map_or("", |item| item.key.as_str());
            let next = format!("{number}:{key}");
            return Ok((items, Some(next)));
        }
        after.clear();
    }
    Ok((items, Some("log".into())))
}

async fn words(
    db: &Database,
    log: &Log,
    user: UserId,
    room: Option<ChannelId>,
    after: LogId,
) -> Result<(Vec<Item>, Option<String>), Error> {
    let next_room = async |after: Option<ChannelId>| {
        let connection = db.get().await?;
        let found = store::room_after(&connection, user, after).await?;
        Ok::<_, Error>(found.map(|room| format!("log:{room}:{}", LogId::default())))
    };
    let Some(room) = room else { return Ok((Vec::new(), next_room(None).await?)) };
    let entries = log.after(room, after, PAGE).await?;
    let next = match entries.last().filter(|_| entries.len() == PAGE) {
        Some(last) => Some(format!("log:{room}:{}", last.id)),
        None => next_room(Some(room)).await?,
    };
    let own = entries.into_iter().filter(|e| e.kind == Kind::Message && e.author == Some(user));
    let items = own.map(|e| {
        let message = serde_json::from_str::<Value>(&format!("{{{}}}", e.body)).unwrap_or_default();
        let json = json!({"room_id": room, "id": e.id.to_string(), "message": message}).to_string();
        Item { kind: MESSAGES, key: e.id.to_string(), json }
    });
    Ok((items.collect(), next))
}

fn parse(cursor: &str) -> Option<Place> {
    if cursor.is_empty() {
        return Some(Place::Section(0, String::new()));
    }
    if cursor.len() > MAX_CURSOR || cursor.contains('\0') {
        return None;
    }
    if cursor == "log" {
        return Some(Place::Log(None, LogId::default()));
    }
    let (place, rest) = cursor.split_once(':')?;
    if place == "log" {
        let (room, id) = rest.split_once(':')?;
        return Some(Place::Log(Some(room.parse().ok()?), id.parse().ok()?));
    }
    let section = place.parse().ok().filter(|section| *section < SECTIONS.len())?;
    Some(Place::Section(section, rest.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_cursors_of_these_forms_are_taken() {
        assert_eq!(parse("3:x"), Some(Place::Section(3, "x".into())));
        assert_eq!(parse("log"), Some(Place::Log(None, LogId::default())));
        let (room, id) = (ChannelId::new(), LogId::default());
        assert_eq!(parse(&format!("log:{room}:{id}")), Some(Place::Log(Some(room), id)));
        for odd in ["11:", "-1:x", "x", "log:", "log:x:y", "1:\0", &format!("1:{}", "x".repeat(MAX_CURSOR))] {
            assert_eq!(parse(odd), None, "{odd:?}");
        }
    }
}
