//! People by the public API, whatever the platform runs on: accounts, stream keys, and what is on air.
//!
//! `origin` is `http://host:port` of the public origin. What is answered otherwise than it should be is an error that has the answer.

use crate::Person;
use anyhow::{Context, Result, ensure};
use reqwest::Client;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Everybody's.
pub const PASSWORD: &str = "correct horse battery";
/// Between two looks at a channel.
const LOOK: Duration = Duration::from_millis(50);

/// Makes an account.
pub async fn register(http: &Client, origin: &str, username: &str) -> Result<Person> {
    let email = format!("{username}@example.org");
    let body = json!({"username": username, "email": email, "password": PASSWORD});
    let answer = http.post(format!("{origin}/api/auth/register")).json(&body).send().await?;
    ensure!(answer.status() == 201, "register: {} {}", answer.status(), answer.text().await?);
    let body: Value = answer.json().await?;
    let token = body["access_token"].as_str().context("no access token")?.to_owned();
    Ok(Person { username: username.to_owned(), token })
}

/// Makes a stream key: the key itself.
pub async fn stream_key(http: &Client, origin: &str, person: &Person) -> Result<String> {
    let asked = http.post(format!("{origin}/api/streams/keys")).bearer_auth(&person.token);
    let answer = asked.json(&json!({"name": "test"})).send().await?;
    ensure!(answer.status() == 201, "keys: {} {}", answer.status(), answer.text().await?);
    let body: Value = answer.json().await?;
    Ok(body["key"].as_str().context("no key")?.to_owned())
}

/// The public `stream` object.
pub async fn stream(http: &Client, origin: &str, username: &str) -> Result<Value> {
    let answer = http.get(format!("{origin}/api/streams/{username}")).send().await?;
    ensure!(answer.status() == 200, "streams/{username}: {}", answer.status());
    Ok(answer.json().await?)
}

/// Waits until the channel's state is the wanted one: the `stream` object then. (For tests only: pages are told by push.)
pub async fn wait_state(
    http: &Client,
    origin: &str,
    username: &str,
    wanted: &str,
    limit: Duration,
) -> Result<Value> {
    let since = Instant::now();
    loop {
        let stream = stream(http, origin, username).await?;
        if stream["state"] == wanted {
            return Ok(stream);
        }
        ensure!(
            since.elapsed() < limit,
            "{username} is {} and not {wanted} after {limit:?}",
            stream["state"]
        );
        tokio::time::sleep(LOOK).await;
    }
}

/// Waits until the channel is live: the id of its broadcast.
pub async fn on_air(http: &Client, origin: &str, username: &str, limit: Duration) -> Result<String> {
    let stream = wait_state(http, origin, username, "live", limit).await?;
    Ok(stream["live"]["broadcast_id"].as_str().with_context(|| format!("no id in {stream}"))?.to_owned())
}
