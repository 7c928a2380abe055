//! Calls of the public API that go on while something happens to the platform: signing in and out, following, looking around.
//!
//! A call that fails is made once more, when the answer says so (`Retry-After`), else after a second; one that fails twice has failed.

use crate::Person;
use anyhow::Result;
use reqwest::{Client, RequestBuilder, header::RETRY_AFTER};
use serde_json::json;
use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
};

/// Between two rounds.
const PAUSE: Duration = Duration::from_millis(200);
/// Longest wait for an answer.
const ANSWER: Duration = Duration::from_secs(10);
/// Before the second try, where nothing else is said.
const AGAIN: Duration = Duration::from_secs(1);

/// What became of the calls.
#[derive(Debug, Clone, Default)]
pub struct Calls {
    /// How many there were.
    pub made: usize,
    /// What had to be made once more, and why.
    pub repeated: Vec<String>,
    /// What failed then, too, and why.
    pub failed: Vec<String>,
}

/// Why a call failed, and when it is worth another try.
struct Failed {
    why: String,
    after: Duration,
}

/// Calls in rounds until it is enough. `origin`: `http://host:port`; `person`, whose password is `password`, follows `channel` and leaves it.
pub async fn call(
    origin: &str,
    person: &Person,
    password: &str,
    channel: &str,
    enough: &AtomicBool,
) -> Result<Calls> {
    // With cookies, by which one signs out: an account has only so many sign-ins, and the person's own must not end by these.
    let http = Client::builder().no_proxy().cookie_store(true).timeout(ANSWER).build()?;
    let url = |path: &str| format!("{origin}{path}");
    let follow = url(&format!("/api/streams/{channel}/follow"));
    let sign_in = json!({"login": person.username, "password": password});
    let mut calls = Calls::default();
    while !enough.load(Relaxed) {
        for (what, wanted, request) in [
            ("the directory", 200, http.get(url("/api/streams?live=true"))),
            ("a channel", 200, http.get(url(&format!("/api/streams/{channel}")))),
            ("signing in", 200, http.post(url("/api/auth/login")).json(&sign_in)),
            ("signing out", 204, http.post(url("/api/auth/logout"))),
            ("oneself", 200, http.get(url("/api/auth/me")).bearer_auth(&person.token)),
            ("following", 204, http.put(follow.as_str()).bearer_auth(&person.token)),
            ("leaving", 204, http.delete(follow.as_str()).bearer_auth(&person.token)),
            ("chat's emotes", 200, http.get(url("/api/chat/emotes"))),
        ] {
            calls.make(what, wanted, request).await;
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(calls)
}

impl Calls {
    async fn make(&mut self, what: &str, wanted: u16, request: RequestBuilder) {
        self.made += 1;
        // None of these has a body that can be read only once.
        let Some(again) = request.try_clone() else { return self.failed.push(format!("{what}: no copy")) };
        let Err(first) = ask(wanted, request).await else { return };
        self.repeated.push(format!("{what}: {}", first.why));
        tokio::time::sleep(first.after).await;
        if let Err(second) = ask(wanted, again).await {
            self.failed.push(format!("{what}: {}; then {}", first.why, second.why));
        }
    }
}

async fn ask(wanted: u16, request: RequestBuilder) -> Result<(), Failed> {
    let broken = |error: reqwest::Error| {
        let why = format!("{:#}", anyhow::Error::new(error));
        Failed { why, after: AGAIN }
    };
    let answer = request.send().await.map_err(broken)?;
    let status = answer.status();
    let after = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let body = answer.text().await.map_err(broken)?;
    if status == wanted {
        return Ok(());
    }
    Err(Failed { why: format!("{status} {body}"), after: after.map_or(AGAIN, Duration::from_secs) })
}
