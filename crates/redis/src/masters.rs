//! The masters of a cluster, each with a name whose slot it serves: what is to reach all of them is asked by such names.
//!
//! A command without a key goes to one master and says nothing of the others. Who serves which slot is what the client heard last: a name
//! whose slot has moved is led on as any key is. As long as the slots stay, so do the names.

use crate::{Error, Redis};
use fred::{
    interfaces::ClusterInterface,
    types::{Value, cluster::ClusterRouting, config::Server},
    util::redis_keyslot,
};
use std::{collections::BTreeMap, fmt};
use tokio::task::JoinSet;

/// Names that are tried. Of a master with one slot in four hundred one is found as good as surely; who has fewer goes without.
const NAMES: u32 = 4_096;
/// A key that nobody writes and a channel that nobody publishes on; of a cluster with a number behind it.
pub(crate) const ALIVE: &str = "streamly:alive";

/// Every master of a cluster with its name; none where there is no cluster, or nothing is known of it yet.
pub(crate) fn names<C: ClusterInterface>(client: &C) -> BTreeMap<Server, String> {
    client.cached_cluster_state().map(|slots| names_in(&slots)).unwrap_or_default()
}

fn names_in(slots: &ClusterRouting) -> BTreeMap<Server, String> {
    let masters = slots.unique_primary_nodes().len();
    let mut names = BTreeMap::new();
    for number in 0..NAMES {
        if names.len() == masters {
            break;
        }
        let name = format!("{ALIVE}:{number}");
        if let Some(server) = slots.get_server(redis_keyslot(name.as_bytes())) {
            names.entry(server.clone()).or_insert(name);
        }
    }
    names
}

/// Servers that did not say that they are there.
#[derive(Debug)]
pub(crate) struct Missed {
    /// Of a cluster, by their addresses.
    masters: Vec<Server>,
    /// What one of them said; that there was no answer in time, if it was so of any.
    error: Error,
}

impl Missed {
    /// Whether one of them gave no answer in time.
    pub(crate) fn is_timeout(&self) -> bool {
        self.error.is_timeout()
    }
}

impl fmt::Display for Missed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, master) in self.masters.iter().enumerate() {
            write!(f, "{}{master}", if n == 0 { "" } else { ", " })?;
        }
        let words = self.error.details();
        if self.masters.is_empty() { write!(f, "{words}") } else { write!(f, ": {words}") }
    }
}

impl Redis {
    /// Asks the server whether it is there; in a cluster every master, by a key, for without all of its slots a cluster serves none of
    /// them, and answers PING all the same. Errors: who is not there.
    pub(crate) async fn look(&self) -> Result<(), Missed> {
        let names = names(&self.client());
        if names.is_empty() {
            let answer = self.call::<Value>("PING", Vec::<String>::new()).await;
            return answer.map(|_| ()).map_err(|error| Missed { masters: Vec::new(), error });
        }
        let mut asked = JoinSet::new();
        for (master, name) in names {
            let this = self.clone();
            asked.spawn(async move { (master, this.call::<Value>("EXISTS", [name]).await) });
        }
        let mut missed: Option<Missed> = None;
        while let Some(answer) = asked.join_next().await {
            let Ok((master, Err(error))) = answer else { continue };
            match &mut missed {
                None => missed = Some(Missed { masters: vec![master], error }),
                Some(missed) => {
                    missed.masters.push(master);
                    if error.is_timeout() {
                        missed.error = error;
                    }
                }
            }
        }
        match missed {
            None => Ok(()),
            Some(mut missed) => {
                missed.masters.sort();
                Err(missed)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cluster of which each port has these slots.
    fn cluster(ranges: &[(i64, i64, i64)]) -> ClusterRouting {
        let range = |&(first, last, port): &(i64, i64, i64)| {
            let server = vec!["10.0.0.1".into(), port.into(), format!("id-{port}").into()];
            Value::Array(vec![first.into(), last.into(), Value::Array(server)])
        };
        let all = Value::Array(ranges.iter().map(range).collect());
        ClusterRouting::from_cluster_slots(all, "10.0.0.1").unwrap()
    }

    #[test]
    fn every_master_has_a_name_in_its_own_slots_also_one_with_few() {
        let slots = cluster(&[(0, 5_000, 1), (5_001, 5_100, 2), (5_101, 10_000, 3), (10_001, 16_383, 1)]);
        let names = names_in(&slots);
        assert_eq!(names.keys().map(|s| s.port).collect::<Vec<_>>(), [1, 2, 3]);
        for (server, name) in &names {
            assert_eq!(slots.get_server(redis_keyslot(name.as_bytes())), Some(server), "{name}");
        }
        assert_eq!(names_in(&slots), names, "the same again");
        assert!(names_in(&ClusterRouting::new()).is_empty());
    }

    #[test]
    fn who_is_missed_is_said_by_address() {
        let error = || Error::NotReady("why");
        let masters = vec![Server::new("10.0.0.1", 1), Server::new("10.0.0.1", 2)];
        assert_eq!(
            Missed { masters, error: error() }.to_string(),
            format!("10.0.0.1:1, 10.0.0.1:2: {}", error().details())
        );
        assert_eq!(Missed { masters: Vec::new(), error: error() }.to_string(), error().details());
    }
}
