//! The handshake: sizes and version checked here, the answer computed by `rml_rtmp`.
//!
//! C0+C1 and C2 are collected to exactly their 1 + 1536 and 1536 bytes before `rml_rtmp` sees them, so its own buffer
//! never grows. Both the plain handshake and the one with a digest are answered. C2 is not compared with S1: some
//! publishers send anything. A wrong first byte fails at once, before 1536 more are waited for.

use rml_rtmp::handshake::{Handshake as Answerer, HandshakeProcessResult, PeerType};

use crate::Error;

/// Length of C1, C2, S1 and S2 (RTMP 1.0, section 5.2.3).
pub(crate) const PACKET_LEN: usize = 1536;

pub(crate) struct Handshake {
    answerer: Answerer,
    /// Bytes of the packet that is being collected; never more than 1537.
    collected: Vec<u8>,
    answered: bool,
}

/// What a step of the handshake gave.
pub(crate) enum Step {
    /// More bytes are needed.
    Incomplete,
    /// S0, S1 and S2, to be written now.
    Answer(Vec<u8>),
    /// C2 is here; chunks follow.
    Done,
}

impl Handshake {
    pub(crate) fn new() -> Self {
        Self { answerer: Answerer::new(PeerType::Server), collected: Vec::new(), answered: false }
    }

    pub(crate) fn buffered_bytes(&self) -> usize {
        self.collected.len()
    }

    /// Takes from the input what the next packet lacks.
    pub(crate) fn push(&mut self, input: &mut &[u8]) -> Result<Step, Error> {
        let wanted = if self.answered { PACKET_LEN } else { 1 + PACKET_LEN };
        let (taken, rest) = input.split_at((wanted - self.collected.len()).min(input.len()));
        self.collected.extend_from_slice(taken);
        *input = rest;
        if !self.answered && self.collected.first().is_some_and(|version| *version != 3) {
            return Err(Error::Version(self.collected[0]));
        }
        if self.collected.len() < wanted {
            return Ok(Step::Incomplete);
        }
        let packet = std::mem::take(&mut self.collected);
        match self.answerer.process_bytes(&packet).map_err(Error::Handshake)? {
            HandshakeProcessResult::InProgress { response_bytes } => {
                self.answered = true;
                Ok(Step::Answer(response_bytes))
            }
            HandshakeProcessResult::Completed { .. } => Ok(Step::Done),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_exact_over_any_split() {
        let mut stream = vec![3];
        stream.extend_from_slice(&[7; 2 * PACKET_LEN]);
        stream.extend_from_slice(b"chunk");
        for size in [1, 2, 1535, 1536, 1537, 4096] {
            let (mut handshake, mut answered, mut left) = (Handshake::new(), 0, None);
            for mut part in stream.chunks(size) {
                while !part.is_empty() && left.is_none() {
                    match handshake.push(&mut part).unwrap() {
                        Step::Incomplete => {}
                        Step::Answer(bytes) => answered += bytes.len(),
                        Step::Done => left = Some(part.len()),
                    }
                }
            }
            assert_eq!(answered, 1 + 2 * PACKET_LEN, "split {size}");
            assert!(left.is_some(), "split {size}");
        }
    }

    #[test]
    fn a_wrong_first_byte_fails_at_once() {
        for version in [0, 6, 22, b'G'] {
            let mut input: &[u8] = &[version];
            assert!(matches!(Handshake::new().push(&mut input), Err(Error::Version(v)) if v == version));
        }
    }
}
