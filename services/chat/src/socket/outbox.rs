//! What waits for one socket: written at once where the kernel takes it, else kept in order, within bounds, until it does.
//!
//! Not a task and without a clock of its own: whoever sends also writes, and the connection's task calls [`Outbox::flush`] when the
//! kernel has room again. Frames are shared bytes; what waits costs a reference each. An outbox that is empty holds no memory.

use bytes::Bytes;
use std::{
    collections::VecDeque,
    io::{self, ErrorKind, IoSlice},
};
use tokio::net::TcpStream;

/// Pieces that one write takes; the kernel takes up to 1,024, and more than this is no faster.
const SLICES: usize = 64;
/// Capacity that an empty queue keeps, in pieces.
const KEEPS: usize = 8;

/// Where it writes: never waits, `WouldBlock` when there is no room.
pub trait Sink {
    /// Writes a part of these; how many bytes.
    fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize>;
}

impl Sink for TcpStream {
    fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match slices {
            [one] => self.try_write(one),
            many => self.try_write_vectored(many),
        }
    }
}

/// What became of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// All that there was is written.
    All,
    /// Something waits for the kernel.
    Waits,
    /// There is no room for it: the reader is too slow. Nothing of it was kept.
    Full,
}

/// A piece that waits: one or more whole frames, of which the first may be written in part.
#[derive(Debug)]
struct Piece {
    bytes: Bytes,
    frames: usize,
}

/// The frames of one socket that are not written yet.
#[derive(Debug)]
pub struct Outbox {
    waiting: VecDeque<Piece>,
    /// Bytes of the first piece that are written.
    started: usize,
    frames: usize,
    bytes: usize,
    max_frames: usize,
    max_bytes: usize,
    /// Bytes that were written in all.
    written: u64,
}

impl Outbox {
    /// Keeps at most so much.
    pub fn new(max_frames: usize, max_bytes: usize) -> Self {
        Self { waiting: VecDeque::new(), started: 0, frames: 0, bytes: 0, max_frames, max_bytes, written: 0 }
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Bytes that were written in all: what grows while the peer takes something.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Writes or keeps `frames` whole frames. Errors: the connection is gone.
    pub fn send(&mut self, sink: &impl Sink, bytes: &Bytes, frames: usize) -> io::Result<Sent> {
        if !self.is_empty() {
            return Ok(self.keep(bytes.clone(), frames));
        }
        let mut from = 0;
        while from < bytes.len() {
            match sink.write(&[IoSlice::new(&bytes[from..])]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(n) => {
                    self.written += n as u64;
                    from += n;
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => {
                    let kept = self.keep(bytes.clone(), frames);
                    if kept == Sent::Waits {
                        self.started = from;
                        self.bytes -= from;
                    }
                    return Ok(kept);
                }
                Err(e) => return Err(e),
            }
        }
        Ok(Sent::All)
    }

    /// Keeps it behind what waits, unwritten.
    pub fn keep(&mut self, bytes: Bytes, frames: usize) -> Sent {
        if self.frames + frames > self.max_frames || self.bytes + bytes.len() > self.max_bytes {
            return Sent::Full;
        }
        self.frames += frames;
        self.bytes += bytes.len();
        self.waiting.push_back(Piece { bytes, frames });
        Sent::Waits
    }

    /// Keeps it as the last, whatever the bounds say.
    pub fn keep_last(&mut self, bytes: Bytes) {
        self.bytes += bytes.len();
        self.waiting.push_back(Piece { bytes, frames: 0 });
    }

    /// Writes what waits, many pieces at a time. Errors: the connection is gone.
    pub fn flush(&mut self, sink: &impl Sink) -> io::Result<Sent> {
        while !self.is_empty() {
            let mut slices = [IoSlice::new(&[]); SLICES];
            let mut count = 0;
            let mut skip = self.started;
            for (slice, piece) in slices.iter_mut().zip(&self.waiting) {
                *slice = IoSlice::new(&piece.bytes[skip..]);
                (skip, count) = (0, count + 1);
            }
            match sink.write(&slices[..count]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(n) => self.took(n),
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(Sent::Waits),
                Err(e) => return Err(e),
            }
        }
        if self.waiting.capacity() > KEEPS {
            self.waiting = VecDeque::new();
        }
        Ok(Sent::All)
    }

    /// Forgets what waits, but for the rest of a piece that is written in part: after half a frame nothing else can follow.
    pub fn give_up(&mut self) {
        let kept = usize::from(self.started > 0);
        self.waiting.truncate(kept);
        self.frames = self.waiting.iter().map(|p| p.frames).sum();
        self.bytes = self.waiting.iter().map(|p| p.bytes.len()).sum::<usize>() - self.started;
    }

    fn took(&mut self, mut bytes: usize) {
        self.written += bytes as u64;
        self.bytes -= bytes;
        while let Some(first) = self.waiting.front() {
            let left = first.bytes.len() - self.started;
            if bytes < left {
                self.started += bytes;
                return;
            }
            bytes -= left;
            self.started = 0;
            self.frames -= first.frames;
            self.waiting.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::cell::RefCell;

    /// Takes so many bytes at each write, then has no room; and what it took.
    struct Fake {
        takes: RefCell<VecDeque<usize>>,
        got: RefCell<Vec<u8>>,
        writes: RefCell<usize>,
    }

    impl Fake {
        fn new(takes: &[usize]) -> Self {
            let takes = RefCell::new(takes.iter().copied().collect());
            Self { takes, got: RefCell::default(), writes: RefCell::default() }
        }
        fn may(&self, takes: usize) {
            self.takes.borrow_mut().push_back(takes);
        }
    }

    impl Sink for Fake {
        fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
            let Some(room) = self.takes.borrow_mut().pop_front() else {
                return Err(ErrorKind::WouldBlock.into());
            };
            *self.writes.borrow_mut() += 1;
            let all: Vec<u8> = slices.iter().flat_map(|s| s.iter().copied()).take(room).collect();
            self.got.borrow_mut().extend(&all);
            Ok(all.len())
        }
    }

    fn piece(n: u8, length: usize) -> Bytes {
        vec![n; length].into()
    }

    #[test]
    fn what_the_kernel_takes_at_once_is_never_kept() {
        let (mut out, sink) = (Outbox::new(4, 100), Fake::new(&[10, 10]));
        assert_eq!(out.send(&sink, &piece(1, 10), 1).unwrap(), Sent::All);
        assert_eq!(out.send(&sink, &piece(2, 10), 1).unwrap(), Sent::All);
        assert!(out.is_empty() && out.waiting.capacity() == 0);
        assert_eq!(out.written(), 20);
    }

    #[test]
    fn what_waits_goes_out_in_order_and_in_one_write() {
        let (mut out, sink) = (Outbox::new(9, 1_000), Fake::new(&[4]));
        assert_eq!(out.send(&sink, &piece(1, 10), 1).unwrap(), Sent::Waits);
        for n in 2..5 {
            assert_eq!(out.send(&sink, &piece(n, 10), 1).unwrap(), Sent::Waits);
        }
        sink.may(15);
        sink.may(1_000);
        assert_eq!(out.flush(&sink).unwrap(), Sent::All);
        assert_eq!(*sink.writes.borrow(), 3);
        assert_eq!(*sink.got.borrow(), [[1; 10], [2; 10], [3; 10], [4; 10]].concat());
        assert_eq!((out.frames, out.bytes, out.written()), (0, 0, 40));
    }

    #[test]
    fn frames_and_bytes_are_bounded_and_what_is_refused_leaves_no_trace() {
        let (mut out, sink) = (Outbox::new(3, 100), Fake::new(&[]));
        assert_eq!(out.send(&sink, &piece(1, 10), 2).unwrap(), Sent::Waits);
        assert_eq!(out.send(&sink, &piece(2, 10), 2).unwrap(), Sent::Full, "frames");
        assert_eq!(out.send(&sink, &piece(3, 91), 1).unwrap(), Sent::Full, "bytes");
        assert_eq!(out.send(&sink, &piece(4, 90), 1).unwrap(), Sent::Waits);
        sink.may(1_000);
        out.flush(&sink).unwrap();
        assert_eq!(*sink.got.borrow(), [vec![1; 10], vec![4; 90]].concat());
    }

    #[test]
    fn a_socket_that_is_given_up_ends_its_half_written_frame_only() {
        let (mut out, sink) = (Outbox::new(9, 100), Fake::new(&[3]));
        for n in 1..4 {
            out.send(&sink, &piece(n, 10), 1).unwrap();
        }
        out.give_up();
        assert_eq!((out.frames, out.bytes), (1, 7));
        out.keep(piece(9, 2), 1);
        sink.may(1_000);
        assert_eq!(out.flush(&sink).unwrap(), Sent::All);
        assert_eq!(*sink.got.borrow(), [vec![1; 10], vec![9; 2]].concat());
        out.keep(piece(5, 10), 1);
        out.give_up();
        assert!(out.is_empty(), "nothing of it was written");
    }

    #[test]
    fn a_long_queue_gives_its_memory_back() {
        let (mut out, sink) = (Outbox::new(500, 5_000), Fake::new(&[]));
        for _ in 0..300 {
            out.send(&sink, &piece(1, 10), 1).unwrap();
        }
        (0..5).for_each(|_| sink.may(640));
        assert_eq!(out.flush(&sink).unwrap(), Sent::All);
        assert_eq!(out.waiting.capacity(), 0);
        assert_eq!(*sink.writes.borrow(), 5, "64 pieces a write");
    }

    proptest! {
        #[test]
        fn any_room_of_the_kernel_gives_the_same_bytes(
            pieces in prop::collection::vec((1usize..50, any::<bool>()), 1..40),
            takes in prop::collection::vec(1usize..120, 0..60),
        ) {
            let (mut out, sink) = (Outbox::new(1_000, 100_000), Fake::new(&[]));
            let (mut expected, mut takes) = (Vec::new(), takes.into_iter());
            for (n, (length, flushes)) in pieces.into_iter().enumerate() {
                if let Some(takes) = takes.next() {
                    sink.may(takes);
                }
                expected.extend(piece(n as u8, length));
                out.send(&sink, &piece(n as u8, length), 1).unwrap();
                if flushes {
                    out.flush(&sink).unwrap();
                }
                prop_assert_eq!(sink.got.borrow().len() + out.bytes, expected.len());
                prop_assert_eq!(out.written() as usize, sink.got.borrow().len());
            }
            sink.may(usize::MAX);
            (0..40).for_each(|_| sink.may(usize::MAX));
            prop_assert_eq!(out.flush(&sink).unwrap(), Sent::All);
            prop_assert_eq!(&*sink.got.borrow(), &expected);
            prop_assert_eq!(out.frames, 0);
        }
    }
}
