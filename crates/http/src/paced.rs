//! A TCP connection whose client has to take what it is sent at a least rate; one that takes less is cut off, by a reset.
//!
//! The kernel sees who takes nothing (TCP_USER_TIMEOUT), and is content with a byte now and then. Such a client holds what is sent to it, a
//! segment that nobody else has any more for one, for as long as it likes. Only the time that a write waits for the client counts: neither a
//! slow disk nor a client between two requests.

use nix::sys::sendfile::sendfile;
use socket2::SockRef;
use std::{
    fs::File,
    future, io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, Interest, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep, sleep_until},
};

/// What is asked of a client.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// How far it may be behind.
    pub(crate) stall: Duration,
    /// Bytes a second.
    pub(crate) rate: u64,
}

impl Pace {
    /// The longest in which that many bytes are taken.
    fn time_for(self, bytes: usize) -> Duration {
        Duration::from_secs_f64(bytes as f64 / self.rate.max(1) as f64)
    }
}

/// How far a client is behind. It is behind by the time that writes waited for it, less the time that what was written may take.
///
/// The kernel takes what its buffer holds at once, and says that there is room when a third of it is free. So a client may be behind by the
/// whole buffer's time besides; then one that takes bytes at the rate, or faster, is never cut off, however the buffer stands.
#[derive(Debug)]
struct Behind {
    pace: Pace,
    by: Duration,
    waits_since: Option<Instant>,
}

impl Behind {
    fn new(pace: Pace) -> Self {
        Self { pace, by: Duration::ZERO, waits_since: None }
    }

    /// So many bytes were written.
    fn wrote(&mut self, now: Instant, bytes: usize) {
        if let Some(since) = self.waits_since.take() {
            self.by += now - since;
        }
        if !self.by.is_zero() {
            self.by = self.by.saturating_sub(self.pace.time_for(bytes));
        }
    }

    /// A write waits, with the kernel's buffer of that size; until when it may, if it did not wait before.
    fn waits(&mut self, now: Instant, buffer: impl FnOnce() -> usize) -> Option<Instant> {
        if self.waits_since.is_some() {
            return None;
        }
        self.waits_since = Some(now);
        Some(now + (self.pace.stall + self.pace.time_for(buffer())).saturating_sub(self.by))
    }
}

/// See the module's head.
#[derive(Debug)]
pub(crate) struct Paced {
    stream: TcpStream,
    behind: Behind,
    /// Once a write has waited.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Paced {
    pub(crate) fn new(stream: TcpStream, pace: Pace) -> Self {
        Self { stream, behind: Behind::new(pace), timer: None }
    }

    /// For its options.
    pub(crate) fn socket(&self) -> SockRef<'_> {
        SockRef::from(&self.stream)
    }

    /// See [`TcpStream::poll_read_ready`].
    pub(crate) fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.poll_read_ready(cx)
    }

    /// Has the kernel send some of a file that lies in memory, at most so many bytes; how many it took.
    ///
    /// # Errors
    /// [`io::ErrorKind::TimedOut`]: the client took too little; the connection's.
    pub(crate) async fn send_file(&mut self, file: &File, at: &mut i64, most: usize) -> io::Result<usize> {
        let mut send = |stream: &TcpStream, cx: &mut Context<'_>| loop {
            ready!(stream.poll_write_ready(cx))?;
            match stream.try_io(Interest::WRITABLE, || Ok(sendfile(stream, file, Some(&mut *at), most)?)) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                done => return Poll::Ready(done),
            }
        };
        future::poll_fn(|cx| self.poll_sending(cx, |stream, cx| send(&stream, cx))).await
    }

    fn poll_sending(
        &mut self,
        cx: &mut Context<'_>,
        send: impl FnOnce(Pin<&mut TcpStream>, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let Poll::Ready(sent) = send(Pin::new(&mut self.stream), cx) else { return self.poll_late(cx) };
        if self.behind.waits_since.is_some() || !self.behind.by.is_zero() {
            self.behind.wrote(Instant::now(), *sent.as_ref().unwrap_or(&0));
        }
        Poll::Ready(sent)
    }

    /// Ready with an error once the client is too far behind.
    fn poll_late(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let buffer = || SockRef::from(&self.stream).send_buffer_size().unwrap_or(0);
        if let Some(until) = self.behind.waits(Instant::now(), buffer) {
            match &mut self.timer {
                Some(timer) => timer.as_mut().reset(until),
                None => self.timer = Some(Box::pin(sleep_until(until))),
            }
        }
        if let Some(timer) = &mut self.timer {
            ready!(timer.as_mut().poll(cx));
        }
        // What the kernel still has for it goes too.
        let _ = self.socket().set_linger(Some(Duration::ZERO));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "it takes less than the least rate")))
    }
}

impl AsyncRead for Paced {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Paced {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_sending(cx, |stream, cx| stream.poll_write(cx, bytes))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_sending(cx, |stream, cx| stream.poll_write_vectored(cx, slices))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PACE: Pace = Pace { stall: Duration::from_secs(30), rate: 16 << 10 };
    /// A model's step.
    const STEP: Duration = Duration::from_millis(20);

    /// When a client that takes so many bytes a second is cut off, from a socket whose buffer has `queued` bytes at first and wakes its
    /// writer when a third is free; `None`: it gets all `bytes`.
    fn cut_off(rate: f64, bytes: usize, buffer: usize, queued: usize) -> Option<Duration> {
        let begun = Instant::now();
        let (mut now, mut until, mut behind) = (begun, None, Behind::new(PACE));
        let (mut left, mut queued, mut full) = (bytes as f64, queued as f64, false);
        while left > 0.0 {
            full &= queued > buffer as f64 * 2.0 / 3.0;
            if full {
                until = behind.waits(now, || buffer).or(until);
                if until.is_some_and(|until| now >= until) {
                    return Some(now - begun);
                }
            } else {
                let some = left.min(buffer as f64 - queued);
                behind.wrote(now, some as usize);
                (left, queued, full) = (left - some, queued + some, true);
            }
            queued = (queued - rate * STEP.as_secs_f64()).max(0.0);
            now += STEP;
        }
        None
    }

    #[test]
    fn a_phone_with_200_kbit_a_second_gets_a_segment_of_8_mb_and_who_trickles_is_cut_off() {
        assert_eq!(cut_off(25_000.0, 8 << 20, 4 << 20, 4 << 20), None);
        assert_eq!(cut_off(25_000.0, 8 << 20, 87_040, 0), None);
        let trickles = cut_off(7.0, 8 << 20, 87_040, 0).expect("it is cut off");
        assert!((30..40).contains(&trickles.as_secs()), "{trickles:?}");
        // As long as its buffer would take at the least rate.
        let trickles = cut_off(7.0, 8 << 20, 4 << 20, 0).expect("it is cut off");
        assert!((280..300).contains(&trickles.as_secs()), "{trickles:?}");
    }

    proptest! {
        #[test]
        fn who_takes_the_least_rate_is_never_cut_off_and_who_takes_half_of_it_always(
            faster in 1.01f64..4.0,
            megabytes in 1usize..40,
            buffer in (16usize << 10)..(6 << 20),
            queued in 0.0f64..1.0,
        ) {
            let (rate, bytes, had) = (PACE.rate as f64, megabytes << 20, (buffer as f64 * queued) as usize);
            prop_assert_eq!(cut_off(rate * faster, bytes, buffer, had), None);
            // It is behind by half of the time.
            let enough = 2 * (PACE.rate as usize * 30 + 2 * buffer);
            prop_assert!(cut_off(rate / 2.0, enough, buffer, had).is_some());
        }
    }
}
