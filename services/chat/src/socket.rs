//! A socket as the rooms see it: a bounded queue of encoded frames, and a way to end it. Sending never waits.
//!
//! A full queue, by frames or by bytes, means a reader that is too slow: the socket is closed with 4008. `session` owns the connection behind it.

use crate::{
    config::Limits,
    directory::Channel,
    error::Code,
    frame::{self, Server},
};
use parking_lot::{Mutex, RwLock};
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use streamly_domain::{ChannelId, UserId};
use streamly_lifecycle::CancellationToken;
use tokio::{sync::mpsc, time::Instant};
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// Why a socket ends, as close code and reason (CONTRACT, "Close codes").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Close(pub u16, pub &'static str);

impl Close {
    /// The client went.
    pub const NORMAL: Self = Self(1000, "");
    /// This node stops.
    pub const AWAY: Self = Self(1001, "going away");
    /// A text over the limit.
    pub const TOO_LARGE: Self = Self(1009, "too large");
    /// The token of `hello` does not verify.
    pub const BAD_TOKEN: Self = Self(4001, "bad token");
    /// The account is suspended.
    pub const SUSPENDED: Self = Self(4001, "account suspended");
    /// Banned from the only room it was in.
    pub const BANNED: Self = Self(4003, "banned");
    /// The queue is full.
    pub const TOO_SLOW: Self = Self(4008, "too slow");
    /// Not the protocol.
    pub const PROTOCOL: Self = Self(4009, "protocol error");
    /// Too many frames.
    pub const FLOODING: Self = Self(4029, "flooding");
}

/// A room that a socket is in, and when it joined it last.
#[derive(Debug)]
struct Stay {
    channel: Arc<Channel>,
    joined: Instant,
}

/// One socket.
#[derive(Debug)]
pub struct Socket {
    /// Unique on this node.
    pub id: u64,
    user: RwLock<Option<UserId>>,
    rooms: Mutex<HashMap<ChannelId, Stay>>,
    queue: mpsc::Sender<Utf8Bytes>,
    queued_bytes: AtomicUsize,
    max_bytes: usize,
    close: Mutex<Option<Close>>,
    closing: CancellationToken,
}

impl Socket {
    /// A socket, and its queue's other end.
    pub fn new(id: u64, limits: &Limits) -> (Self, mpsc::Receiver<Utf8Bytes>) {
        let (queue, rx) = mpsc::channel(limits.queue_frames);
        (
            Self {
                id,
                user: RwLock::default(),
                rooms: Mutex::default(),
                queue,
                queued_bytes: AtomicUsize::new(0),
                max_bytes: limits.queue_bytes.bytes() as usize,
                close: Mutex::default(),
                closing: CancellationToken::new(),
            },
            rx,
        )
    }

    /// Queues a frame; a socket that has no room for it is closed as too slow.
    pub fn send(&self, frame: Utf8Bytes) {
        let bytes = frame.len();
        let fits = self.queued_bytes.fetch_add(bytes, Ordering::Relaxed) + bytes <= self.max_bytes;
        if fits && !matches!(self.queue.try_send(frame), Err(mpsc::error::TrySendError::Full(_))) {
            return;
        }
        self.written(bytes);
        if self.end(Close::TOO_SLOW) {
            metrics::counter!("streamly_chat_sockets_cut_total").increment(1);
        }
    }

    /// So many bytes of the queue were handed to the connection.
    pub fn written(&self, bytes: usize) {
        self.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Ends the socket; the first reason counts. Says whether this was it.
    pub fn end(&self, why: Close) -> bool {
        let mut close = self.close.lock();
        let first = close.is_none();
        close.get_or_insert(why);
        drop(close);
        self.closing.cancel();
        first
    }

    /// The reason, once it ends.
    pub fn reason(&self) -> Option<Close> {
        *self.close.lock()
    }

    /// Waits for the end. Cancel-safe.
    pub async fn ended(&self) {
        self.closing.cancelled().await;
    }

    /// Notes that it is in the room; false, and nothing noted, if it is in `max` others already.
    pub fn enter(&self, channel: &Arc<Channel>, max: usize) -> bool {
        let mut rooms = self.rooms.lock();
        let fits = rooms.contains_key(&channel.id) || rooms.len() < max;
        if fits {
            rooms.insert(channel.id, Stay { channel: channel.clone(), joined: Instant::now() });
        }
        fits
    }

    /// How long it has to wait until it may join the room again; `None`: it may.
    pub fn joins_again_in(&self, room: ChannelId, interval: Duration) -> Option<Duration> {
        let since = self.rooms.lock().get(&room)?.joined.elapsed();
        interval.checked_sub(since).filter(|wait| !wait.is_zero())
    }

    /// Notes that it is not in the room any more.
    pub fn exit(&self, room: ChannelId) {
        self.rooms.lock().remove(&room);
    }

    /// The rooms it is in.
    pub fn rooms(&self) -> Vec<Arc<Channel>> {
        self.rooms.lock().values().map(|s| s.channel.clone()).collect()
    }

    /// The room of that id or name, if it is in it.
    pub fn room(&self, room: &str) -> Option<Arc<Channel>> {
        let rooms = self.rooms.lock();
        match room.parse::<ChannelId>() {
            Ok(id) => rooms.get(&id).map(|s| s.channel.clone()),
            Err(_) => {
                let mut all = rooms.values().map(|s| &s.channel);
                all.find(|c| c.username.eq_ignore_ascii_case(room)).cloned()
            }
        }
    }

    /// Puts it out of a room whose ban it met, named as the client named it. Other rooms go on; without any it is closed with 4003.
    pub fn banned(&self, room: ChannelId, named: &str, nonce: Option<&str>) {
        self.send(frame::error(Code::Banned, Some(named), nonce));
        let mut rooms = self.rooms.lock();
        let was_in = rooms.remove(&room).is_some();
        let others = !rooms.is_empty();
        drop(rooms);
        if !others {
            self.end(Close::BANNED);
        } else if was_in {
            self.send(Server::Left { room }.encode());
        }
    }

    /// Who writes on it now.
    pub fn user(&self) -> Option<UserId> {
        *self.user.read()
    }

    /// Signs in, or (with `None`) makes it read-only.
    pub fn set_user(&self, user: Option<UserId>) {
        *self.user.write() = user;
    }
}

/// Milliseconds since 1970.
pub fn unix_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as u64)
}
