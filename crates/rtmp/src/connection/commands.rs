//! What each command does to a connection: the publish from `connect` to its end.
//!
//! Order is enforced here: `connect` once and first, `publish` on a created stream and one at a time. Answers come from
//! `session`, refusals from here.

use super::{Connection, Publish};
use crate::chunk::Message;
use crate::command::Command;
use crate::session::{self, Session};
use crate::{Error, Event, StreamKey};

/// Longest refusal text in characters; one chunk holds it whatever the script.
const MAX_DESCRIPTION_CHARS: usize = 500;

impl Connection {
    pub(super) fn command(&mut self, stream_id: u32, command: Command) -> Result<(), Error> {
        match command {
            Command::Ignored => Ok(()),
            Command::Connect { transaction, connect } => {
                if self.session.is_some() {
                    return Err(Error::OutOfOrder("connect"));
                }
                let (mut session, opening) = Session::open(self.limits.ack_window)?;
                let answers = session.connect(transaction, &connect.app, connect.enhanced)?;
                self.session = Some(session);
                self.outbound.set_chunk_size()?;
                self.answer(opening)?;
                self.answer(answers)?;
                self.emit(Event::Connected(*connect))
            }
            Command::CreateStream { transaction } => {
                if self.streams.len() >= self.limits.max_message_streams {
                    return Err(Error::TooManyStreams);
                }
                let (answers, id) = self.session("createStream")?.create_stream(transaction)?;
                self.streams.insert(id);
                self.answer(answers)
            }
            Command::Publish { key, live } => self.request_publish(stream_id, &key, live),
            Command::DeleteStream(id) => {
                let live = match self.publish {
                    Publish::Live { stream_id } => Some(stream_id),
                    _ => None,
                };
                // A name instead of a number (GStreamer) can only mean the stream that publishes.
                let Some(id) = id.or(live) else { return Ok(()) };
                if self.streams.remove(&id) {
                    self.session("deleteStream")?.delete_stream(id)?;
                }
                if live == Some(id) { self.end_publish() } else { Ok(()) }
            }
            Command::CloseStream | Command::FcUnpublish => match self.publish {
                Publish::Live { stream_id } => {
                    self.session("closeStream")?.close_stream(stream_id)?;
                    self.end_publish()
                }
                _ => Ok(()),
            },
            Command::Play => {
                let refusal =
                    session::status_error("NetStream.Play.StreamNotFound", "play is not served here");
                self.outbound.push_message(stream_id, refusal)?;
                Err(Error::PlayRefused)
            }
        }
    }

    fn request_publish(&mut self, stream_id: u32, key: &[u8], live: bool) -> Result<(), Error> {
        if !matches!(self.publish, Publish::Idle) || !self.streams.contains(&stream_id) {
            return Err(Error::OutOfOrder("publish"));
        }
        match StreamKey::parse(key) {
            Ok(key) => {
                let request = self.session("publish")?.request_publish(stream_id)?;
                self.publish = Publish::Pending { stream_id, request, held: Vec::new() };
                self.emit(Event::PublishRequested { key, live })
            }
            Err(invalid) => {
                self.refuse(stream_id, "this cannot be a stream key")?;
                Err(invalid.into())
            }
        }
    }

    pub(super) fn accept(&mut self) -> Result<(), Error> {
        let Publish::Pending { stream_id, request, held } = &mut self.publish else {
            return Err(Error::NoPublishPending);
        };
        let (stream_id, request, held) = (*stream_id, *request, std::mem::take(held));
        let answers = self.session("publish")?.accept_publish(request)?;
        self.answer(answers)?;
        self.publish = Publish::Live { stream_id };
        self.unauthorized = 0;
        self.process(&held)
    }

    pub(super) fn refuse(&mut self, stream_id: u32, description: &str) -> Result<(), Error> {
        let description: String = description.chars().take(MAX_DESCRIPTION_CHARS).collect();
        let refusal = session::status_error("NetStream.Publish.BadName", &description);
        self.publish = Publish::Refused;
        self.outbound.push_message(stream_id, refusal)
    }

    fn end_publish(&mut self) -> Result<(), Error> {
        self.publish = Publish::Idle;
        self.emit(Event::PublishEnded)
    }

    fn session(&mut self, command: &'static str) -> Result<&mut Session, Error> {
        self.session.as_mut().ok_or(Error::OutOfOrder(command))
    }

    fn answer(&mut self, answers: Vec<Message>) -> Result<(), Error> {
        for message in answers {
            self.outbound.push_payload(message.type_id, message.stream_id, message.body)?;
        }
        Ok(())
    }
}
