//! Many runs of a room's script as one run: Redis asks its clock, and who it is, once for all, and reads and keeps track of one command instead
//! of many. Most of what a message of a small room costs there is that.
//!
//! Only where one server has all rooms: in a cluster a script has the keys of one slot. Each run has its own answer or error; where Redis does
//! not answer, all have that. No more than [`AT_ONCE`] hold it up in one go.

use super::scripts::text;
use streamly_redis::{Error, Redis, Run, Script, Value};

/// Runs in one script: some two milliseconds of Redis.
const AT_ONCE: usize = 64;
/// Keys of one run, and its arguments: those of every script of a room, then its own; and one more, its trace, where it is a part of one.
const KEYS: usize = 6;
const ARGS: usize = 16;
/// Arguments that all runs have alike; see `lua/many_head.lua`.
const SHARED: [usize; 8] = [1, 2, 3, 4, 5, 6, 8, 9];

/// A script made for it.
#[derive(Debug, Clone)]
pub(super) struct Many(Script);

impl Many {
    /// Of the text that is put together as `lua/many_head.lua` says.
    pub(super) fn new(script: Script) -> Self {
        Self(script)
    }

    /// Whether these can be run so.
    pub(super) fn takes(redis: &Redis, runs: &[Run]) -> bool {
        runs.len() > 1
            && !redis.is_cluster()
            && runs.iter().all(|(keys, args)| keys.len() == KEYS && (ARGS..=ARGS + 1).contains(&args.len()))
    }

    /// Answers in the order of the runs.
    pub(super) async fn run(&self, redis: &Redis, runs: Vec<Run>) -> Vec<Result<Value, Error>> {
        let mut answers = Vec::with_capacity(runs.len());
        let mut runs = runs.into_iter().peekable();
        while runs.peek().is_some() {
            let some: Vec<Run> = runs.by_ref().take(AT_ONCE).collect();
            let count = some.len();
            let (keys, args) = flat(some);
            match self.0.run::<Vec<Value>>(redis, keys, args).await {
                Ok(each) if each.len() == count => {
                    answers.extend(each.into_iter().map(|answer| own(redis, answer)))
                }
                Ok(_) => answers.extend((0..count).map(|_| Err(Error::NotReady("answers are missing")))),
                Err(e) => answers.extend(e.of_each(count).map(Err)),
            }
        }
        answers
    }
}

/// All keys, all arguments; traces last, where there is one.
fn flat(runs: Vec<Run>) -> Run {
    let (mut keys, mut all) =
        (Vec::with_capacity(runs.len() * KEYS), Vec::with_capacity((runs.len() + 1) * 8));
    if let Some((_, args)) = runs.first() {
        all.extend(SHARED.iter().map(|at| args[*at].clone()));
    }
    let is_traced = runs.iter().any(|(_, args)| args.len() > ARGS);
    let mut traces = Vec::new();
    for (own, mut args) in runs {
        keys.extend(own);
        if is_traced {
            traces.push(if args.len() > ARGS { args.remove(ARGS) } else { String::new() });
        }
        let own = args.into_iter().enumerate().filter(|(at, _)| !SHARED.contains(at));
        all.extend(own.map(|(_, arg)| arg));
    }
    all.extend(traces);
    (keys, all)
}

/// One run's answer.
fn own(redis: &Redis, answer: Value) -> Result<Value, Error> {
    match answer {
        Value::Array(parts) if parts.len() == 2 && parts[0].as_str().as_deref() == Some("error") => {
            Err(redis.said(&text(parts.into_iter().nth(1))))
        }
        answer => Ok(answer),
    }
}
