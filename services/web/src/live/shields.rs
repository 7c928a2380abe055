//! Edges that this one asks instead of origins (ADR 0058): which of them has a broadcast, and who is next when one does not answer.
//!
//! Each broadcast has an order of all shields by its id, the same at every edge that names them alike (rendezvous hashing): the first one asks
//! its origin once for all edges, and when that one is gone its broadcasts are spread over the others. What a shield answers of its own
//! accord, or passes on, counts: 200, 4xx, 503. Everything else leads to the next one, and at last to the origin itself.

mod shield;

use super::{
    fetch::{Call, fetch},
    find::Asking,
    index::Entry,
    outcome::{Failure, Fetched},
};
use crate::config::{ShieldsConfig, TIER, base};
use sha2::{Digest, Sha256};
use shield::Shield;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use streamly_http::Holder;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Edges ask each other in a circle: what the one answers that finds out (RFC 5842, 7.2).
pub(crate) const CIRCLE: u16 = 508;

/// See the module's head.
pub(super) struct Shields {
    all: Vec<Arc<Shield>>,
    fallback: bool,
    timeout: Duration,
    client: reqwest::Client,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// What is to be fetched, from wherever.
#[derive(Debug)]
pub(super) struct Wish {
    /// At its origin.
    url: String,
    /// Where the path begins in it.
    path: usize,
    broadcast: String,
    grant: Option<String>,
    holder: Holder,
    /// Edges that it has passed before this one.
    passed: u32,
    /// The edge before this one waits for so long.
    within: Duration,
}

impl Wish {
    /// `key` is what the request is shared by: its URL at the origin, and behind `#` what is not sent.
    pub(super) fn new(key: &str, at: &Entry, asking: Asking<'_>) -> Self {
        let Asking { holder, grant, passed, within, .. } = asking;
        let url = key.split_once('#').map_or(key, |(url, _)| url).to_owned();
        let (path, broadcast) = (at.base().len(), at.broadcast_id.clone());
        Self { url, path, broadcast, grant: grant.map(str::to_owned), holder, passed, within }
    }

    /// As an origin is asked.
    pub(super) fn at_origin(&self) -> Call<'_> {
        Call { url: &self.url, grant: self.grant.as_deref(), shield: None }
    }

    /// The URL at a shield that is waited for so long: it hears how many edges the request has passed then, and how long it may take itself.
    fn at_shield(&self, base: &str, within: Duration) -> String {
        let path = self.url.get(self.path..).unwrap_or_default();
        let mark = if path.contains('?') { '&' } else { '?' };
        let (passed, left) = (self.passed.saturating_add(1), within.saturating_sub(TIER).as_millis());
        format!("{base}{path}{mark}passed={passed}&within={left}")
    }
}

impl Shields {
    /// `None`: there are none.
    pub(super) fn new(
        config: &ShieldsConfig,
        client: reqwest::Client,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) -> Option<Self> {
        let all: Vec<_> = config.urls.iter().map(|url| Arc::new(Shield::new(base(url)))).collect();
        let (fallback, timeout) = (config.fallback, config.timeout.get());
        (!all.is_empty()).then_some(Self { all, fallback, timeout, client, tasks, stop })
    }

    /// The answer of the first shield that gives a good one, or of the origin; of whatever status. On the main runtime.
    pub(super) async fn fetch(&self, wish: &Wish, max: usize) -> Result<Fetched, Failure> {
        let (begun, mut last) = (Instant::now(), Failure::Unreachable);
        for shield in self.order(&wish.broadcast) {
            if shield.is_lost() {
                continue;
            }
            let left = wish.within.saturating_sub(begun.elapsed());
            last = match shield.ask(&self.client, wish, self.timeout.min(left), max).await {
                Ok(fetched) if fetched.status == CIRCLE => return Err(Failure::Circle),
                Ok(fetched) if matches!(fetched.status, 200 | 400..=499 | 503) => {
                    metrics::counter!("streamly_web_shield_answers_total").increment(1);
                    return Ok(fetched);
                }
                Ok(fetched) => Failure::Refused(Arc::new(fetched)),
                // Nobody waits any more, and a shield that had less than its time is not one that is away.
                Err(_) if begun.elapsed() >= wish.within => return Err(Failure::TimedOut),
                Err(failure) => {
                    if failure.is_elsewhere() {
                        self.lose(shield);
                    }
                    failure
                }
            };
            tracing::debug!(shield = %shield.base, cause = %last, "a shield did not serve");
            metrics::counter!("streamly_web_shield_failures_total", "why" => why(&last)).increment(1);
        }
        if !self.fallback {
            return Err(last);
        }
        metrics::counter!("streamly_web_shield_bypasses_total").increment(1);
        fetch(&self.client, wish.at_origin(), max).await
    }

    fn lose(&self, shield: &Arc<Shield>) {
        if !shield.lose() {
            return;
        }
        let (shield, client, stop) = (shield.clone(), self.client.clone(), self.stop.clone());
        self.tasks.spawn(async move {
            tokio::select! {
                () = shield.look(&client) => {}
                () = stop.cancelled() => {}
            }
        });
    }

    /// All of them, the one that has the broadcast first.
    fn order(&self, broadcast: &str) -> Vec<&Arc<Shield>> {
        let mut all: Vec<_> = self.all.iter().map(|one| (weight(&one.base, broadcast), one)).collect();
        all.sort_unstable_by(|(a, one), (b, other)| b.cmp(a).then_with(|| one.base.cmp(&other.base)));
        all.into_iter().map(|(_, shield)| shield).collect()
    }
}

/// How much of a broadcast's a shield is; the same everywhere and for ever, or edges of two versions would ask two shields.
fn weight(shield: &str, broadcast: &str) -> u64 {
    let digest = Sha256::digest(format!("{shield} {broadcast}"));
    digest.first_chunk().map_or(0, |first| u64::from_be_bytes(*first))
}

fn why(failure: &Failure) -> &'static str {
    match failure {
        Failure::Unreachable => "unreachable",
        Failure::TimedOut => "silent",
        Failure::TooLarge => "too_large",
        _ => "wrong",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{collections::HashMap, net::IpAddr};

    fn shields(names: &[&str]) -> Shields {
        let urls = names.iter().map(|name| format!("http://{name}:4000/")).collect();
        let config = ShieldsConfig { urls, ..ShieldsConfig::default() };
        let (client, tasks, stop) = Default::default();
        Shields::new(&config, client, tasks, stop).unwrap()
    }

    fn wish(key: &str, passed: u32) -> Wish {
        let entry = serde_json::json!({
            "channel_id": "c", "broadcast_id": "b", "epoch": 1, "origin_url": "http://10.0.0.9:8000/"
        });
        let entry: Entry = serde_json::from_value(entry).unwrap();
        let holder = IpAddr::from([192, 0, 2, 1]).into();
        let keep = crate::live::origin::Keep::Plain;
        Wish::new(key, &entry, Asking { keep, holder, grant: None, passed, within: Duration::MAX })
    }

    #[test]
    fn edges_agree_about_each_broadcast_and_a_shield_that_goes_takes_no_others_along() {
        let [all, turned, fewer] = [&["a", "b", "c"][..], &["c", "b", "a"], &["a", "c"]].map(shields);
        let names = |shields: &Shields, broadcast: &str| -> Vec<String> {
            shields.order(broadcast).into_iter().map(|shield| shield.base.clone()).collect()
        };
        let mut first: HashMap<String, u32> = HashMap::new();
        for n in 0..600 {
            let broadcast = format!("0193a5f0-0000-7000-8000-{n:012}");
            let mut order = names(&all, &broadcast);
            assert_eq!(names(&turned, &broadcast), order);
            *first.entry(order[0].clone()).or_default() += 1;
            order.retain(|base| base != "http://b:4000");
            assert_eq!(names(&fewer, &broadcast), order, "those that stay keep their order");
        }
        assert!(first.len() == 3 && first.values().all(|n| (150..250).contains(n)), "{first:?}");
    }

    #[test]
    fn the_order_is_that_of_every_other_version() {
        // The first eight bytes of what sha256sum says of "http://a:4000 b".
        assert_eq!(weight("http://a:4000", "b"), 0xd2d2_7f5c_ade0_f149);
    }

    #[test]
    fn a_shield_is_told_what_the_edge_is_asked_for_and_how_far_it_has_come() {
        let within = Duration::from_secs(35);
        let one = wish("http://10.0.0.9:8000/live/b/1/source/index.m3u8?_HLS_msn=7", 0);
        let at = one.at_shield("http://a:4000", within);
        assert_eq!(at, "http://a:4000/live/b/1/source/index.m3u8?_HLS_msn=7&passed=1&within=33000");
        assert_eq!(one.at_origin().url, "http://10.0.0.9:8000/live/b/1/source/index.m3u8?_HLS_msn=7");
        let inner = wish("http://10.0.0.9:8000/live/b/1/source/1-2.m4s#1", 1);
        let at = inner.at_shield("http://a:4000", Duration::from_secs(1));
        assert_eq!(at, "http://a:4000/live/b/1/source/1-2.m4s?passed=2&within=0");
        assert_eq!(inner.at_origin().url, "http://10.0.0.9:8000/live/b/1/source/1-2.m4s");
    }
}
