//! The pool's metrics, looked up once (`streamly_postgres_*`): what is in use, who waits, how long a connection took and why there was none.

use deadpool_postgres::{PoolError, Status};
use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};
use std::time::Duration;

/// Handles; clones are the same.
#[derive(Debug, Clone)]
pub(crate) struct Meters {
    waiting: Gauge,
    used: Gauge,
    idle: Gauge,
    max: Gauge,
    /// Nobody gave one back, or PostgreSQL did not answer, in time.
    timeout: Counter,
    /// PostgreSQL refused, or cannot be reached.
    backend: Counter,
    seconds: Histogram,
}

impl Meters {
    pub(crate) fn of(service: &'static str) -> Self {
        let connections = |state: &'static str| gauge!("streamly_postgres_connections", "service" => service, "state" => state);
        let failed = |reason: &'static str| counter!("streamly_postgres_acquires_failed_total", "service" => service, "reason" => reason);
        let this = Self {
            waiting: gauge!("streamly_postgres_waiting", "service" => service),
            used: connections("used"),
            idle: connections("idle"),
            max: gauge!("streamly_postgres_max_connections", "service" => service),
            timeout: failed("timeout"),
            backend: failed("backend"),
            seconds: histogram!("streamly_postgres_acquire_seconds", "service" => service),
        };
        this.timeout.increment(0);
        this.backend.increment(0);
        this
    }

    pub(crate) fn pool(&self, status: &Status) {
        self.waiting.set(status.waiting as f64);
        self.used.set(status.size.saturating_sub(status.available) as f64);
        self.idle.set(status.available as f64);
        self.max.set(status.max_size as f64);
    }

    /// How long somebody waited, with or without success.
    pub(crate) fn waited(&self, time: Duration) {
        self.seconds.record(time);
    }

    pub(crate) fn failed(&self, e: &PoolError) {
        match e {
            PoolError::Timeout(_) => self.timed_out(),
            _ => self.backend.increment(1),
        }
    }

    pub(crate) fn timed_out(&self) {
        self.timeout.increment(1);
    }
}
