//! Who may watch what is not open to everybody: playback sessions of this edge, each with the newest token that `stream` gave for it.
//!
//! A viewer comes with a playback token and gets a `sid`; from then on the sid stands for the token, in the URLs of parts and segments too,
//! and the edge has the token renewed in time while playback goes on. So a player that renews nothing plays on for as long as `stream`
//! says yes. Another edge finds the session in Redis. What is known of it is never more than a token says, and is void with the channel's
//! watch version. Tokens and sids are secrets: neither is in a log. Where `stream` cannot be asked, a token ends when it ends: 503.

use super::index::Watching;
use crate::connections::watched;
use arc_swap::ArcSwap;
use moka::sync::Cache;
use parking_lot::Mutex;
use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use streamly_auth::{
    InvalidToken, Jwks,
    playback::{Claims, Verifier},
};
use streamly_http::Problem;
use streamly_lifecycle::{Shutdown, Tasks};
use streamly_redis::{Redis, Value};
use streamly_status::Code;
use tokio::sync::Notify;

/// A session of which nothing was heard for so long is forgotten here; its token has ended long before.
const IDLE: Duration = Duration::from_secs(600);
/// A renewal must have been answered by then.
const ANSWER: Duration = Duration::from_secs(3);
/// Pause after a renewal that nobody answered.
const AGAIN: Duration = Duration::from_secs(3);
/// The public keys are fetched again after this, and no sooner than [`PAUSE`] when a token names another.
const REFRESH: Duration = Duration::from_secs(300);
const PAUSE: Duration = Duration::from_secs(2);
/// Largest answer of `stream` that is read, bytes.
const MAX_ANSWER: usize = 64 << 10;

/// The right of one session to fetch something now.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    token: Arc<str>,
    claims: Arc<Claims>,
}

impl Grant {
    /// The token, for the origin.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }
}

struct Session {
    grant: Mutex<Grant>,
    /// `stream` said no.
    refused: std::sync::atomic::AtomicBool,
    /// One renewal at a time, and when the last one failed.
    renewal: tokio::sync::Mutex<Option<Instant>>,
}

/// See the module's head.
pub(crate) struct Watchers {
    verifier: ArcSwap<Verifier>,
    missing: Notify,
    sessions: Cache<String, Arc<Session>>,
    client: reqwest::Client,
    stream_url: String,
    redis: Redis,
    tasks: Tasks,
}

impl Watchers {
    pub(crate) fn new(
        redis: Redis,
        tasks: Tasks,
        stream_url: &str,
        max: usize,
    ) -> Result<Self, reqwest::Error> {
        let client = watched(reqwest::Client::builder(), ANSWER)
            .timeout(ANSWER)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;
        Ok(Self {
            verifier: ArcSwap::default(),
            missing: Notify::new(),
            sessions: Cache::builder().max_capacity(max as u64).time_to_idle(IDLE).build(),
            client,
            stream_url: stream_url.trim_end_matches('/').to_owned(),
            redis,
            tasks,
        })
    }

    /// Keeps `stream`'s public keys until the stop.
    pub(crate) async fn keep_keys(&self, stop: Shutdown) {
        let follow = async {
            loop {
                match self.fetch_keys().await {
                    Ok(keys) => {
                        self.verifier.store(Arc::new(Verifier::new(&keys)));
                        tokio::time::sleep(PAUSE).await;
                        tokio::select! {
                            () = self.missing.notified() => {}
                            () = tokio::time::sleep(REFRESH) => {}
                        }
                    }
                    Err(why) => {
                        tracing::debug!(why, "the keys of playback tokens are as last known");
                        tokio::time::sleep(PAUSE / 4).await;
                    }
                }
            }
        };
        tokio::select! {
            () = follow => {}
            () = stop.started() => {}
        }
    }

    async fn fetch_keys(&self) -> Result<Jwks, String> {
        let url = format!("{}/api/streams/playback-keys.json", self.stream_url);
        let answer = self.client.get(url).send().await.and_then(reqwest::Response::error_for_status);
        let body = answer.map_err(|e| e.without_url().to_string())?.bytes().await;
        let body = body.map_err(|e| e.without_url().to_string())?;
        if body.len() > MAX_ANSWER {
            return Err("too large".into());
        }
        let keys: Jwks = serde_json::from_slice(&body).map_err(|_| "no key set".to_owned())?;
        if keys.keys.is_empty() { Err("an empty key set".into()) } else { Ok(keys) }
    }

    /// Who comes with a token, or with none. Errors: 401, 403, 503.
    pub(crate) fn enter(&self, token: Option<&str>, watching: &Watching) -> Result<Grant, Problem> {
        let token = token.ok_or_else(required)?;
        let verifier = self.verifier.load();
        if verifier.is_empty() {
            return Err(away());
        }
        match verifier.verify(token, now()) {
            Ok(claims) => {
                let grant = Grant { token: token.into(), claims: Arc::new(claims) };
                grant.fits(watching).then_some(grant).ok_or_else(denied)
            }
            Err(InvalidToken::Expired) => Err(required()),
            Err(InvalidToken::Rejected) => {
                if verifier.misses_key_of(token) {
                    self.missing.notify_one();
                }
                Err(denied())
            }
        }
    }

    /// The sid stands for the grant from now on.
    pub(crate) fn begin(&self, sid: &str, grant: &Grant) {
        self.sessions.insert(sid.to_owned(), Arc::new(Session::new(grant.clone())));
        self.share(sid, grant);
    }

    /// A session's right to fetch something of the channel now. `known`: the sid was given out for this broadcast, here or by an edge with
    /// the same key. Errors: 401, 403, 503.
    pub(crate) async fn admit(
        self: &Arc<Self>,
        sid: Option<&str>,
        known: bool,
        token: Option<&str>,
        watching: &Watching,
    ) -> Result<Grant, Problem> {
        let Some(sid) = sid.filter(|_| known) else { return self.enter(token, watching) };
        let session = match self.sessions.get(sid) {
            Some(session) => Some(session),
            None => self.found(sid).await,
        };
        let Some(session) = session else {
            let grant = self.enter(token, watching)?;
            self.begin(sid, &grant);
            return Ok(grant);
        };
        let grant = session.grant.lock().clone();
        if session.is_refused() || !grant.fits(watching) {
            // The viewer may have been let in anew since.
            let anew = self.enter(token, watching).ok();
            let anew = anew.filter(|anew| !session.is_refused() || anew.claims.iat > grant.claims.iat);
            let anew = anew.ok_or_else(denied)?;
            self.begin(sid, &anew);
            return Ok(anew);
        }
        let (left, life) = (grant.left(now()), grant.life());
        if left > life / 2 {
            return Ok(grant);
        }
        if left > 0 {
            if session.renewal.try_lock().is_err() {
                return Ok(grant);
            }
            let (this, sid) = (self.clone(), sid.to_owned());
            self.tasks.spawn("playback-renewal", async move { this.renew(&sid, &session).await });
            return Ok(grant);
        }
        // Nobody asked for a while.
        self.renew(sid, &session).await;
        let grant = session.grant.lock().clone();
        match () {
            () if session.is_refused() => Err(denied()),
            () if grant.left(now()) > 0 => Ok(grant),
            () if grant.late(now()) => Err(required()),
            () => Err(away()),
        }
    }

    /// A session of another edge, or of this one before it was started anew.
    async fn found(&self, sid: &str) -> Option<Arc<Session>> {
        let asked = self.redis.call::<Option<String>>("GET", [key(sid)]);
        let token = tokio::time::timeout(ANSWER, asked).await.ok()?.ok()??;
        // What is kept there may have ended a moment ago, and be renewed.
        let claims = self.verifier.load().verify_late(&token, now(), u64::MAX / 4).ok()?;
        let grant = Grant { token: token.into(), claims: Arc::new(claims) };
        let session = Arc::new(Session::new(grant));
        self.sessions.insert(sid.to_owned(), session.clone());
        Some(session)
    }

    /// Asks `stream` for the next token; one asks, whoever comes meanwhile waits for it.
    async fn renew(&self, sid: &str, session: &Session) {
        let before = session.grant.lock().clone();
        let mut failed = session.renewal.lock().await;
        if session.is_refused()
            || session.grant.lock().claims.exp > before.claims.exp
            || failed.is_some_and(|at| at.elapsed() < AGAIN)
        {
            return;
        }
        match self.ask(&before).await {
            Ok(Some(grant)) => {
                *session.grant.lock() = grant.clone();
                *failed = None;
                self.share(sid, &grant);
            }
            Ok(None) => session.refuse(),
            Err(why) => {
                tracing::debug!(why, "a playback token was not renewed");
                *failed = Some(Instant::now());
            }
        }
    }

    /// The next token; none: `stream` says no. Errors: it did not say anything.
    async fn ask(&self, before: &Grant) -> Result<Option<Grant>, &'static str> {
        let url = format!("{}/api/streams/{}/playback-token", self.stream_url, before.claims.name);
        let body = serde_json::json!({"token": &*before.token});
        let answer = self.client.post(url).json(&body).send().await.map_err(|_| "stream is away")?;
        match answer.status().as_u16() {
            200 => {}
            403 | 404 => return Ok(None),
            _ => return Err("stream gave no answer"),
        }
        let body = answer.bytes().await.map_err(|_| "stream broke off")?;
        let told: serde_json::Value = serde_json::from_slice(&body).map_err(|_| "stream said nonsense")?;
        // Open by now: what there is goes on until the index says so too.
        let Some(token) = told["token"].as_str() else { return Err("the channel is open") };
        let claims =
            self.verifier.load().verify(token, now()).map_err(|_| "stream's token does not verify")?;
        let same = claims.sub == before.claims.sub;
        Ok(same.then(|| Grant { token: token.into(), claims: Arc::new(claims) }))
    }

    /// Lets other edges find it, for as long as it can be renewed.
    fn share(&self, sid: &str, grant: &Grant) {
        let (redis, key, token) = (self.redis.clone(), key(sid), grant.token.to_string());
        let ttl = (grant.left(now()) + grant.life()).max(1).to_string();
        self.tasks.spawn("playback-session", async move {
            // Not there: a viewer whom another edge gets has to come with a new token.
            let _ = redis.call::<Value>("SET", [key, token, "EX".to_owned(), ttl]).await;
        });
    }
}

impl Session {
    fn new(grant: Grant) -> Self {
        Self { grant: Mutex::new(grant), refused: Default::default(), renewal: Default::default() }
    }
    fn refuse(&self) {
        self.refused.store(true, std::sync::atomic::Ordering::Relaxed);
    }
    fn is_refused(&self) -> bool {
        self.refused.load(std::sync::atomic::Ordering::Relaxed)
    }
}

impl Grant {
    /// Whether it is for that channel, as it is now. A later version than the index has is a sign that the index is behind: `stream` signed it.
    fn fits(&self, watching: &Watching) -> bool {
        self.claims.sub.to_string() == watching.channel && self.claims.ver >= watching.version
    }
    fn left(&self, now: u64) -> u64 {
        self.claims.exp.saturating_sub(now)
    }
    fn life(&self) -> u64 {
        self.claims.exp.saturating_sub(self.claims.iat)
    }
    /// Whether it ended so long ago that `stream` renews it no more.
    fn late(&self, now: u64) -> bool {
        now > self.claims.exp + self.life()
    }
}

fn key(sid: &str) -> String {
    format!("playback:{sid}")
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs())
}

fn required() -> Problem {
    Problem::new(Code::PlaybackTokenRequired)
}
fn denied() -> Problem {
    Problem::new(Code::PlaybackDenied)
}
fn away() -> Problem {
    Problem::new(Code::Unavailable).retry_after(Duration::from_secs(1))
}
