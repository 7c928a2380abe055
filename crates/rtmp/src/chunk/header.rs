//! Chunk headers: collecting their 1 to 18 bytes over any split of the input, and reading their fields.
//!
//! No state of the chunk streams is known here; a type 3 header's extended timestamp is the dechunker's matter.

/// Longest header: basic 3, message 11, extended timestamp 4.
const MAX_LEN: usize = 18;
/// Value of the 24-bit time field that announces the extended one.
const EXTENDED: u32 = 0x00ff_ffff;

/// The fields of one header; those its format lacks are 0.
pub(super) struct Header {
    /// 0 full, 1 without stream, 2 time only, 3 nothing.
    pub(super) format: u8,
    /// Chunk stream id, 2 to 65 599 (0 and 1 cannot occur: they announce the longer forms).
    pub(super) csid: u32,
    /// 24-bit time (format 0) or delta (1, 2).
    pub(super) time: u32,
    /// 32-bit time or delta, when the 24-bit field announced it.
    pub(super) extended: Option<u32>,
    pub(super) length: usize,
    pub(super) type_id: u8,
    pub(super) stream_id: u32,
}

/// A header of which some bytes are here.
#[derive(Default)]
pub(super) struct Partial {
    bytes: [u8; MAX_LEN],
    len: usize,
}

impl Partial {
    /// Takes bytes up to the header's end; the header once it is whole.
    pub(super) fn push(&mut self, input: &mut &[u8]) -> Option<Header> {
        loop {
            let missing = self.needed() - self.len;
            if missing == 0 {
                let header = self.parse();
                self.len = 0;
                return Some(header);
            }
            if input.is_empty() {
                return None;
            }
            let (taken, rest) = input.split_at(missing.min(input.len()));
            self.bytes[self.len..self.len + taken.len()].copy_from_slice(taken);
            self.len += taken.len();
            *input = rest;
        }
    }

    fn basic_len(&self) -> usize {
        match self.bytes[0] & 0x3f {
            0 => 2,
            1 => 3,
            _ => 1,
        }
    }

    fn fields_len(&self) -> usize {
        match self.bytes[0] >> 6 {
            0 => 11,
            1 => 7,
            2 => 3,
            _ => 0,
        }
    }

    /// Bytes of the whole header, as far as the bytes that are here tell.
    fn needed(&self) -> usize {
        if self.len == 0 {
            return 1;
        }
        let fixed = self.basic_len() + self.fields_len();
        if self.len < fixed || self.fields_len() == 0 || self.time() != EXTENDED { fixed } else { fixed + 4 }
    }

    fn time(&self) -> u32 {
        self.u24(self.basic_len())
    }

    fn u24(&self, at: usize) -> u32 {
        u32::from_be_bytes([0, self.bytes[at], self.bytes[at + 1], self.bytes[at + 2]])
    }

    fn parse(&self) -> Header {
        let (format, basic, fields) = (self.bytes[0] >> 6, self.basic_len(), self.fields_len());
        let csid = match basic {
            2 => 64 + u32::from(self.bytes[1]),
            3 => 64 + u32::from(self.bytes[1]) + 256 * u32::from(self.bytes[2]),
            _ => u32::from(self.bytes[0] & 0x3f),
        };
        let word = |at: usize| [self.bytes[at], self.bytes[at + 1], self.bytes[at + 2], self.bytes[at + 3]];
        let time = if fields > 0 { self.time() } else { 0 };
        Header {
            format,
            csid,
            time,
            extended: (time == EXTENDED).then(|| u32::from_be_bytes(word(basic + fields))),
            length: if fields >= 7 { self.u24(basic + 3) as usize } else { 0 },
            type_id: if fields >= 7 { self.bytes[basic + 6] } else { 0 },
            stream_id: if fields == 11 { u32::from_le_bytes(word(basic + 7)) } else { 0 },
        }
    }
}
