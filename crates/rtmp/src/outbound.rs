//! Everything that goes to the peer: one writer, one queue.
//!
//! Each message is written with a full header and within one chunk, so no message depends on the one before and raw
//! bytes ([`Outbound::push_raw`]) may go between. Time is always 0: no publisher reads it. The queue is bounded; a
//! peer that makes us answer and does not read ends its connection.

use std::collections::VecDeque;

use bytes::Bytes;
use rml_rtmp::chunk_io::ChunkSerializer;
use rml_rtmp::messages::{MessagePayload, RtmpMessage};
use rml_rtmp::time::RtmpTimestamp;

use crate::Error;

/// Chunk size announced to the peer; longer than any answer.
pub(crate) const CHUNK_SIZE: u32 = 4096;

pub(crate) struct Outbound {
    serializer: ChunkSerializer,
    queue: VecDeque<Bytes>,
    queued: usize,
    max_queued: usize,
}

impl Outbound {
    pub(crate) fn new(max_queued: usize) -> Self {
        Self { serializer: ChunkSerializer::new(), queue: VecDeque::new(), queued: 0, max_queued }
    }

    pub(crate) fn queued_bytes(&self) -> usize {
        self.queued
    }

    pub(crate) fn pop(&mut self) -> Option<Bytes> {
        let bytes = self.queue.pop_front()?;
        self.queued -= bytes.len();
        Some(bytes)
    }

    /// Queues bytes as they are.
    pub(crate) fn push_raw(&mut self, bytes: impl Into<Bytes>) -> Result<(), Error> {
        let bytes = bytes.into();
        if self.queued + bytes.len() > self.max_queued {
            return Err(Error::OutputNotRead);
        }
        self.queued += bytes.len();
        self.queue.push_back(bytes);
        Ok(())
    }

    /// Queues SetChunkSize and uses that size from then on.
    pub(crate) fn set_chunk_size(&mut self) -> Result<(), Error> {
        let packet = self.serializer.set_max_chunk_size(CHUNK_SIZE, RtmpTimestamp::new(0))?;
        self.push_raw(packet.bytes)
    }

    /// Queues a message that is already encoded.
    pub(crate) fn push_payload(&mut self, type_id: u8, stream_id: u32, data: Bytes) -> Result<(), Error> {
        let payload =
            MessagePayload { timestamp: RtmpTimestamp::new(0), type_id, message_stream_id: stream_id, data };
        let packet = self.serializer.serialize(&payload, true, false)?;
        self.push_raw(packet.bytes)
    }

    /// Encodes and queues a message.
    pub(crate) fn push_message(&mut self, stream_id: u32, message: RtmpMessage) -> Result<(), Error> {
        let payload = message.into_message_payload(RtmpTimestamp::new(0), stream_id)?;
        self.push_payload(payload.type_id, stream_id, payload.data)
    }
}
