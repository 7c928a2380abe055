//! What a crowd's sockets hear: bytes become frames, frames are counted, timed, answered, and listed for those who follow.

use super::{
    crowd::Crowd,
    dialect::{Body, Dialect, Heard},
    frames::{self, Frame},
    member::State,
};
use anyhow::ensure;
use std::{
    io::{ErrorKind, Read},
    time::{Duration, Instant},
};

/// Read at once, at most.
pub(super) const READ_BYTES: usize = 256 << 10;
/// Refusals and closed sockets that are shown.
const SHOWN: u64 = 5;
/// Before one that ended comes back.
pub(super) const BACK: Duration = Duration::from_millis(250);

impl Crowd {
    /// One read of a socket that has something.
    pub(super) fn read(&mut self, index: u32) -> anyhow::Result<()> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let member = &mut self.members[index as usize];
        let had = member.rest.len();
        if buffer.len() < had + READ_BYTES {
            buffer.resize(had + READ_BYTES, 0);
        }
        buffer[..had].copy_from_slice(&member.rest);
        member.rest.clear();
        let read = match member.stream.as_mut().map(|stream| stream.read(&mut buffer[had..])) {
            Some(Ok(read)) => read,
            Some(Err(error)) if error.kind() == ErrorKind::WouldBlock => {
                member.rest.extend(&buffer[..had]);
                self.buffer = buffer;
                return Ok(());
            }
            Some(Err(_)) | None => 0,
        };
        member.bytes += read as u64;
        self.tally.bytes += read as u64;
        let done = if read == 0 {
            self.end(index);
            Ok(had)
        } else {
            self.bytes(index, &buffer[..had + read])
        };
        match done {
            Ok(used) => {
                let member = &mut self.members[index as usize];
                if member.stream.is_some() {
                    member.rest.extend(&buffer[used..had + read]);
                }
                self.buffer = buffer;
                Ok(())
            }
            // Away, and coming back.
            Err(_) if self.options.follow && self.members[index as usize].state == State::Upgrading => {
                self.buffer = buffer;
                self.end(index);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Looks at all that is whole; how much that was.
    fn bytes(&mut self, index: u32, bytes: &[u8]) -> anyhow::Result<usize> {
        let mut at = 0;
        if self.members[index as usize].state == State::Upgrading {
            let Some(head) = frames::upgraded(bytes)? else { return Ok(0) };
            at = head;
            let member = &mut self.members[index as usize];
            let (room, token) = &self.rooms[member.room as usize];
            member.greet(self.options.speaks, room, token, self.options.history)?;
            // A hub has no more to say: who is upgraded is in.
            if self.options.speaks == Dialect::Hub {
                self.came(index);
            }
        }
        let now = self.micros();
        while let Some((frame, length)) = frames::read(&bytes[at..])? {
            at += length;
            match frame {
                Frame::Text(text) => self.text(index, text, now)?,
                Frame::Fragment(text, last) => {
                    let fragments = &mut self.members[index as usize].fragments;
                    fragments.extend(text);
                    ensure!(fragments.len() <= frames::FRAME_MAX, "fragments without end");
                    if last {
                        let message = std::mem::take(fragments);
                        self.text(index, &message, now)?;
                    }
                }
                Frame::Ping(payload) => {
                    frames::pong(payload, &mut self.members[index as usize].unsent);
                    self.flushed(index)?;
                }
                Frame::Close(code) => {
                    if code != 1001 && self.ended < SHOWN {
                        eprintln!("  a socket is closed with {code}");
                    }
                    self.end(index);
                    break;
                }
                Frame::Other => {}
            }
        }
        Ok(at)
    }

    fn text(&mut self, index: u32, text: &[u8], now: u64) -> anyhow::Result<()> {
        let mut hint = self.members[index as usize].hint;
        let mut failed = Ok(());
        self.dialect().hear(text, &mut hint, |heard| match heard {
            Heard::Message(body, frame) => {
                self.tally.delivery(now.saturating_sub(body.at));
                if self.options.follow {
                    self.followed(index, body, frame);
                }
            }
            Heard::Joined(frame) => {
                self.came(index);
                if self.options.follow && !frame.is_empty() && failed.is_ok() {
                    failed = self.resumed(index, frame);
                }
            }
            Heard::Taken(number) => self.acknowledged(number),
            Heard::Skipped(count) => self.tally.skipped += count,
            Heard::Refused(number, frame) => {
                self.tally.refused += 1;
                if self.tally.refused <= SHOWN {
                    eprintln!("  refused: {}", String::from_utf8_lossy(frame));
                }
                if let Some(number) = number {
                    self.refused(number);
                }
            }
            Heard::Ping(answer) => failed = self.members[index as usize].send(answer),
        });
        self.members[index as usize].hint = hint;
        failed
    }

    /// Somebody is in.
    fn came(&mut self, index: u32) {
        let member = &mut self.members[index as usize];
        // Some are told twice.
        if member.state != State::Joining {
            return;
        }
        member.state = State::In;
        let [connected, asked] = member.since.map(|since| since.elapsed().as_secs_f64() * 1000.0);
        for (all, one) in self.joins.iter_mut().zip([asked, connected, member.bytes as f64]) {
            all.push(one);
        }
        self.present[member.room as usize] += 1;
        self.coming -= 1;
    }

    /// Somebody ended.
    fn end(&mut self, index: u32) {
        let member = &mut self.members[index as usize];
        match member.state {
            State::In => self.present[member.room as usize] -= 1,
            State::Upgrading | State::Joining => self.coming -= 1,
            State::Stalled | State::Gone => {}
        }
        self.ended += 1;
        member.end();
        if self.options.follow {
            self.back.push_back((Instant::now() + BACK, index));
        }
    }

    /// Somebody heard a message of the room, in its order.
    fn followed(&mut self, index: u32, body: Body, frame: &[u8]) {
        let spoken = self.spoken.get(body.number as usize).map(|spoken| (spoken.by, spoken.tries));
        let member = &mut self.members[index as usize];
        if self.options.speaks == Dialect::Streamly {
            let id = String::from_utf8_lossy(frame);
            let id = id.split_once(r#""id":""#).and_then(|(_, id)| id.get(..18)).map(str::to_owned);
            // What a sender repeats is answered by the message again, to be dropped by its id.
            if spoken.is_some_and(|(by, tries)| by == index && tries > 1) && id <= member.last {
                return self.acknowledged(body.number);
            }
            member.last = id.max(member.last.take());
        }
        member.heard.push(body.number);
        if spoken.is_some_and(|(by, _)| by == index) && self.options.speaks != Dialect::Centrifugo {
            self.acknowledged(body.number);
        }
    }

    /// Somebody is back, with what was missed.
    fn resumed(&mut self, index: u32, frame: &[u8]) -> anyhow::Result<()> {
        let joined: serde_json::Value = serde_json::from_slice(frame)?;
        let resumed = self.members[index as usize].last.is_some();
        if resumed && joined["complete"] != true {
            eprintln!("  a socket came back and was told that its history is not complete");
        }
        let events = joined["events"].as_array().map_or(&[][..], Vec::as_slice);
        if joined["complete"] != true {
            self.replaced(index, events);
        }
        for event in events {
            let Some(body) = event["text"].as_str().and_then(Body::of) else { continue };
            self.followed(index, body, event.to_string().as_bytes());
        }
        Ok(())
    }

    /// A history that is not complete stands in place of the one that a client has: what both hold is heard once.
    fn replaced(&mut self, index: u32, events: &[serde_json::Value]) {
        let numbers = events.iter().filter_map(|event| event["text"].as_str().and_then(Body::of));
        let told: std::collections::HashSet<u32> = numbers.map(|body| body.number).collect();
        let member = &mut self.members[index as usize];
        member.heard.retain(|number| !told.contains(number));
        member.last = None;
    }
}
