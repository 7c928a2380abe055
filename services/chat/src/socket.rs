//! A socket as the rooms see it: frames are written to it at once or wait in a bounded queue, and it can be ended. Sending never waits.
//!
//! A full queue, by frames or by bytes, means a reader that is too slow: the socket is closed with 4008. Whoever sends writes, so that
//! no task is woken for a delivery; `session` owns the connection's task, which is woken when something waits, when a ping went out and
//! at the end.

mod outbox;

use crate::{
    config::Limits,
    directory::Channel,
    error::Code,
    frame::{self, Server},
    hub::Batch,
    wire,
};
use bytes::Bytes;
use futures_util::task::AtomicWaker;
use outbox::{Outbox, Sent};
use parking_lot::Mutex;
use std::{
    io,
    sync::Arc,
    task::Waker,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use streamly_domain::{ChannelId, UserId};
use tokio::{net::TcpStream, time::Instant};
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
    /// The bot's token was revoked.
    pub const REVOKED: Self = Self(4001, "token revoked");
    /// Banned from the only room it was in.
    pub const BANNED: Self = Self(4003, "banned");
    /// The queue is full, or nothing of it is taken, or pings are not answered.
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

/// What every delivery looks at, behind one lock.
#[derive(Debug)]
struct Out {
    user: Option<UserId>,
    /// Whose token was shown, until what is asked about it is answered.
    shown: Option<UserId>,
    /// When the access token was signed by which they write, Unix seconds.
    issued: Option<u64>,
    /// Of its user's tokens those are void that were signed before.
    void_before: u64,
    /// Of a bot whose room it is for.
    owner: Option<UserId>,
    outbox: Outbox,
    close: Option<Close>,
    /// Bytes that were sent since the peer was heard last.
    unheard: usize,
    /// When it was asked for a sign of life that has not come.
    asked: Option<Instant>,
    /// Whether the connection's task has something new to look at.
    news: bool,
}

impl Out {
    fn is_void(&self) -> bool {
        self.issued.is_some_and(|issued| issued < self.void_before)
    }
}

/// What the connection's task finds when it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Why the socket ends, once it does.
    pub close: Option<Close>,
    /// Whether something waits for the kernel.
    pub waits: bool,
    /// Whether its clocks and its token are to be looked at: something waits since now, a sign of life was asked for, tokens were voided.
    pub news: bool,
}

/// How far the peer is with what was sent to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bytes that the kernel took in all.
    pub written: u64,
    /// Whether more waits for the kernel.
    pub waits: bool,
    /// When a sign of life was asked for that has not come.
    pub asked: Option<Instant>,
}

/// One socket.
#[derive(Debug)]
pub struct Socket {
    /// Unique on this node.
    pub id: u64,
    stream: TcpStream,
    rooms: Mutex<Vec<Stay>>,
    out: Mutex<Out>,
    max_unheard: usize,
    wakes: AtomicWaker,
}

impl Socket {
    /// An upgraded connection.
    pub fn new(id: u64, stream: TcpStream, limits: &Limits) -> Self {
        let outbox = Outbox::new(limits.queue_frames, limits.queue_bytes.bytes() as usize);
        Self {
            id,
            stream,
            rooms: Mutex::default(),
            out: Mutex::new(Out {
                user: None,
                shown: None,
                issued: None,
                void_before: 0,
                owner: None,
                outbox,
                close: None,
                unheard: 0,
                asked: None,
                news: false,
            }),
            max_unheard: limits.max_unheard.bytes() as usize,
            wakes: AtomicWaker::new(),
        }
    }

    /// The connection, for its task to read from.
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Sends a text; a socket that has no room for it is closed as too slow.
    pub fn send(&self, text: Utf8Bytes) {
        self.send_frame(&wire::text(&text));
    }

    /// Sends a frame that is encoded already. After the end nothing is sent.
    pub fn send_frame(&self, frame: &Bytes) {
        let mut out = self.out.lock();
        if out.close.is_none() && self.put(&mut out, frame, 1) {
            out.news = true;
            self.wakes.wake();
        }
    }

    /// Gives it what happened in a room: its own events with their nonces.
    pub fn deliver(&self, batch: &Batch) {
        let mut out = self.out.lock();
        let (user, mut wake) = (out.user, false);
        batch.each(user, |frames, count| {
            if out.close.is_none() {
                wake |= self.put(&mut out, frames, count);
            }
        });
        if wake {
            out.news = true;
            self.wakes.wake();
        }
    }

    /// Writes or keeps it, and asks for a sign of life when much was sent since the last. Says whether the task is to be woken.
    fn put(&self, out: &mut Out, frames: &Bytes, count: usize) -> bool {
        out.unheard = out.unheard.saturating_add(frames.len());
        let (was_empty, asks) =
            (out.outbox.is_empty(), out.unheard > self.max_unheard && out.asked.is_none());
        let sent = if !asks {
            out.outbox.send(&self.stream, frames, count)
        } else if out.outbox.keep(frames.clone(), count) == Sent::Full {
            Ok(Sent::Full)
        } else {
            // In one write with what is sent anyway.
            out.asked = Some(Instant::now());
            out.outbox.keep_last(wire::ping());
            if was_empty { out.outbox.flush(&self.stream) } else { Ok(Sent::Waits) }
        };
        match sent {
            Ok(Sent::All) => asks,
            Ok(Sent::Waits) => asks || was_empty,
            Ok(Sent::Full) => Self::set_close(out, Close::TOO_SLOW),
            Err(_) => Self::set_close(out, Close::NORMAL),
        }
    }

    fn set_close(out: &mut Out, why: Close) -> bool {
        let first = out.close.is_none();
        if first && why == Close::TOO_SLOW {
            metrics::counter!("streamly_chat_sockets_cut_total").increment(1);
            out.outbox.give_up();
        }
        out.close.get_or_insert(why);
        first
    }

    /// Ends the socket; the first reason counts. Says whether this was it.
    pub fn end(&self, why: Close) -> bool {
        let first = Self::set_close(&mut self.out.lock(), why);
        self.wakes.wake();
        first
    }

    /// The reason, once it ends.
    pub fn reason(&self) -> Option<Close> {
        self.out.lock().close
    }

    /// Puts a last frame behind what waits, whatever the bounds say.
    pub fn close_with(&self, frame: Bytes) {
        self.out.lock().outbox.keep_last(frame);
    }

    /// What there is for the connection's task; from now on `waker` is called when there is more.
    pub fn register(&self, waker: &Waker) -> Found {
        self.wakes.register(waker);
        let mut out = self.out.lock();
        Found { close: out.close, waits: !out.outbox.is_empty(), news: std::mem::take(&mut out.news) }
    }

    /// Writes what waits; whether all is written. Errors: the connection is gone.
    pub fn flush(&self) -> io::Result<bool> {
        self.out.lock().outbox.flush(&self.stream).map(|sent| sent == Sent::All)
    }

    /// The peer said something, if only a pong.
    pub fn heard(&self) {
        let mut out = self.out.lock();
        (out.unheard, out.asked) = (0, None);
    }

    /// How far the peer is.
    pub fn progress(&self) -> Progress {
        let out = self.out.lock();
        Progress { written: out.outbox.written(), waits: !out.outbox.is_empty(), asked: out.asked }
    }

    /// Notes that it is in the room; false, and nothing noted, if it is in `max` others already.
    pub fn enter(&self, channel: &Arc<Channel>, max: usize) -> bool {
        let mut rooms = self.rooms.lock();
        let stay = Stay { channel: channel.clone(), joined: Instant::now() };
        if let Some(known) = rooms.iter_mut().find(|s| s.channel.id == channel.id) {
            *known = stay;
            return true;
        }
        let fits = rooms.len() < max;
        if fits {
            // Most sockets are in one room for all their life.
            rooms.reserve_exact(1);
            rooms.push(stay);
        }
        fits
    }

    /// How long it has to wait until it may join the room again; `None`: it may.
    pub fn joins_again_in(&self, room: ChannelId, interval: Duration) -> Option<Duration> {
        let since = self.rooms.lock().iter().find(|s| s.channel.id == room)?.joined.elapsed();
        interval.checked_sub(since).filter(|wait| !wait.is_zero())
    }

    /// Notes that it is not in the room any more.
    pub fn exit(&self, room: ChannelId) {
        self.rooms.lock().retain(|s| s.channel.id != room);
    }

    /// The rooms it is in.
    pub fn rooms(&self) -> Vec<Arc<Channel>> {
        self.rooms.lock().iter().map(|s| s.channel.clone()).collect()
    }

    /// The room of that id or name, if it is in it.
    pub fn room(&self, room: &str) -> Option<Arc<Channel>> {
        let rooms = self.rooms.lock();
        let mut all = rooms.iter().map(|s| &s.channel);
        match room.parse::<ChannelId>() {
            Ok(id) => all.find(|c| c.id == id).cloned(),
            Err(_) => all.find(|c| c.username.eq_ignore_ascii_case(room)).cloned(),
        }
    }

    /// Puts it out of a room whose ban it met, named as the client named it. Other rooms go on; without any it is closed with 4003.
    pub fn banned(&self, room: ChannelId, named: &str, nonce: Option<&str>) {
        self.send(frame::error(Code::Banned, Some(named), nonce));
        let mut rooms = self.rooms.lock();
        let before = rooms.len();
        rooms.retain(|s| s.channel.id != room);
        let (was_in, others) = (rooms.len() < before, !rooms.is_empty());
        drop(rooms);
        if !others {
            self.end(Close::BANNED);
        } else if was_in {
            self.send(Server::Left { room }.encode());
        }
    }

    /// Who writes on it now.
    pub fn user(&self) -> Option<UserId> {
        self.out.lock().user
    }

    /// Whether what becomes of a person concerns it: they write on it, or may soon do, since their token is looked at.
    pub fn is_of(&self, user: UserId) -> bool {
        let out = self.out.lock();
        out.user.or(out.shown) == Some(user)
    }

    /// A good token of that user was shown; before their account is asked about, so that nothing is missed that becomes of it meanwhile.
    pub fn shows(&self, user: UserId) {
        self.out.lock().shown = Some(user);
    }

    /// Of a bot, whose room it is for.
    pub fn owner(&self) -> Option<UserId> {
        self.out.lock().owner
    }

    /// It is a bot of that person's room, or (with `None`) none.
    pub fn set_owner(&self, owner: Option<UserId>) {
        self.out.lock().owner = owner;
    }

    /// Signs in by an access token of that time (Unix seconds; a bot's has none), or (with `None`) makes it read-only.
    pub fn set_user(&self, user: Option<UserId>, issued: Option<u64>) {
        let mut out = self.out.lock();
        (out.user, out.issued, out.shown) = (user, issued, None);
    }

    /// The access tokens of whoever it is of that were signed before (Unix seconds) are void; the connection's task sees to what that means.
    pub fn void(&self, before: u64) {
        let mut out = self.out.lock();
        out.void_before = out.void_before.max(before);
        if out.is_void() {
            out.news = true;
            self.wakes.wake();
        }
    }

    /// Whether the token by which its user writes was voided since.
    pub fn is_void(&self) -> bool {
        self.out.lock().is_void()
    }
}

/// Milliseconds since 1970.
pub fn unix_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as u64)
}
