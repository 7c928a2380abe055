//! `rml_rtmp`'s `ServerSession`, behind a wall: it is told checked facts and asked for answers.
//!
//! It does the session: the opening messages, `connect`, `createStream`, starting and ending a publish. What it reads
//! is written here from values we have checked, one command per chunk, time 0, so none of its parsing meets a peer's
//! bytes. It never learns the stream key, which it would echo in a status text. What it answers is read back as
//! messages and written by `outbound`, because its own writer compresses headers against a state we cannot share.
//!
//! Not left to it: refusals (it answers `_error`, which OBS ignores for 30 s), acknowledgements (it reports the bytes
//! since the last one instead of all), pings, metadata (it panics on some) and media. Every error here is a bug of ours.

use std::collections::HashMap;

use bytes::Bytes;
use rml_rtmp::chunk_io::ChunkSerializer;
use rml_rtmp::messages::RtmpMessage;
use rml_rtmp::rml_amf0::Amf0Value;
use rml_rtmp::sessions::{ServerSession, ServerSessionConfig, ServerSessionEvent, ServerSessionResult};
use rml_rtmp::time::RtmpTimestamp;

use crate::chunk::{Dechunker, Message};
use crate::outbound::CHUNK_SIZE;
use crate::{Error, Limits, amf0, enhanced};

/// What stands for the stream key inside `rml_rtmp`.
const KEY_PLACEHOLDER: &str = "***";

pub(crate) struct Session {
    inner: ServerSession,
    /// Writes commands to `inner`.
    writer: ChunkSerializer,
    /// Reads `inner`'s answers.
    reader: Dechunker,
}

/// What `inner` gave back.
#[derive(Default)]
struct Outcome {
    answers: Vec<Message>,
    request: Option<u32>,
}

impl Session {
    /// Opens a session; the messages are for the peer, SetChunkSize left out (it belongs to the writer).
    pub(crate) fn open(ack_window: u32) -> Result<(Self, Vec<Message>), Error> {
        let config = ServerSessionConfig {
            fms_version: "FMS/3,5,7,7009".to_owned(),
            chunk_size: CHUNK_SIZE,
            peer_bandwidth: ack_window,
            window_ack_size: ack_window,
            send_on_bw_done_message_on_start: false,
        };
        let (inner, results) = ServerSession::new(config)?;
        let mut session =
            Self { inner, writer: ChunkSerializer::new(), reader: Dechunker::new(&Limits::default()) };
        let opening = session.read(results)?;
        Ok((session, opening.answers))
    }

    /// `connect`: the answer is NetConnection.Connect.Success, to those who speak Enhanced RTMP with the codecs that are taken.
    pub(crate) fn connect(
        &mut self,
        transaction: f64,
        app: &str,
        enhanced: bool,
    ) -> Result<Vec<Message>, Error> {
        // One command fits one chunk from here on.
        let packet = self.writer.set_max_chunk_size(1 << 16, RtmpTimestamp::new(0))?;
        self.inner.handle_input(&packet.bytes)?;
        let object = HashMap::from([("app".to_owned(), Amf0Value::Utf8String(app.to_owned()))]);
        let asked = self.command(0, "connect", transaction, Amf0Value::Object(object), Vec::new())?;
        let request = asked.request.ok_or(Error::NoAnswer("connect"))?;
        let results = self.inner.accept_request(request)?;
        let mut answers = self.read(results)?.answers;
        if enhanced {
            for answer in answers.iter_mut().filter(|answer| answer.type_id == 20) {
                answer.body = with_codecs(&answer.body)?;
            }
        }
        Ok(answers)
    }

    /// `createStream`: the answer and the new message stream's id.
    pub(crate) fn create_stream(&mut self, transaction: f64) -> Result<(Vec<Message>, u32), Error> {
        let answers = self.command(0, "createStream", transaction, Amf0Value::Null, Vec::new())?.answers;
        let answer = answers.first().ok_or(Error::NoAnswer("createStream"))?;
        let values = amf0::decode(answer.body.clone())?;
        let id = values.get(3).and_then(amf0::Value::as_number).ok_or(Error::NoAnswer("createStream"))?;
        Ok((answers, id as u32))
    }

    /// `publish` on a created stream: the request's number. Nothing is answered yet.
    pub(crate) fn request_publish(&mut self, stream_id: u32) -> Result<u32, Error> {
        let arguments = [KEY_PLACEHOLDER, "live"].map(|text| Amf0Value::Utf8String(text.to_owned()));
        self.command(stream_id, "publish", 0.0, Amf0Value::Null, arguments.to_vec())?
            .request
            .ok_or(Error::NoAnswer("publish"))
    }

    /// Accepts: StreamBegin and NetStream.Publish.Start.
    pub(crate) fn accept_publish(&mut self, request: u32) -> Result<Vec<Message>, Error> {
        let results = self.inner.accept_request(request)?;
        Ok(self.read(results)?.answers)
    }

    /// Ends a publish on the stream, which may publish again.
    pub(crate) fn close_stream(&mut self, stream_id: u32) -> Result<(), Error> {
        let id = vec![Amf0Value::Number(f64::from(stream_id))];
        self.command(stream_id, "closeStream", 0.0, Amf0Value::Null, id).map(drop)
    }

    /// Removes the stream.
    pub(crate) fn delete_stream(&mut self, stream_id: u32) -> Result<(), Error> {
        let id = vec![Amf0Value::Number(f64::from(stream_id))];
        self.command(0, "deleteStream", 0.0, Amf0Value::Null, id).map(drop)
    }

    fn command(
        &mut self,
        stream_id: u32,
        name: &str,
        transaction_id: f64,
        command_object: Amf0Value,
        additional_arguments: Vec<Amf0Value>,
    ) -> Result<Outcome, Error> {
        let command_name = name.to_owned();
        let message =
            RtmpMessage::Amf0Command { command_name, transaction_id, command_object, additional_arguments };
        let payload = message.into_message_payload(RtmpTimestamp::new(0), stream_id)?;
        let packet = self.writer.serialize(&payload, true, false)?;
        let results = self.inner.handle_input(&packet.bytes)?;
        self.read(results)
    }

    fn read(&mut self, results: Vec<ServerSessionResult>) -> Result<Outcome, Error> {
        let mut outcome = Outcome::default();
        for result in results {
            match result {
                ServerSessionResult::OutboundResponse(packet) => {
                    let mut bytes = packet.bytes.as_slice();
                    while let Some(message) = self.reader.read(&mut bytes)? {
                        if message.type_id == 1 {
                            self.reader.set_chunk_size(CHUNK_SIZE)?;
                        } else {
                            outcome.answers.push(message);
                        }
                    }
                }
                ServerSessionResult::RaisedEvent(
                    ServerSessionEvent::ConnectionRequested { request_id, .. }
                    | ServerSessionEvent::PublishStreamRequested { request_id, .. },
                ) => outcome.request = Some(request_id),
                _ => {}
            }
        }
        Ok(outcome)
    }
}

/// The answer to `connect` with the codecs that are taken. The specification asks for them in an object of the answer and does not say in
/// which: they are in both, the server's properties and the status.
fn with_codecs(body: &Bytes) -> Result<Bytes, Error> {
    let mut values = amf0::decode(body.clone())?;
    for value in &mut values {
        if let amf0::Value::Object(properties) = value {
            properties.extend(enhanced::properties());
        }
    }
    let mut values = values.into_iter().map(written);
    let (
        Some(Amf0Value::Utf8String(command_name)),
        Some(Amf0Value::Number(transaction_id)),
        Some(command_object),
    ) = (values.next(), values.next(), values.next())
    else {
        return Err(Error::NoAnswer("connect"));
    };
    let additional_arguments = values.collect();
    let answer =
        RtmpMessage::Amf0Command { command_name, transaction_id, command_object, additional_arguments };
    Ok(answer.into_message_payload(RtmpTimestamp::new(0), 0)?.data)
}

/// A value of our own answers, for the writer.
fn written(value: amf0::Value) -> Amf0Value {
    let text = |bytes: Bytes| String::from_utf8_lossy(&bytes).into_owned();
    match value {
        amf0::Value::Number(number) => Amf0Value::Number(number),
        amf0::Value::Boolean(boolean) => Amf0Value::Boolean(boolean),
        amf0::Value::String(bytes) => Amf0Value::Utf8String(text(bytes)),
        amf0::Value::Object(all) => {
            Amf0Value::Object(all.into_iter().map(|(name, value)| (text(name), written(value))).collect())
        }
        amf0::Value::Array(all) => Amf0Value::StrictArray(all.into_iter().map(written).collect()),
        amf0::Value::Null => Amf0Value::Null,
    }
}

/// An `onStatus` of level error, as `rml_rtmp` does not write them: what publishers understand as a refusal.
pub(crate) fn status_error(code: &str, description: &str) -> RtmpMessage {
    let text = |value: &str| Amf0Value::Utf8String(value.to_owned());
    let status = HashMap::from([
        ("level".to_owned(), text("error")),
        ("code".to_owned(), text(code)),
        ("description".to_owned(), text(description)),
    ]);
    RtmpMessage::Amf0Command {
        command_name: "onStatus".to_owned(),
        transaction_id: 0.0,
        command_object: Amf0Value::Null,
        additional_arguments: vec![Amf0Value::Object(status)],
    }
}

/// An acknowledgement of all bytes received so far, modulo 2^32.
pub(crate) fn acknowledgement(received: u64) -> (u8, Bytes) {
    (3, Bytes::copy_from_slice(&(received as u32).to_be_bytes()))
}
