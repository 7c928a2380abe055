//! What is read of a room besides being written: pages of its log, single events, who is there, what the stream's index says.
//!
//! A page is whole or says that it cannot be relied on; the other reads take what is there. No retries. Redis away: an error.

use super::{
    Entry, Floor, Log, People,
    log::id_of,
    scripts::{Answer, key, text},
    seed::list,
};
use crate::log_id::LogId;
use streamly_domain::{ChannelId, UserId};
use streamly_redis::{Error, Run, Value};

/// A part of the log as it was at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Page {
    /// It can be relied on.
    Whole {
        /// The last id that was given out.
        last: LogId,
        /// The id after which the log has everything that was not deleted.
        from: LogId,
        /// Oldest first.
        entries: Vec<Entry>,
    },
    /// Nothing can be read before this node has brought what it remembers, and others theirs.
    Unsettled {
        /// What this node remembers up to here is there.
        base: LogId,
        /// The log as it was when that was said, for [`Memory::log`](super::Memory::log).
        log: String,
    },
}

/// A room's sockets on all nodes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Present {
    /// How many.
    pub sockets: u64,
    /// The last id that was given out, as the server has it.
    pub last: LogId,
    /// The nodes that have the room open.
    pub nodes: Vec<String>,
    /// The log's generation and server.
    pub generation: String,
}

impl Log {
    /// Up to `count` events after `after`, the oldest of them or (with `newest`) the newest. Errors: Redis is away.
    pub async fn page(
        &self,
        room: ChannelId,
        floor: &Floor,
        after: LogId,
        count: usize,
        newest: bool,
    ) -> Result<Page, Error> {
        let way = if newest { "newest" } else { "after" };
        let args = [way.to_owned(), after.redis(), count.to_string()];
        let values = match self.scripts.run(&self.scripts.read, room, floor, [], args).await? {
            Answer::Done(values) => values,
            Answer::Unsettled { base, log } => return Ok(Page::Unsettled { base, log }),
        };
        let mut values = values.into_iter();
        let (last, from) = (id_of(&text(values.next())), id_of(&text(values.next())));
        let entries = values.next().map(streamly_redis::Entry::list).unwrap_or_default();
        let mut entries: Vec<Entry> = entries.iter().filter_map(Entry::from_stream).collect();
        if newest {
            entries.reverse();
        }
        self.show(room, &mut entries).await?;
        Ok(Page::Whole { last, from, entries })
    }

    /// The newest `count` events after `after` and before `before`, oldest first, whatever the state of the log.
    pub async fn newest(
        &self,
        room: ChannelId,
        after: LogId,
        before: Option<LogId>,
        count: usize,
    ) -> Result<Vec<Entry>, Error> {
        let to = before.map_or_else(|| "+".into(), |id| format!("({}", id.redis()));
        let args = [key(room, "log"), to, format!("({}", after.redis()), "COUNT".into(), count.to_string()];
        let answer: Value = self.redis().call("XREVRANGE", args).await?;
        let mut all: Vec<Entry> =
            streamly_redis::Entry::list(answer).iter().filter_map(Entry::from_stream).collect();
        all.reverse();
        self.show(room, &mut all).await?;
        Ok(all)
    }

    /// Up to `count` events after `after`, oldest first, for who has the room not open. Errors: Redis is away, or the log not whole now.
    pub async fn after(&self, room: ChannelId, after: LogId, count: usize) -> Result<Vec<Entry>, Error> {
        match self.page(room, &Floor::default(), after, count, false).await? {
            Page::Whole { entries, .. } => Ok(entries),
            Page::Unsettled { .. } => Err(Error::NotReady("the room's log is being put together again")),
        }
    }

    /// One event.
    pub async fn get(&self, room: ChannelId, id: LogId) -> Result<Option<Entry>, Error> {
        let answer: Value = self.redis().call("XRANGE", [key(room, "log"), id.redis(), id.redis()]).await?;
        let mut entry = streamly_redis::Entry::list(answer).first().and_then(Entry::from_stream);
        self.show(room, entry.as_mut_slice()).await?;
        Ok(entry)
    }

    /// The last id that was given, also when its event is no longer kept.
    pub async fn last(&self, room: ChannelId) -> Result<LogId, Error> {
        let last: Option<String> = self.redis().call("GET", [key(room, "last")]).await?;
        Ok(last.map(|l| id_of(&l)).unwrap_or_default())
    }

    /// The same of many rooms, in one go; in their order.
    pub async fn lasts(&self, rooms: impl Iterator<Item = ChannelId>) -> Result<Vec<LogId>, Error> {
        let asks = rooms.map(|room| vec![key(room, "last").into()]).collect();
        let lasts: Vec<Option<String>> = self.redis().call_each("GET", asks).await?;
        Ok(lasts.into_iter().map(|last| last.map(|l| id_of(&l)).unwrap_or_default()).collect())
    }

    /// Notes how many sockets this node has in the room (`None`: it has closed it) and answers what all nodes have.
    pub async fn presence(&self, room: ChannelId, count: Option<usize>) -> Result<Present, Error> {
        let (keys, args) = self.counting(room, count);
        let answer: Vec<Value> = self.scripts.presence.run(self.redis(), keys, args).await?;
        Ok(present(answer))
    }

    /// The same with how many people there are, of whom this node has told all: half the work of asking twice. `None` for the people: this
    /// node is not known there, or not any more, and has to tell all of its own ([`People::tell`]).
    pub async fn present(
        &self,
        people: &People,
        room: ChannelId,
        count: usize,
    ) -> Result<(Present, Option<u64>), Error> {
        let (mut keys, mut args) = self.counting(room, Some(count));
        let (more_keys, more_args) = people.unchanged(room);
        keys.extend(more_keys);
        args.extend(more_args);
        let answer: (Vec<Value>, String) = self.scripts.present.run(self.redis(), keys, args).await?;
        Ok((present(answer.0), answer.1.parse().ok()))
    }

    fn counting(&self, room: ChannelId, count: Option<usize>) -> Run {
        let terms = &self.scripts.terms;
        let args = vec![
            terms.node.clone(),
            count.map_or_else(|| "-".into(), |c| c.to_string()),
            terms.presence.as_millis().to_string(),
            terms.last_ms().to_string(),
        ];
        (["presence", "last", "gen"].map(|n| key(room, n)).into(), args)
    }

    /// The state in `stream`'s live index; `offline` without an entry.
    pub async fn live_state(&self, room: ChannelId) -> Result<String, Error> {
        let live: Option<String> = self.redis().call("GET", [format!("live:{room}")]).await?;
        let state = live
            .and_then(|l| serde_json::from_str::<serde_json::Value>(&l).ok())
            .and_then(|v| v.get("state")?.as_str().map(str::to_owned));
        Ok(state.unwrap_or_else(|| "offline".into()))
    }

    /// Whether the user's access tokens from before `iat` (Unix seconds) are void. Redis away: no.
    pub async fn is_revoked(&self, user: UserId, iat: u64) -> bool {
        self.redis().is_void(user, iat).await
    }
}

/// What `lua/presence.lua` answers.
fn present(answer: Vec<Value>) -> Present {
    let mut answer = answer.into_iter();
    let sockets = text(answer.next()).parse::<f64>().unwrap_or(0.0) as u64;
    let last = id_of(&text(answer.next()));
    let nodes = answer.next().map(list).unwrap_or_default();
    Present { sockets, last, nodes, generation: text(answer.next()) }
}
