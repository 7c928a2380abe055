//! The rooms of this node that have sockets: one task each, opened by the first join, closed after the last leave.
//!
//! The hub routes; order is [`crate::room`]'s, and what a room does is in [`driver`]. Everything between is bounded: a room whose
//! queue of published events is full is told of a gap and reads the log.

mod batch;
mod board;
mod crowd;
mod driver;
mod joined;
mod route;
mod sampler;

pub use batch::Batch;
pub use board::Board;
pub use driver::Repeat;

use crate::{
    bans::{Bans, Sanction},
    bots::Bots,
    bus::{Floor, Log, People, Published},
    config::Limits,
    directory::Channel,
    emotes::Emotes,
    log_id::LogId,
    roster,
    settings::{self, Settings},
    socket::Socket,
    terms,
};
use parking_lot::Mutex;
use std::{collections::HashMap, sync::Arc};
use streamly_domain::{ChannelId, UserId};
use streamly_lifecycle::{CancellationToken, Shutdown, Tasks};
use streamly_redis::Subscriptions;
use streamly_telemetry::trace::Traces;
use tokio::{
    sync::{Notify, mpsc},
    time::Instant,
};

/// Joins and leaves waiting for one room; beyond it sessions wait.
const COMMANDS: usize = 256;
/// The subscription's name in readiness.
pub const PUBSUB: &str = "redis-pubsub";
/// Presence counts that were not renewed for this many intervals do not count.
pub const PRESENCE_VALID: u32 = 4;
/// Published events waiting for one room; beyond it they are dropped and read from the log.
const PUBLISHED: usize = 1024;

/// What sessions and followers ask of a room.
pub enum Command {
    /// A socket comes in; the room answers it with `joined`.
    Join(Join),
    /// A socket goes.
    Leave(u64),
    /// A socket said again what was said before; the room answers it.
    Repeat(Repeat),
    /// The person of a socket that is in the room is now of this standing.
    Standing {
        /// Which.
        socket: u64,
        /// Whether it gets what is for moderators.
        moderates: bool,
        /// The person as the room's list has them.
        entry: Arc<roster::Entry>,
    },
}

/// A wish to join.
pub struct Join {
    /// Whose.
    pub socket: Arc<Socket>,
    /// What it is called by `stream`.
    pub channel: Arc<Channel>,
    /// Resume after this.
    pub since: Option<LogId>,
    /// Events of history otherwise.
    pub history: usize,
    /// Its roles, for `you`.
    pub roles: Vec<String>,
    /// Whether it gets what is for moderators.
    pub moderates: bool,
    /// Its person as the room's list has them; a bot of another channel is not in it.
    pub entry: Option<Arc<roster::Entry>>,
    /// The time-out of its person, for `you`.
    pub sanction: Option<Sanction>,
    /// As the session knows them; the room may know newer ones.
    pub settings: Arc<Settings>,
    /// What is pinned and polled, as the session knows it.
    pub board: Board,
}

/// What comes from Redis for a room.
pub(crate) enum News {
    Published(Published),
    Stream {
        state: Option<String>,
        viewers: Option<u64>,
    },
    Visibility(String, u64),
    /// May not see the channel any more.
    Hidden(UserId),
    Roles {
        user: UserId,
        roles: Vec<String>,
        moderates: bool,
    },
}

#[derive(Clone)]
struct Handle {
    commands: mpsc::Sender<Command>,
    news: mpsc::Sender<News>,
    gap: Arc<Notify>,
    floor: Floor,
    sockets: Arc<std::sync::atomic::AtomicU64>,
    gone: CancellationToken,
}

struct Inner {
    rooms: Mutex<HashMap<ChannelId, Handle>>,
    log: Log,
    people: People,
    bans: Bans,
    bots: Bots,
    settings: settings::Known,
    terms: terms::Known,
    emotes: Emotes,
    limits: Limits,
    traces: Traces,
    opened: Instant,
    subscriptions: tokio::sync::OnceCell<Subscriptions>,
    tasks: Tasks,
    shutdown: Shutdown,
}

/// What is known of rooms besides their logs, and outdated by their events.
pub struct Known {
    /// Who is in them.
    pub people: People,
    /// Bots.
    pub bots: Bots,
    /// Bans and time-outs.
    pub bans: Bans,
    /// Settings.
    pub settings: settings::Known,
    /// Blocked terms.
    pub terms: terms::Known,
    /// Emotes.
    pub emotes: Emotes,
}

/// All rooms. Clones share them.
#[derive(Clone)]
pub struct Hub(Arc<Inner>);

impl Hub {
    /// No room yet.
    pub fn new(
        log: Log,
        known: Known,
        limits: Limits,
        traces: Traces,
        tasks: Tasks,
        shutdown: Shutdown,
    ) -> Self {
        let Known { people, bans, bots, settings, terms, emotes } = known;
        Self(Arc::new(Inner {
            rooms: Mutex::default(),
            log,
            people,
            bans,
            bots,
            settings,
            terms,
            emotes,
            opened: Instant::now(),
            limits,
            traces,
            subscriptions: tokio::sync::OnceCell::new(),
            tasks,
            shutdown,
        }))
    }

    /// Joins, opening the room if need be. Waits while the room's last closing ends; the answer goes to the socket.
    pub async fn join(&self, join: Join) {
        let room = join.channel.id;
        let mut command = Command::Join(join);
        loop {
            let handle = self.open(room);
            match handle.commands.send(command).await {
                Ok(()) => return,
                Err(back) => command = back.0,
            }
            handle.gone.cancelled().await;
        }
    }

    /// Leaves; a room that is closed already has nobody in it.
    pub async fn leave(&self, room: ChannelId, socket: u64) {
        let handle = self.0.rooms.lock().get(&room).cloned();
        if let Some(handle) = handle {
            let _ = handle.commands.send(Command::Leave(socket)).await;
        }
    }

    /// Answers in the room's order what a socket said again; in a room that is closed already nobody is answered.
    pub async fn repeat(&self, room: ChannelId, repeat: Repeat) {
        let handle = self.0.rooms.lock().get(&room).cloned();
        if let Some(handle) = handle {
            let _ = handle.commands.send(Command::Repeat(repeat)).await;
        }
    }

    /// The person of a socket in the room is now of this standing: they signed in, mostly.
    pub async fn standing(&self, room: ChannelId, socket: u64, moderates: bool, entry: Arc<roster::Entry>) {
        let handle = self.0.rooms.lock().get(&room).cloned();
        if let Some(handle) = handle {
            let _ = handle.commands.send(Command::Standing { socket, moderates, entry }).await;
        }
    }

    /// A person's roles in the room may have changed.
    pub async fn roles_changed(&self, room: ChannelId, user: UserId, roles: Vec<String>, moderates: bool) {
        let handle = self.0.rooms.lock().get(&room).cloned();
        if let Some(handle) = handle {
            let _ = handle.news.send(News::Roles { user, roles, moderates }).await;
        }
    }

    /// What this node has seen of the room; the default if it is not open.
    pub fn floor(&self, room: ChannelId) -> Floor {
        self.0.rooms.lock().get(&room).map(|h| h.floor.clone()).unwrap_or_default()
    }

    /// Sockets of this node in the room.
    pub fn sockets(&self, room: ChannelId) -> u64 {
        self.0.rooms.lock().get(&room).map_or(0, |h| h.sockets.load(std::sync::atomic::Ordering::Relaxed))
    }

    /// The stream's state or viewers changed.
    pub fn stream_changed(&self, room: ChannelId, state: Option<String>, viewers: Option<u64>) {
        if let Some(handle) = self.0.rooms.lock().get(&room) {
            let _ = handle.news.try_send(News::Stream { state, viewers });
        }
    }

    /// For whom the channel is now; nothing to a room that knew. Waits for a busy room: this must not be lost.
    pub async fn visibility_changed(&self, room: ChannelId, visibility: String, version: u64) {
        let handle = self.0.rooms.lock().get(&room).cloned();
        if let Some(handle) = handle {
            let _ = handle.news.send(News::Visibility(visibility, version)).await;
        }
    }

    /// The person may not see the channel any more.
    pub async fn hidden_from(&self, room: ChannelId, user: UserId) {
        let handle = self.0.rooms.lock().get(&room).cloned();
        if let Some(handle) = handle {
            let _ = handle.news.send(News::Hidden(user)).await;
        }
    }

    fn open(&self, room: ChannelId) -> Handle {
        let mut rooms = self.0.rooms.lock();
        if let Some(handle) = rooms.get(&room) {
            return handle.clone();
        }
        let (commands, commands_rx) = mpsc::channel(COMMANDS);
        let (news, news_rx) = mpsc::channel(PUBLISHED);
        let handle = Handle {
            commands,
            news,
            gap: Arc::default(),
            floor: Floor::default(),
            sockets: Arc::default(),
            gone: CancellationToken::new(),
        };
        rooms.insert(room, handle.clone());
        drop(rooms);
        let driver = driver::Driver::new(room, self.0.clone(), handle.clone(), commands_rx, news_rx);
        self.0.tasks.spawn("room", driver.run());
        handle
    }
}
