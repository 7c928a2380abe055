//! The scripts that alone write a room's log, and one call of them: keys in one slot, what every script is given, what it answers.
//!
//! The texts are in `lua/`. No retries here. An answer `unsettled` is no failure: the log is being put together again after Redis was
//! replaced or lost its data, or this node has to bring what it remembers first.

use super::{Floor, channel, many::Many, servers::Servers, together::Together};
use crate::log_id::LogId;
use std::{sync::Arc, time::Duration};
use streamly_domain::ChannelId;
use streamly_redis::{Error, Redis, Run, Script, Value};

/// How long a nonce is remembered (CONTRACT: within 2 minutes).
pub(super) const NONCE_SECONDS: &str = "120";
/// How long `last` outlives the log, so that ids go on upwards in a room that was quiet.
const LAST_EXTRA_MS: u64 = 7 * 24 * 3600 * 1000;

/// What this node is to the scripts, and for how long things count.
#[derive(Debug, Clone)]
pub struct Terms {
    /// This process's name among the nodes.
    pub node: String,
    /// Events of a room that are kept, about.
    pub keep_count: usize,
    /// How long they are kept.
    pub keep_age: Duration,
    /// Longest wait for nodes that may have events which a replaced server lacks.
    pub settle: Duration,
    /// How long a node's count in a room is good for.
    pub presence: Duration,
    /// Longest that a write is tried.
    pub patience: Duration,
    /// Longest wait for a replica; none: no wait.
    pub replica: Duration,
    /// How long events of a busy node wait for one another; none: each goes by itself.
    pub together: Duration,
}

impl Terms {
    /// Milliseconds that events are kept.
    pub(super) fn keep_ms(&self) -> u64 {
        self.keep_age.as_millis().try_into().unwrap_or(u64::MAX / 4)
    }
    /// Milliseconds that the last id and the generation are kept.
    pub(super) fn last_ms(&self) -> u64 {
        self.keep_ms().saturating_add(LAST_EXTRA_MS)
    }
}

/// What a script said.
pub(super) enum Answer {
    /// What it is for.
    Done(Vec<Value>),
    /// Not now, or not before this node has brought its memory.
    Unsettled {
        /// What this node remembers up to here is there.
        base: LogId,
        /// The log as it was when that was said.
        log: String,
    },
}

/// The scripts, hashed once. Clones share the connection.
#[derive(Clone)]
pub(super) struct Scripts {
    pub(super) redis: Redis,
    pub(super) terms: Arc<Terms>,
    pub(super) servers: Arc<Servers>,
    pub(super) append: Together,
    pub(super) delete: Together,
    pub(super) clear: Together,
    pub(super) read: Script,
    pub(super) seed: Script,
    pub(super) presence: Script,
    /// Presence, and people where none came or went.
    pub(super) present: Script,
    pub(super) mark: Script,
    pub(super) crowd: Script,
    pub(super) kept: Script,
    pub(super) gone: Script,
}

/// A key of a room.
pub(super) fn key(room: ChannelId, what: &str) -> String {
    format!("chat:{{{room}}}:{what}")
}

/// A value of an answer as text; nothing if it is none.
pub(super) fn text(value: Option<Value>) -> String {
    value.and_then(Value::into_string).unwrap_or_default()
}

impl Scripts {
    pub(super) fn new(redis: Redis, terms: Terms) -> Self {
        macro_rules! script {
            ($name:literal) => {
                Script::new(concat!(
                    include_str!("lua/room.lua"),
                    include_str!(concat!("lua/", $name, ".lua"))
                ))
            };
        }
        let many = Script::new(concat!(
            include_str!("lua/many_head.lua"),
            include_str!("lua/room.lua"),
            "local function one()\n",
            include_str!("lua/append.lua"),
            "end\n",
            include_str!("lua/many_tail.lua"),
        ));
        Self {
            redis,
            servers: Arc::default(),
            append: Together::new(script!("append"), Some(Many::new(many)), terms.together),
            delete: Together::new(script!("delete"), None, Duration::ZERO),
            clear: Together::new(script!("clear"), None, Duration::ZERO),
            terms: Arc::new(terms),
            read: script!("read"),
            seed: script!("seed"),
            presence: Script::new(include_str!("lua/presence.lua")),
            present: Script::new(concat!(
                "local ALL_KEYS, ALL_ARGV = KEYS, ARGV\nlocal function presence(KEYS, ARGV)\n",
                include_str!("lua/presence.lua"),
                "end\nlocal function people(KEYS, ARGV)\n",
                include_str!("lua/people.lua"),
                "end\nreturn {presence(ALL_KEYS, ALL_ARGV), people({unpack(ALL_KEYS, 4)}, {unpack(ALL_ARGV, 5)})}",
            )),
            mark: Script::new(super::marks::MARK),
            crowd: Script::new(super::marks::CROWD),
            kept: Script::new(include_str!("lua/kept.lua")),
            gone: Script::new(include_str!("lua/gone.lua")),
        }
    }

    /// Runs one of the room's scripts that read, or bring what this node remembers. Errors: Redis is away, or a script is wrong.
    pub(super) async fn run(
        &self,
        script: &Script,
        room: ChannelId,
        floor: &Floor,
        memory: impl IntoIterator<Item = String>,
        args: impl IntoIterator<Item = String>,
    ) -> Result<Answer, Error> {
        let (keys, args) = self.given(room, floor, memory, args);
        self.heard(script.run(&self.redis, keys, args).await?)
    }

    /// Runs one of those that write, with others if this node is busy. Errors: the same; it may have run.
    pub(super) async fn write(
        &self,
        script: &Together,
        room: ChannelId,
        floor: &Floor,
        memory: String,
        args: Vec<String>,
    ) -> Result<Answer, Error> {
        self.heard(script.run(&self.redis, self.given(room, floor, [memory], args)).await?)
    }

    fn given(
        &self,
        room: ChannelId,
        floor: &Floor,
        memory: impl IntoIterator<Item = String>,
        args: impl IntoIterator<Item = String>,
    ) -> Run {
        let names = ["log", "last", "", "gen", "presence"];
        let mut keys: Vec<String> = names.iter().map(|n| key(room, n)).collect();
        keys[2] = channel(room);
        keys.extend(memory);
        let terms = &self.terms;
        let mut all = vec![
            floor.id().to_string(),
            terms.keep_count.to_string(),
            terms.keep_ms().to_string(),
            terms.last_ms().to_string(),
            NONCE_SECONDS.to_owned(),
            terms.settle.as_millis().to_string(),
            terms.node.clone(),
            floor.generation(),
            self.servers.trusted(terms.settle * 2),
            terms.presence.as_millis().to_string(),
        ];
        all.extend(args);
        (keys, all)
    }

    fn heard(&self, answer: Value) -> Result<Answer, Error> {
        let Value::Array(answer) = answer else {
            return Err(Error::NotReady("a script's answer is no list"));
        };
        let mut answer = answer.into_iter();
        let state = text(answer.next());
        let server = text(answer.next());
        self.servers.heard(&server, text(answer.next()).parse().unwrap_or(0));
        if state == "ok" {
            return Ok(Answer::Done(answer.collect()));
        }
        let base = text(answer.next()).parse().unwrap_or_default();
        Ok(Answer::Unsettled { base, log: text(answer.next()) })
    }
}
