//! Calls of the public API while services are replaced. One that fails is made once more, when the answer says so (`Retry-After`), else after a
//! second; one that fails twice has failed.

use crate::rows::place::{PASSWORD, register};
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
/// Failures that are told.
const TOLD: usize = 3;

/// What became of them.
#[derive(Debug, Default)]
pub(super) struct Calls {
    pub(super) made: u64,
    /// Those made once more.
    pub(super) repeated: u64,
    /// Those that failed then as well.
    pub(super) failed: Vec<String>,
}

struct Failed {
    why: String,
    after: Duration,
}

/// Somebody new signs in, follows the channel, leaves it and looks around, until it is enough.
pub(super) async fn go_on(origin: &str, channel: &str, enough: &AtomicBool) -> anyhow::Result<Calls> {
    let http = Client::builder().no_proxy().timeout(ANSWER).build()?;
    let (name, token) = register(&http, origin).await?;
    let sign_in = json!({"login": name, "password": PASSWORD});
    let follow = format!("{origin}/api/streams/{channel}/follow");
    let mut calls = Calls::default();
    while !enough.load(Relaxed) {
        for (what, wanted, request) in [
            ("the directory", 200, http.get(format!("{origin}/api/streams?live=true"))),
            ("a channel", 200, http.get(format!("{origin}/api/streams/{channel}"))),
            ("signing in", 200, http.post(format!("{origin}/api/auth/login")).json(&sign_in)),
            ("following", 204, http.put(follow.as_str()).bearer_auth(&token)),
            ("leaving", 204, http.delete(follow.as_str()).bearer_auth(&token)),
            ("chat's emotes", 200, http.get(format!("{origin}/api/chat/emotes"))),
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
        self.repeated += 1;
        tokio::time::sleep(first.after).await;
        if let Err(second) = ask(wanted, again).await {
            self.failed.push(format!("{what}: {}, then {}", first.why, second.why));
        }
    }

    /// The first failures, behind a separator.
    pub(super) fn told(&self) -> String {
        self.failed.iter().take(TOLD).map(|failed| format!("; {failed}")).collect()
    }
}

async fn ask(wanted: u16, request: RequestBuilder) -> Result<(), Failed> {
    let broken = |error: reqwest::Error| Failed { why: error.to_string(), after: AGAIN };
    let answer = request.send().await.map_err(broken)?;
    let status = answer.status();
    let after = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let body = answer.text().await.map_err(broken)?;
    if status == wanted {
        return Ok(());
    }
    Err(Failed { why: format!("{status} {body}"), after: after.map_or(AGAIN, Duration::from_secs) })
}
