//! Whether traces are sent, where to and how many. Without an address nothing is traced, and it costs nothing.
//!
//! [`TracingConfig::problems`] finds what the types let through; each service says it with its own problems, before any port is bound.

use serde::{Deserialize, Serialize};
use streamly_config::Duration;

/// Most spans that may be set to wait: some hundred megabytes.
const MAX_QUEUE: usize = 1 << 18;

/// Settings of traces, the same in each service.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct TracingConfig {
    /// `http://host:port` of what takes OTLP by gRPC, a collector beside the service for one; empty: there are no traces.
    pub otlp_endpoint: String,
    /// Which part of the traces that begin here is recorded, 0 to 1. Of a trace that a service of this platform began it decided that.
    #[serde(deserialize_with = "streamly_config::value::number")]
    pub sample_ratio: f64,
    /// Ended spans that wait to be sent, at most; more are dropped and counted. Without a bound a receiver that is away fills the memory.
    pub queue: usize,
    /// The receiver must have taken a batch by then; it is lost otherwise, and counted.
    pub timeout: Duration,
    /// Recorded calls that take so long are told in the log, with the id of their trace; of no length: all of them.
    pub slow: Duration,
}

impl Default for TracingConfig {
    fn default() -> Self {
        Self {
            otlp_endpoint: String::new(),
            sample_ratio: 0.01,
            queue: 4096,
            timeout: Duration::from_secs(5),
            slow: Duration::from_secs(1),
        }
    }
}

impl TracingConfig {
    /// What cannot be used: the whole key, and why.
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        if !self.otlp_endpoint.is_empty() && !is_address(&self.otlp_endpoint) {
            let why = "is not http://host:port; a receiver that wants TLS is reached by a collector on this machine";
            found.push(("tracing.otlp_endpoint", why.to_owned()));
        }
        if !(0.0..=1.0).contains(&self.sample_ratio) {
            found.push(("tracing.sample_ratio", "is not between 0 and 1".to_owned()));
        }
        if !(1..=MAX_QUEUE).contains(&self.queue) {
            found.push(("tracing.queue", format!("is not between 1 and {MAX_QUEUE}")));
        }
        if self.timeout.is_zero() {
            found.push(("tracing.timeout", "is zero: nothing would be sent in time".to_owned()));
        }
        found
    }
}

/// Whether it is `http://` with a host and perhaps a port; whoever writes a password into it is told so, not obeyed.
fn is_address(url: &str) -> bool {
    let Some(authority) = url.strip_prefix("http://").map(|rest| rest.trim_end_matches('/')) else {
        return false;
    };
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b);
    !authority.is_empty() && !authority.starts_with(':') && authority.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::TracingConfig;
    use streamly_config::Duration;

    #[test]
    fn the_defaults_are_good_and_trace_nothing_and_all_problems_are_named_at_once() {
        let config = TracingConfig::default();
        assert!(config.problems().is_empty() && config.otlp_endpoint.is_empty());
        let bad = TracingConfig {
            otlp_endpoint: "https://collector:4317".into(),
            sample_ratio: f64::NAN,
            queue: 0,
            timeout: Duration::from_secs(0),
            slow: Duration::from_secs(0),
        };
        let keys: Vec<_> = bad.problems().into_iter().map(|(key, _)| key).collect();
        let all = ["tracing.otlp_endpoint", "tracing.sample_ratio", "tracing.queue", "tracing.timeout"];
        assert_eq!(keys, all);
    }

    #[test]
    fn an_address_is_one_by_http_without_a_password_or_a_path() {
        let good = |url: &str| {
            TracingConfig { otlp_endpoint: url.into(), ..TracingConfig::default() }.problems().is_empty()
        };
        for url in ["http://127.0.0.1:4317", "http://collector.traces.svc:4317/", "http://[::1]:4317"] {
            assert!(good(url), "{url}");
        }
        for url in ["collector:4317", "http://", "http://:4317", "http://a:b@host:1", "http://host/v1"] {
            assert!(!good(url), "{url}");
        }
    }

    #[test]
    fn the_environment_gives_a_ratio_as_its_text() {
        let read = |text: &str| from_env(text).map(|config| config.sample_ratio);
        assert_eq!(read("0.25"), Some(0.25));
        assert_eq!(read("1"), Some(1.0));
        assert_eq!(read("often"), None);
    }

    /// As a service reads it from its environment.
    fn from_env(ratio: &str) -> Option<TracingConfig> {
        let env = [("STREAMLY_X__SAMPLE_RATIO".to_owned(), ratio.to_owned())].into();
        streamly_config::load("x", None, &env).ok()
    }
}
