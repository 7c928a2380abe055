//! One WebSocket connection: one task that reads, keeps the clocks, and writes what the kernel would not take at once.
//!
//! Frames are handled one at a time, so a client's own frames keep their order; while one is worked on nothing is read. The task ends
//! when [`Socket::end`] is called; what waits and the close frame go out within the close time-out, then the rest is discarded. It holds
//! no buffer while nothing comes: there are many of these.

mod answer;
mod clocks;
mod people;
mod state;
mod traced;
mod vote;
mod writer;

pub use state::Context;
pub use writer::NoBot;

use crate::{
    frame::Server,
    gcra::Gcra,
    socket::{Close, Socket},
    wire::{self, Event, Incoming, Violation},
};
use clocks::{Clocks, Due};
use state::Session;
use std::{
    cell::RefCell,
    future::{Future, poll_fn},
    io::ErrorKind,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context as Polling, Poll},
    time::Duration,
};
use streamly_http::Holder;
use streamly_telemetry::trace::Span;
use tokio::{
    net::TcpStream,
    time::{Instant, Sleep, sleep_until},
};

/// Bytes of a refused client that are read away after the close frame, so that it arrives.
const MAX_DISCARD: usize = 8 << 20;
/// A timer that rings no more than so much too early is left as it is.
const EARLY: Duration = Duration::from_secs(2);
/// What is read at once, bytes: one buffer for each thread.
const READS: usize = 16 << 10;

thread_local! {
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; READS].into_boxed_slice());
}

/// Runs the connection from that address to its end. `read` are bytes that came behind the upgrade request, whose span is `opening`.
pub async fn run(
    stream: TcpStream,
    id: u64,
    address: Option<Holder>,
    read: Vec<u8>,
    opening: Span,
    context: Arc<Context>,
) {
    let socket = Arc::new(Socket::new(id, stream, &context.limits));
    let _present = context.sockets.enter(&socket);
    let session = Session::new(socket.clone(), address, opening, context.clone());
    let mut connection = Connection::new(session, socket.clone(), context.clone());
    connection.take(&read);
    drop(read);
    connection.serve().await;
    drop(connection);
    for room in socket.rooms() {
        socket.exit(room.id);
        context.hub.leave(room.id, id).await;
    }
    let last_words = Box::pin(last_words(&socket));
    let _ = tokio::time::timeout(context.limits.close_timeout.get(), last_words).await;
}

/// What the session does for a frame; it comes back when that is done.
type Work = Pin<Box<dyn Future<Output = Session> + Send>>;

/// What the task goes on for.
#[expect(
    clippy::large_enum_variant,
    reason = "it is made and taken apart at once; a box would be an allocation a frame"
)]
enum Next {
    /// The socket was ended.
    Ended,
    /// The clocks are to be looked at.
    Look,
    /// The service stops.
    Stop,
    /// A frame was dealt with.
    Done(Session),
    /// The kernel has room for what waits.
    Writable,
    /// There are bytes, or the end of them.
    Readable,
    /// A clock is due.
    Time,
}

struct Connection {
    socket: Arc<Socket>,
    context: Arc<Context>,
    incoming: Incoming,
    /// Bytes that came with a frame that is worked on.
    held: Vec<u8>,
    pace: Gcra,
    clocks: Clocks,
    /// Where the session is: here, or with its work.
    session: Option<Session>,
    work: Option<Work>,
    /// When it is closed because the service stops.
    leaves: Option<Instant>,
}

impl Connection {
    fn new(session: Session, socket: Arc<Socket>, context: Arc<Context>) -> Self {
        let limits = &context.limits;
        Self {
            incoming: Incoming::new(limits.max_message.bytes() as usize),
            held: Vec::new(),
            pace: Gcra::new(limits.frames_per_second, limits.frames_burst),
            clocks: Clocks::new(limits, Instant::now()),
            session: Some(session),
            work: None,
            leaves: None,
            socket,
            context,
        }
    }

    async fn serve(&mut self) {
        let mut timer = pin!(sleep_until(Instant::now()));
        let stop = self.context.shutdown.token();
        let mut stop = pin!(stop.cancelled());
        loop {
            // The timer is moved only when it must ring earlier: most often it rings for nothing, which is cheaper than to move it each
            // time. One that would ring long before there is something to do is moved: after the hello, after a pong.
            let due = self.due();
            if due < timer.deadline() || due > timer.deadline() + EARLY {
                timer.as_mut().reset(due);
            }
            let leaves = self.leaves.is_some();
            let next = poll_fn(|cx| {
                if let Poll::Ready(next) = self.poll(cx, timer.as_mut()) {
                    return Poll::Ready(next);
                }
                if leaves { Poll::Pending } else { stop.as_mut().poll(cx).map(|()| Next::Stop) }
            });
            match next.await {
                Next::Ended => return,
                Next::Look => self.look_at_token(),
                Next::Stop => self.leave_elsewhere(),
                Next::Done(session) => {
                    (self.session, self.work) = (Some(session), None);
                    self.look_at_token();
                    let held = std::mem::take(&mut self.held);
                    self.take(&held);
                }
                Next::Writable => {
                    if self.socket.flush().is_err() {
                        self.socket.end(Close::NORMAL);
                    }
                }
                Next::Readable => self.read(),
                Next::Time => {
                    self.on_time();
                    timer.as_mut().reset(self.due());
                }
            }
        }
    }

    fn poll(&mut self, cx: &mut Polling<'_>, timer: Pin<&mut Sleep>) -> Poll<Next> {
        let found = self.socket.register(cx.waker());
        if found.close.is_some() {
            return Poll::Ready(Next::Ended);
        }
        if found.news {
            return Poll::Ready(Next::Look);
        }
        if found.waits && self.socket.stream().poll_write_ready(cx).is_ready() {
            return Poll::Ready(Next::Writable);
        }
        if timer.poll(cx).is_ready() {
            return Poll::Ready(Next::Time);
        }
        match &mut self.work {
            Some(work) => work.as_mut().poll(cx).map(Next::Done),
            None => self.socket.stream().poll_read_ready(cx).map(|_| Next::Readable),
        }
    }

    /// When a clock is due next.
    fn due(&mut self) -> Instant {
        let session = self.session.as_ref().and_then(Session::deadline);
        let progress = self.socket.progress();
        self.clocks.look(Instant::now(), &progress);
        let clocks = self.clocks.due(&progress);
        [session, self.leaves].into_iter().flatten().fold(clocks, Instant::min)
    }

    fn on_time(&mut self) {
        let now = Instant::now();
        match self.clocks.on_time(now, &self.socket.progress()) {
            Some(Due::TooSlow) => {
                self.socket.end(Close::TOO_SLOW);
            }
            Some(Due::Ping) => self.socket.send_frame(&wire::ping()),
            None => {}
        }
        if self.leaves.is_some_and(|at| at <= now) {
            self.socket.end(Close::AWAY);
        }
        if let Some(session) = &mut self.session {
            session.on_time();
        }
    }

    /// Whose token was voided only reads from now on; while a frame is worked on, once that is done.
    fn look_at_token(&mut self) {
        if let Some(session) = &mut self.session
            && self.socket.is_void()
        {
            session.void();
        }
    }

    /// Tells the client to go elsewhere, each socket at another time.
    fn leave_elsewhere(&mut self) {
        let part = self.socket.id.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
        let spread = |over: Duration| over.mul_f64(part as f64 / (1u64 << 24) as f64);
        let limits = &self.context.limits;
        let after_ms = spread(limits.reconnect_spread.get()).as_millis() as u64;
        self.leaves = Some(Instant::now() + spread(limits.drain.get()));
        self.socket.send(Server::Reconnect { after_ms }.encode());
    }

    fn read(&mut self) {
        BUFFER.with_borrow_mut(|buffer| match self.socket.stream().try_read(buffer) {
            Ok(0) => {
                self.socket.end(Close::NORMAL);
            }
            Ok(n) => self.take(&buffer[..n]),
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            Err(_) => {
                self.socket.end(Close::NORMAL);
            }
        });
    }

    /// Takes bytes up to a frame that is to be worked on; the rest is held until that is done.
    fn take(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.session.is_none() {
                self.held = bytes.to_vec();
                return;
            }
            match self.incoming.feed(bytes) {
                Ok((taken, event)) => {
                    bytes = &bytes[taken..];
                    if let Some(event) = event
                        && !self.on_event(event)
                    {
                        return;
                    }
                }
                Err(violation) => {
                    tracing::debug!(socket = self.socket.id, %violation, "a client broke the protocol");
                    self.socket.end(match violation {
                        Violation::TooLarge { .. } => Close::TOO_LARGE,
                        _ => Close::PROTOCOL,
                    });
                    return;
                }
            }
        }
    }

    /// Says whether the connection goes on.
    fn on_event(&mut self, event: Event) -> bool {
        let now = Instant::now();
        self.clocks.heard(now);
        self.socket.heard();
        if !self.pace.allow(now) {
            self.socket.end(Close::FLOODING);
            return false;
        }
        match event {
            Event::Text(text) => {
                let is_traced = self.context.traces.is_on();
                self.work = self.session.take().map(|mut session| -> Work {
                    if is_traced {
                        return Box::pin(session.on_traced_text(text));
                    }
                    Box::pin(async move {
                        session.on_text(&text).await;
                        session
                    })
                });
            }
            Event::Ping(payload) => self.socket.send_frame(&wire::pong(&payload)),
            Event::Fragment | Event::Pong => {}
            Event::Binary => {
                self.socket.end(Close::PROTOCOL);
            }
            Event::Close(_) => {
                self.socket.end(Close::NORMAL);
            }
        }
        self.socket.reason().is_none()
    }
}

/// Gets what waits and the close frame to the peer, then reads away what it sends: closing a TCP connection with unread bytes would reset
/// it, and the client would not see why it was closed.
async fn last_words(socket: &Socket) {
    let reason = socket.reason().unwrap_or(Close::NORMAL);
    socket.close_with(wire::close(reason.0, reason.1));
    while let Ok(false) = socket.flush() {
        if socket.stream().writable().await.is_err() {
            return;
        }
    }
    let _ = socket2::SockRef::from(socket.stream()).shutdown(std::net::Shutdown::Write);
    let (mut buffer, mut total) = ([0u8; 2048], 0);
    while total <= MAX_DISCARD && socket.stream().readable().await.is_ok() {
        match socket.stream().try_read(&mut buffer) {
            Ok(n @ 1..) => total += n,
            Err(e) if e.kind() == ErrorKind::WouldBlock => {}
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size<'a, F: Future>(_: impl FnOnce(&'a mut Session, &'a str) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn the_work_on_a_frame_is_small() {
        // It is made for every frame, and malloc takes its time for much.
        let bytes = size(Session::on_text);
        assert!(bytes <= 8 << 10, "{bytes}");
    }
}
