//! A script's runs that go to Redis together when a node is busy: one script (in a cluster one pipeline), one wake-up and one write to Redis's disk for all of a turn.
//!
//! When is [`Turns`]' to say; a run that comes alone goes by itself, at once. Whoever gives up waiting leaves its run where it is: it may be done. A
//! turn's runs are sent by a task of their own, which ends with their answers or the connection's time-out. What waits is bounded by
//! those that wait for it. Each gets its own answer or error; retries are the caller's.

use super::{many::Many, turns::Turns};
use parking_lot::Mutex;
use std::{sync::Arc, time::Duration};
use streamly_redis::{Error, Redis, Run, Script, Value};
use tokio::{sync::oneshot, time::Instant};

/// A run and who waits for its answer.
type Waiting = (Run, oneshot::Sender<Result<Value, Error>>);

/// One script's runs of this node. Clones share them.
#[derive(Clone)]
pub(super) struct Together {
    script: Script,
    many: Option<Many>,
    shared: Arc<Shared>,
}

struct Shared {
    turns: Turns,
    waiting: Mutex<Vec<Waiting>>,
}

impl Together {
    /// In turns of that length; of none, each by itself. `many`: the same script for many runs in one, where that can be.
    pub(super) fn new(script: Script, many: Option<Many>, turn: Duration) -> Self {
        let shared = Arc::new(Shared { turns: Turns::new(turn), waiting: Mutex::default() });
        Self { script, many, shared }
    }

    /// Runs it, by itself or with others. Errors: Redis did not answer; it may have run.
    pub(super) async fn run(&self, redis: &Redis, (keys, args): Run) -> Result<Value, Error> {
        let Some(at) = self.shared.turns.at(Instant::now()) else {
            return Box::pin(self.script.run(redis, keys, args)).await;
        };
        let (answer, answered) = oneshot::channel();
        let is_first = {
            let mut waiting = self.shared.waiting.lock();
            waiting.push(((keys, args), answer));
            waiting.len() == 1
        };
        if is_first {
            tokio::spawn(self.clone().go(redis.clone(), at));
        }
        answered.await.unwrap_or(Err(Error::NotReady("the turn was not run")))
    }

    async fn go(self, redis: Redis, at: Instant) {
        tokio::time::sleep_until(at).await;
        let waiting = std::mem::take(&mut *self.shared.waiting.lock());
        let (runs, askers): (Vec<_>, Vec<_>) = waiting.into_iter().unzip();
        let answers = match &self.many {
            Some(many) if Many::takes(&redis, &runs) => many.run(&redis, runs).await,
            _ => self.script.run_all(&redis, runs).await,
        };
        for (asker, answer) in askers.into_iter().zip(answers) {
            // Who does not wait any more has gone.
            let _ = asker.send(answer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::join_all;
    use streamly_lifecycle::{Readiness, Shutdown, Tasks};
    use streamly_redis::Config;
    use streamly_testkit::redis::RedisServer;

    #[tokio::test(flavor = "multi_thread")]
    async fn each_gets_its_own_answer_also_where_another_fails_or_has_gone_and_the_script_is_not_known() {
        let server = RedisServer::start().unwrap();
        let redis =
            Redis::new(&Config { url: server.url(), ..Config::default() }, &Readiness::new()).unwrap();
        redis.start(&Shutdown::new(), &Tasks::new()).await.unwrap();
        let script = "if ARGV[1] == '7' then return redis.error_reply('ERR seven') end return ARGV[1]";
        let together = Together::new(Script::new(script), None, Duration::from_millis(50));
        let run = async |n: u32| {
            let answer = together.run(&redis, (vec![format!("key {n}")], vec![n.to_string()])).await;
            answer.map(|v| v.into_string().unwrap()).map_err(|e| e.details())
        };
        for turn in 0..3 {
            let gone = tokio::time::timeout(Duration::from_millis(1), run(1_000));
            let (answers, _) = tokio::join!(join_all((0..40).map(run)), gone);
            for (n, answer) in answers.into_iter().enumerate() {
                match n {
                    7 => assert!(answer.unwrap_err().contains("seven"), "turn {turn}"),
                    n => assert_eq!(answer, Ok(n.to_string()), "turn {turn}"),
                }
            }
            redis.call::<Value>("SCRIPT", ["FLUSH"]).await.unwrap();
        }
        assert!(together.shared.waiting.lock().is_empty());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_a_replica_says_within_a_run_of_many_makes_the_node_look_for_the_server_that_took_over() {
        let (server, other) = (RedisServer::on_tcp().unwrap(), RedisServer::on_tcp().unwrap());
        let redis =
            Redis::new(&Config { url: server.url(), ..Config::default() }, &Readiness::new()).unwrap();
        redis.start(&Shutdown::new(), &Tasks::new()).await.unwrap();
        let one = "return redis.call('INCR', KEYS[1])";
        let many = "local answers = {} for run = 1, #KEYS / 6 do \
                    local went, e = pcall(redis.call, 'INCR', KEYS[6 * run]) \
                    answers[run] = went and e or {'error', type(e) == 'table' and e.err or tostring(e)} end return answers";
        let together =
            Together::new(Script::new(one), Some(Many::new(Script::new(many))), Duration::from_secs(2));
        let run = |n: usize| {
            let run = ((0..6).map(|k| format!("{n} {k}")).collect(), vec![String::new(); 16]);
            together.run(&redis, run)
        };
        let connections = || {
            let stats = server.command(&["INFO", "stats"]).unwrap();
            let line =
                stats.lines().find_map(|l| l.strip_prefix("total_connections_received:").map(str::to_owned));
            line.unwrap().trim().parse::<u64>().unwrap()
        };
        // Who comes alone goes at once; those within its turn go together at the end of it, to what is a replica by then.
        assert_eq!(run(0).await.unwrap().as_u64(), Some(1));
        server.follow(&other).unwrap();
        let before = connections();
        let answers = join_all((1..9).map(&run)).await;
        assert!(
            answers.iter().all(|a| a.as_ref().is_err_and(|e| e.details().contains("READONLY"))),
            "{answers:?}"
        );
        // Each question is a connection of its own.
        let mut asked = 1;
        let came = async {
            while connections() <= before + asked {
                asked += 1;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), came).await.expect("the client connects anew");
    }
}
