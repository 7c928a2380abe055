//! The limits that ingest nodes go by, as each tells them in its hello: an entry of Redis for each node, written by whichever replica has
//! its lease stream.
//!
//! Beside the hash of all nodes and not in it: that one is read whole at each heartbeat of each node, and these are some kilobytes. An entry
//! that nobody writes anew ends by itself; one of a node that is gone is read by nobody.

use crate::error::Error;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};
use streamly_proto::stream::v1 as proto;
use streamly_redis::{Redis, Value};

/// Most limits of a node; ingest has some fifty. What is beyond is left out, as is one whose texts are longer than these, bytes.
const MAX: usize = 400;
const MAX_KEY: usize = 80;
const MAX_VALUE: usize = 40;
/// How often an entry is written, in case Redis lost it.
pub const AGAIN: Duration = Duration::from_secs(60);
/// How long it stays without, milliseconds: three times as long.
const KEPT_MS: &str = "180000";

/// A limit as it counts on a node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Limit {
    /// Its key, as in the documentation of settings.
    pub key: String,
    /// `10`, `true`, `10s`, `4 MiB`.
    pub value: String,
    /// What it is where nobody sets it; none: it has no such value.
    pub default: Option<String>,
}

/// As a node tells them.
pub fn told(said: Vec<proto::Setting>) -> Vec<Limit> {
    let fits = |said: &proto::Setting| {
        let values = [&said.value, &said.usual];
        !said.key.is_empty() && said.key.len() <= MAX_KEY && values.iter().all(|v| v.len() <= MAX_VALUE)
    };
    let limit = |proto::Setting { key, value, usual }| {
        let default = Some(usual).filter(|usual| !usual.is_empty());
        Limit { key, value, default }
    };
    said.into_iter().filter(fits).take(MAX).map(limit).collect()
}

/// Notes what a node goes by.
pub async fn note(redis: &Redis, node: &str, limits: &[Limit]) -> Result<(), Error> {
    let entry = serde_json::to_string(limits)?;
    redis.call::<Value>("SET", [key(node), entry, "PX".into(), KEPT_MS.into()]).await?;
    Ok(())
}

/// What each of these nodes goes by; nothing where it does not say, or nobody knows.
pub async fn of(redis: &Redis, nodes: &[String]) -> Result<Vec<Vec<Limit>>, Error> {
    let keys = nodes.iter().map(|node| vec![key(node).into()]).collect();
    let entries: Vec<Option<String>> = redis.call_each("GET", keys).await?;
    let read = |entry: Option<String>| serde_json::from_str(&entry?).ok();
    Ok(entries.into_iter().map(|entry| read(entry).unwrap_or_default()).collect())
}

fn key(node: &str) -> String {
    format!("nodes:limits:{node}")
}

/// A limit, and the nodes where it counts so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shared {
    /// What counts.
    pub limit: Limit,
    /// Where, by name.
    pub nodes: Vec<String>,
}

/// What several nodes go by, by key; where they differ, each value comes with those that have it.
pub fn together(of: &[(String, Vec<Limit>)]) -> Vec<Shared> {
    let mut all: BTreeMap<&Limit, Vec<String>> = BTreeMap::new();
    for (node, limits) in of {
        for limit in limits {
            all.entry(limit).or_default().push(node.clone());
        }
    }
    all.into_iter().map(|(limit, nodes)| Shared { limit: limit.clone(), nodes }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(key: &str, value: &str, usual: &str) -> proto::Setting {
        proto::Setting { key: key.into(), value: value.into(), usual: usual.into() }
    }

    #[test]
    fn what_is_too_long_or_too_much_is_left_out() {
        let long = "x".repeat(200);
        let mut all = vec![said(&long, "1", "1"), said("a", &long, "1"), said("a", "1", &long)];
        all.push(said("", "1", ""));
        all.extend((0..500).map(|n| said(&format!("n{n}"), "1", "")));
        let told = told(all);
        assert_eq!((told.len(), told[0].key.as_str(), &told[0].default), (400, "n0", &None));
        assert_eq!(super::told(vec![said("drain", "4h", "20s")])[0].default.as_deref(), Some("20s"));
    }

    #[test]
    fn a_limit_comes_once_for_each_value_that_it_has() {
        let limits = |drain: &str| told(vec![said("window", "30s", "30s"), said("drain", drain, "20s")]);
        let of = [("n1", "20s"), ("n2", "4h"), ("n3", "20s")];
        let of = of.map(|(id, drain)| (id.to_owned(), limits(drain)));
        let told: Vec<_> = together(&of)
            .into_iter()
            .map(|shared| format!("{} {} {}", shared.limit.key, shared.limit.value, shared.nodes.join(",")))
            .collect();
        assert_eq!(told, ["drain 20s n1,n3", "drain 4h n2", "window 30s n1,n2,n3"]);
    }
}
