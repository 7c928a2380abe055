//! Reads what a client sends, in pieces of any size: masked frames, fragments, control frames between them (RFC 6455, section 5).
//!
//! Feed it bytes; it takes as many as make one [`Event`]. Between messages it holds a few bytes of state and no buffer: a socket that
//! says nothing costs nothing. After a [`Violation`] the connection is to be closed and the reader is not to be fed again.

#[cfg(test)]
mod tests;

use super::{MAX_CONTROL, Opcode};

/// Longest head: two bytes, eight of length, four of mask.
const MAX_HEAD: usize = 14;

/// What a client did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A whole text message.
    Text(String),
    /// A whole binary message, whose content nobody wants.
    Binary,
    /// A piece of a message came and more will. Counts against a client's pace: there may be many that hold nothing.
    Fragment,
    /// Asks for a pong with the same payload.
    Ping(Vec<u8>),
    /// Answers a ping.
    Pong,
    /// The last frame, with its code if it had one.
    Close(Option<u16>),
}

/// Why the connection cannot go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// A message longer than the limit.
    #[error("a message is longer than {max} bytes")]
    TooLarge {
        /// The limit, bytes.
        max: usize,
    },
    /// A text or a reason that is not UTF-8.
    #[error("text is not UTF-8")]
    NotText,
    /// A reserved bit: no extension was negotiated, compression neither.
    #[error("a reserved bit is set")]
    ReservedBit,
    /// A frame type that does not exist.
    #[error("the opcode is reserved")]
    ReservedOpcode,
    /// Clients mask.
    #[error("a client's frame is not masked")]
    NotMasked,
    /// A length in more bytes than it needs, or with its first bit set.
    #[error("a length is not written as it must be")]
    Length,
    /// A control frame in fragments or of more than 125 bytes.
    #[error("a control frame is too long or in fragments")]
    Control,
    /// A continuation of nothing, or a new message before the last has ended.
    #[error("fragments are out of order")]
    Fragments,
    /// A close frame of one byte or with a code that is not to be sent.
    #[error("a close frame is not valid")]
    Close,
}

/// A frame whose head was read.
#[derive(Debug, Clone, Copy)]
struct Frame {
    opcode: Opcode,
    is_last: bool,
    mask: [u8; 4],
    /// Bytes of payload still to come.
    left: usize,
    /// Bytes of payload that came.
    seen: usize,
}

/// The reader of one connection.
#[derive(Debug)]
pub struct Incoming {
    max: usize,
    head: [u8; MAX_HEAD],
    head_length: u8,
    frame: Option<Frame>,
    /// The type of the message that is under way, and what came of it.
    message: Option<Opcode>,
    text: Vec<u8>,
    control: Vec<u8>,
}

impl Incoming {
    /// Takes messages of at most `max` bytes.
    pub fn new(max: usize) -> Self {
        Self {
            max,
            head: [0; MAX_HEAD],
            head_length: 0,
            frame: None,
            message: None,
            text: Vec::new(),
            control: Vec::new(),
        }
    }

    /// Reads to the next event or to the end of `input`; says how many bytes it took. The rest is for the next call.
    pub fn feed(&mut self, input: &[u8]) -> Result<(usize, Option<Event>), Violation> {
        let (mut taken, frame) = match self.frame.take() {
            Some(frame) => (0, Some(frame)),
            None => self.read_head(input)?,
        };
        let Some(mut frame) = frame else { return Ok((taken, None)) };
        let piece = &input[taken..input.len().min(taken + frame.left)];
        let buffer = if frame.opcode.is_control() { &mut self.control } else { &mut self.text };
        unmask(piece, frame.mask, frame.seen, buffer);
        taken += piece.len();
        frame.left -= piece.len();
        frame.seen += piece.len();
        if frame.left > 0 {
            self.frame = Some(frame);
            return Ok((taken, None));
        }
        self.ended(frame).map(|event| (taken, Some(event)))
    }

    /// Collects a head: how many bytes it took, and the frame once it is whole and allowed here.
    fn read_head(&mut self, input: &[u8]) -> Result<(usize, Option<Frame>), Violation> {
        let mut taken = 0;
        loop {
            let have = usize::from(self.head_length);
            // What can be judged by the first two bytes is, before more is waited for.
            let needed = if have < 2 { 2 } else { self.check_start()? };
            if have >= 2 && have == needed {
                self.head_length = 0;
                return Ok((taken, Some(self.whole_head(needed)?)));
            }
            let piece = &input[taken..input.len().min(taken + needed - have)];
            if piece.is_empty() {
                return Ok((taken, None));
            }
            self.head[have..have + piece.len()].copy_from_slice(piece);
            self.head_length += piece.len() as u8;
            taken += piece.len();
        }
    }

    /// Judges the first two bytes; the length of the head.
    fn check_start(&self) -> Result<usize, Violation> {
        let [first, second, ..] = self.head;
        if first & 0x70 != 0 {
            return Err(Violation::ReservedBit);
        }
        let opcode = Opcode::parse(first & 0x0F).ok_or(Violation::ReservedOpcode)?;
        if second & 0x80 == 0 {
            return Err(Violation::NotMasked);
        }
        let length = usize::from(second & 0x7F);
        match opcode {
            _ if opcode.is_control() && (first & 0x80 == 0 || length > MAX_CONTROL) => {
                return Err(Violation::Control);
            }
            Opcode::Continuation if self.message.is_none() => return Err(Violation::Fragments),
            Opcode::Text | Opcode::Binary if self.message.is_some() => return Err(Violation::Fragments),
            _ => {}
        }
        Ok(match length {
            126 => 8,
            127 => 14,
            _ => 6,
        })
    }

    fn whole_head(&mut self, length: usize) -> Result<Frame, Violation> {
        let head = self.head;
        let opcode = Opcode::parse(head[0] & 0x0F).ok_or(Violation::ReservedOpcode)?;
        let number = |bytes: &[u8]| bytes.iter().fold(0u64, |n, b| n << 8 | u64::from(*b));
        let payload = match length {
            8 => number(&head[2..4]),
            14 => number(&head[2..10]),
            _ => u64::from(head[1] & 0x7F),
        };
        if (length == 8 && payload < 126) || (length == 14 && (payload <= 0xFFFF || payload >> 63 != 0)) {
            return Err(Violation::Length);
        }
        let left = usize::try_from(payload).unwrap_or(usize::MAX);
        if !opcode.is_control() {
            if left > self.max - self.text.len().min(self.max) {
                return Err(Violation::TooLarge { max: self.max });
            }
            if opcode != Opcode::Continuation {
                self.message = Some(opcode);
            }
        }
        let mut mask = [0; 4];
        mask.copy_from_slice(&head[length - 4..length]);
        Ok(Frame { opcode, is_last: head[0] & 0x80 != 0, mask, left, seen: 0 })
    }

    /// The frame's payload is whole.
    fn ended(&mut self, frame: Frame) -> Result<Event, Violation> {
        if frame.opcode.is_control() {
            let payload = std::mem::take(&mut self.control);
            return match frame.opcode {
                Opcode::Ping => Ok(Event::Ping(payload)),
                Opcode::Pong => Ok(Event::Pong),
                _ => close_code(&payload).map(Event::Close),
            };
        }
        if !frame.is_last {
            return Ok(Event::Fragment);
        }
        let text = std::mem::take(&mut self.text);
        match self.message.take() {
            Some(Opcode::Text) => String::from_utf8(text).map(Event::Text).map_err(|_| Violation::NotText),
            _ => Ok(Event::Binary),
        }
    }
}

/// Appends the piece without its mask (section 5.3), of which it begins at `offset`.
fn unmask(piece: &[u8], mask: [u8; 4], offset: usize, to: &mut Vec<u8>) {
    let mut turned = mask;
    turned.rotate_left(offset % 4);
    let start = to.len();
    to.extend_from_slice(piece);
    for four in to[start..].chunks_mut(4) {
        four.iter_mut().zip(turned).for_each(|(byte, key)| *byte ^= key);
    }
}

/// The code of a close frame (sections 5.5.1 and 7.4); what may not be sent is a violation.
fn close_code(payload: &[u8]) -> Result<Option<u16>, Violation> {
    let (code, reason) = match payload {
        [] => return Ok(None),
        [high, low, reason @ ..] => (u16::from_be_bytes([*high, *low]), reason),
        _ => return Err(Violation::Close),
    };
    if std::str::from_utf8(reason).is_err() {
        return Err(Violation::NotText);
    }
    match code {
        1000..=1003 | 1007..=1014 | 3000..=4999 => Ok(Some(code)),
        _ => Err(Violation::Close),
    }
}
