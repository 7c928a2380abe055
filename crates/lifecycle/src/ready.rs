//! Whether a service can serve, dependency by dependency: what `/health/ready` and `/health` answer.
//!
//! Each dependency's owner (a pool, a peer) sets its own state as it learns of it; nobody polls in the request. What [`Readiness::of`] a service
//! is told is in `/metrics` as well (`streamly_lifecycle_*`).

use metrics::gauge;
use parking_lot::RwLock;
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use tokio::sync::watch;

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
#[derive(Debug, Clone)]
pub struct Readiness {
    service: &'static str,
    inner: Arc<RwLock<Inner>>,
    /// Whether it is ready.
    ready: watch::Sender<bool>,
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

impl Default for Readiness {
    fn default() -> Self {
        Self { service: "", inner: Arc::default(), ready: watch::Sender::new(true) }
    }
}

impl Readiness {
    /// Nothing registered: ready. Of nobody in particular, for tests: it is in no metric.
    pub fn new() -> Self {
        Self::default()
    }
    /// The same of a service, whose metrics say what this is told. Telemetry has to be there before.
    pub fn of(service: &'static str) -> Self {
        let this = Self { service, ..Self::default() };
        this.tell(&this.inner.read());
        this
    }
    /// Whose it is; empty for nobody's.
    pub fn service(&self) -> &'static str {
        self.service
    }
    /// Under the lock, so that what was last is what stays.
    fn tell(&self, inner: &Inner) {
        let is_ready = inner.is_ready();
        self.ready.send_if_modified(|told| std::mem::replace(told, is_ready) != is_ready);
        if self.service.is_empty() {
            return;
        }
        let number = |yes: bool| if yes { 1.0 } else { 0.0 };
        gauge!("streamly_lifecycle_ready", "service" => self.service).set(number(is_ready));
        gauge!("streamly_lifecycle_draining", "service" => self.service).set(number(inner.draining));
        for (name, check) in &inner.checks {
            gauge!("streamly_lifecycle_dependency_up", "service" => self.service, "dependency" => name.clone())
                .set(number(check.ok));
        }
    }
    /// Registers a dependency as not there yet.
    pub fn expect(&self, name: &str) {
        self.set(name, Err("not connected yet".into()));
    }
    /// Notes how a dependency is; logs when that changes (not that it is not there yet at the start: whoever waits for it says so).
    pub fn set(&self, name: &str, state: Result<(), String>) {
        let check = Check { ok: state.is_ok(), detail: state.err() };
        let old = {
            let mut inner = self.inner.write();
            let old = inner.checks.insert(name.to_owned(), check.clone());
            if old.as_ref().map(|c| c.ok) != Some(check.ok) {
                self.tell(&inner);
            }
            old
        };
        match (old.map(|c| c.ok), check.ok) {
            (Some(false) | None, true) => tracing::info!(dependency = name, "is there"),
            (Some(true), false) => tracing::warn!(dependency = name, detail = check.detail, "is away"),
            _ => {}
        }
    }
    /// From now on the service does most of its work without this dependency: while it is away the service is degraded, and ready.
    pub fn spare(&self, name: &str) {
        let mut inner = self.inner.write();
        inner.spared.insert(name.to_owned());
        self.tell(&inner);
    }
    /// From now on not ready, whatever the dependencies are.
    pub fn drain(&self) {
        let mut inner = self.inner.write();
        inner.draining = true;
        self.tell(&inner);
    }
    /// Whether traffic should come here.
    pub fn is_ready(&self) -> bool {
        self.inner.read().is_ready()
    }
    /// The same, for who waits for changes of it.
    pub fn changes(&self) -> watch::Receiver<bool> {
        self.ready.subscribe()
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

    #[tokio::test]
    async fn who_waits_hears_of_each_change_and_of_nothing_else() {
        let readiness = Readiness::new();
        let mut changes = readiness.changes();
        assert!(*changes.borrow_and_update(), "nothing is awaited");
        readiness.expect("a");
        changes.changed().await.unwrap();
        assert!(!*changes.borrow_and_update());
        readiness.expect("b");
        readiness.set("a", Ok(()));
        assert!(!changes.has_changed().unwrap(), "one of two");
        readiness.clone().set("b", Ok(()));
        changes.changed().await.unwrap();
        assert!(*changes.borrow_and_update());
        readiness.drain();
        changes.changed().await.unwrap();
        assert!(!*changes.borrow_and_update());
    }

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

    #[test]
    fn metrics_say_what_a_service_is_and_nothing_of_nobody() {
        let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
        let shown = recorder.handle();
        let says = |line: &str| shown.render().lines().any(|l| l == line);
        metrics::with_local_recorder(&recorder, || {
            let r = Readiness::of("chat");
            assert!(says("streamly_lifecycle_ready{service=\"chat\"} 1"), "{}", shown.render());
            assert!(says("streamly_lifecycle_draining{service=\"chat\"} 0"));
            r.expect("redis");
            assert!(says("streamly_lifecycle_ready{service=\"chat\"} 0"));
            assert!(says("streamly_lifecycle_dependency_up{service=\"chat\",dependency=\"redis\"} 0"));
            r.spare("redis");
            assert!(says("streamly_lifecycle_ready{service=\"chat\"} 1"), "it does without");
            r.set("redis", Ok(()));
            assert!(says("streamly_lifecycle_dependency_up{service=\"chat\",dependency=\"redis\"} 1"));
            r.drain();
            assert!(says("streamly_lifecycle_ready{service=\"chat\"} 0"));
            assert!(says("streamly_lifecycle_draining{service=\"chat\"} 1"));
            Readiness::new().expect("postgres");
            assert!(!shown.render().contains("postgres"));
        });
    }
}
