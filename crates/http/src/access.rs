//! Verification of people's access tokens: the JWKS of `user`, fetched, kept on disk, and fetched again when a token names a key that
//! it lacks. While `user` is away the last known keys go on working (fail static).

use arc_swap::ArcSwap;
use std::{path::PathBuf, sync::Arc, time::Duration};
use streamly_auth::{
    InvalidToken, Jwks,
    access::{Claims, Verifier},
};
use streamly_lifecycle::{Readiness, Shutdown, Tasks};
use tokio::sync::{Notify, Semaphore};

const NAME: &str = "jwks";
/// Regular refresh.
const REFRESH: Duration = Duration::from_secs(300);
/// Least pause between two fetches, whatever tokens come.
const PAUSE: Duration = Duration::from_secs(2);
/// Largest JWKS document taken.
const MAX_BYTES: usize = 64 << 10;
/// Longest wait of a call whose token names a key that is not known yet: two fetches and what is between them.
const PATIENCE: Duration = Duration::from_millis(2_500);
/// Calls that wait so at once; tokens can name any key, so without a bound they would pile up.
const WAITING: usize = 64;

/// The keys that verify access tokens, as app data of every service. Clones share them.
#[derive(Clone)]
pub struct AccessKeys {
    verifier: Arc<ArcSwap<Verifier>>,
    missing: Arc<Notify>,
    /// Rung after each fetch.
    fetched: Arc<Notify>,
    /// Places of calls that wait for a fetch; none where nothing is fetched.
    places: Arc<Semaphore>,
}

impl AccessKeys {
    /// Fixed keys, for the service that signs (and for tests).
    pub fn fixed(jwks: &Jwks) -> Self {
        Self {
            verifier: Arc::new(ArcSwap::from_pointee(Verifier::new(jwks))),
            missing: Arc::default(),
            fetched: Arc::default(),
            places: Arc::new(Semaphore::new(0)),
        }
    }
    /// Other keys from now on, for the service that signs.
    pub fn replace(&self, jwks: &Jwks) {
        self.verifier.store(Arc::new(Verifier::new(jwks)));
    }
    /// As [`AccessKeys::verify`]; a token whose key is not known yet waits, at most 2.5 s, for the keys to be fetched anew. A call behind
    /// many others that wait is refused at once.
    pub async fn verify_soon(&self, token: &str) -> Result<Claims, InvalidToken> {
        let fetched = self.fetched.notified();
        tokio::pin!(fetched);
        fetched.as_mut().enable();
        let outcome = self.verify(token);
        if outcome.is_ok() || !self.verifier.load().misses_key_of(token) {
            return outcome;
        }
        let Ok(_place) = self.places.try_acquire() else { return outcome };
        let _ = tokio::time::timeout(PATIENCE, fetched).await;
        self.verify(token)
    }
    /// The claims of a good token.
    pub fn verify(&self, token: &str) -> Result<Claims, InvalidToken> {
        let verifier = self.verifier.load();
        let outcome = verifier.verify(token);
        if outcome.is_err() && verifier.misses_key_of(token) {
            self.missing.notify_one();
        }
        outcome
    }
}

/// Where the JWKS comes from.
#[derive(Debug, Clone)]
pub struct JwksSource {
    /// `http://user:8080/.well-known/jwks.json`.
    pub url: String,
    /// Where the last known document is kept; none: memory only.
    pub cache: Option<PathBuf>,
}

impl JwksSource {
    /// Keys from the cache at once, then from the URL, for as long as the service runs. Not ready until there are any.
    pub fn start(self, readiness: &Readiness, shutdown: &Shutdown, tasks: &Tasks) -> AccessKeys {
        let cached = self
            .cache
            .as_ref()
            .and_then(|p| std::fs::read(p).ok())
            .and_then(|b| serde_json::from_slice::<Jwks>(&b).ok());
        let keys = AccessKeys {
            places: Arc::new(Semaphore::new(WAITING)),
            ..AccessKeys::fixed(&cached.clone().unwrap_or_default())
        };
        match cached {
            Some(_) => readiness.set(NAME, Ok(())),
            None => readiness.expect(NAME),
        }
        let (handle, readiness, shutdown) = (keys.clone(), readiness.clone(), shutdown.clone());
        tasks.spawn("jwks", async move {
            tokio::select! {
                () = self.follow(handle, readiness) => {}
                () = shutdown.started() => {}
            }
        });
        keys
    }

    async fn follow(self, keys: AccessKeys, readiness: Readiness) {
        let client = reqwest::Client::builder().timeout(Duration::from_secs(3)).build().unwrap_or_default();
        loop {
            match self.fetch(&client).await {
                Ok(jwks) => {
                    self.keep(&jwks);
                    keys.replace(&jwks);
                    keys.fetched.notify_waiters();
                    readiness.set(NAME, Ok(()));
                    tokio::time::sleep(PAUSE).await;
                    tokio::select! {
                        () = keys.missing.notified() => {}
                        () = tokio::time::sleep(REFRESH) => {}
                    }
                }
                Err(e) => {
                    if keys.verifier.load().is_empty() {
                        readiness.set(NAME, Err(e));
                        tokio::time::sleep(Duration::from_millis(250)).await;
                    } else {
                        tokio::time::sleep(PAUSE).await;
                    }
                }
            }
        }
    }

    async fn fetch(&self, client: &reqwest::Client) -> Result<Jwks, String> {
        let response = client
            .get(&self.url)
            .send()
            .await
            .and_then(reqwest::Response::error_for_status)
            .map_err(|e| e.without_url().to_string())?;
        let body = response.bytes().await.map_err(|e| e.without_url().to_string())?;
        if body.len() > MAX_BYTES {
            return Err("the JWKS is too large".into());
        }
        let jwks: Jwks =
            serde_json::from_slice(&body).map_err(|e| format!("the JWKS does not parse: {e}"))?;
        if jwks.keys.is_empty() { Err("the JWKS is empty".into()) } else { Ok(jwks) }
    }

    fn keep(&self, jwks: &Jwks) {
        let Some(path) = &self.cache else { return };
        let written =
            serde_json::to_vec(jwks).map_err(std::io::Error::other).and_then(|b| std::fs::write(path, b));
        if let Err(e) = written {
            tracing::warn!(path = %path.display(), error = %e, "the JWKS could not be kept");
        }
    }
}
