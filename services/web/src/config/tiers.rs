//! Settings of edges before edges (ADR 0058): the listener for edges that ask this one, and the edges that this one asks instead of origins.

use serde::Deserialize;
use std::net::SocketAddr;
use streamly_config::{Duration, Network, Problem};

/// By so much less each edge waits than the one before it, so that it can still say why there is nothing.
pub(crate) const TIER: std::time::Duration = std::time::Duration::from_secs(2);

/// The listener for other edges; without `listen` there is none.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InnerConfig {
    /// Where other edges connect. It checks no playback token and counts no viewer, since they do: never public.
    pub listen: Option<SocketAddr>,
    /// Addresses and networks of those edges. Everybody else's connections are closed at once.
    pub allow: Vec<Network>,
    /// Edges that a request may have passed before this one; without it edges that ask each other in a circle would do so for ever.
    pub max_passed: u32,
}

impl Default for InnerConfig {
    fn default() -> Self {
        Self { listen: None, allow: Vec::new(), max_passed: 3 }
    }
}

/// Edges that are asked instead of origins; without `urls` there are none.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ShieldsConfig {
    /// Their inner listeners. Each broadcast has one of them, by its id; the next one is asked when that does not answer.
    pub urls: Vec<String>,
    /// Whether the origin itself is asked when none of them answers.
    pub fallback: bool,
    /// A shield must have answered by then.
    pub timeout: Duration,
}

impl Default for ShieldsConfig {
    fn default() -> Self {
        Self { urls: Vec::new(), fallback: true, timeout: Duration::from_secs(35) }
    }
}

impl InnerConfig {
    /// All problems.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut wrong = |key: &str, detail: &str| {
            problems.push(Problem { key: key.into(), detail: detail.into() });
        };
        match (self.listen, self.allow.is_empty()) {
            (Some(_), true) => {
                wrong("inner.allow", "is needed for inner.listen: networks of the edges that ask here");
            }
            (None, false) => {
                wrong("inner.listen", "is needed for inner.allow: an address such as 10.0.0.5:4000");
            }
            _ => {}
        }
        if self.max_passed == 0 {
            wrong("inner.max_passed", "0 lets nobody in");
        }
        problems
    }
}

impl ShieldsConfig {
    /// All problems. `origin_timeout`: of this edge, and as a rule of its shields; `own`: where other edges ask this one.
    pub(super) fn problems(&self, origin_timeout: Duration, own: Option<SocketAddr>) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut wrong = |key: &str, detail: String| problems.push(Problem { key: key.into(), detail });
        for (n, url) in self.urls.iter().enumerate() {
            match reqwest::Url::parse(url) {
                Ok(parsed) if is_plain(&parsed) => {
                    let at = parsed.host_str().zip(parsed.port_or_known_default());
                    let at = at.map(|(host, port)| format!("{host}:{port}"));
                    if own.is_some_and(|own| at == Some(own.to_string())) {
                        wrong("shields.urls", format!("{url:?} leads to this edge itself (inner.listen)"));
                    }
                }
                _ => wrong(
                    "shields.urls",
                    format!("{url:?} is not an http URL of a host and a port, such as http://shield-a:4000"),
                ),
            }
            let before = self.urls.iter().take(n);
            if before.map(|url| base(url)).any(|before| before == base(url)) {
                wrong("shields.urls", format!("{url:?} is there twice"));
            }
        }
        if !self.urls.is_empty() && self.timeout.get() < origin_timeout.get().saturating_add(TIER) {
            let detail = "is not two seconds longer than origin_timeout: shields that wait are given up";
            wrong("shields.timeout", detail.into());
        }
        problems
    }
}

/// A shield's URL as paths are put behind it.
pub(crate) fn base(url: &str) -> &str {
    url.trim_end_matches('/')
}

fn is_plain(url: &reqwest::Url) -> bool {
    let bare = url.username().is_empty() && url.password().is_none();
    let whole = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    url.scheme() == "http" && url.has_host() && bare && whole
}

#[cfg(test)]
mod tests {
    use super::{InnerConfig, ShieldsConfig};
    use crate::config::Config;
    use streamly_config::Duration;

    fn keys(inner: InnerConfig, shields: ShieldsConfig) -> Vec<String> {
        let config = Config { inner, shields, ..Config::default() };
        let problems = config.check().err().map(|error| error.problems).unwrap_or_default();
        problems.into_iter().map(|problem| problem.key).collect()
    }

    fn inner(listen: Option<&str>, allow: &[&str]) -> InnerConfig {
        let listen = listen.map(|at| at.parse().unwrap());
        let allow = allow.iter().map(|network| network.parse().unwrap()).collect();
        InnerConfig { listen, allow, ..InnerConfig::default() }
    }

    fn shields(urls: &[&str]) -> ShieldsConfig {
        ShieldsConfig { urls: urls.iter().map(|url| (*url).to_owned()).collect(), ..ShieldsConfig::default() }
    }

    #[test]
    fn a_listener_for_edges_names_who_may_come() {
        let none = ShieldsConfig::default;
        assert!(keys(inner(Some("10.0.0.5:4000"), &["10.0.0.0/8"]), none()).is_empty());
        assert_eq!(keys(inner(Some("10.0.0.5:4000"), &[]), none()), ["inner.allow"]);
        assert_eq!(keys(inner(None, &["10.0.0.0/8"]), none()), ["inner.listen"]);
        let nobody = InnerConfig { max_passed: 0, ..InnerConfig::default() };
        assert_eq!(keys(nobody, none()), ["inner.max_passed"]);
    }

    #[test]
    fn shields_are_other_edges_each_named_once() {
        let own = || inner(Some("10.0.0.5:4000"), &["10.0.0.0/8"]);
        for good in [&["http://shield-a:4000", "http://10.0.0.6:4000/"][..], &["http://[fd00::6]:4000"]] {
            assert!(keys(own(), shields(good)).is_empty(), "{good:?}");
        }
        for bad in [
            &["shield-a:4000"][..],
            &["https://shield-a:4000"],
            &["http://me@shield-a:4000"],
            &["http://shield-a:4000/live"],
            &["http://shield-a:4000?x"],
            &["http://10.0.0.5:4000"],
            &["http://shield-a:4000", "http://shield-a:4000/"],
        ] {
            assert_eq!(keys(own(), shields(bad)), ["shields.urls"], "{bad:?}");
        }
    }

    #[test]
    fn a_shield_has_longer_than_an_origin() {
        let hasty = ShieldsConfig { timeout: Duration::from_secs(30), ..shields(&["http://shield-a:4000"]) };
        assert_eq!(keys(InnerConfig::default(), hasty), ["shields.timeout"]);
    }
}
