//! Whether a service can serve, dependency by dependency: what `/health/ready` and `/health` answer.
//!
//! Each dependency's owner (a pool, a peer) sets its own state as it learns of it; nobody polls in the request.

use parking_lot::RwLock;
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// One dependency as last seen.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Check {
    /// Whether it answered last time.
    pub ok: bool,
    /// What is wrong, for the operator; never a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// All dependencies of a service. Clones share one state.
#[derive(Debug, Clone, Default)]
pub struct Readiness {
    inner: Arc<RwLock<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    checks: BTreeMap<String, Check>,
    spared: BTreeSet<String>,
    draining: bool,
}

impl Inner {
    fn is_ready(&self) -> bool {
        !self.draining && self.checks.iter().all(|(name, c)| c.ok || self.spared.contains(name))
    }
}

impl Readiness {
    /// Nothing registered: ready.
    pub fn new() -> Self {
        Self::default()
    }
    /// Registers a dependency as not there yet.
    pub fn expect(&self, name: &str) {
        self.set(name, Err("not connected yet".into()));
    }
    /// Notes how a dependency is; logs when that changes (not that it is not there yet at the start: whoever waits for it says so).
    pub fn set(&self, name: &str, state: Result<(), String>) {
        let check = Check { ok: state.is_ok(), detail: state.err() };
        let old = self.inner.write().checks.insert(name.to_owned(), check.clone());
        match (old.map(|c| c.ok), check.ok) {
            (Some(false) | None, true) => tracing::info!(dependency = name, "is there"),
            (Some(true), false) => tracing::warn!(dependency = name, detail = check.detail, "is away"),
            _ => {}
        }
    }
    /// From now on the service does most of its work without this dependency: while it is away the service is degraded, and ready.
    pub fn spare(&self, name: &str) {
        self.inner.write().spared.insert(name.to_owned());
    }
    /// From now on not ready, whatever the dependencies are.
    pub fn drain(&self) {
        self.inner.write().draining = true;
    }
    /// Whether traffic should come here.
    pub fn is_ready(&self) -> bool {
        self.inner.read().is_ready()
    }
    /// Whether it is ready and yet a dependency is away.
    pub fn is_degraded(&self) -> bool {
        let inner = self.inner.read();
        inner.is_ready() && inner.checks.values().any(|c| !c.ok)
    }
    /// Whether one dependency is there; unknown ones are not.
    pub fn is_ok(&self, name: &str) -> bool {
        self.inner.read().checks.get(name).is_some_and(|c| c.ok)
    }
    /// Every dependency, and whether the process drains.
    pub fn snapshot(&self) -> (BTreeMap<String, Check>, bool) {
        let inner = self.inner.read();
        (inner.checks.clone(), inner.draining)
    }
}

#[cfg(test)]
mod tests {
    use super::Readiness;

    #[test]
    fn what_is_spared_degrades_and_everything_else_makes_not_ready() {
        let r = Readiness::new();
        let away = || Err("away".to_owned());
        r.expect("a");
        r.expect("b");
        assert_eq!((r.is_ready(), r.is_degraded()), (false, false));
        r.set("a", Ok(()));
        r.set("b", Ok(()));
        assert_eq!((r.is_ready(), r.is_degraded()), (true, false));
        r.spare("a");
        r.set("a", away());
        assert_eq!((r.is_ready(), r.is_degraded()), (true, true));
        r.set("b", away());
        assert_eq!((r.is_ready(), r.is_degraded()), (false, false));
        r.set("b", Ok(()));
        r.drain();
        assert_eq!((r.is_ready(), r.is_degraded()), (false, false));
    }
}
