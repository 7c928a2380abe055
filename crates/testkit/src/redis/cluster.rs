//! A Redis Cluster on loopback: masters that share the slots evenly, each with a replica where asked.

use super::{RedisServer, free_port, wait_for};
use anyhow::Result;

/// Hash slots of a cluster.
const SLOTS: u32 = 16_384;
/// How long a server may be silent until the others call it gone, milliseconds: short, for a test waits for it.
const NODE_TIMEOUT_MS: &str = "1000";

/// A cluster that is whole.
#[derive(Debug)]
pub struct RedisCluster {
    /// The masters as they began, in the order of their slots.
    pub masters: Vec<RedisServer>,
    /// The replica of each, or none.
    pub replicas: Vec<RedisServer>,
}

impl RedisCluster {
    /// Starts it and waits until all slots are served.
    pub fn start(masters: usize, with_replicas: bool) -> Result<Self> {
        let one = || -> Result<RedisServer> {
            let (port, bus) = (free_port()?, free_port()?.to_string());
            let settings =
                ["--cluster-enabled", "yes", "--cluster-node-timeout", NODE_TIMEOUT_MS, "--cluster-port"];
            let more = [&settings[..], &[&bus, "--cluster-replica-validity-factor", "0"]].concat();
            RedisServer::with(port, &more)
        };
        let many = |count: usize| (0..count).map(|_| one()).collect::<Result<Vec<_>>>();
        let this = Self { masters: many(masters)?, replicas: many(if with_replicas { masters } else { 0 })? };
        this.share_slots()?;
        let all = || this.masters.iter().chain(&this.replicas);
        for other in all().skip(1) {
            let port = other.port.to_string();
            let bus =
                other.more.iter().skip_while(|m| *m != "--cluster-port").nth(1).cloned().unwrap_or_default();
            this.masters[0].command(&["CLUSTER", "MEET", "127.0.0.1", &port, &bus])?;
        }
        for node in all() {
            wait_for("the cluster's nodes do not know one another", || {
                let info = node.command(&["CLUSTER", "INFO"])?;
                let known = format!("cluster_known_nodes:{}\r", all().count());
                Ok(info.contains("cluster_state:ok") && info.contains(&known))
            })?;
        }
        for (replica, master) in this.replicas.iter().zip(&this.masters) {
            let id = master.command(&["CLUSTER", "MYID"])?;
            wait_for("the replica does not know its master", || {
                Ok(replica.command(&["CLUSTER", "REPLICATE", &id])? == "OK")
            })?;
            wait_for("the replica is not in step", || {
                Ok(replica.command(&["INFO", "replication"])?.contains("master_link_status:up"))
            })?;
        }
        Ok(this)
    }

    fn share_slots(&self) -> Result<()> {
        let count = u32::try_from(self.masters.len())?;
        for (n, master) in (0u32..).zip(&self.masters) {
            let (from, to) = (SLOTS * n / count, SLOTS * (n + 1) / count - 1);
            master.command(&["CLUSTER", "ADDSLOTSRANGE", &from.to_string(), &to.to_string()])?;
            // Epochs of their own, as redis-cli gives them: two masters of one epoch would first have to settle that.
            master.command(&["CLUSTER", "SET-CONFIG-EPOCH", &(n + 1).to_string()])?;
        }
        Ok(())
    }

    /// For a service's configuration.
    pub fn url(&self) -> String {
        let mut all = self.masters.iter().map(RedisServer::address);
        let first = all.next().map(|a| a.to_string()).unwrap_or_default();
        let rest: Vec<String> = all.map(|a| format!("node={a}")).collect();
        format!("redis-cluster://{first}?{}", rest.join("&"))
    }

    /// Gives a key's slot, which must have no keys, to the master of that number, as a resharding does. [`RedisCluster::master_of`] does not
    /// know of it.
    pub fn move_slot(&self, key: &str, to: usize) -> Result<()> {
        let slot = self.masters[0].command(&["CLUSTER", "KEYSLOT", key])?;
        let (old, new) = (&self.masters[self.master_of(key)?], &self.masters[to]);
        let (old_id, new_id) = (old.command(&["CLUSTER", "MYID"])?, new.command(&["CLUSTER", "MYID"])?);
        new.command(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &old_id])?;
        old.command(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &new_id])?;
        // The new one first: from then on its claim is the younger. It is told once, for being told again it would end what is subscribed.
        let others = self.masters.iter().enumerate().filter(|(n, _)| *n != to).map(|(_, master)| master);
        for master in std::iter::once(new).chain(others) {
            master.command(&["CLUSTER", "SETSLOT", &slot, "NODE", &new_id])?;
        }
        Ok(())
    }

    /// The master that serves a key's slot, as the slots were shared.
    pub fn master_of(&self, key: &str) -> Result<usize> {
        let slot: u32 = self.masters[0].command(&["CLUSTER", "KEYSLOT", key])?.parse()?;
        Ok((slot * u32::try_from(self.masters.len())? / SLOTS) as usize)
    }
}
