//! One reader of `GET /api/events`: the present state, what it missed, and what comes.
//!
//! Who it is and which topics it asked for `events` has checked. What it may know of a channel is asked at the start, again at each fact
//! that can change it (the channel, the reader's role or account), and of what it missed for each fact by itself. A stream that shows what a
//! token let in ends when that token is over or void: its reader comes back with the one it has by then.

use super::{Frames, channel, missed, newer, on_air, present, viewers_of};
use crate::{
    app::App,
    bus,
    feed::{self, Heard, Item, Post, Topic},
    notices::page::Wants,
    playback::Pass,
    store::channels::Channel,
    view, visibility,
};
use bytes::Bytes;
use serde_json::Value as Json;
use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use streamly_auth::access::Claims;
use streamly_domain::UserId;
use streamly_redis::{Entry, Value};

/// What a reader may know of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Right {
    /// What everybody may.
    Open,
    /// It is private, and this reader is among those it is for.
    Told,
    /// It is private, and not for this reader.
    Hidden,
}

/// The token that opened the stream.
struct Opened {
    user: UserId,
    iat: u64,
    exp: u64,
    /// It was voided, or the account was suspended.
    void: bool,
}

impl Opened {
    fn is_over(&self) -> bool {
        self.void || unix_now() >= self.exp
    }
}

/// For how long a pass is taken at its word: as long as an access token. Its reader comes back with the one it has by then.
const PASS_LIFE: u64 = 15 * 60;

/// A reader.
pub(super) struct Reader {
    app: Arc<App>,
    topics: Vec<Topic>,
    opened: Option<Opened>,
    /// What was shown of a channel's link, and until when that counts.
    pass: Option<(Pass, u64)>,
    /// Of whom the user wants to be told, if that is a topic.
    wants: Option<Wants>,
    rights: HashMap<String, Right>,
    /// Of which channels' team it is, as far as that was asked: the team hears of tests.
    teams: HashMap<String, bool>,
    frames: Frames,
    /// The newest fact that it has.
    sent: String,
}

/// The reader is gone or too slow, or has to come back with another token.
struct Closed;

impl Reader {
    pub(super) fn new(
        app: Arc<App>,
        topics: Vec<Topic>,
        who: Option<&Claims>,
        pass: Option<Pass>,
        frames: Frames,
    ) -> Self {
        let opened = who.map(|c| Opened { user: c.sub, iat: c.iat, exp: c.exp, void: false });
        let asks = topics.iter().any(|topic| matches!(topic, Topic::Notices(_)));
        let wants = who.filter(|_| asks).map(|claims| Wants::of(claims.sub));
        Self {
            app,
            topics,
            opened,
            pass: pass.map(|pass| (pass, unix_now() + PASS_LIFE)),
            wants,
            rights: HashMap::new(),
            teams: HashMap::new(),
            frames,
            sent: String::new(),
        }
    }

    /// Until either side ends.
    pub(super) async fn run(mut self, last: Option<String>, mut post: Post) {
        let stop = self.app.shutdown.clone();
        let until = self.opened.iter().map(|o| o.exp).chain(self.pass.iter().map(|(_, until)| *until)).min();
        let work = async {
            // What was told of the token between its check and this reader's joining reached nobody.
            if let Some(opened) = &mut self.opened {
                opened.void |= self.app.redis.is_void(opened.user, opened.iat).await;
            }
            self.stands()?;
            match last {
                Some(last) => {
                    // Read before what was missed is given, which goes by it.
                    self.notices().await?;
                    self.resume(last).await?;
                }
                None => self.snapshot().await?,
            }
            let (end, mut ended) = (expiry(until), false);
            tokio::pin!(end);
            loop {
                let keep_alive = self.app.config.event_keep_alive.get();
                tokio::select! {
                    heard = tokio::time::timeout(keep_alive, post.next()) => match heard {
                        Err(_) => self.send(Bytes::from_static(b": still here\n\n")).await?,
                        Ok(Some(Heard::Item(item))) => self.item(&item, false).await?,
                        Ok(Some(Heard::Behind)) => self.lagged().await?,
                        Ok(None) => return Ok::<(), Closed>(()),
                    },
                    () = &mut end, if !ended => {
                        ended = true;
                        self.stands()?;
                    }
                }
            }
        };
        tokio::select! {
            _ = work => {}
            () = stop.started() => {}
        }
    }

    fn user(&self) -> Option<UserId> {
        self.opened.as_ref().map(|o| o.user)
    }

    /// Whether a token that it came with is.
    fn is_over(&self) -> bool {
        self.opened.as_ref().is_some_and(Opened::is_over)
            || self.pass.as_ref().is_some_and(|(_, until)| unix_now() >= *until)
    }

    /// Errors: what is shown was shown for a token that is over.
    fn stands(&self) -> Result<(), Closed> {
        let is_over = self.is_over();
        let of_its_own = |t: &Topic| matches!(t, Topic::Health(_) | Topic::Account(_) | Topic::Notices(_));
        let needs_it = self.topics.iter().any(of_its_own)
            || self.rights.values().any(|r| *r == Right::Told)
            || self.teams.values().any(|team| *team);
        if is_over && needs_it { Err(Closed) } else { Ok(()) }
    }

    async fn send(&self, frames: impl Into<Bytes>) -> Result<(), Closed> {
        let sending = self.frames.send(Ok(frames.into()));
        match tokio::time::timeout(self.app.config.event_patience.get(), sending).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(Closed),
        }
    }

    /// What this reader may know of a channel as it is. Errors: that is for its next token to say.
    async fn right(&self, channel: &Channel) -> Result<Right, Closed> {
        if channel.visibility.is_known() {
            return Ok(Right::Open);
        }
        if self.is_over() {
            return Err(Closed);
        }
        let may = self.pass.as_ref().is_some_and(|(pass, _)| pass.is_for(channel))
            || visibility::may_watch(&self.app, channel, self.user()).await.unwrap_or(false);
        Ok(if may { Right::Told } else { Right::Hidden })
    }

    async fn right_of(&self, id: &str) -> Result<Right, Closed> {
        match channel(&self.app, id).await {
            Ok(Some(channel)) => self.right(&channel).await,
            // Of none there is nothing to know.
            Ok(None) => Ok(Right::Open),
            Err(_) => Ok(Right::Hidden),
        }
    }

    fn is_hidden(&self, id: &str) -> bool {
        self.rights.get(id) == Some(&Right::Hidden)
    }

    /// Whether the reader is of that channel's team. Errors: that is for its next token to say.
    async fn on_team(&mut self, id: &str) -> Result<bool, Closed> {
        if let Some(known) = self.teams.get(id) {
            return if *known && self.is_over() { Err(Closed) } else { Ok(*known) };
        }
        let Ok(channel) = id.parse() else { return Ok(false) };
        // What cannot be found out is asked again at the next event.
        let Ok(is) = visibility::on_team(&self.app, channel, self.user()).await else { return Ok(false) };
        self.teams.insert(id.to_owned(), is);
        if is && self.is_over() { Err(Closed) } else { Ok(is) }
    }

    fn hears(&self, id: &str) -> bool {
        self.topics.iter().any(|t| matches!(t, Topic::Channel(channel) if channel == id))
    }

    /// `past`: it is told again.
    async fn item(&mut self, item: &Item, past: bool) -> Result<(), Closed> {
        if let Some(id) = &item.id {
            if !self.sent.is_empty() && !newer(id, &self.sent) {
                return Ok(());
            }
            if !past {
                self.heard(item).await?;
            }
            self.sent.clone_from(id);
        }
        if self.wants.as_ref().is_some_and(|wants| wants.is_changed_by(item)) {
            self.notices().await?;
        }
        if let Some(wants) = &self.wants
            && let Some(frame) = wants.notice(&self.app, item).await
        {
            self.send(frame).await?;
        }
        // Of a channel that is no topic here nothing is asked.
        let is_test = feed::is_of_test(item);
        if (is_test || feed::is_for_others(item)) && self.hears(&item.channel) {
            if self.on_team(&item.channel).await? != is_test {
                return Ok(());
            }
        } else if is_test {
            return Ok(());
        }
        let hide =
            !is_test && self.is_hidden(&item.channel) || !is_test && past && !self.may_see_past(item).await;
        for topic in &self.topics {
            if let Some(frame) = feed::frame(topic, item, hide) {
                self.send(frame).await?;
            }
        }
        match item.id {
            None => self.about_reader(item).await,
            Some(_) => Ok(()),
        }
    }

    /// Reads what the user wants to be told, and tells the page of it. What cannot be read now is as it was.
    async fn notices(&mut self) -> Result<(), Closed> {
        let Some(wants) = &mut self.wants else { return Ok(()) };
        match wants.read(&self.app).await {
            Ok(data) => self.send(format!("event: notices\ndata: {data}\n\n")).await,
            Err(e) => {
                tracing::warn!(error = ?e, "an event stream goes by what its user wanted before");
                Ok(())
            }
        }
    }

    /// A fact about a channel that may change what the reader may know of it.
    async fn heard(&mut self, item: &Item) -> Result<(), Closed> {
        if !self.hears(&item.channel) {
            return Ok(());
        }
        if let Some(visibility) = feed::visibility_in(item) {
            let now = match visibility.is_known() {
                true => Right::Open,
                false => self.right_of(&item.channel).await?,
            };
            self.rights.insert(item.channel.clone(), now);
        }
        let is_tie =
            matches!(item.kind.as_str(), "stream.member_changed" | "stream.followed" | "stream.unfollowed");
        let is_mine = || self.user().is_some_and(|user| item.payload["user_id"] == user.to_string().as_str());
        if is_tie && is_mine() { self.look_again(&item.channel).await } else { Ok(()) }
    }

    /// A fact about the reader's own account: what it may know is asked anew, and what its token let in ends with the token.
    async fn about_reader(&mut self, item: &Item) -> Result<(), Closed> {
        let Some(opened) = self.opened.as_mut().filter(|o| item.channel == o.user.to_string()) else {
            return Ok(());
        };
        match item.kind.as_str() {
            "user.suspended" => opened.void = true,
            "user.updated" => opened.void |= item.payload["suspended"] == true,
            "user.tokens_voided" => {
                opened.void |= item.payload["before"].as_u64().is_some_and(|before| opened.iat < before);
            }
            _ => return Ok(()),
        }
        self.stands()?;
        if item.kind == "user.updated" {
            for id in self.rights.keys().cloned().collect::<Vec<_>>() {
                self.look_again(&id).await?;
            }
        }
        Ok(())
    }

    /// Asks what the reader may know of a channel, and tells its present state if that is something else than before.
    async fn look_again(&mut self, id: &str) -> Result<(), Closed> {
        let before = self.rights.get(id).copied();
        let team = self.teams.remove(id);
        // Who was of the team, or is now, is told what that means: a test may be on air.
        let changed = team.unwrap_or(false) != self.on_team(id).await?;
        if !changed && (before == Some(Right::Open) || self.right_of(id).await.ok() == before) {
            return self.stands();
        }
        let place = self.sent.clone();
        let text = self.states(&Topic::Channel(id.to_owned()), &place).await?;
        self.send(text).await
    }

    /// Whether what the reader missed may be told to it as it was: of a channel that was private then, only to who belongs there.
    async fn may_see_past(&self, item: &Item) -> bool {
        if !self.hears(&item.channel) || feed::visibility_in(item).is_none_or(|v| v.is_known()) {
            return true;
        }
        if self.rights.get(&item.channel) == Some(&Right::Told) {
            return true;
        }
        match (channel(&self.app, &item.channel).await, self.user()) {
            (Ok(Some(channel)), Some(user)) => {
                visibility::belongs(&self.app, &channel, user).await.unwrap_or(false)
            }
            _ => false,
        }
    }

    async fn resume(&mut self, last: String) -> Result<(), Closed> {
        let Some(missed) = missed(&self.app, &last).await else { return self.snapshot().await };
        for topic in self.topics.clone() {
            let Topic::Channel(id) = topic else { continue };
            let now = self.right_of(&id).await?;
            self.rights.insert(id, now);
        }
        self.sent = last;
        for item in missed {
            self.item(&item, true).await?;
        }
        // Health comes by itself each second; viewers only when they change. Without the store the facts still count.
        for topic in self.topics.clone() {
            let Topic::Channel(id) = topic else { continue };
            if self.is_hidden(&id) {
                continue;
            }
            match on_air(&self.app, &id).await {
                Ok(open) => {
                    // Who resumes is asked about only where it counts.
                    let knows = match &open {
                        Some(b) if b.test => self.on_team(&id).await?,
                        _ => true,
                    };
                    let data = viewers_of(&id, open.as_ref().filter(|_| knows));
                    self.send(format!("event: viewers\ndata: {data}\n\n")).await?;
                }
                Err(e) => tracing::debug!(error = ?e, "viewers are told at their next change"),
            }
        }
        Ok(())
    }

    /// Some events were missed, among them perhaps what became of the token, or of the reader's role in a channel.
    async fn lagged(&mut self) -> Result<(), Closed> {
        if let Some(opened) = &mut self.opened {
            // Nobody tells it again: who cannot know is asked for the token anew.
            opened.void |= self.app.redis.asked_void(opened.user, opened.iat).await.ok_or(Closed)?;
        }
        self.stands()?;
        self.teams.clear();
        self.snapshot().await
    }

    /// The present state of each topic, with the id of the newest event that it surely includes.
    async fn snapshot(&mut self) -> Result<(), Closed> {
        let newest: Option<Value> =
            self.app.redis.call("XREVRANGE", [bus::EVENTS.key, "+", "-", "COUNT", "1"]).await.ok();
        let newest = newest.and_then(|v| Entry::list(v).pop()).map_or_else(|| "0-0".into(), |e| e.id);
        let mut text = String::from("retry: 2000\n\n");
        for topic in self.topics.clone() {
            text.push_str(&self.states(&topic, &newest).await?);
        }
        if let Some(wants) = &mut self.wants {
            let Ok(data) = wants.read(&self.app).await else { return Err(Closed) };
            text.push_str(&format!("id: {newest}\nevent: notices\ndata: {data}\n\n"));
        }
        self.sent = newest;
        self.send(text).await
    }

    /// The frames of a topic's present state as this reader may know it.
    async fn states(&mut self, topic: &Topic, place: &str) -> Result<String, Closed> {
        let Ok(present) = present(&self.app, topic, self.user()).await else { return Err(Closed) };
        if let Topic::Channel(id) = topic {
            // Of the channel as it was read: it may be another one by now, and a fact says so.
            let now = match &present.channel {
                Some(channel) => self.right(channel).await?,
                None => Right::Open,
            };
            self.rights.insert(id.clone(), now);
        }
        if let Topic::Channel(id) = topic
            && present.test
        {
            if self.is_over() {
                return Err(Closed);
            }
            self.teams.insert(id.clone(), true);
        }
        let is_hidden = matches!(topic, Topic::Channel(id) if self.is_hidden(id));
        let mut text = String::new();
        for (name, mut data) in present.states {
            match name {
                "stream" if is_hidden => data = view::hidden(&data),
                "state" if is_hidden => data = hidden_state(&data),
                _ if is_hidden => continue,
                _ => {}
            }
            text.push_str(&format!("id: {place}\nevent: {name}\ndata: {data}\n\n"));
        }
        Ok(text)
    }
}

/// A state as who may not know it is told it.
fn hidden_state(state: &Json) -> Json {
    let mut state = state.clone();
    state["state"] = "offline".into();
    state["broadcast_id"] = Json::Null;
    state
}

pub(super) fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs())
}

/// Waits until that second since 1970; for ever without one.
async fn expiry(until: Option<u64>) {
    let Some(until) = until else { return std::future::pending().await };
    let end = UNIX_EPOCH + Duration::from_secs(until.min(u64::from(u32::MAX)));
    tokio::time::sleep(end.duration_since(SystemTime::now()).unwrap_or_default()).await;
}
