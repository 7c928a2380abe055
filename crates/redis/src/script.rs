//! Lua scripts: EVALSHA by the hash, EVAL where the server does not know it (a restart, a replica that took over).
//!
//! Pipelined like every other command: a script does not wait for the answer of the one before it. In a cluster a script goes to
//! the server of its first key; all its keys must be in one slot.

use crate::{
    Error, Redis,
    spans::{asked, told},
};
use fred::{
    interfaces::ClientLike,
    types::{ClusterHash, CustomCommand, FromValue, Value, scripts::Script as FredScript},
};

/// Where the first key stands among the arguments.
const FIRST_KEY: usize = 2;

/// Keys and arguments of one run.
pub type Run = (Vec<String>, Vec<String>);

/// A script, hashed once.
#[derive(Debug, Clone)]
pub struct Script {
    hash: String,
    text: String,
}

impl Script {
    /// Hashes the text.
    pub fn new(lua: &str) -> Self {
        Self { hash: FredScript::from_lua(lua).sha1().to_string(), text: lua.to_owned() }
    }

    /// Runs it; it needs at least one key. A time-out does not tell whether it ran: make it idempotent.
    pub async fn run<T: FromValue>(
        &self,
        redis: &Redis,
        keys: impl IntoIterator<Item = String>,
        args: impl IntoIterator<Item = impl Into<Value>>,
    ) -> Result<T, Error> {
        let keys: Vec<Value> = keys.into_iter().map(Value::from).collect();
        let mut all = vec![Value::from(self.hash.as_str()), Value::from(keys.len().to_string())];
        all.extend(keys);
        all.extend(args.into_iter().map(Into::into));
        let answer = match self.send(redis, "EVALSHA", all.clone()).await {
            Err(Error::Command(e)) if e.details().starts_with("NOSCRIPT") => {
                all[0] = Value::from(self.text.as_str());
                self.send(redis, "EVAL", all).await?
            }
            answer => answer?,
        };
        answer.convert().map_err(Error::Command)
    }

    /// Runs it so often, in one go: one write, and mostly one read. Answers in the order of the runs, each with an error of its own;
    /// where the connection is lost, all that are without an answer.
    pub async fn run_all(&self, redis: &Redis, runs: Vec<Run>) -> Vec<Result<Value, Error>> {
        let runs: Vec<Vec<Value>> = runs
            .into_iter()
            .map(|(keys, args)| {
                let count = Value::from(keys.len().to_string());
                let given = keys.into_iter().chain(args).map(Value::from);
                [Value::from(self.hash.as_str()), count].into_iter().chain(given).collect()
            })
            .collect();
        let answers = redis.pipe("EVALSHA", ClusterHash::Offset(FIRST_KEY), &runs).await;
        let mut done = Vec::with_capacity(runs.len());
        for (mut run, answer) in runs.into_iter().zip(answers) {
            done.push(match answer {
                Err(Error::Command(e)) if e.details().starts_with("NOSCRIPT") => {
                    run[0] = Value::from(self.text.as_str());
                    self.send(redis, "EVAL", run).await
                }
                answer => answer,
            });
        }
        done
    }

    async fn send(&self, redis: &Redis, command: &'static str, args: Vec<Value>) -> Result<Value, Error> {
        let span = asked(command, 1);
        let command = CustomCommand::new_static(command, ClusterHash::Offset(FIRST_KEY), false);
        let answer = redis.client().custom(command, args).await;
        let answer = answer.map_err(|e| redis.heed(Error::Command(e)));
        told(&span, answer.as_ref());
        answer
    }
}
