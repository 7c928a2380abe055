//! Who is in a room, over all nodes: names in order, in Redis. Each node tells what has changed among its own people, at the pace of
//! presence; who is on several nodes counts once. A node that is silent is forgotten with its people by whoever tells next.
//!
//! Cost: a change is a few operations whatever the size of the room, a page is one range. Only the end of a node walks through all names.

use crate::roster::{Changes, Page};
use std::time::Duration;
use streamly_domain::ChannelId;
use streamly_redis::{Error, Redis, Run, Script};

/// People told in one call of the script, so that no call holds up Redis.
const TOLD: usize = 500;

// KEYS: names, who they are. ARGV: after which name ('-' for the first), how many. Answers how many there are, then names and JSON.
const PAGE: &str = r"
local names = redis.call('ZRANGEBYLEX', KEYS[1], ARGV[1], '+', 'LIMIT', 0, ARGV[2])
local page = {tostring(redis.call('ZCARD', KEYS[1]))}
if #names == 0 then return page end
local who = redis.call('HMGET', KEYS[2], unpack(names))
for i, name in ipairs(names) do
  page[#page + 1] = name
  page[#page + 1] = who[i] or ''
end
return page";

/// The lists of all rooms. Clones share the connection.
#[derive(Clone)]
pub struct People {
    redis: Redis,
    node: String,
    valid: Duration,
    tell: Script,
    page: Script,
}

fn key(room: ChannelId, what: &str) -> String {
    format!("chat:{{{room}}}:people{what}")
}

impl People {
    /// This process is `node`; one that has told nothing for `valid` is gone.
    pub fn new(redis: Redis, node: String, valid: Duration) -> Self {
        let (tell, page) = (Script::new(include_str!("lua/people.lua")), Script::new(PAGE));
        Self { redis, node, valid, tell, page }
    }

    /// What the script is given, without who comes and goes.
    fn telling(&self, room: ChannelId, mode: &str, come: usize) -> Run {
        let keys = ["", ":who", ":on", ":nodes"].map(|n| key(room, n)).into();
        let valid = self.valid.as_millis().to_string();
        (keys, vec![self.node.clone(), valid, mode.to_owned(), come.to_string()])
    }

    /// That nobody came or went, for [`Log::present`](super::Log::present).
    pub(super) fn unchanged(&self, room: ChannelId) -> Run {
        self.telling(room, "more", 0)
    }

    async fn call(
        &self,
        room: ChannelId,
        mode: &str,
        come: &[(String, String)],
        go: &[String],
    ) -> Result<String, Error> {
        let (keys, mut args) = self.telling(room, mode, come.len());
        args.extend(come.iter().flat_map(|(name, json)| [name.clone(), json.clone()]));
        args.extend(go.iter().cloned());
        self.tell.run(&self.redis, keys, args).await
    }

    /// Tells what has changed, or with `all` everybody; answers how many people there are on all nodes. `None`: this node is not known, or
    /// not any more, and has to tell all. Errors: Redis is away; what was told of it may be told again.
    pub async fn tell(&self, room: ChannelId, changes: &Changes) -> Result<Option<u64>, Error> {
        let mut mode = if changes.all { "all" } else { "more" };
        let (mut come, mut go) = (changes.come.chunks(TOLD), changes.go.chunks(TOLD));
        loop {
            let (some, gone) = (come.next().unwrap_or_default(), go.next().unwrap_or_default());
            let answer = self.call(room, mode, some, gone).await?;
            if answer.is_empty() {
                return Ok(None);
            }
            if come.len() == 0 && go.len() == 0 {
                return Ok(answer.parse().ok());
            }
            mode = "more";
        }
    }

    /// This node has nobody there any more.
    pub async fn gone(&self, room: ChannelId) -> Result<(), Error> {
        self.call(room, "gone", &[], &[]).await.map(|_| ())
    }

    /// How many there are.
    pub async fn count(&self, room: ChannelId) -> Result<u64, Error> {
        self.redis.call("ZCARD", [key(room, "")]).await
    }

    /// Up to `count` people after that name.
    pub async fn page(&self, room: ChannelId, after: Option<&str>, count: usize) -> Result<Page, Error> {
        let from = after.map_or_else(|| "-".into(), |name| format!("({name}"));
        let args = [from, (count + 1).to_string()];
        let answer: Vec<String> =
            self.page.run(&self.redis, [key(room, ""), key(room, ":who")], args).await?;
        let mut answer = answer.into_iter();
        let total = answer.next().and_then(|t| t.parse().ok()).unwrap_or_default();
        let (mut page, mut last) = (Page { people: Vec::new(), next: None, total }, None);
        while let (Some(name), Some(json)) = (answer.next(), answer.next()) {
            if page.people.len() == count {
                page.next = last;
                break;
            }
            page.people.extend(serde_json::from_str(&json).ok());
            last = Some(name);
        }
        Ok(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use streamly_lifecycle::{Readiness, Shutdown, Tasks};
    use streamly_redis::Config;
    use streamly_testkit::redis::RedisServer;

    const MANY: usize = 10_000;

    fn come(numbers: std::ops::Range<usize>) -> Vec<(String, String)> {
        let who = |n| (format!("p{n:05}"), format!(r#"{{"username":"p{n:05}","badges":[]}}"#));
        numbers.map(who).collect()
    }

    /// Microseconds of a processor that the server has spent; its own clock would also count what others did meanwhile.
    fn spent(server: &RedisServer) -> u64 {
        let used = server.command(&["INFO", "cpu"]).unwrap();
        let seconds = |name: &str| -> f64 {
            let line = used.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(':')).unwrap();
            line.trim().parse().unwrap()
        };
        ((seconds("used_cpu_user") + seconds("used_cpu_sys")) * 1e6) as u64
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn ten_thousand_people_are_told_in_parts_and_listed_by_pages_that_cost_the_same_anywhere() {
        let server = RedisServer::start().unwrap();
        let redis =
            Redis::new(&Config { url: server.url(), ..Config::default() }, &Readiness::new()).unwrap();
        redis.start(&Shutdown::new(), &Tasks::new()).await.unwrap();
        let people = People::new(redis, "a".into(), Duration::from_secs(60));
        let room = ChannelId::new();
        let all = Changes { all: true, come: come(0..MANY), go: Vec::new() };
        assert_eq!(people.tell(room, &all).await.unwrap(), Some(MANY as u64));
        let before = spent(&server);
        // One comes and one goes: told by itself, whatever the size of the room.
        for n in 0..100 {
            let changes =
                Changes { all: false, come: come(MANY + n..MANY + n + 1), go: vec![format!("p{n:05}")] };
            assert_eq!(people.tell(room, &changes).await.unwrap(), Some(MANY as u64));
        }
        let told = spent(&server) - before;
        let (mut listed, mut cursor, mut pages) = (Vec::new(), None::<String>, 0);
        loop {
            let page = people.page(room, cursor.as_deref(), 100).await.unwrap();
            assert!(page.people.len() <= 100 && page.total == MANY as u64);
            listed.extend(page.people.iter().map(|p| p["username"].as_str().unwrap().to_owned()));
            pages += 1;
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        let read = spent(&server) - before - told;
        assert_eq!((pages, listed.len()), (100, MANY));
        assert!(listed.is_sorted() && listed[0] == "p00100");
        // Some 100 µs each on an ordinary machine: a walk through all names would be milliseconds.
        assert!(
            told < 100 * 1_000 && read < 100 * 1_000,
            "{told} us for 100 changes, {read} us for 100 pages"
        );
    }
}
