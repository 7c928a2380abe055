//! What pages are about, as the stream service tells strangers: channels by name, categories by slug, each remembered for a few seconds.
//!
//! It is read for the heads of pages, for oEmbed and for who may frame a player, so that a crawl must not become a crawl of the database:
//! many who ask for one subject share one request, what does not exist is remembered longest, and only so many requests are begun in a
//! second, of which one address has at most half of what the others leave. Who asks waits no longer than they say; the request goes on and is
//! there for the next. Away or refused: what was known within [`KEPT`], or nothing, and the page goes without.

use crate::{config::Config, connections::watched};
use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use moka::sync::Cache;
use parking_lot::Mutex;
use serde::Deserialize;
use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};
use streamly_http::{Holder, Pace};
use streamly_lifecycle::Tasks;

/// How old a subject's words may be.
const FRESH: Duration = Duration::from_secs(5);
/// How long a subject that does not exist is not asked for again; somebody may just have registered.
const UNKNOWN: Duration = Duration::from_secs(10);
/// How long nothing is asked about a subject after a failure.
const PAUSE: Duration = Duration::from_secs(1);
/// What was known counts for so long while nothing newer can be had.
const KEPT: Duration = Duration::from_secs(600);
/// Longest request, which nobody need wait for.
const DEADLINE: Duration = Duration::from_secs(3);
/// Subjects remembered; more, and those that nobody asks for go first.
const MAX: u64 = 20_000;
/// Largest answer, bytes: it has a few hundred characters and twenty sites.
const MAX_BYTES: usize = 64 << 10;

/// What is asked about. Names and slugs are checked before they come here.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    /// A channel, by a user name in lower case.
    Channel(String),
    /// A category, by a slug in lower case.
    Category(String),
}

/// What is known of a subject.
#[derive(Debug, Clone)]
pub(crate) enum Known {
    Channel(Channel),
    Category(Category),
    /// There is none.
    Nothing,
}

/// A channel as strangers see it (stream's `GET /api/streams/{username}/card`).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Channel {
    pub(crate) username: String,
    pub(crate) display_name: String,
    /// Whether search engines may keep its page.
    pub(crate) listed: bool,
    /// Whether anybody may watch.
    pub(crate) open: bool,
    pub(crate) title: String,
    pub(crate) category: String,
    pub(crate) bio: String,
    /// Paths on this origin.
    pub(crate) still_url: Option<String>,
    /// Whether it is on air for everybody.
    pub(crate) live: bool,
    pub(crate) banner_url: Option<String>,
    pub(crate) avatar_url: Option<String>,
    /// `everywhere`, `sites` or `nowhere`.
    pub(crate) embedding: String,
    /// Origins.
    pub(crate) embed_sites: Vec<String>,
}

/// A category (stream's `GET /api/categories/{slug}`).
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Category {
    pub(crate) slug: String,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) description: String,
    #[serde(default)]
    pub(crate) picture_url: Option<String>,
}

/// What is known; nothing: the service is away, or said what was not understood.
type Outcome = Option<Arc<Known>>;
/// The same, and since when.
type Last = Option<(Arc<Known>, Instant)>;

/// What is remembered, and what is asked just now.
pub(crate) struct Cards {
    remembered: Cache<Subject, Remembered>,
    asking: Mutex<Asking>,
    client: reqwest::Client,
    base: String,
    tasks: Tasks,
}

#[derive(Clone)]
struct Remembered {
    known: Last,
    /// Until when nothing is asked.
    until: Instant,
}

struct Asking {
    under_way: HashMap<Subject, Shared<BoxFuture<'static, Outcome>>>,
    pace: Pace,
}

impl Cards {
    /// Errors: the client cannot be made.
    pub(crate) fn new(config: &Config, tasks: Tasks) -> Result<Self, reqwest::Error> {
        let client = watched(reqwest::Client::builder(), DEADLINE)
            .connect_timeout(Duration::from_secs(1))
            .timeout(DEADLINE)
            .tcp_nodelay(true)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;
        let pace = Pace::new(config.max_lookups);
        Ok(Self {
            remembered: Cache::builder().max_capacity(MAX).time_to_live(KEPT).build(),
            asking: Mutex::new(Asking { under_way: HashMap::new(), pace }),
            client,
            base: config.stream_url.trim_end_matches('/').to_owned(),
            tasks,
        })
    }

    /// What is known of a subject, for somebody who waits at most so long. `None`: nothing just now.
    pub(crate) async fn of(self: &Arc<Self>, subject: Subject, who: Holder, wait: Duration) -> Outcome {
        let now = Instant::now();
        let known = |last: &Last| last.as_ref().map(|(known, _)| known.clone());
        let last = match self.remembered.get(&subject) {
            Some(r) if now < r.until => return known(&r.known),
            Some(r) => r.known.filter(|(_, since)| now.duration_since(*since) < KEPT),
            None => None,
        };
        let Some(outcome) = self.ask(subject, who, last.clone()) else {
            metrics::counter!("streamly_web_cards_missed_total", "why" => "pace").increment(1);
            return known(&last);
        };
        match tokio::time::timeout(wait, outcome).await {
            Ok(outcome) => outcome,
            Err(_) => {
                metrics::counter!("streamly_web_cards_missed_total", "why" => "slow").increment(1);
                known(&last)
            }
        }
    }

    /// The request about a subject: the one that is under way, or a new one if the pace allows it.
    fn ask(
        self: &Arc<Self>,
        subject: Subject,
        who: Holder,
        last: Last,
    ) -> Option<Shared<BoxFuture<'static, Outcome>>> {
        let mut asking = self.asking.lock();
        if let Some(under_way) = asking.under_way.get(&subject) {
            return Some(under_way.clone());
        }
        if !asking.pace.allows(who, Instant::now()) {
            return None;
        }
        let (cards, about) = (self.clone(), subject.clone());
        let outcome = async move { cards.answer(about, last).await }.boxed().shared();
        asking.under_way.insert(subject.clone(), outcome.clone());
        drop(asking);
        let (cards, running) = (self.clone(), outcome.clone());
        self.tasks.spawn("card", async move {
            // Whoever waits may go; and nobody after it may find a request that is over, whatever came of it.
            let _under_way = UnderWay { cards, subject };
            running.await;
        });
        Some(outcome)
    }

    async fn answer(&self, subject: Subject, last: Last) -> Outcome {
        let answer = self.request(&subject).await;
        let now = Instant::now();
        let (known, life) = match answer {
            Some(known) => {
                let life = if matches!(known, Known::Nothing) { UNKNOWN } else { FRESH };
                (Some((Arc::new(known), now)), life)
            }
            None => {
                metrics::counter!("streamly_web_cards_missed_total", "why" => "away").increment(1);
                (last, PAUSE)
            }
        };
        self.remembered.insert(subject, Remembered { known: known.clone(), until: now + life });
        known.map(|(known, _)| known)
    }

    async fn request(&self, subject: &Subject) -> Option<Known> {
        let path = match subject {
            Subject::Channel(name) => format!("/api/streams/{name}/card"),
            Subject::Category(slug) => format!("/api/categories/{slug}"),
        };
        let mut answer = self.client.get(format!("{}{path}", self.base)).send().await.ok()?;
        // A slug that the category had.
        if answer.status().as_u16() == 308 {
            let to = answer.headers().get("location")?.to_str().ok()?;
            if !to.starts_with("/api/categories/") {
                return None;
            }
            answer = self.client.get(format!("{}{to}", self.base)).send().await.ok()?;
        }
        match answer.status().as_u16() {
            200 => {}
            404 => return Some(Known::Nothing),
            _ => return None,
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.ok()? {
            if body.len() + chunk.len() > MAX_BYTES {
                return None;
            }
            body.extend_from_slice(&chunk);
        }
        match subject {
            Subject::Channel(_) => serde_json::from_slice(&body).ok().map(Known::Channel),
            Subject::Category(_) => serde_json::from_slice(&body).ok().map(Known::Category),
        }
    }
}

/// Makes room for the next request about its subject when it is dropped.
struct UnderWay {
    cards: Arc<Cards>,
    subject: Subject,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.cards.asking.lock().under_way.remove(&self.subject);
    }
}
