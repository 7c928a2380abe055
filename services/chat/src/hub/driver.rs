//! One open room: feeds the order machine, encodes each event once, hands it to the sockets, answers joins.
//!
//! What comes together is given out together, before anything else is done: whoever comes in after that has it in `joined`. It never
//! waits for a socket. While Redis is away joins wait here and are answered when it is back.

mod joins;
mod log;
mod repeats;
mod roster;
mod spans;
mod standing;

pub use repeats::Repeat;

use super::{
    Board, Command, Handle, Hub, Inner, Join, News, batch::Batch, crowd::Crowd, joined::Joined,
    sampler::Sampler,
};
use crate::{
    bans::Sanction,
    bus::{Entry, Kind, Published, giving_out},
    directory::Channel,
    frame::Server,
    log_id::LogId,
    room::{Input, Recent, Room},
    roster::Here,
    settings::Settings,
};
use repeats::Repeats;
use spans::Spans;
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use streamly_domain::ChannelId;
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior},
};
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// Published events that are taken at once, and frames that are given out at once: a share of what may wait for a socket.
const TOGETHER: usize = 64;
/// Pause after a failed read or subscription.
const RETRY: Duration = Duration::from_millis(250);
/// How often the database is asked for bans after announcements may have been lost, and the pause between. After that each is asked
/// for at its person's next message.
const ASK_FOR_BANS: usize = 10;
const ASK_AGAIN: Duration = Duration::from_secs(1);
/// Longest time of a stop that is given to taking this node's count back.
const GOODBYE: Duration = Duration::from_millis(300);
/// Time between the slots in which rooms count; the first count of a room comes within it.
const PRESENCE_SLOT: Duration = Duration::from_millis(100);

pub(super) struct Driver {
    id: ChannelId,
    hub: Arc<Inner>,
    handle: Handle,
    commands: mpsc::Receiver<Command>,
    news: mpsc::Receiver<News>,
    open: Option<Open>,
    sockets: Crowd,
    batch: Batch,
    sampler: Sampler,
    /// Those of them that get what is for moderators.
    moderators: HashSet<u64>,
    /// Announcements of bans may have been lost: they are to be asked for.
    unsure_of_bans: bool,
    waiting: Vec<Join>,
    repeats: Repeats,
    spans: Spans,
    /// Sockets that came with a `since`, complete, after the last time that the log was as this node knows it: what they had seen may be of another one.
    resumed: HashSet<u64>,
    joined: Joined,
    stream: (String, u64),
    /// For whom the channel is, once it is known.
    visibility: Option<(String, u64)>,
    presence: u64,
    /// Who is here, and how many people are on all nodes.
    people: Here,
    present_people: u64,
    /// The sockets that were told, if the next time may be left out.
    rests_at: Option<usize>,
    /// Times that presence was noted.
    rounds: u64,
    /// The last id as Redis had it when presence was noted; a room that is not there yet at the next time has missed something.
    heard: LogId,
    /// Up to where a replica has what is given out.
    replicated: LogId,
    /// What a room that is loaded anew is shown with, and to whom it is shown otherwise than to everybody.
    last_join: Option<(Arc<Channel>, Arc<Settings>, Board)>,
    guests: HashMap<u64, Guest>,
}

/// What `you` says to a socket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Guest {
    roles: Vec<String>,
    sanction: Option<Sanction>,
}

/// A room whose log is known.
struct Open {
    room: Room,
    recent: Recent,
    /// The nodes that have it open, as last heard.
    nodes: Vec<String>,
    /// Who saw an event from the first to the second last may lack some before it, which came late.
    late: Option<(LogId, LogId)>,
    /// The log as it was when it was said what to bring.
    told: String,
}

impl Driver {
    pub(super) fn new(
        id: ChannelId,
        hub: Arc<Inner>,
        handle: Handle,
        commands: mpsc::Receiver<Command>,
        news: mpsc::Receiver<News>,
    ) -> Self {
        let stream = ("offline".to_owned(), 0);
        let sockets = Crowd::new(hub.tasks.clone());
        let sampler = Sampler::new(hub.limits.deliver_per_second);
        let joined = Joined::new(id, hub.limits.max_joined.bytes() as usize);
        Self {
            id,
            hub,
            handle,
            commands,
            news,
            open: None,
            sockets,
            batch: Batch::default(),
            sampler,
            moderators: HashSet::new(),
            unsure_of_bans: false,
            waiting: Vec::new(),
            repeats: Repeats::default(),
            spans: Spans::default(),
            resumed: HashSet::new(),
            joined,
            stream,
            visibility: None,
            presence: 0,
            people: Here::default(),
            present_people: 0,
            rests_at: None,
            rounds: 0,
            heard: LogId::default(),
            replicated: LogId::default(),
            last_join: None,
            guests: HashMap::new(),
        }
    }

    pub(super) async fn run(mut self) {
        let mut presence =
            tokio::time::interval_at(self.presence_slot(), self.hub.limits.presence_interval.get());
        presence.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut retry = tokio::time::interval(RETRY);
        retry.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (gap, floor, shutdown) =
            (self.handle.gap.clone(), self.handle.floor.clone(), self.hub.shutdown.clone());
        let mut used = false;
        let mut news = Vec::new();
        loop {
            let left_out = self.sampler.due();
            let retries = self.unsure_of_bans
                || !self.waiting.is_empty()
                || self.repeats.wait()
                || self.open.as_ref().is_some_and(|o| o.room.needs_retry());
            tokio::select! {
                biased;
                () = gap.notified() => {
                    self.unsure_of_bans = true;
                    self.hub.terms.outdated(self.id).await;
                    self.feed(Input::Gap).await;
                }
                () = floor.nudged() => self.feed(Input::Gap).await,
                command = self.commands.recv() => {
                    used = true;
                    match command {
                        Some(Command::Join(join)) => self.join(join).await,
                        Some(Command::Leave(socket)) => self.leave(socket).await,
                        Some(Command::Repeat(repeat)) => self.repeated(repeat).await,
                        Some(Command::Standing { socket, moderates, entry }) => {
                            self.standing(socket, moderates);
                            self.is_now(socket, entry);
                        }
                        None => break,
                    }
                }
                _ = self.news.recv_many(&mut news, TOGETHER) => {
                    for news in news.drain(..) {
                        self.news(news).await;
                    }
                }
                _ = retry.tick(), if retries => self.retry().await,
                _ = presence.tick() => self.presence().await,
                () = tokio::time::sleep_until(left_out.unwrap_or_else(Instant::now)), if left_out.is_some() => self.tell_left_out(),
                () = shutdown.started(), if self.sockets.is_empty() => break,
            }
            self.give().await;
            self.spans.passed(self.open.as_ref().map(|o| o.room.last()));
            if used && self.sockets.is_empty() && self.waiting.is_empty() && self.commands.is_empty() {
                break;
            }
        }
        Box::pin(self.close()).await;
    }

    /// Joins are refused from here; those that came late open the room again once it is gone from the hub.
    async fn close(mut self) {
        self.commands.close();
        let mut late = Vec::new();
        while let Some(command) = self.commands.recv().await {
            if let Command::Join(join) = command {
                late.push(join);
            }
        }
        if self.hub.shutdown.is_started() {
            // The subscription ends with its connection. Without this the count would end by itself, later.
            let goodbye = self.hub.log.presence(self.id, None);
            let goodbyes = Box::pin(async { tokio::join!(goodbye, self.people_gone()) });
            let _ = tokio::time::timeout(GOODBYE, goodbyes).await;
        } else if self.open.is_some() {
            if let Some(subscriptions) = self.hub.subscriptions.get() {
                let _ = subscriptions.sunsubscribe(&crate::bus::channel(self.id)).await;
            }
            let _ = self.hub.log.presence(self.id, None).await;
            self.people_gone().await;
        }
        self.hub.rooms.lock().remove(&self.id);
        self.handle.gone.cancel();
        let hub = Hub(self.hub.clone());
        for join in late {
            Box::pin(hub.join(join)).await;
        }
    }

    /// The next time at which rooms of this node count: those of one slot ask Redis together.
    fn presence_slot(&self) -> Instant {
        let slots = self.hub.opened.elapsed().as_millis() / PRESENCE_SLOT.as_millis() + 1;
        self.hub.opened + PRESENCE_SLOT * u32::try_from(slots).unwrap_or(u32::MAX)
    }

    fn counted(&self) {
        self.handle.sockets.store(self.sockets.len() as u64, Ordering::Relaxed);
    }

    async fn leave(&mut self, socket: u64) {
        self.sockets.leave(socket).await;
        self.guests.remove(&socket);
        self.people.leave(socket);
        self.moderators.remove(&socket);
        self.resumed.remove(&socket);
        self.waiting.retain(|j| j.socket.id != socket);
        self.counted();
    }

    async fn news(&mut self, news: News) {
        match news {
            News::Published(Published::Entry(e, server, cause)) => {
                if let Some(cause) = cause {
                    self.spans.came(e.id, giving_out(&self.hub.traces, e.id, *cause));
                }
                let is_known = self.handle.floor.hear(e.id, server);
                self.feed(if is_known { Input::Published(e) } else { Input::Foreign(e) }).await;
            }
            News::Published(Published::Opened(node)) => {
                if let Some(open) = self.open.as_mut().filter(|o| !o.nodes.contains(&node)) {
                    open.nodes.push(node);
                }
            }
            News::Published(Published::Settle) => self.feed(Input::Gap).await,
            News::Published(Published::Sanctioned { user, sanction }) => {
                self.sanctioned(user, sanction).await
            }
            News::Published(Published::Revoked(bot)) => self.revoked(bot),
            News::Published(Published::TermsChanged) => self.hub.terms.outdated(self.id).await,
            News::Published(Published::EmotesChanged) => {
                self.hub.emotes.forget(self.id).await;
                self.batch.push(&Server::Emotes { room: self.id }.encode());
            }
            News::Published(Published::Note { to, frame }) => self.note(to, &frame.into()).await,
            News::Roles { user, roles, moderates } => self.roles_changed(user, roles, moderates).await,
            News::Visibility(visibility, version) => self.visible_to(visibility, version).await,
            News::Hidden(user) => self.leave_all(|s| s.user() == Some(user)).await,
            News::Stream { mut state, viewers } => {
                // Only open broadcasts have viewers that are counted: the fact that told of it was not for us to see.
                if state.is_none() && self.stream.0 == "offline" {
                    state = self.hub.log.live_state(self.id).await.ok();
                }
                let (now, seen) = &mut self.stream;
                if let Some(state) = state {
                    *now = state;
                }
                *seen = if now == "offline" { 0 } else { viewers.unwrap_or(*seen) };
                self.batch.push(&self.stream_frame());
            }
        }
    }

    fn stream_frame(&self) -> Utf8Bytes {
        Server::Stream { room: self.id, state: &self.stream.0, viewers: self.stream.1 }.encode()
    }

    /// Gives out what came together.
    async fn give(&mut self) {
        if self.batch.is_empty() {
            return;
        }
        let batch = std::mem::take(&mut self.batch).seal();
        metrics::counter!("streamly_chat_delivered_total")
            .increment((batch.frames() * self.sockets.len()) as u64);
        self.sockets.give(batch).await;
        self.spans.given(self.sockets.len());
    }

    fn tell_left_out(&mut self) {
        if let Some(count) = self.sampler.take(Instant::now()) {
            metrics::counter!("streamly_chat_left_out_total").increment(count);
            self.batch.push(&Server::Skipped { room: self.id, count }.encode());
        }
    }

    async fn settings_changed(&mut self, e: &Entry) {
        let members = e.members();
        let Some(settings) = members.get("settings") else { return };
        let version = settings.get("version").and_then(serde_json::Value::as_u64).unwrap_or_default();
        self.joined.settings(version, settings);
        self.hub.settings.outdated(self.id, version).await;
    }

    async fn deliver(&mut self, e: Entry) {
        self.joined.forget();
        self.repeats.given(e.id);
        let admitted = e.kind != Kind::Message || self.sampler.admits(e.id.ms(), Instant::now());
        if admitted {
            self.spans.ready(e.id);
        }
        let public = e.encode(self.id, false);
        match (e.author, &e.nonce, admitted) {
            (Some(author), Some(_), _) => {
                let own = e.own(&public);
                self.batch.push_by(author, admitted.then_some(&*public), &own);
            }
            (Some(author), None, false) => self.batch.push_by(author, None, &public),
            (_, _, true) => self.batch.push(&public),
            (None, _, false) => {}
        }
        if let Some((_, _, board)) = &mut self.last_join {
            board.see(self.id, &e);
        }
        if let Some(open) = &mut self.open {
            open.recent.push(Arc::new(e));
        }
        if self.batch.len() >= TOGETHER {
            self.give().await;
        }
    }

    /// Whether there is nothing to tell, and nothing can be missed here: an event came since the last time, and each names the one before it.
    fn is_steady(&self) -> bool {
        let hears = self.open.as_ref().is_some_and(|open| open.room.reached() > self.heard);
        hears && self.people.is_told()
    }

    /// Counts over all nodes, told on change only. Redis away: the last count stays. Where nothing changes every second time is left out, which
    /// the counts outlive ([`super::PRESENCE_VALID`]).
    async fn presence(&mut self) {
        if self.sockets.is_empty() || (self.rests_at.take() == Some(self.sockets.len()) && self.is_steady()) {
            return;
        }
        let sockets = self.sockets.len();
        let Some((present, people)) = self.count_all().await else { return };
        self.rests_at = Some(sockets);
        if (present.sockets, people) != (self.presence, self.present_people) {
            (self.presence, self.present_people) = (present.sockets, people);
            let frame = self.presence_frame();
            self.batch.push(&frame);
        }
        let heard = std::mem::replace(&mut self.heard, present.last);
        if let Some(open) = &mut self.open {
            open.nodes = present.nodes;
            if present.generation == self.handle.floor.generation() {
                self.resumed.clear();
            }
            if open.room.reached() < heard || present.generation != self.handle.floor.generation() {
                // Pub/sub lost something and nothing told of it.
                metrics::counter!("streamly_chat_gaps_total").increment(1);
                self.feed(Input::Gap).await;
            }
        }
    }
}
