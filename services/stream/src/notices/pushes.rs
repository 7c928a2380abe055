//! Web Push to followers' browsers. A browser that is gone (404 or 410, RFC 8030, 7.3) is forgotten.
//!
//! Where a browser is reached anybody may choose, and say nothing there. So a broadcast's followers are walked over twice: first those browsers
//! are told that took the last push, then the others, in places of their own. One that says nothing is asked once in each walk at most, rests
//! for longer and longer, and is forgotten in the end; of one person two that say nothing are enough for a batch.
//!
//! After a crash the last batch is told again: with the same topic and tag, so a browser shows it in the place of the first.

use super::{
    Batch,
    turns::{Turn, Turns},
};
use crate::{
    app::App,
    error::Error,
    key::StreamKey,
    outbound::{self, HeaderMap, HeaderName, HeaderValue, header},
    people, pictures,
    store::{
        browsers::{self, Became, Sealed, Which},
        notices::{self, Telling, Way},
    },
    web_push::{self, Browser, Vapid},
};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use parking_lot::Mutex;
use serde_json::json;
use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use streamly_domain::{Language, UserId, category};
use uuid::Uuid;

/// Followers of a batch of the first walk, and of the second; each has up to `notices.max_browsers` browsers.
const BATCH: i64 = 50;
const UNPROVED_BATCH: i64 = 10;
/// Pause before a push service that said "later" is asked the second time.
const AGAIN: Duration = Duration::from_secs(2);
/// So many browsers of one person that say nothing are enough for one batch.
const SILENT: usize = 2;
/// How often a place is waited for, as long as `outbound.timeout` each time.
const WAITS: u32 = 3;
/// Browsers of one person that are tested at once, the longest wait for each of them, and for all.
const TESTED_AT_ONCE: usize = 4;
const TEST_PATIENCE: Duration = Duration::from_secs(2);
const TEST: Duration = Duration::from_millis(6_500);
/// Longest wait for the language of a test.
const ASK_LANGUAGE: Duration = Duration::from_millis(500);

/// What became of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The push service has it.
    Told,
    /// The browser is no more.
    Gone,
    /// The push service did not take it now; it may take it later.
    Later,
    /// It said nothing, or there is none.
    Silent,
    /// It does not take it.
    Refused,
    /// It was not asked: too many others are.
    Crowded,
    /// It was not asked: enough of the same person's said nothing.
    Skipped,
}

/// The next followers of a broadcast's channel. Errors: the database or user is away.
pub async fn batch(app: &App, way: Way, turns: &Arc<Turns>, telling: &Telling) -> Result<Batch, Error> {
    let db = app.connection().await?;
    let pause = app.config.notices.push_pause.get();
    let skip = telling.after.is_none() && notices::pushed_lately(&db, telling, pause).await?;
    let (most, which) = match way {
        Way::Unproved => (UNPROVED_BATCH, Which::Unproved(telling.live_at)),
        Way::Push | Way::Mail => (BATCH, Which::Proved(telling.live_at)),
    };
    let users = match &app.vapid {
        Some(_) if !skip => notices::next_to_push(&db, telling, way, most).await?,
        _ => Vec::new(),
    };
    let (Some(vapid), Some(last)) = (&app.vapid, users.last().copied()) else {
        notices::advance(&db, way, telling.broadcast, None).await?;
        return Ok(Batch::Done);
    };
    let all = browsers::of(&db, &users, which).await?;
    drop(db);
    // Who is suspended or has closed the account is told nothing. That user is away delays it; what is late is not told at all.
    let people = people::by_ids(app, &users).await?;
    let may = |user: UserId| people.get(&user).is_some_and(|u| !u.suspended);
    let fitting = all.into_iter().filter(|browser| may(browser.user)).collect();
    let languages = people.iter().map(|(id, user)| (*id, people::language(user))).collect();
    tell(app, vapid, way, turns, telling, fitting, &languages).await?;
    notices::advance(&app.connection().await?, way, telling.broadcast, Some(last)).await?;
    Ok(Batch::More)
}

/// Tells these browsers of a broadcast, each when it is its turn, and notes what became of it.
async fn tell(
    app: &App,
    vapid: &Vapid,
    way: Way,
    turns: &Arc<Turns>,
    telling: &Telling,
    all: Vec<Sealed>,
    languages: &HashMap<UserId, Language>,
) -> Result<(), Error> {
    let texts: HashMap<Language, String> =
        Language::ALL.into_iter().map(|language| (language, text(telling, language))).collect();
    let texts = &texts;
    let silent: HashMap<UserId, AtomicUsize> =
        all.iter().map(|browser| (browser.user, AtomicUsize::new(0))).collect();
    let outcomes: Vec<(Uuid, Outcome)> = stream::iter(in_rounds(all))
        .map(|browser| {
            let silent = &silent[&browser.user];
            let text = &texts[&languages.get(&browser.user).copied().unwrap_or_default()];
            async move {
                let turn = turns.take(telling.broadcast).await;
                if silent.load(Ordering::Relaxed) >= SILENT {
                    return (browser.id, Outcome::Skipped);
                }
                let message = Message { vapid, about: telling.channel.0, text };
                let outcome = ask(app, &message, &browser, way, turn).await;
                silent.fetch_add(usize::from(outcome == Outcome::Silent), Ordering::Relaxed);
                (browser.id, outcome)
            }
        })
        .buffer_unordered(at_once(app, way))
        .collect()
        .await;
    note(app, &outcomes).await.map(drop)
}

/// Pushes of that walk on their way at once.
pub fn at_once(app: &App, way: Way) -> usize {
    let config = &app.config.notices;
    if way == Way::Unproved { config.push_unproved_at_once.max(1) } else { config.push_at_once.max(1) }
}

/// Each person's first browser, then each one's second, and so on.
fn in_rounds(all: Vec<Sealed>) -> Vec<Sealed> {
    let mut seen: HashMap<UserId, usize> = HashMap::new();
    let mut ranked: Vec<(usize, Sealed)> = all
        .into_iter()
        .map(|browser| {
            let rank = seen.entry(browser.user).or_default();
            *rank += 1;
            (*rank, browser)
        })
        .collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, browser)| browser).collect()
}

/// What is sent, and about what.
struct Message<'a> {
    vapid: &'a Vapid,
    about: Uuid,
    text: &'a str,
}

async fn ask(app: &App, message: &Message<'_>, browser: &Sealed, way: Way, turn: Turn) -> Outcome {
    let patience = app.config.notices.push_patience.get();
    let first = once(app, message, browser, patience).await;
    // Nobody waits for the pause.
    drop(turn);
    if first != Outcome::Later || way != Way::Unproved {
        return first;
    }
    tokio::time::sleep(AGAIN).await;
    once(app, message, browser, patience).await
}

/// Who tests browsers at this moment.
#[derive(Debug, Default)]
pub struct Testing(Mutex<HashSet<UserId>>);

struct Test<'a>(&'a Testing, UserId);

impl Drop for Test<'_> {
    fn drop(&mut self) {
        self.0.0.lock().remove(&self.1);
    }
}

/// One push to each of a user's browsers, to see that it works; what is not known in time counts as failed. Without Web Push it reaches
/// none. Errors: another one of theirs is on its way.
pub async fn test(app: &App, user: UserId) -> Result<Told, Error> {
    let Some(vapid) = &app.vapid else { return Ok(Told::default()) };
    if !app.testing.0.lock().insert(user) {
        return Err(Error::Limited(TEST));
    }
    let _one = Test(&app.testing, user);
    let all = browsers::of(&app.connection().await?, &[user], Which::All).await?;
    // While user is away it is in English.
    let language = tokio::time::timeout(ASK_LANGUAGE, people::by_id(app, user)).await;
    let language = language.ok().and_then(Result::ok).flatten().map(|user| people::language(&user));
    let language = language.unwrap_or_default().tag();
    let (count, text) = (all.len(), json!({"type": "test", "language": language}).to_string());
    let message = &Message { vapid, about: user.0, text: &text };
    let patience = TEST_PATIENCE.min(app.config.notices.push_patience.get());
    let mut outcomes = Vec::with_capacity(count);
    let asking = async {
        let mut asked = stream::iter(all)
            .map(|browser| async move { (browser.id, once(app, message, &browser, patience).await) })
            .buffer_unordered(TESTED_AT_ONCE);
        while let Some(one) = asked.next().await {
            outcomes.push(one);
        }
    };
    let _ = tokio::time::timeout(TEST, asking).await;
    let told = note(app, &outcomes).await?;
    Ok(Told { failed: count - told.told - told.gone, ..told })
}

/// What became of some pushes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Told {
    pub told: usize,
    pub gone: usize,
    pub failed: usize,
}

async fn note(app: &App, outcomes: &[(Uuid, Outcome)]) -> Result<Told, Error> {
    let of = |which: &[Outcome]| -> Vec<Uuid> {
        outcomes.iter().filter(|(_, outcome)| which.contains(outcome)).map(|(id, _)| *id).collect()
    };
    let became = Became {
        told: of(&[Outcome::Told]),
        gone: of(&[Outcome::Gone]),
        failed: of(&[Outcome::Later, Outcome::Silent]),
        crowded: of(&[Outcome::Crowded]),
    };
    let config = &app.config.notices;
    let bounds = (config.push_rest.get(), config.push_give_up.get());
    browsers::note(&app.connection().await?, &became, bounds).await?;
    let (told, gone) = (became.told.len(), became.gone.len());
    let failed = outcomes.len() - told - gone;
    for (outcome, count) in [("told", told), ("gone", gone), ("failed", failed)] {
        metrics::counter!("streamly_stream_pushes_total", "outcome" => outcome).increment(count as u64);
    }
    Ok(Told { told, gone, failed })
}

async fn once(app: &App, message: &Message<'_>, sealed: &Sealed, patience: Duration) -> Outcome {
    // What does not open, or is no address any more, is no browser.
    let Some(browser) = open(app, sealed) else { return Outcome::Gone };
    let Ok(url) = browser.endpoint().parse::<outbound::Url>() else { return Outcome::Gone };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let ttl = app.config.notices.push_ttl.get();
    let message = match web_push::message(message.vapid, &browser, message.about, message.text, ttl, now) {
        Ok(message) => message,
        Err(e) => {
            tracing::warn!(browser = %sealed.id, error = %e, "a push could not be made");
            return Outcome::Refused;
        }
    };
    let Some(headers) = headers(&message) else { return Outcome::Refused };
    let body = Bytes::from(message.body);
    for _ in 0..WAITS {
        let asked = app.outbound.post_within(patience, sealed.user.0, &url, headers.clone(), body.clone());
        match asked.await {
            Ok(answer) => return outcome(answer.status.as_u16()),
            // That there was no place says nothing about the browser.
            Err(outbound::Error::Busy) => {}
            Err(outbound::Error::Forbidden | outbound::Error::Invalid(_)) => return Outcome::Refused,
            Err(e) => {
                tracing::debug!(browser = %sealed.id, error = %e, "a push was not taken");
                return Outcome::Silent;
            }
        }
    }
    Outcome::Crowded
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

/// What the service worker (`sw.js`) shows, whose own words are in that language, too.
fn text(telling: &Telling, language: Language) -> String {
    json!({
        "type": "live",
        "language": language.tag(),
        "channel_id": telling.channel,
        "broadcast_id": telling.broadcast,
        "username": telling.username,
        "display_name": telling.display_name,
        "title": telling.title,
        "category": category::name_in(language, &telling.category),
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
    fn nobodys_second_browser_comes_before_anybodys_first() {
        let (ada, bob) = (UserId::new(), UserId::new());
        let browser = |user| Sealed { id: Uuid::now_v7(), user, sealed: Vec::new() };
        let all = vec![browser(ada), browser(ada), browser(ada), browser(bob), browser(bob)];
        let ids: Vec<Uuid> = all.iter().map(|b| b.id).collect();
        let order: Vec<Uuid> = in_rounds(all).iter().map(|b| b.id).collect();
        assert_eq!(order, [0, 3, 1, 4, 2].map(|n| ids[n]));
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
            live_at: time::OffsetDateTime::UNIX_EPOCH,
            after: None,
        };
        for language in Language::ALL {
            let length = text(&telling, language).len();
            assert!(length <= web_push::MAX_TEXT, "{length}");
        }
    }
}
