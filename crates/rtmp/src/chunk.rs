//! The dechunker: RTMP chunks in, whole messages out, with every size bounded before memory is taken.
//!
//! Source: "Adobe's Real Time Messaging Protocol" 1.0, section 5.3. One state per chunk stream, so messages may
//! interleave; a body is copied once, from the input into its own allocation, and handed over as `Bytes`. It does not
//! act on control messages: the caller calls [`Dechunker::set_chunk_size`] and [`Dechunker::abort`] before it reads on.
//! After an [`Error`] the position in the stream is lost and the connection must end.

mod header;

use std::collections::HashMap;

use bytes::Bytes;

use crate::Limits;
use header::Partial;

/// Chunk size until the peer sets another (section 5.4.1).
const INITIAL_CHUNK_SIZE: u32 = 128;
/// Memory taken when a message begins, at most; it doubles as bytes arrive, up to the announced length.
const FIRST_RESERVATION: usize = 64 << 10;

/// One whole message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// RTMP message type: 8 audio, 9 video, 20 AMF0 command, …
    pub type_id: u8,
    /// Message stream, 0 for the connection itself.
    pub stream_id: u32,
    /// Absolute milliseconds, modulo 2^32.
    pub timestamp: u32,
    /// The body, in an allocation of its own.
    pub body: Bytes,
}

/// Why the chunk stream cannot be read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A message announced more than its type may have.
    #[error("message of type {type_id} announces {len} bytes")]
    MessageTooLarge {
        /// RTMP message type.
        type_id: u8,
        /// Announced length in bytes.
        len: usize,
    },
    /// Half-received messages together passed [`Limits::max_half_open`].
    #[error("half-received messages take too much memory")]
    TooMuchHalfOpen,
    /// More chunk streams than [`Limits::max_chunk_streams`].
    #[error("too many chunk streams")]
    TooManyChunkStreams,
    /// A header of type 2 or 3 on a chunk stream that had no earlier one to refer to.
    #[error("chunk stream {0} begins with a compressed header")]
    NoEarlierHeader(u32),
    /// A header of type 0, 1 or 2 in the middle of a message.
    #[error("new message inside another on chunk stream {0}")]
    HeaderInsideMessage(u32),
    /// SetChunkSize with 0 or more than 2^31 - 1.
    #[error("chunk size {0} is not allowed")]
    ChunkSize(u32),
}

/// See the module's head.
pub struct Dechunker {
    streams: HashMap<u32, ChunkStream>,
    chunk_size: u32,
    state: State,
    header: Partial,
    /// Bytes taken for an extended timestamp that were none: read again before any input.
    unread: Vec<u8>,
    /// Whether a type 3 header has its extended timestamp repeated; false after the first one that has not.
    repeats_extended: bool,
    half_open: usize,
    max_media: usize,
    max_command: usize,
    max_half_open: usize,
    max_streams: usize,
}

/// What the next input byte is.
enum State {
    Header,
    /// Perhaps the repeated extended timestamp of a type 3 header, of which `matched` bytes were as expected.
    MaybeExtended {
        csid: u32,
        expected: [u8; 4],
        matched: usize,
    },
    Body {
        csid: u32,
        left_in_chunk: usize,
    },
}

#[derive(Default)]
struct ChunkStream {
    timestamp: u32,
    delta: u32,
    /// The extended field of the last header of type 0, 1 or 2, if it had one.
    extended: Option<u32>,
    length: usize,
    type_id: u8,
    stream_id: u32,
    /// The half-received message.
    body: Option<Vec<u8>>,
}

impl Dechunker {
    /// A dechunker at the first byte after the handshake.
    pub fn new(limits: &Limits) -> Self {
        Self {
            streams: HashMap::new(),
            chunk_size: INITIAL_CHUNK_SIZE,
            state: State::Header,
            header: Partial::default(),
            unread: Vec::new(),
            repeats_extended: true,
            half_open: 0,
            max_media: limits.max_media_message,
            max_command: limits.max_command_message,
            max_half_open: limits.max_half_open,
            max_streams: limits.max_chunk_streams,
        }
    }

    /// Reads up to the end of the next message and advances `input` past it; `None` when the input ends before.
    ///
    /// # Errors
    /// [`Error`]; the dechunker is of no use afterwards.
    pub fn read(&mut self, input: &mut &[u8]) -> Result<Option<Message>, Error> {
        while !self.unread.is_empty() {
            let unread = std::mem::take(&mut self.unread);
            let mut rest = unread.as_slice();
            let message = self.read_from(&mut rest)?;
            self.unread.extend_from_slice(rest);
            if message.is_some() {
                return Ok(message);
            }
        }
        self.read_from(input)
    }

    fn read_from(&mut self, input: &mut &[u8]) -> Result<Option<Message>, Error> {
        while !input.is_empty() {
            let message = match self.state {
                State::Header => match self.header.push(input) {
                    Some(header) => self.begin_chunk(&header)?,
                    None => None,
                },
                State::MaybeExtended { csid, expected, matched } => {
                    self.compare_extended(csid, expected, matched, input)?;
                    if !self.unread.is_empty() {
                        return self.read(input);
                    }
                    // A repeated field in front of an empty message completes it.
                    self.complete(csid)
                }
                State::Body { csid, left_in_chunk } => self.fill(csid, left_in_chunk, input)?,
            };
            if message.is_some() {
                return Ok(message);
            }
        }
        Ok(None)
    }

    /// Applies the peer's SetChunkSize to all chunks that follow.
    ///
    /// # Errors
    /// [`Error::ChunkSize`] for 0 and for sizes with the top bit set.
    pub fn set_chunk_size(&mut self, size: u32) -> Result<(), Error> {
        if size == 0 || size > 0x7fff_ffff {
            return Err(Error::ChunkSize(size));
        }
        self.chunk_size = size;
        Ok(())
    }

    /// Drops the half-received message of a chunk stream, if there is one (Abort, section 5.4.2).
    pub fn abort(&mut self, csid: u32) {
        if let Some(body) = self.streams.get_mut(&csid).and_then(|stream| stream.body.take()) {
            self.half_open -= body.capacity();
        }
    }

    /// Bytes of memory held for half-received messages.
    pub fn buffered_bytes(&self) -> usize {
        self.half_open
    }

    /// Bytes of input until the message whose chunk is being read is whole, with the headers of its further chunks if nothing comes
    /// in between; 0 between chunks.
    pub fn missing_bytes(&self) -> usize {
        let State::Body { csid, left_in_chunk } = self.state else { return 0 };
        let Some(stream) = self.streams.get(&csid) else { return 0 };
        let missing = stream.missing();
        let headers = (missing - left_in_chunk.min(missing)).div_ceil(self.chunk_size.max(1) as usize);
        let repeated = if self.repeats_extended && stream.extended.is_some() { 4 } else { 0 };
        missing + headers * (basic_header_len(csid) + repeated)
    }

    fn begin_chunk(&mut self, header: &header::Header) -> Result<Option<Message>, Error> {
        let csid = header.csid;
        if !self.streams.contains_key(&csid) {
            // librtmp begins some chunk streams with type 1; the message stream is then 0.
            if header.format > 1 {
                return Err(Error::NoEarlierHeader(csid));
            }
            if self.streams.len() >= self.max_streams {
                return Err(Error::TooManyChunkStreams);
            }
        }
        let stream = self.streams.entry(csid).or_default();
        let continues = stream.body.is_some();
        if header.format < 3 {
            if continues {
                return Err(Error::HeaderInsideMessage(csid));
            }
            stream.apply(header);
        } else if !continues {
            stream.timestamp = stream.timestamp.wrapping_add(stream.delta);
        }
        let expected = stream.extended.filter(|_| header.format == 3 && self.repeats_extended);
        if !continues {
            self.begin_message(csid)?;
        }
        match expected {
            Some(value) => {
                self.state = State::MaybeExtended { csid, expected: value.to_be_bytes(), matched: 0 };
                Ok(None)
            }
            None => {
                self.begin_body(csid);
                Ok(self.complete(csid))
            }
        }
    }

    fn begin_message(&mut self, csid: u32) -> Result<(), Error> {
        let Some(stream) = self.streams.get_mut(&csid) else { return Ok(()) };
        let max = if matches!(stream.type_id, 8 | 9 | 22) { self.max_media } else { self.max_command };
        if stream.length > max {
            return Err(Error::MessageTooLarge { type_id: stream.type_id, len: stream.length });
        }
        let first = stream.length.min(FIRST_RESERVATION);
        if self.half_open + first > self.max_half_open {
            return Err(Error::TooMuchHalfOpen);
        }
        let body = Vec::with_capacity(first);
        self.half_open += body.capacity();
        stream.body = Some(body);
        Ok(())
    }

    fn begin_body(&mut self, csid: u32) {
        let left = self.streams.get(&csid).map_or(0, ChunkStream::missing);
        self.state = State::Body { csid, left_in_chunk: left.min(self.chunk_size as usize) };
    }

    fn compare_extended(
        &mut self,
        csid: u32,
        expected: [u8; 4],
        mut matched: usize,
        input: &mut &[u8],
    ) -> Result<(), Error> {
        while matched < expected.len() {
            let Some((&byte, rest)) = input.split_first() else {
                self.state = State::MaybeExtended { csid, expected, matched };
                return Ok(());
            };
            if byte != expected[matched] {
                // Not repeated: what matched so far was payload, or even the next header.
                self.repeats_extended = false;
                self.unread = expected[..matched].to_vec();
                break;
            }
            *input = rest;
            matched += 1;
        }
        self.begin_body(csid);
        Ok(())
    }

    fn fill(&mut self, csid: u32, left_in_chunk: usize, input: &mut &[u8]) -> Result<Option<Message>, Error> {
        let count = left_in_chunk.min(input.len());
        let (bytes, rest) = input.split_at(count);
        *input = rest;
        if let Some(stream) = self.streams.get_mut(&csid)
            && let Some(body) = &mut stream.body
        {
            let needed = body.len() + count;
            if needed > body.capacity() {
                let target = needed.max(body.capacity() * 2).min(stream.length);
                let before = body.capacity();
                if self.half_open - before + target > self.max_half_open {
                    return Err(Error::TooMuchHalfOpen);
                }
                body.reserve_exact(target - body.len());
                self.half_open = self.half_open - before + body.capacity();
            }
            body.extend_from_slice(bytes);
        }
        self.state = State::Body { csid, left_in_chunk: left_in_chunk - count };
        if left_in_chunk > count {
            return Ok(None);
        }
        self.state = State::Header;
        Ok(self.complete(csid))
    }

    /// Takes the message out if all of it is here.
    fn complete(&mut self, csid: u32) -> Option<Message> {
        if matches!(self.state, State::MaybeExtended { .. }) {
            return None;
        }
        let stream = self.streams.get_mut(&csid)?;
        if stream.missing() > 0 {
            return None;
        }
        let body = stream.body.take()?;
        self.half_open -= body.capacity();
        self.state = State::Header;
        Some(Message {
            type_id: stream.type_id,
            stream_id: stream.stream_id,
            timestamp: stream.timestamp,
            body: Bytes::from(body),
        })
    }
}

/// Section 5.3.1.1.
fn basic_header_len(csid: u32) -> usize {
    match csid {
        0..64 => 1,
        64..320 => 2,
        _ => 3,
    }
}

impl ChunkStream {
    fn apply(&mut self, header: &header::Header) {
        let time = header.extended.unwrap_or(header.time);
        self.extended = header.extended;
        if header.format == 0 {
            self.timestamp = time;
            self.stream_id = header.stream_id;
            // Section 5.3.1.2.4: type 3 after type 0 repeats its time as a delta. Beyond 24 bits (4.6 h) no sender
            // means that: there the message has the same time.
            self.delta = if header.extended.is_some() { 0 } else { time };
        } else {
            self.timestamp = self.timestamp.wrapping_add(time);
            self.delta = time;
        }
        if header.format < 2 {
            self.length = header.length;
            self.type_id = header.type_id;
        }
    }

    fn missing(&self) -> usize {
        self.body.as_ref().map_or(0, |body| self.length - body.len())
    }
}

#[cfg(test)]
mod tests;
