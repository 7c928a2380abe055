//! Chunks and AMF0 for the test publisher: just enough, and for trusted servers only.
//!
//! Header forms follow RTMP 1.0, section 5.3.1.2, literally: what the server gets to read is what the specification
//! says, the extended timestamp repeated on continuation chunks included.

use std::collections::HashMap;

/// A time field of this value announces the 32-bit one.
const EXTENDED: u32 = 0x00ff_ffff;

/// One AMF0 value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Amf {
    Number(f64),
    Boolean(bool),
    String(String),
    Object(Vec<(String, Amf)>),
    Null,
}

impl Amf {
    pub(super) fn text(text: &str) -> Self {
        Self::String(text.to_owned())
    }

    pub(super) fn encoded(&self) -> Vec<u8> {
        let short = |text: &str| [&(text.len() as u16).to_be_bytes(), text.as_bytes()].concat();
        match self {
            Self::Number(number) => [&[0], number.to_be_bytes().as_slice()].concat(),
            Self::Boolean(value) => vec![1, u8::from(*value)],
            Self::String(text) => [vec![2], short(text)].concat(),
            Self::Object(properties) => {
                let mut bytes = vec![3];
                for (name, value) in properties {
                    bytes.extend(short(name));
                    bytes.extend(value.encoded());
                }
                bytes.extend([0, 0, 9]);
                bytes
            }
            Self::Null => vec![5],
        }
    }

    /// All values of a body; `None` if it is not AMF0 as servers write it.
    pub(super) fn decode(mut body: &[u8]) -> Option<Vec<Self>> {
        let mut values = Vec::new();
        while !body.is_empty() {
            values.push(Self::decode_one(&mut body)?);
        }
        Some(values)
    }

    fn decode_one(body: &mut &[u8]) -> Option<Self> {
        match take(body, 1)?[0] {
            0 => Some(Self::Number(f64::from_be_bytes(take(body, 8)?.try_into().ok()?))),
            1 => Some(Self::Boolean(take(body, 1)?[0] != 0)),
            2 => short(body).map(Self::String),
            marker @ (3 | 8) => {
                if marker == 8 {
                    take(body, 4)?;
                }
                let mut properties = Vec::new();
                loop {
                    let name = short(body)?;
                    if name.is_empty() {
                        take(body, 1)?;
                        return Some(Self::Object(properties));
                    }
                    properties.push((name, Self::decode_one(body)?));
                }
            }
            5 | 6 => Some(Self::Null),
            _ => None,
        }
    }

    /// A property of an object that is a string.
    pub(super) fn property(&self, name: &str) -> Option<&str> {
        let Self::Object(properties) = self else { return None };
        properties.iter().find_map(|(key, value)| match value {
            Self::String(text) if key == name => Some(text.as_str()),
            _ => None,
        })
    }
}

fn take<'a>(body: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let (taken, rest) = body.split_at_checked(len)?;
    *body = rest;
    Some(taken)
}

fn short(body: &mut &[u8]) -> Option<String> {
    let len = u16::from_be_bytes(take(body, 2)?.try_into().ok()?);
    String::from_utf8(take(body, len.into())?.to_vec()).ok()
}

/// A command's body.
pub(super) fn command(name: &str, transaction: f64, rest: &[Amf]) -> Vec<u8> {
    let mut body = Amf::text(name).encoded();
    body.extend(Amf::Number(transaction).encoded());
    body.extend(rest.iter().flat_map(Amf::encoded));
    body
}

/// The sending side's state.
pub(super) struct ChunkWriter {
    chunk_size: usize,
    sent: HashMap<u8, Sent>,
}

/// The last message of a chunk stream.
struct Sent {
    type_id: u8,
    stream_id: u32,
    timestamp: u32,
    len: usize,
    /// None after a full header.
    delta: Option<u32>,
}

impl ChunkWriter {
    pub(super) fn new() -> Self {
        Self { chunk_size: 128, sent: HashMap::new() }
    }

    pub(super) fn set_chunk_size(&mut self, size: usize) -> Vec<u8> {
        let bytes = self.write(2, 1, 0, 0, &(size as u32).to_be_bytes());
        self.chunk_size = size;
        bytes
    }

    /// A message in chunks, with the shortest header that says what is new.
    pub(super) fn write(
        &mut self,
        csid: u8,
        type_id: u8,
        stream_id: u32,
        timestamp: u32,
        body: &[u8],
    ) -> Vec<u8> {
        let len = body.len();
        let (format, time) = match self.sent.get(&csid) {
            // OBS writes a full header for metadata and for media at time 0.
            _ if type_id == 18 || (timestamp == 0 && type_id < 18) => (0, timestamp),
            Some(last) if last.stream_id == stream_id => {
                let delta = timestamp.wrapping_sub(last.timestamp);
                match (last.len == len && last.type_id == type_id, last.delta == Some(delta)) {
                    _ if delta > 0x7fff_ffff => (0, timestamp),
                    (true, true) => (3, delta),
                    (true, false) => (2, delta),
                    (false, _) => (1, delta),
                }
            }
            _ => (0, timestamp),
        };
        let delta = (format > 0).then_some(time);
        self.sent.insert(csid, Sent { type_id, stream_id, timestamp, len, delta });

        let extended = (time >= EXTENDED).then(|| time.to_be_bytes());
        let mut bytes = vec![format << 6 | csid];
        if format < 3 {
            bytes.extend_from_slice(&time.min(EXTENDED).to_be_bytes()[1..]);
        }
        if format < 2 {
            bytes.extend_from_slice(&(len as u32).to_be_bytes()[1..]);
            bytes.push(type_id);
        }
        if format == 0 {
            bytes.extend_from_slice(&stream_id.to_le_bytes());
        }
        bytes.extend(extended.iter().flatten());
        for (index, part) in body.chunks(self.chunk_size).enumerate() {
            if index > 0 {
                bytes.push(3 << 6 | csid);
                bytes.extend(extended.iter().flatten());
            }
            bytes.extend_from_slice(part);
        }
        bytes
    }
}

/// A message of the server.
pub(super) struct Message {
    pub(super) type_id: u8,
    pub(super) body: Vec<u8>,
}

/// The receiving side: collects the server's chunks.
pub(super) struct Reader {
    buffer: Vec<u8>,
    chunk_size: usize,
    streams: HashMap<u8, Stream>,
}

#[derive(Default)]
struct Stream {
    type_id: u8,
    len: usize,
    extended: bool,
    body: Vec<u8>,
}

impl Reader {
    pub(super) fn new() -> Self {
        Self { buffer: Vec::new(), chunk_size: 128, streams: HashMap::new() }
    }

    /// The messages that are whole now.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Vec<Message> {
        self.buffer.extend_from_slice(bytes);
        let mut messages = Vec::new();
        while let Some(used) = self.chunk(&mut messages) {
            self.buffer.drain(..used);
        }
        messages
    }

    /// Reads one whole chunk if there is one; its length.
    fn chunk(&mut self, messages: &mut Vec<Message>) -> Option<usize> {
        let first = *self.buffer.first()?;
        let (format, csid) = (first >> 6, first & 0x3f);
        let fields = [11, 7, 3, 0][usize::from(format)];
        let mut at = 1 + fields;
        let header = self.buffer.get(1..at)?;
        let stream = self.streams.entry(csid).or_default();
        if fields >= 3 {
            stream.extended = header[..3] == [0xff; 3];
        }
        if fields >= 7 {
            stream.len = u32::from_be_bytes([0, header[3], header[4], header[5]]) as usize;
            stream.type_id = header[6];
        }
        at += if stream.extended { 4 } else { 0 };
        let count = (stream.len - stream.body.len()).min(self.chunk_size);
        stream.body.extend_from_slice(self.buffer.get(at..at + count)?);
        if stream.body.len() == stream.len {
            let body = std::mem::take(&mut stream.body);
            if let (1, Ok(size)) = (stream.type_id, <[u8; 4]>::try_from(body.as_slice())) {
                self.chunk_size = u32::from_be_bytes(size) as usize;
            }
            messages.push(Message { type_id: stream.type_id, body });
        }
        Some(at + count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_shrink_with_what_is_known() {
        let mut chunks = ChunkWriter::new();
        let lens = [(9, 5, 10), (9, 28, 10), (9, 51, 10), (9, 74, 9), (8, 74, 9)]
            .map(|(type_id, time, len)| chunks.write(4, type_id, 1, time, &vec![0; len]).len() - len);
        assert_eq!(lens, [12, 4, 1, 8, 8]);
    }

    #[test]
    fn what_is_written_is_read_back() {
        let (mut chunks, mut reader) = (ChunkWriter::new(), Reader::new());
        let body: Vec<u8> = (0..1000u32).map(|i| i as u8).collect();
        let mut bytes = chunks.write(4, 9, 1, 0xffff_fff0, &body);
        bytes.extend(chunks.set_chunk_size(4096));
        bytes.extend(chunks.write(4, 9, 1, 0x10, &body));
        let messages: Vec<_> = bytes.iter().flat_map(|byte| reader.push(&[*byte])).collect();
        assert_eq!(messages.iter().map(|m| m.type_id).collect::<Vec<_>>(), [9, 1, 9]);
        assert!(messages[0].body == body && messages[2].body == body);
    }
}
