//! What edges and chat count in Redis, read: sessions as HyperLogLogs of five seconds, messages by ten, how viewers fare by the minute.
//!
//! A key's braces are a cluster hash tag. Who is counted was seen in the last 30 s, so one who left is out within 35; the bucket that has not
//! begun here has at an edge whose clock is ahead.

use crate::{error::Error, qoe::Sums};
use futures_util::future::try_join_all;
use std::{collections::HashMap, ops::RangeInclusive};
use streamly_domain::{BroadcastId, ChannelId};
use streamly_redis::{Redis, Value};

/// Time of a bucket of sessions, seconds; edges write so.
const SESSIONS_S: i64 = 5;
/// A session that was seen for the last time so long ago is not counted, seconds.
const SEEN_S: i64 = 30;
/// Since when viewers are counted in this Redis, Unix milliseconds; of a cluster each broadcast has a mark of its own, beside its sessions.
const COUNTED: &str = "viewers:counted";
/// Life of a mark of a broadcast, seconds. A longer broadcast is marked anew, and for some seconds its count only goes up.
const MARK_TTL_S: &str = "86400";
/// Time of a bucket of messages, seconds; chat writes so.
pub const MESSAGES_S: i64 = 10;

/// How many watch each of these broadcasts at that time, Unix milliseconds.
pub async fn viewers(redis: &Redis, all: &[BroadcastId], now_ms: i64) -> Result<Vec<u64>, Error> {
    let now = now_ms.div_euclid(1_000);
    let buckets = (now - SEEN_S).div_euclid(SESSIONS_S)..=now.div_euclid(SESSIONS_S) + 1;
    let keys = |id: &BroadcastId| {
        buckets.clone().map(|bucket| format!("viewers:{{{id}}}:{bucket}").into()).collect()
    };
    Ok(redis.call_each("PFCOUNT", all.iter().map(keys).collect()).await?)
}

/// Since when viewers of each of these broadcasts are counted in the Redis that has their sessions, Unix milliseconds: since now where it
/// knows of no time, as one that is new or was emptied. A repeat changes nothing.
pub async fn known_since(redis: &Redis, all: &[BroadcastId], now_ms: i64) -> Result<Vec<i64>, Error> {
    if redis.is_cluster() {
        // One master may be empty and the others not: who has the sessions has the mark.
        let now = now_ms.to_string();
        let mark = |id: &BroadcastId| {
            let key = format!("viewers:{{{id}}}:since");
            [key.as_str(), &now, "NX", "EX", MARK_TTL_S, "GET"].map(Value::from).to_vec()
        };
        let since: Vec<Option<i64>> = redis.call_each("SET", all.iter().map(mark).collect()).await?;
        return Ok(since.into_iter().map(|since| since.unwrap_or(now_ms)).collect());
    }
    redis.call::<Value>("SET", [COUNTED.to_owned(), now_ms.to_string(), "NX".into()]).await?;
    let since: Option<i64> = redis.call("GET", [COUNTED]).await?;
    Ok(vec![since.unwrap_or(now_ms); all.len()])
}

/// How many sessions a broadcast has had in all; 0 also where that is forgotten.
pub async fn sessions(redis: &Redis, id: BroadcastId) -> Result<u64, Error> {
    Ok(redis.call("PFCOUNT", [format!("viewers:{{{id}}}:all")]).await?)
}

/// Forgets who watched a broadcast up to now; whom edges count already they do not tell again.
pub async fn forget_sessions(redis: &Redis, id: BroadcastId) -> Result<(), Error> {
    redis.call::<Value>("DEL", [format!("viewers:{{{id}}}:all")]).await?;
    Ok(())
}

/// How the viewers of a broadcast fared in these minutes of Unix time; those of which nothing is known are left out.
pub async fn qoe(
    redis: &Redis,
    id: BroadcastId,
    minutes: RangeInclusive<i64>,
) -> Result<Vec<(i64, Sums)>, Error> {
    let read = minutes.map(|minute| async move {
        let hash =
            redis.call::<HashMap<String, String>>("HGETALL", [format!("qoe:{{{id}}}:{minute}")]).await?;
        Ok::<_, Error>(Sums::read(&hash).map(|sums| (minute, sums)))
    });
    Ok(try_join_all(read).await?.into_iter().flatten().collect())
}

/// Messages in a channel's room in these buckets of [`MESSAGES_S`]; chat's nodes have a field each.
pub async fn messages(redis: &Redis, channel: ChannelId, buckets: RangeInclusive<i64>) -> Result<u64, Error> {
    let read = buckets.map(|bucket| redis.call::<Vec<u64>>("HVALS", [messages_key(channel, bucket)]));
    Ok(try_join_all(read).await?.iter().flatten().sum())
}

fn messages_key(channel: ChannelId, bucket: i64) -> Value {
    format!("messages:{{{channel}}}:{bucket}").into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use streamly_lifecycle::{Readiness, Shutdown, Tasks};
    use streamly_redis::Config;
    use streamly_testkit::redis::{RedisCluster, RedisServer};

    /// A server of the test's own, and a connection to it.
    async fn redis() -> (RedisServer, Redis) {
        let server = RedisServer::start().unwrap();
        let redis = connected(server.url()).await;
        (server, redis)
    }

    async fn connected(url: String) -> Redis {
        let config = Config { url, ..Config::default() };
        let redis = Redis::new(&config, &Readiness::new()).unwrap();
        redis.start(&Shutdown::new(), &Tasks::new()).await.unwrap();
        redis
    }

    async fn seen(redis: &Redis, id: BroadcastId, at_s: i64, sessions: impl Iterator<Item = u64>) {
        let key = format!("viewers:{{{id}}}:{}", at_s / SESSIONS_S);
        let sessions = sessions.map(|n| Value::Bytes(n.to_be_bytes().to_vec().into()));
        redis.call::<Value>("PFADD", std::iter::once(Value::from(key)).chain(sessions)).await.unwrap();
    }

    #[tokio::test]
    async fn who_was_seen_in_the_last_thirty_seconds_counts_once_and_few_are_exact() {
        let ((_server, redis), id) = (redis().await, BroadcastId::new());
        // Far from the others' sessions: what a register holds is by chance, and these are the same at each run.
        for n in 0..12u64 {
            assert_eq!(viewers(&redis, &[id], 1_000_000).await.unwrap(), [n], "before {n}");
            // At several moments, as at several edges.
            seen(&redis, id, 1_000, std::iter::once(n)).await;
            seen(&redis, id, 985, std::iter::once(n)).await;
        }
        let at = async |now_s: i64| viewers(&redis, &[id], now_s * 1_000).await.unwrap()[0];
        assert_eq!((at(1_030).await, at(1_034).await, at(1_035).await), (12, 12, 0));
        // An edge's clock may be some seconds ahead.
        assert_eq!((at(995).await, at(994).await), (12, 12), "seen at 985, too");
        seen(&redis, id, 2_005, 0..3).await;
        assert_eq!((at(2_000).await, at(1_999).await), (3, 0));
    }

    #[tokio::test]
    async fn an_emptied_redis_is_told_from_one_that_was_counted_in_before() {
        let (_server, redis) = redis().await;
        let one = [BroadcastId::new()];
        let since = async |now_ms| known_since(&redis, &one, now_ms).await.unwrap()[0];
        assert_eq!((since(1_000).await, since(2_000).await), (1_000, 1_000));
        redis.call::<Value>("FLUSHALL", Vec::<String>::new()).await.unwrap();
        assert_eq!((since(3_000).await, since(4_000).await), (3_000, 3_000));
    }

    #[tokio::test]
    async fn of_a_cluster_the_master_that_was_emptied_is_told_from_those_that_were_not() {
        let cluster = RedisCluster::start(3, false).unwrap();
        let redis = connected(cluster.url()).await;
        let all: Vec<BroadcastId> = (0..12).map(|_| BroadcastId::new()).collect();
        let masters: Vec<usize> =
            all.iter().map(|id| cluster.master_of(&format!("{{{id}}}")).unwrap()).collect();
        assert!(masters.iter().any(|master| *master != masters[0]), "of several: {masters:?}");
        let since = async |now_ms| known_since(&redis, &all, now_ms).await.unwrap();
        assert_eq!((since(1_000).await, since(2_000).await), (vec![1_000; 12], vec![1_000; 12]));
        for (n, id) in (1u64..).zip(&all) {
            seen(&redis, *id, 1_000, 0..n).await;
        }
        assert_eq!(viewers(&redis, &all, 1_005_000).await.unwrap(), (1..=12).collect::<Vec<u64>>());
        cluster.masters[masters[0]].command(&["FLUSHALL"]).unwrap();
        let expected: Vec<i64> =
            masters.iter().map(|master| if *master == masters[0] { 3_000 } else { 1_000 }).collect();
        assert_eq!((since(3_000).await, since(4_000).await), (expected.clone(), expected));
        // It goes by itself, a day after the broadcast was first counted.
        let key = format!("viewers:{{{}}}:since", all[0]);
        let left: i64 = redis.call("TTL", [key]).await.unwrap();
        assert!((86_000..=86_400).contains(&left), "{left}");
    }

    #[tokio::test]
    async fn many_are_counted_within_two_of_a_hundred() {
        let (_server, redis) = redis().await;
        for many in [500, 5_000, 50_000u64] {
            let id = BroadcastId::new();
            for edge in 0..3 {
                // Each edge saw two thirds of them.
                let there =
                    (0..many).filter(|n| n % 3 != edge).map(|n| n.wrapping_mul(0x9E37_79B9_7F4A_7C15));
                seen(&redis, id, 1_000 + edge as i64 * 5, there).await;
            }
            let both = [BroadcastId::new(), id];
            let [nobody, counted] = viewers(&redis, &both, 1_012_000).await.unwrap()[..] else { panic!() };
            assert_eq!(nobody, 0, "each its own");
            assert!(counted.abs_diff(many) * 50 <= many, "{counted} of {many}");
        }
    }

    #[tokio::test]
    async fn messages_are_those_of_all_nodes_in_the_time_that_is_asked_for() {
        let ((_server, redis), channel) = (redis().await, ChannelId::new());
        for (bucket, node, count) in [(10, "a", 3), (10, "b", 4), (11, "a", 10), (12, "a", 100)] {
            let args = [format!("messages:{{{channel}}}:{bucket}"), node.into(), count.to_string()];
            redis.call::<Value>("HSET", args).await.unwrap();
        }
        assert_eq!(messages(&redis, channel, 10..=11).await.unwrap(), 17);
        assert_eq!(messages(&redis, channel, 13..=19).await.unwrap(), 0);
    }
}
