//! Web Push to followers' browsers. A browser that is gone (404 or 410, RFC 8030, 7.3) is forgotten; one that cannot be told now is asked
//! once more, then not again: what is no news any more is not worth a queue.
//!
//! After a crash the last batch is told again: with the same topic and tag, so a browser shows it in the place of the first.

use super::Batch;
use crate::{
    app::App,
    error::Error,
    key::StreamKey,
    outbound::{self, HeaderMap, HeaderName, HeaderValue, header},
    people, pictures,
    store::{
        browsers::{self, Sealed},
        notices::{self, Telling, Way},
    },
    web_push::{self, Browser, Vapid},
};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use serde_json::json;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use streamly_domain::UserId;
use uuid::Uuid;

/// Followers of a batch; each has up to `notices.max_browsers` browsers.
const BATCH: i64 = 50;
/// Pause before a browser is asked the second time.
const AGAIN: Duration = Duration::from_secs(2);

/// What became of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The push service has it.
    Told,
    /// The browser is no more.
    Gone,
    /// The push service did not take it now; it may take it later.
    Later,
    /// It does not take it.
    Refused,
}

/// The next followers of a broadcast's channel. Errors: the database or user is away.
pub async fn batch(app: &App, telling: Telling) -> Result<Batch, Error> {
    let db = app.connection().await?;
    let pause = app.config.notices.push_pause.get();
    let skip = telling.after.is_none() && notices::pushed_lately(&db, &telling, pause).await?;
    let users = match &app.vapid {
        Some(_) if !skip => notices::next_to_push(&db, &telling, BATCH).await?,
        _ => Vec::new(),
    };
    let (Some(vapid), Some(last)) = (&app.vapid, users.last().copied()) else {
        notices::advance(&db, Way::Push, telling.broadcast, None).await?;
        return Ok(Batch::Done);
    };
    let all = browsers::of(&db, &users).await?;
    drop(db);
    // Who is suspended or has closed the account is told nothing. That user is away delays it; what is late is not told at all.
    let people = people::by_ids(app, &users).await?;
    let may = |user: UserId| people.get(&user).is_some_and(|u| !u.suspended);
    let fitting = all.into_iter().filter(|browser| may(browser.user)).collect();
    tell(app, vapid, fitting, telling.channel.0, &text(&telling)).await?;
    notices::advance(&app.connection().await?, Way::Push, telling.broadcast, Some(last)).await?;
    Ok(Batch::More)
}

/// One push to each of a user's browsers, to see that it works. Without Web Push it reaches none.
pub async fn test(app: &App, user: UserId) -> Result<Told, Error> {
    let Some(vapid) = &app.vapid else { return Ok(Told::default()) };
    let all = browsers::of(&app.connection().await?, &[user]).await?;
    let text = json!({"type": "test"}).to_string();
    tell(app, vapid, all, user.0, &text).await
}

/// What became of some pushes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Told {
    pub told: usize,
    pub gone: usize,
    pub failed: usize,
}

/// Tells these browsers one thing, a bounded number at a time, and notes what became of it.
async fn tell(app: &App, vapid: &Vapid, all: Vec<Sealed>, about: Uuid, text: &str) -> Result<Told, Error> {
    let at_once = app.config.notices.push_at_once.max(1);
    let outcomes: Vec<(Uuid, Outcome)> = stream::iter(all)
        .map(|browser| async move { (browser.id, twice(app, vapid, &browser, about, text).await) })
        .buffer_unordered(at_once)
        .collect()
        .await;
    let of = |which: Outcome| -> Vec<Uuid> {
        outcomes.iter().filter(|(_, outcome)| *outcome == which).map(|(id, _)| *id).collect()
    };
    let (told, gone) = (of(Outcome::Told), of(Outcome::Gone));
    browsers::told(&app.connection().await?, &told, &gone).await?;
    let failed = outcomes.len() - told.len() - gone.len();
    for (outcome, count) in [("told", told.len()), ("gone", gone.len()), ("failed", failed)] {
        metrics::counter!("streamly_stream_pushes_total", "outcome" => outcome).increment(count as u64);
    }
    Ok(Told { told: told.len(), gone: gone.len(), failed })
}

async fn twice(app: &App, vapid: &Vapid, browser: &Sealed, about: Uuid, text: &str) -> Outcome {
    match once(app, vapid, browser, about, text).await {
        Outcome::Later => {
            tokio::time::sleep(AGAIN).await;
            once(app, vapid, browser, about, text).await
        }
        outcome => outcome,
    }
}

async fn once(app: &App, vapid: &Vapid, sealed: &Sealed, about: Uuid, text: &str) -> Outcome {
    // What does not open, or is no address any more, is no browser.
    let Some(browser) = open(app, sealed) else { return Outcome::Gone };
    let Ok(url) = browser.endpoint().parse::<outbound::Url>() else { return Outcome::Gone };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let ttl = app.config.notices.push_ttl.get();
    let message = match web_push::message(vapid, &browser, about, text, ttl, now) {
        Ok(message) => message,
        Err(e) => {
            tracing::warn!(browser = %sealed.id, error = %e, "a push could not be made");
            return Outcome::Refused;
        }
    };
    let Some(headers) = headers(&message) else { return Outcome::Refused };
    match app.outbound.post(&url, headers, Bytes::from(message.body)).await {
        Ok(answer) => outcome(answer.status.as_u16()),
        Err(outbound::Error::Forbidden | outbound::Error::Invalid(_)) => Outcome::Refused,
        Err(e) => {
            tracing::debug!(browser = %sealed.id, error = %e, "a push was not taken");
            Outcome::Later
        }
    }
}

fn headers(message: &web_push::Message) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    let mut authorization = HeaderValue::from_str(&message.authorization).ok()?;
    authorization.set_sensitive(true);
    headers.insert(header::AUTHORIZATION, authorization);
    headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("aes128gcm"));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(HeaderName::from_static("ttl"), message.ttl.into());
    headers.insert(HeaderName::from_static("urgency"), HeaderValue::from_static("normal"));
    headers.insert(HeaderName::from_static("topic"), HeaderValue::from_str(&message.topic).ok()?);
    Some(headers)
}

/// What a push service's status says.
fn outcome(status: u16) -> Outcome {
    match status {
        200..=299 => Outcome::Told,
        404 | 410 => Outcome::Gone,
        429 | 500..=599 => Outcome::Later,
        _ => Outcome::Refused,
    }
}

/// A browser as it is kept: in the row of that id.
pub fn seal(app: &App, row: Uuid, browser: &Browser) -> Result<Vec<u8>, Error> {
    Ok(app.vault.seal(row, &StreamKey::presented(serde_json::to_string(browser)?))?)
}

/// By what one is found.
pub fn lookup(app: &App, browser: &Browser) -> Vec<u8> {
    app.vault.mac("push/endpoint", browser.endpoint().as_bytes()).to_vec()
}

fn open(app: &App, sealed: &Sealed) -> Option<Browser> {
    let text = app.vault.open(sealed.id, &sealed.sealed).ok()?;
    serde_json::from_str(text.expose()).ok()
}

/// What the service worker (`sw.js`) shows.
fn text(telling: &Telling) -> String {
    json!({
        "type": "live",
        "channel_id": telling.channel,
        "broadcast_id": telling.broadcast,
        "username": telling.username,
        "display_name": telling.display_name,
        "title": telling.title,
        "category": telling.category,
        "avatar_url": telling.avatar.as_deref().map(pictures::url),
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_browser_that_is_no_more_is_forgotten() {
        use Outcome::{Gone, Later, Refused, Told};
        for (status, is) in [
            (201, Told),
            (202, Told),
            (404, Gone),
            (410, Gone),
            (429, Later),
            (503, Later),
            (400, Refused),
            (403, Refused),
            (301, Refused),
            (413, Refused),
        ] {
            assert_eq!(outcome(status), is, "{status}");
        }
    }

    #[test]
    fn the_longest_text_of_a_channel_fits_a_push() {
        let telling = Telling {
            broadcast: streamly_domain::BroadcastId(Uuid::now_v7()),
            channel: streamly_domain::ChannelId(Uuid::now_v7()),
            username: "x".repeat(25),
            display_name: "x".repeat(25),
            avatar: Some("x".repeat(100)),
            title: "\u{1f600}".repeat(140),
            category: "\u{1f600}".repeat(100),
            after: None,
        };
        assert!(text(&telling).len() <= web_push::MAX_TEXT, "{}", text(&telling).len());
    }
}
