//! The log of a room: a Redis Stream that only these scripts write. Each assigns the id, appends and publishes in one step.
//!
//! Ids only grow: an id is after the log's last, after what the writing node has seen (its floor), and never before the server's clock.
//! A time-out does not tell whether a script ran; a repeat with the same nonce gets the first run's id.

use crate::{
    bans::Sanction,
    bus::{Entry, Kind, Published, To, channel},
    log_id::LogId,
};
use std::time::Duration;
use streamly_domain::{ChannelId, UserId};
use streamly_redis::{Error, Redis, Script, Value};

/// How long a nonce is remembered (CONTRACT: within 2 minutes).
const NONCE_SECONDS: &str = "120";
/// How long `last` outlives the log, so that ids go on upwards in a room that was quiet.
const LAST_EXTRA_MS: u64 = 7 * 24 * 3600 * 1000;

// KEYS: log, last, channel, nonce. ARGV: floor, keep count, keep ms, last's ms, nonce seconds, ….
const APPEND: &str = r"
local function append(kind, author, nonce, body)
  local last = redis.call('GET', KEYS[2]) or '000000000000000000'
  if ARGV[1] > last then last = ARGV[1] end
  local t = redis.call('TIME')
  local now = t[1] * 1000 + math.floor(t[2] / 1000)
  local ms, seq = tonumber(string.sub(last, 1, 12), 16), tonumber(string.sub(last, 13), 16)
  if now > ms then ms, seq = now, 0
  elseif seq < 16777215 then seq = seq + 1
  else ms, seq = ms + 1, 0 end
  local id = string.format('%012x%06x', ms, seq)
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], string.format('%.0f-%.0f', ms, seq),
    'p', last, 'k', kind, 'a', author, 'n', nonce, 'b', body)
  redis.call('XTRIM', KEYS[1], 'MINID', '~', string.format('%.0f-0', math.max(0, now - ARGV[3])))
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  redis.call('SET', KEYS[2], id, 'PX', ARGV[4])
  redis.call('SPUBLISH', KEYS[3], table.concat({id, last, kind, author, nonce, body}, '\n'))
  return id
end
local function once(nonce, work)
  if nonce == '' then return {work(), '0'} end
  local seen = redis.call('GET', KEYS[4])
  if seen then return {seen, '1'} end
  local id = work()
  if id ~= '' and id ~= '-' then redis.call('SET', KEYS[4], id, 'EX', ARGV[5], 'NX') end
  return {id, '0'}
end
";
// ARGV[6..]: author, nonce, body.
const SAY: &str = "return once(ARGV[7], function() return append('message', ARGV[6], ARGV[7], ARGV[8]) end)";
// ARGV[6..]: kind, author, body.
const EVENT: &str = "return once('e', function() return append(ARGV[6], ARGV[7], '', ARGV[8]) end)";
// ARGV[6..]: the entry's id in the stream, author who alone may ('' for anybody's), body. Answers '' for not kept, '-' for not theirs.
const DELETE: &str = r"
return once('d', function()
  local e = redis.call('XRANGE', KEYS[1], ARGV[6], ARGV[6])
  if #e == 0 then return '' end
  local f, author = e[1][2], ''
  for i = 1, #f, 2 do
    if f[i] == 'k' and f[i + 1] ~= 'message' then return '' end
    if f[i] == 'a' then author = f[i + 1] end
  end
  if ARGV[7] ~= '' and ARGV[7] ~= author then return '-' end
  redis.call('XDEL', KEYS[1], ARGV[6])
  return append('deleted', author, '', ARGV[8])
end)";
// ARGV[6..]: author whose messages go ('' for everybody's), body.
const CLEAR: &str = r"
for _, e in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) do
  local f, message, author = e[2], false, ''
  for i = 1, #f, 2 do
    if f[i] == 'k' then message = f[i + 1] == 'message' end
    if f[i] == 'a' then author = f[i + 1] end
  end
  if message and (ARGV[6] == '' or author == ARGV[6]) then redis.call('XDEL', KEYS[1], e[1]) end
end
return {append('cleared', ARGV[6], '', ARGV[7]), '0'}";
// KEYS: presence. ARGV: node, count, now is the server's, fields older than ARGV[3] ms do not count.
const PRESENCE: &str = r"
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
if ARGV[2] == '0' then redis.call('HDEL', KEYS[1], ARGV[1])
else redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ':' .. string.format('%.0f', now)) end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
local sum, all = 0, redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local count, at = string.match(all[i + 1], '(%d+):(%d+)')
  if count and now - at < tonumber(ARGV[3]) then sum = sum + count else redis.call('HDEL', KEYS[1], all[i]) end
end
return tostring(sum)";

// KEYS: the mark. ARGV: by whom, seconds. Answers 1 if it was set by them, now or before.
const MARK: &str = r"
local by = redis.call('SET', KEYS[1], ARGV[1], 'NX', 'GET', 'EX', ARGV[2])
return (not by or by == ARGV[1]) and '1' or '0'";
// KEYS: this window's count, the window before's. ARGV: how many are told one by one, window's ms. Answers '' for not told, else how many
// of the window before were not.
const CROWD: &str = r"
local n = redis.call('INCR', KEYS[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2] * 6)
if n > tonumber(ARGV[1]) then return '' end
local before = tonumber(redis.call('GETDEL', KEYS[2]) or '0')
return string.format('%.0f', math.max(0, before - ARGV[1]))";
/// How long a mark stands.
const MARK_SECONDS: &str = "604800";
/// Events of a kind that are told one by one in a window; more are summed up with the next.
const CROWD_MAX: &str = "5";
/// The window, milliseconds.
const CROWD_MS: u64 = 10_000;
/// What stands before the hold's id where a nonce is of a message that waits for a moderator.
const HELD: &str = "hold:";

/// What became of a `say`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// The message's id.
    pub id: LogId,
    /// Whether an earlier frame with the nonce had made it.
    pub repeated: bool,
    /// The message under this nonce waits for a moderator, or did: no event came of this.
    pub held: Option<uuid::Uuid>,
}

/// An event to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What happens.
    pub kind: Kind,
    /// By whom, where it is a person's doing.
    pub author: Option<UserId>,
    /// JSON members without braces.
    pub body: String,
}

/// What became of a deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deleted {
    /// By this event (now, or by the same call before).
    By(LogId),
    /// The kept log does not have it.
    NotKept,
    /// It is somebody else's.
    NotTheirs,
}

/// All rooms' logs. Clones share the connection.
#[derive(Clone)]
pub struct Log {
    redis: Redis,
    keep_count: usize,
    keep_ms: u64,
    say: Script,
    event: Script,
    delete: Script,
    clear: Script,
    presence: Script,
    mark: Script,
    crowd: Script,
}

fn key(room: ChannelId, what: &str) -> String {
    format!("chat:{{{room}}}:{what}")
}

fn id_of(text: &str) -> LogId {
    text.parse().unwrap_or_default()
}

impl Log {
    /// Keeps about `keep_count` events of a room, for `keep_age`.
    pub fn new(redis: Redis, keep_count: usize, keep_age: Duration) -> Self {
        let with = |tail: &str| Script::new(&format!("{APPEND}{tail}"));
        Self {
            redis,
            keep_count,
            keep_ms: keep_age.as_millis().try_into().unwrap_or(u64::MAX / 4),
            say: with(SAY),
            event: with(EVENT),
            delete: with(DELETE),
            clear: with(CLEAR),
            presence: Script::new(PRESENCE),
            mark: Script::new(MARK),
            crowd: Script::new(CROWD),
        }
    }

    /// Events older than this are not given out, Unix milliseconds.
    pub fn cutoff_ms(&self) -> u64 {
        crate::socket::unix_ms().saturating_sub(self.keep_ms)
    }

    async fn run(
        &self,
        script: &Script,
        room: ChannelId,
        floor: LogId,
        nonce: String,
        args: [String; 3],
    ) -> Result<(String, bool), Error> {
        let keys = [key(room, "log"), key(room, "last"), channel(room), key(room, &nonce)];
        let head = [
            floor.to_string(),
            self.keep_count.to_string(),
            self.keep_ms.to_string(),
            self.keep_ms.saturating_add(LAST_EXTRA_MS).to_string(),
            NONCE_SECONDS.to_owned(),
        ];
        let answer: Vec<String> = script.run(&self.redis, keys, head.into_iter().chain(args)).await?;
        let mut answer = answer.into_iter();
        Ok((answer.next().unwrap_or_default(), answer.next().as_deref() == Some("1")))
    }

    /// Appends a message.
    pub async fn say(
        &self,
        room: ChannelId,
        floor: LogId,
        author: UserId,
        nonce: &str,
        body: String,
    ) -> Result<Appended, Error> {
        let args = [author.to_string(), nonce.to_owned(), body];
        let (id, repeated) = self.run(&self.say, room, floor, format!("n:{author}:{nonce}"), args).await?;
        let held = id.strip_prefix(HELD).and_then(|hold| hold.parse().ok());
        Ok(Appended { id: id_of(&id), repeated, held })
    }

    /// Whether a message was said under the nonce in the last two minutes.
    pub async fn is_said(&self, room: ChannelId, author: UserId, nonce: &str) -> Result<bool, Error> {
        let by: Option<String> = self.redis.call("GET", [key(room, &format!("n:{author}:{nonce}"))]).await?;
        Ok(by.is_some_and(|by| !by.starts_with(HELD)))
    }

    /// A message with this nonce waits for a moderator: repeats of it are not said. What was said under it already stays.
    pub async fn hold_nonce(
        &self,
        room: ChannelId,
        author: UserId,
        nonce: &str,
        hold: uuid::Uuid,
    ) -> Result<(), Error> {
        let key = key(room, &format!("n:{author}:{nonce}"));
        let args = [key, format!("{HELD}{hold}"), "EX".into(), NONCE_SECONDS.into(), "NX".into()];
        self.redis.call::<Value>("SET", args).await.map(|_| ())
    }

    /// It became this event: repeats that come yet are answered by it.
    pub async fn held_said(
        &self,
        room: ChannelId,
        author: UserId,
        nonce: &str,
        id: LogId,
    ) -> Result<(), Error> {
        let key = key(room, &format!("n:{author}:{nonce}"));
        let args = [key, id.to_string(), "KEEPTTL".into(), "XX".into()];
        self.redis.call::<Value>("SET", args).await.map(|_| ())
    }

    /// Tells every node that the room's list of blocked terms was changed.
    pub async fn announce_terms(&self, room: ChannelId) -> Result<(), Error> {
        self.publish(room, Published::terms()).await
    }

    /// Appends an event that is no message of a person's own, once for its `key` within two minutes, whoever calls.
    pub async fn event(
        &self,
        room: ChannelId,
        floor: LogId,
        key: &str,
        event: &Event,
    ) -> Result<Appended, Error> {
        let author = event.author.map(|u| u.to_string()).unwrap_or_default();
        let args = [event.kind.as_str().to_owned(), author, event.body.clone()];
        let (id, repeated) = self.run(&self.event, room, floor, format!("e:{key}"), args).await?;
        Ok(Appended { id: id_of(&id), repeated, held: None })
    }

    /// Takes a message's text out of the log and appends that it is gone. `only` is the author it must be of.
    pub async fn delete(
        &self,
        room: ChannelId,
        floor: LogId,
        message: LogId,
        only: Option<UserId>,
    ) -> Result<Deleted, Error> {
        let by = if only.is_some() { "author" } else { "moderator" };
        let body = format!("\"message_id\":\"{message}\",\"by\":\"{by}\"");
        let args = [message.redis(), only.map(|u| u.to_string()).unwrap_or_default(), body];
        // Remembered for the asker's kind: somebody else's repeat is no success.
        let memory = format!("d:{message}:{}", args[1]);
        let (id, _) = self.run(&self.delete, room, floor, memory, args).await?;
        Ok(match id.as_str() {
            "" => Deleted::NotKept,
            "-" => Deleted::NotTheirs,
            id => Deleted::By(id_of(id)),
        })
    }

    /// Takes a person's messages, or with `None` all, out of the log and appends that they are gone.
    pub async fn clear(&self, room: ChannelId, floor: LogId, user: Option<UserId>) -> Result<LogId, Error> {
        let body = user.map(|user| format!("\"user\":\"{user}\"")).unwrap_or_default();
        let args = [user.map(|u| u.to_string()).unwrap_or_default(), body, String::new()];
        self.run(&self.clear, room, floor, "unused".into(), args).await.map(|(id, _)| id_of(&id))
    }

    /// Marks something as done by `by`; true if it is by them that it was done, now or before.
    pub async fn mark(&self, room: ChannelId, what: &str, by: &str) -> Result<bool, Error> {
        let args = [by.to_owned(), MARK_SECONDS.to_owned()];
        let answer: String = self.mark.run(&self.redis, [key(room, &format!("mark:{what}"))], args).await?;
        Ok(answer == "1")
    }

    /// Remembers a value for a week; answers the one before.
    pub async fn swap(&self, room: ChannelId, what: &str, value: &str) -> Result<Option<String>, Error> {
        let args = [key(room, what), value.to_owned(), "GET".into(), "EX".into(), MARK_SECONDS.into()];
        self.redis.call("SET", args).await
    }

    /// Counts one of many: `None` if it is not to be told by itself, else how many before it were not.
    pub async fn crowd(&self, room: ChannelId, what: &str) -> Result<Option<u64>, Error> {
        let window = crate::socket::unix_ms() / CROWD_MS;
        let keys = [key(room, &format!("{what}:{window}")), key(room, &format!("{what}:{}", window - 1))];
        let args = [CROWD_MAX.to_owned(), CROWD_MS.to_string()];
        let answer: String = self.crowd.run(&self.redis, keys, args).await?;
        Ok(answer.parse().ok())
    }

    /// Tells every node that has the room open of a sanction, or of one that was lifted.
    pub async fn announce(
        &self,
        room: ChannelId,
        user: UserId,
        sanction: Option<&Sanction>,
    ) -> Result<(), Error> {
        self.publish(room, Published::sanction(user, sanction)).await
    }

    /// Sends a frame to some of the room's sockets, on every node. Nothing keeps it.
    pub async fn note(&self, room: ChannelId, to: To, frame: &str) -> Result<(), Error> {
        self.publish(room, Published::note(to, frame)).await
    }

    /// Tells every node, and all sockets in the room, that its set of emotes is another now.
    pub async fn announce_emotes(&self, room: ChannelId) -> Result<(), Error> {
        self.publish(room, super::entry::EMOTES_CHANGED.to_owned()).await
    }

    async fn publish(&self, room: ChannelId, payload: String) -> Result<(), Error> {
        self.redis.call::<Value>("SPUBLISH", [channel(room), payload]).await.map(|_| ())
    }

    /// Up to `count` events after `after`, oldest first.
    pub async fn after(&self, room: ChannelId, after: LogId, count: usize) -> Result<Vec<Entry>, Error> {
        let args =
            [key(room, "log"), format!("({}", after.redis()), "+".into(), "COUNT".into(), count.to_string()];
        let answer: Value = self.redis.call("XRANGE", args).await?;
        Ok(streamly_redis::Entry::list(answer).iter().filter_map(Entry::from_stream).collect())
    }

    /// The newest `count` events after `after` and before `before`, oldest first.
    pub async fn newest(
        &self,
        room: ChannelId,
        after: LogId,
        before: Option<LogId>,
        count: usize,
    ) -> Result<Vec<Entry>, Error> {
        let to = before.map_or_else(|| "+".into(), |id| format!("({}", id.redis()));
        let args = [key(room, "log"), to, format!("({}", after.redis()), "COUNT".into(), count.to_string()];
        let answer: Value = self.redis.call("XREVRANGE", args).await?;
        let mut all: Vec<Entry> =
            streamly_redis::Entry::list(answer).iter().filter_map(Entry::from_stream).collect();
        all.reverse();
        Ok(all)
    }

    /// One event.
    pub async fn get(&self, room: ChannelId, id: LogId) -> Result<Option<Entry>, Error> {
        let answer: Value = self.redis.call("XRANGE", [key(room, "log"), id.redis(), id.redis()]).await?;
        Ok(streamly_redis::Entry::list(answer).first().and_then(Entry::from_stream))
    }

    /// The last id that was given, also when its event is no longer kept.
    pub async fn last(&self, room: ChannelId) -> Result<LogId, Error> {
        let last: Option<String> = self.redis.call("GET", [key(room, "last")]).await?;
        Ok(last.map(|l| id_of(&l)).unwrap_or_default())
    }

    /// Notes how many sockets this node has in the room and answers those of all nodes; counts older than `valid` are left out.
    pub async fn presence(
        &self,
        room: ChannelId,
        node: &str,
        count: usize,
        valid: Duration,
    ) -> Result<u64, Error> {
        let args = [node.to_owned(), count.to_string(), valid.as_millis().to_string()];
        let sum: String = self.presence.run(&self.redis, [key(room, "presence")], args).await?;
        Ok(sum.parse::<f64>().unwrap_or(0.0) as u64)
    }

    /// The state in `stream`'s live index; `offline` without an entry.
    pub async fn live_state(&self, room: ChannelId) -> Result<String, Error> {
        let live: Option<String> = self.redis.call("GET", [format!("live:{room}")]).await?;
        let state = live
            .and_then(|l| serde_json::from_str::<serde_json::Value>(&l).ok())
            .and_then(|v| v.get("state")?.as_str().map(str::to_owned));
        Ok(state.unwrap_or_else(|| "offline".into()))
    }

    /// Whether the user's access tokens from before `iat` (Unix seconds) are void. Redis away: no.
    pub async fn is_revoked(&self, user: UserId, iat: u64) -> bool {
        let before: Option<String> = self.redis.call("GET", [format!("rev:{user}")]).await.unwrap_or(None);
        before.and_then(|b| b.parse::<u64>().ok()).is_some_and(|b| iat < b)
    }
}
