//! One publisher's connection: the order of things, and who may send what when.
//!
//! Bytes go handshake → dechunker → here; commands are parsed (`command`), their session done (`session`), answers
//! written (`outbound`). Media passes as it is. Input behind a `publish` is kept unread until it is answered, so
//! nothing is lost with encoders that do not wait, and nothing is read of those that will be refused. See the crate's
//! head for the rule a driver must respect.

mod commands;

use std::collections::{HashSet, VecDeque};

use bytes::{Buf, Bytes};

use crate::amf0::{self, Value};
use crate::chunk::{Dechunker, Message};
use crate::command;
use crate::handshake::{Handshake, Step};
use crate::outbound::Outbound;
use crate::session::{self, Session};
use crate::{Error, Event, Limits, Metadata, aggregate};

/// What an event costs beside its payload, for [`Limits::max_queued_events`].
const EVENT_OVERHEAD: usize = 128;
/// Smallest acknowledgement window followed, so that a peer cannot ask for an answer per byte.
const MIN_ACK_WINDOW: u32 = 64 << 10;
/// A message of type 0x20: csid 2, time 0, one byte long, stream 0. An empty body is not seen by OBS.
const GO_AWAY: [u8; 13] = [0x02, 0, 0, 0, 0, 0, 1, 0x20, 0, 0, 0, 0, 0];

/// See the module's head.
pub struct Connection {
    limits: Limits,
    phase: Phase,
    dechunker: Dechunker,
    session: Option<Session>,
    outbound: Outbound,
    events: VecDeque<Event>,
    queued_events: usize,
    publish: Publish,
    /// Message streams the peer has created and not deleted.
    streams: HashSet<u32>,
    /// All bytes received, handshake included.
    received: u64,
    acknowledged: u64,
    ack_window: u32,
    /// Bytes received since the start or the last accepted publish's end.
    unauthorized: usize,
    after_refusal: usize,
}

enum Phase {
    Handshake(Box<Handshake>),
    Chunks,
    Failed,
}

enum Publish {
    Idle,
    /// Waits for the driver's answer; input behind it is held.
    Pending {
        stream_id: u32,
        request: u32,
        held: Vec<u8>,
    },
    Live {
        stream_id: u32,
    },
    /// Refused: the peer is expected to close.
    Refused,
}

impl Connection {
    /// A connection at its first byte.
    pub fn new(limits: Limits) -> Self {
        Self {
            phase: Phase::Handshake(Box::new(Handshake::new())),
            dechunker: Dechunker::new(&limits),
            session: None,
            outbound: Outbound::new(limits.max_queued_output),
            events: VecDeque::new(),
            queued_events: 0,
            publish: Publish::Idle,
            streams: HashSet::new(),
            received: 0,
            acknowledged: 0,
            ack_window: limits.ack_window,
            unauthorized: 0,
            after_refusal: 0,
            limits,
        }
    }

    /// Takes bytes as they came from the socket, in any split.
    ///
    /// # Errors
    /// Any [`Error`]: write what [`Self::poll_output`] still has, then close. Events queued before it stay valid.
    pub fn handle_input(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let result = self.take(bytes);
        self.settle(result)
    }

    /// The next fact, in wire order.
    pub fn poll_event(&mut self) -> Option<Event> {
        let event = self.events.pop_front()?;
        self.queued_events -= cost(&event);
        Some(event)
    }

    /// The next bytes to write to the socket, in order.
    pub fn poll_output(&mut self) -> Option<Bytes> {
        self.outbound.pop()
    }

    /// Bytes of memory held because of this peer: half-received messages, held input, events and output not yet polled.
    /// At most the sum of the matching [`Limits`].
    pub fn buffered_bytes(&self) -> usize {
        let handshake = match &self.phase {
            Phase::Handshake(handshake) => handshake.buffered_bytes(),
            _ => 0,
        };
        let held = match &self.publish {
            Publish::Pending { held, .. } => held.len(),
            _ => 0,
        };
        let queued = self.queued_events + self.outbound.queued_bytes();
        handshake + held + queued + self.dechunker.buffered_bytes()
    }

    /// Bytes of input until the message that is being received is whole, about; 0 if none has begun. A driver may wait for so
    /// much before it wakes.
    pub fn missing_bytes(&self) -> usize {
        self.dechunker.missing_bytes()
    }

    /// Answers the waiting publish with NetStream.Publish.Start and reads what was held behind it.
    ///
    /// # Errors
    /// [`Error::NoPublishPending`] without one that waits; anything that was wrong in the held input.
    pub fn accept_publish(&mut self) -> Result<(), Error> {
        let result = self.accept();
        self.settle(result)
    }

    /// Answers the waiting publish with `onStatus` error NetStream.Publish.BadName. The driver then waits a few
    /// seconds for the peer to close; until then input is thrown away, within [`Limits::max_after_refusal`].
    /// The description (cut to 500 characters) reaches the log file of OBS, no screen.
    ///
    /// # Errors
    /// [`Error::NoPublishPending`] without one that waits.
    pub fn reject_publish(&mut self, description: &str) -> Result<(), Error> {
        let Publish::Pending { stream_id, .. } = self.publish else { return Err(Error::NoPublishPending) };
        let result = self.refuse(stream_id, description);
        self.settle(result)
    }

    /// Asks the publisher to connect again, for draining this node (message type 0x20; OBS does so at its next
    /// keyframe). Only for peers with [`crate::Connect::supports_go_away`], and only if the next connection is certain
    /// to be accepted. Without effect before `connect` and after an error.
    pub fn request_reconnect(&mut self) {
        if self.session.is_some() && matches!(self.phase, Phase::Chunks) {
            // A full queue means that the peer reads nothing: there is no use in asking it.
            let _ = self.outbound.push_raw(Bytes::from_static(&GO_AWAY));
        }
    }

    fn settle(&mut self, result: Result<(), Error>) -> Result<(), Error> {
        if !matches!(result, Ok(()) | Err(Error::NoPublishPending)) {
            self.phase = Phase::Failed;
            self.dechunker = Dechunker::new(&self.limits);
            self.publish = Publish::Refused;
        }
        result
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if matches!(self.phase, Phase::Failed) {
            return Err(Error::Closed);
        }
        self.received += bytes.len() as u64;
        match self.publish {
            Publish::Live { .. } => {}
            Publish::Refused => {
                self.after_refusal += bytes.len();
                if self.after_refusal > self.limits.max_after_refusal {
                    return Err(Error::TooMuchAfterRefusal);
                }
                return Ok(());
            }
            Publish::Idle | Publish::Pending { .. } => {
                self.unauthorized += bytes.len();
                if self.unauthorized > self.limits.max_unauthorized {
                    return Err(Error::TooMuchUnauthorized);
                }
            }
        }
        self.process(bytes)?;
        self.acknowledge()
    }

    fn process(&mut self, mut input: &[u8]) -> Result<(), Error> {
        while !input.is_empty() {
            if let Publish::Pending { held, .. } = &mut self.publish {
                held.extend_from_slice(input);
                return Ok(());
            }
            match &mut self.phase {
                Phase::Handshake(handshake) => match handshake.push(&mut input)? {
                    Step::Incomplete => {}
                    Step::Answer(answer) => self.outbound.push_raw(answer)?,
                    Step::Done => self.phase = Phase::Chunks,
                },
                Phase::Chunks => match self.dechunker.read(&mut input)? {
                    Some(message) => self.dispatch(message)?,
                    None => return Ok(()),
                },
                Phase::Failed => return Err(Error::Closed),
            }
            if matches!(self.publish, Publish::Refused) {
                return Ok(());
            }
        }
        Ok(())
    }

    fn acknowledge(&mut self) -> Result<(), Error> {
        if self.session.is_some() && self.received - self.acknowledged >= u64::from(self.ack_window) {
            self.acknowledged = self.received;
            let (type_id, body) = session::acknowledgement(self.received);
            self.outbound.push_payload(type_id, 0, body)?;
        }
        Ok(())
    }

    fn dispatch(&mut self, message: Message) -> Result<(), Error> {
        match message.type_id {
            1..=6 => self.control(&message),
            8 | 9 => self.media(message),
            15 | 18 => self.data(message),
            17 | 20 => {
                let command = command::parse(message.type_id, message.body)?;
                self.command(message.stream_id, command)
            }
            22 => {
                for part in aggregate::split(message)? {
                    match part.type_id {
                        8 | 9 => self.media(part)?,
                        18 => self.data(part)?,
                        _ => {}
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn control(&mut self, message: &Message) -> Result<(), Error> {
        let (type_id, len) = (message.type_id, message.body.len());
        let short = Error::ControlTooShort { type_id, len };
        let mut body = message.body.clone();
        let needed = if type_id == 4 { 2 } else { 4 };
        if len < needed {
            return Err(short);
        }
        match type_id {
            1 => self.dechunker.set_chunk_size(body.get_u32())?,
            2 => self.dechunker.abort(body.get_u32()),
            4 => self.user_control(body, short)?,
            5 => {
                let widest = self.limits.ack_window.max(MIN_ACK_WINDOW);
                self.ack_window = body.get_u32().clamp(MIN_ACK_WINDOW, widest);
            }
            // Acknowledgements and SetPeerBandwidth: we send too little for either to matter.
            _ => {}
        }
        Ok(())
    }

    /// PingRequest: its time goes back as PingResponse. Other events are of no use to a server.
    fn user_control(&mut self, mut body: Bytes, short: Error) -> Result<(), Error> {
        const PING_REQUEST: u16 = 6;
        const PING_RESPONSE: [u8; 2] = [0, 7];
        if body.get_u16() != PING_REQUEST {
            return Ok(());
        }
        if body.remaining() < 4 {
            return Err(short);
        }
        let answer = [PING_RESPONSE.as_slice(), &body[..4]].concat();
        self.outbound.push_payload(4, 0, answer.into())
    }

    /// Media outside an accepted publish is dropped; its bytes count as unauthorized.
    fn media(&mut self, message: Message) -> Result<(), Error> {
        if !matches!(self.publish, Publish::Live { .. }) || message.body.is_empty() {
            return Ok(());
        }
        let (timestamp, data) = (message.timestamp, message.body);
        self.emit(if message.type_id == 8 {
            Event::Audio { timestamp, data }
        } else {
            Event::Video { timestamp, data }
        })
    }

    /// Data that cannot be read is dropped: nothing in it is needed to play the stream.
    fn data(&mut self, message: Message) -> Result<(), Error> {
        if !matches!(self.publish, Publish::Live { .. }) {
            return Ok(());
        }
        let body = command::strip_envelope(message.type_id == 15, message.body);
        let Ok(values) = amf0::decode(body) else { return Ok(()) };
        let names = |value: &Value, name: &[u8]| value.as_bytes().is_some_and(|bytes| bytes.as_ref() == name);
        let values = match values.as_slice() {
            [first, rest @ ..] if names(first, b"@setDataFrame") => rest,
            all => all,
        };
        match values {
            [name, object, ..] if names(name, b"onMetaData") => {
                self.emit(Event::Metadata(Metadata::from_value(object)))
            }
            _ => Ok(()),
        }
    }

    fn emit(&mut self, event: Event) -> Result<(), Error> {
        let queued = self.queued_events + cost(&event);
        if queued > self.limits.max_queued_events {
            return Err(Error::EventsNotPolled);
        }
        self.queued_events = queued;
        self.events.push_back(event);
        Ok(())
    }
}

fn cost(event: &Event) -> usize {
    EVENT_OVERHEAD
        + match event {
            Event::Video { data, .. } | Event::Audio { data, .. } => data.len(),
            _ => 0,
        }
}

#[cfg(test)]
mod tests;
