//! Fetches from origins, or from shields in their place (`shields`): one request per object, shared by everybody who asks for it meanwhile; media
//! objects kept in memory by bytes.
//!
//! Fetches run on the process's main runtime, not on the asking viewer's worker, so that a viewer who leaves does not end the
//! others' request.

use super::{
    fetch::fetch,
    find::Asking,
    index::Entry,
    outcome::{Failure, Fetched},
    shields::{Shields, Wish},
    under_way::{Outcome, Under, UnderWay},
};
use crate::{config::Config, connections::watched};
use futures_util::FutureExt;
use metrics::Counter;
use moka::{policy::EvictionPolicy, sync::Cache};
use parking_lot::Mutex;
use std::{
    fmt::Write,
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};
use streamly_http::Holder;
use tokio::runtime::Handle;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// A plain playlist is shared for this long; a blocking one, whose answer was asked for by number, for a part or so.
const PLAIN_FRESH: Duration = Duration::from_millis(100);
const BLOCKING_FRESH: Duration = Duration::from_millis(200);
/// Playlist answers kept at once, bytes.
const PLAYLISTS_MAX: u64 = 32 << 20;
/// Media objects that nobody asks for are kept for this long.
const IDLE: Duration = Duration::from_secs(120);

/// A machine that is gone says nothing: it takes no connection within this.
const CONNECT: Duration = Duration::from_secs(2);
/// And acknowledges nothing on those that are open ([`watched`]). Without it held requests wait for `origin_timeout`.
const UNANSWERED: Duration = Duration::from_secs(4);

/// How long an answer may be shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// A name that never gets other bytes.
    Immutable,
    /// A playlist as it is now.
    Plain,
    /// A playlist asked for by number.
    Blocking,
}

type Kept = Cache<String, Arc<Fetched>>;

/// Takes a request from what is under way when its task ends, in whatever way: otherwise its URL could never be asked for again.
struct Ending {
    url: String,
    number: u64,
    under_way: Arc<Mutex<UnderWay>>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.under_way.lock().end(&self.url, self.number);
    }
}

/// The client, its caches, and what is under way.
pub(crate) struct Origin {
    client: reqwest::Client,
    shields: Option<Arc<Shields>>,
    runtime: Handle,
    tasks: TaskTracker,
    stop: CancellationToken,
    under_way: Arc<Mutex<UnderWay>>,
    objects: Kept,
    plain: Kept,
    blocking: Kept,
    hits: Counter,
    max_object: usize,
    max_fetches: usize,
    max_held: usize,
}

impl Origin {
    /// Must be made on the main runtime.
    pub(crate) fn new(config: &Config) -> Result<Self, reqwest::Error> {
        let client = watched(reqwest::Client::builder(), UNANSWERED)
            .connect_timeout(CONNECT)
            .timeout(config.origin_timeout.get())
            .pool_max_idle_per_host(256)
            .tcp_nodelay(true)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;
        let weigh = |key: &String, f: &Arc<Fetched>| {
            u32::try_from(f.body.len() + key.len() + 256).unwrap_or(u32::MAX)
        };
        // The newest is what everybody is about to ask for: it always gets in. By its usual policy moka lets something new into a full cache only
        // if it was asked for more often than what would have to go.
        let bounded = |bytes| {
            Cache::builder().max_capacity(bytes).weigher(weigh).eviction_policy(EvictionPolicy::lru())
        };
        let playlists = |life| bounded(PLAYLISTS_MAX).time_to_live(life).build();
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let shields = Shields::new(&config.shields, client.clone(), tasks.clone(), stop.clone());
        Ok(Self {
            client,
            shields: shields.map(Arc::new),
            runtime: Handle::current(),
            tasks,
            stop,
            under_way: Arc::default(),
            objects: bounded(config.cache.bytes()).time_to_idle(IDLE).build(),
            plain: playlists(PLAIN_FRESH),
            blocking: playlists(BLOCKING_FRESH),
            hits: metrics::counter!("streamly_web_edge_hits_total"),
            max_object: usize::try_from(config.max_object.bytes()).unwrap_or(usize::MAX),
            max_fetches: config.max_fetches,
            max_held: config.max_held,
        })
    }

    /// What is kept of it here. `url` is with its normalised query.
    pub(crate) fn kept(&self, url: &str, keep: Keep) -> Option<Arc<Fetched>> {
        let hit = self.cache(keep).get(url)?;
        self.hit();
        Some(hit)
    }

    /// Something that was kept here is given out again.
    pub(crate) fn hit(&self) {
        self.hits.increment(1);
    }

    /// The answer to `GET url`, which is the key of sharing and not among what is kept, of a broadcast that is `at` this place; by a shield, if there
    /// are any. The holder is whom a request that is not yet under way counts for. The grant is no part of that key: whoever asks has been let
    /// in, and what one of them fetches is everybody's.
    pub(crate) async fn get(&self, url: &str, at: &Entry, asking: Asking<'_>) -> Outcome {
        let begin = || {
            let (client, max, shields) = (self.client.clone(), self.max_object, self.shields.clone());
            let wish = Wish::new(url, at, asking);
            async move {
                match shields {
                    // Boxed: who has none does not pay for its size.
                    Some(shields) => Box::pin(shields.fetch(&wish, max)).await,
                    None => fetch(&client, wish.at_origin(), max).await,
                }
            }
        };
        self.share(url, asking.keep, asking.holder, begin).await
    }

    /// Appends what keeps requests apart that other edges passed on: only where this one asks shields, too. Whoever waits then waits for what
    /// has passed more edges than it has itself, so that of a circle none waits for itself, and the last one finds out.
    pub(crate) fn mark(&self, url: &mut String, passed: u32) {
        if passed > 0 && self.shields.is_some() {
            let _ = write!(url, "#{passed}");
        }
    }

    fn cache(&self, keep: Keep) -> &Kept {
        match keep {
            Keep::Immutable => &self.objects,
            Keep::Plain => &self.plain,
            Keep::Blocking => &self.blocking,
        }
    }

    /// The outcome of the request for `url` that is under way, or of a new one.
    async fn share<F>(&self, url: &str, keep: Keep, holder: Holder, fetch: impl FnOnce() -> F) -> Outcome
    where
        F: Future<Output = Result<Fetched, Failure>> + Send + 'static,
    {
        let outcome = {
            let mut under_way = self.under_way.lock();
            match under_way.shared(url) {
                Some(there) => there,
                None => {
                    let place = under_way.place(url, keep, holder, (self.max_fetches, self.max_held))?;
                    let (left, fetch) = (place.left.clone(), fetch());
                    let fetch = async move {
                        left.run_until_cancelled_owned(fetch).await.unwrap_or(Err(Failure::TimedOut))
                    };
                    let kept = self.cache(keep).clone();
                    let outcome = self.begin(url.to_owned(), place.number, kept, fetch);
                    under_way.begin(url.to_owned(), place, outcome.clone());
                    outcome
                }
            }
        };
        outcome.await
    }

    /// A broadcast is not at an origin any more: the request for `url`, and those for URLs there that begin with `all`, end without an answer if
    /// they have been under way for `silent`, so that their places are free for where the broadcast is now.
    pub(crate) fn leave(&self, now: Instant, url: &str, all: &str, silent: Duration) {
        self.under_way.lock().leave(now, silent, url, all);
    }

    /// Starts the request as a task of its own: it goes on when the viewer who asked first leaves.
    fn begin<F>(&self, url: String, number: u64, cache: Kept, fetch: F) -> Under
    where
        F: Future<Output = Result<Fetched, Failure>> + Send + 'static,
    {
        metrics::counter!("streamly_web_edge_fetches_total").increment(1);
        let (stop, under_way) = (self.stop.clone(), self.under_way.clone());
        let task = async move {
            // Made in here: what is under way is locked while the task is spawned.
            let ending = Ending { url, number, under_way };
            // It may have come into the cache between the look there and here.
            if let Some(there) = cache.get(&ending.url) {
                return Ok(there);
            }
            let outcome = tokio::select! {
                outcome = fetch => outcome,
                () = stop.cancelled() => Err(Failure::TimedOut),
            };
            let fetched = Arc::new(outcome?);
            if fetched.status != 200 {
                return Err(Failure::Refused(fetched));
            }
            cache.insert(ending.url.clone(), fetched.clone());
            Ok(fetched)
        };
        let task = self.tasks.spawn_on(task, &self.runtime);
        async move { task.await.unwrap_or(Err(Failure::TimedOut)) }.boxed().shared()
    }

    /// Ends what is under way and waits for it.
    pub(crate) async fn close(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

#[cfg(test)]
mod tests {
    use super::{Keep, Origin};
    use crate::config::Config;
    use crate::live::outcome::{Failure, Fetched};
    use std::{
        future::pending,
        net::IpAddr,
        sync::Arc,
        time::{Duration, Instant},
    };
    use streamly_config::ByteSize;
    use streamly_http::Holder;

    fn holder(n: u8) -> Holder {
        IpAddr::from([192, 0, 2, n]).into()
    }

    async fn defect() -> Result<Fetched, Failure> {
        panic!("a defect")
    }

    #[tokio::test]
    async fn a_fetch_that_panics_fails_once_and_its_url_can_be_asked_for_again() {
        let origin = Origin::new(&Config::default()).unwrap();
        for _ in 0..2 {
            let url = "http://o/live/b/1/source/index.m3u8?_HLS_msn=1";
            let outcome = origin.share(url, Keep::Blocking, holder(1), defect);
            assert!(matches!(outcome.await, Err(Failure::TimedOut)));
            assert!(origin.under_way.lock().is_empty());
        }
    }

    #[tokio::test]
    async fn differing_held_requests_of_one_rendition_are_shared_out_and_others_are_not_touched() {
        let origin = Origin::new(&Config { max_held: 16, max_fetches: 100, ..Config::default() }).unwrap();
        let ask = |who: u8, rendition: &str, n: usize, keep| {
            let url = format!("http://o/live/b/1/{rendition}/index.m3u8?_HLS_msn=1&_HLS_part={n}");
            let mut asked = Box::pin(origin.share(&url, keep, holder(who), pending));
            futures_util::FutureExt::now_or_never(&mut asked)
        };
        let busy = |outcome| matches!(outcome, Some(Err(Failure::Busy)));
        for n in 0..8 {
            assert!(ask(1, "source", n, Keep::Blocking).is_none(), "{n} is held");
        }
        assert!(busy(ask(1, "source", 8, Keep::Blocking)), "one address has its half");
        assert!(ask(1, "source", 0, Keep::Blocking).is_none(), "what is under way is shared");
        assert!(ask(2, "source", 8, Keep::Blocking).is_none(), "another address finds places");
        assert!(ask(1, "source", 8, Keep::Blocking).is_none(), "and shares them with everybody");
        assert!(ask(1, "720p", 0, Keep::Blocking).is_none());
        assert!(ask(1, "source", 99, Keep::Plain).is_none());
        origin.close().await;
        assert!(origin.under_way.lock().is_empty());
    }

    #[tokio::test]
    async fn what_is_under_way_at_an_origin_that_was_left_ends_and_nothing_else() {
        let origin = Origin::new(&Config { max_fetches: 100, ..Config::default() }).unwrap();
        let ask = |url: &'static str| {
            let mut asked = Box::pin(origin.share(url, Keep::Immutable, holder(1), pending));
            assert!(futures_util::FutureExt::now_or_never(&mut asked).is_none());
            asked
        };
        let left = ["http://o/live/ada/index.m3u8?b=1", "http://o/live/b/1/source/1-9.m4s"].map(ask);
        let stay = ["http://o/live/b/12/source/1-9.m4s", "http://p/live/b/1/source/1-9.m4s"].map(ask);
        let (now, all) = (Instant::now(), "http://o/live/b/1/");
        origin.leave(now, "http://o/live/ada/index.m3u8?b=1", all, Duration::from_secs(3600));
        assert_eq!(origin.under_way.lock().len(), 4, "none of them has been silent for an hour");
        let later = now + Duration::from_secs(1);
        origin.leave(later, "http://o/live/ada/index.m3u8?b=1", all, Duration::ZERO);
        for asked in left {
            assert!(matches!(asked.await, Err(Failure::TimedOut)));
        }
        for asked in stay {
            assert!(futures_util::FutureExt::now_or_never(asked).is_none());
        }
        assert_eq!(origin.under_way.lock().len(), 2);
        origin.close().await;
    }

    #[tokio::test]
    async fn one_address_does_not_take_all_requests_to_origins() {
        let origin = Origin::new(&Config { max_fetches: 10, ..Config::default() }).unwrap();
        let ask = |who: u8, n: usize| {
            let url = format!("http://o/live/b/1/source/1-{n}.m4s");
            let mut asked = Box::pin(origin.share(&url, Keep::Immutable, holder(who), pending));
            futures_util::FutureExt::now_or_never(&mut asked)
        };
        let begun = |who| (0..20).filter(|n| ask(who, usize::from(who) * 100 + n).is_none()).count();
        assert_eq!([begun(1), begun(2), begun(3)], [5, 2, 1]);
        origin.close().await;
    }

    #[tokio::test]
    async fn what_is_new_gets_into_a_cache_that_is_full_of_what_was_asked_for_often() {
        // Each weighs some 1,290 bytes.
        let config = Config { cache: ByteSize::new(16 * 1300), ..Config::default() };
        let origin = Origin::new(&config).unwrap();
        let url = |n: u32| format!("http://o/live/b/1/source/1-{n}.m4s");
        let keep = |n: u32| {
            let body = vec![0u8; 1000].into();
            let (status, content_type, zipped) = (200, "video/mp4".into(), Default::default());
            let (cache_control, etag, retry_after) = (None, None, None);
            let fetched = Fetched { status, content_type, cache_control, etag, retry_after, body, zipped };
            origin.objects.insert(url(n), Arc::new(fetched));
            origin.objects.run_pending_tasks();
        };
        let is_kept = |n: u32| origin.kept(&url(n), Keep::Immutable).is_some();
        (0..16).for_each(keep);
        for _ in 0..20 {
            assert!((0..16).all(is_kept));
            origin.objects.run_pending_tasks();
        }
        keep(99);
        let kept: Vec<u32> = (0..100).filter(|n| is_kept(*n)).collect();
        assert_eq!(kept, (1..16).chain([99]).collect::<Vec<_>>(), "what was asked for longest ago has gone");
    }
}
