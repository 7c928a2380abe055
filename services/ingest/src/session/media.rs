//! The media phase of a session: from the accepted publish to its end or its loss.
//!
//! The hot path: one read of a batch (`batch`), then everything it brought goes through the connection and the broadcast's pipeline
//! under one short lock. Nothing is awaited in between.

use super::{
    Closed, READ_BUFFER, Session,
    batch::{BATCH_TIME, Reads, read_now},
};
use crate::{
    broadcast::{Fault, Progress, Seat},
    node::Ending,
};
use std::time::Duration;
use streamly_media::timeline;
use streamly_rtmp::Event;
use tokio::time::Instant;

/// Over which the bit rate is judged.
const RATE_WINDOW: Duration = Duration::from_secs(10);

/// What a batch of events came to.
#[derive(Default)]
struct Batch {
    media: bool,
    stopped: bool,
}

/// Bytes since the window's start.
struct Rate {
    since: Instant,
    bytes: u64,
    most: u64,
}

impl Rate {
    fn new(bps: u64, now: Instant) -> Self {
        Self { since: now, bytes: 0, most: bps / 8 * RATE_WINDOW.as_secs() }
    }

    /// Counts; false when it is too much.
    fn take(&mut self, bytes: u64, now: Instant) -> bool {
        if now.duration_since(self.since) >= RATE_WINDOW {
            (self.since, self.bytes) = (now, 0);
        }
        self.bytes += bytes;
        self.bytes <= self.most
    }
}

impl Session {
    /// Answers the publish and takes media. `Ok`: the publish ended in order, another may follow on the connection.
    pub(super) async fn media(&mut self, seat: &Seat) -> Result<(), Closed> {
        self.connection.accept_publish()?;
        let limits = &self.node.config.rtmp;
        let (media_timeout, most) = (limits.media_timeout.get(), limits.max_bitrate_bps);
        let mut last_media = Instant::now();
        let mut rate = Rate::new(most, last_media);
        let mut reads = Reads::new(READ_BUFFER);
        let mut count = 0;
        let mut asked_away = false;
        // Nothing came for a batch's time: the next byte wakes.
        let mut quiet = false;
        let wait = tokio::time::sleep_until(last_media + media_timeout);
        tokio::pin!(wait);
        loop {
            match self.batch(seat, count) {
                Ok(batch) => {
                    self.flush_for(seat).await?;
                    if batch.stopped {
                        if let Some(socket) = self.socket.plain() {
                            reads.expect_any(socket);
                        }
                        self.node.end(&seat.broadcast, seat.epoch, Ending::Clean);
                        return Ok(());
                    }
                    if batch.media {
                        last_media = Instant::now();
                    }
                }
                Err(Fault::Superseded) => return Err(Closed::Told),
                Err(fault) => return Err(self.refuse(seat, refusal(&fault))),
            }
            let lost = last_media + media_timeout;
            wait.as_mut().reset(match self.socket.plain() {
                Some(socket) if !quiet => {
                    reads.expect(socket, self.connection.missing_bytes());
                    lost.min(Instant::now() + BATCH_TIME)
                }
                Some(socket) => {
                    reads.expect_any(socket);
                    lost
                }
                // What lies encrypted in the kernel says nothing of messages: each wake-up takes all that has come.
                None => lost,
            });
            let read = tokio::select! {
                biased;
                () = seat.close.cancelled() => return Err(Closed::Told),
                () = seat.go_away.cancelled(), if !asked_away => {
                    asked_away = true;
                    self.connection.request_reconnect();
                    self.flush_for(seat).await?;
                    None
                }
                read = self.socket.read(&mut self.buffer) => Some(read?),
                () = &mut wait => match self.socket.plain() {
                    Some(socket) => read_now(socket, &mut self.buffer)?,
                    None => None,
                },
            };
            count = read.unwrap_or(0);
            quiet = count == 0;
            match read {
                Some(0) => return Err(Closed::Lost),
                Some(_) => {
                    if !rate.take(count as u64, Instant::now()) {
                        let detail = format!(
                            "The stream is above {} Mbit/s, the most this server takes. Lower the bitrate in your encoder.",
                            most as f64 / 1e6
                        );
                        return Err(self.refuse(seat, ("bitrate_too_high", detail)));
                    }
                    self.connection.handle_input(&self.buffer[..count])?;
                }
                None if lost <= Instant::now() => return Err(Closed::Lost),
                None => {}
            }
        }
    }

    /// Puts everything that was read into the broadcast.
    fn batch(&mut self, seat: &Seat, bytes: usize) -> Result<Batch, Fault> {
        let now = std::time::Instant::now();
        let (connection, epoch) = (&mut self.connection, seat.epoch);
        let mut batch = Batch::default();
        let mut progress: Progress = seat.broadcast.with_pipeline(|pipeline| {
            while let Some(event) = connection.poll_event() {
                match event {
                    Event::Video { timestamp, data } => {
                        batch.media = true;
                        pipeline.video(epoch, timestamp, data)?;
                    }
                    Event::Audio { timestamp, data } => {
                        batch.media = true;
                        pipeline.audio(epoch, timestamp, data)?;
                    }
                    Event::Metadata(metadata) => pipeline.metadata(epoch, metadata)?,
                    Event::PublishEnded => batch.stopped = true,
                    Event::Connected(_) | Event::PublishRequested { .. } => {}
                }
            }
            pipeline.advance(now)
        })?;
        self.node.meters.received.increment(bytes as u64);
        let transcoder = progress.transcoder.take();
        if seat.broadcast.progressed(&mut progress, bytes as u64) {
            self.node.outbox.wake();
        }
        if let Some((transcoder, events)) = transcoder {
            self.node.follow(&seat.broadcast, transcoder, events);
        }
        if let Some(shot) = progress.shot.take() {
            self.node.stills.put(&seat.broadcast, epoch, shot);
        }
        Ok(batch)
    }

    fn refuse(&self, seat: &Seat, (code, detail): (&'static str, String)) -> Closed {
        self.node.meters.refused_publish(code);
        self.node.end(&seat.broadcast, seat.epoch, Ending::Refused { code, detail });
        Closed::Refused
    }
}

/// Code and sentence for the owner's dashboard.
fn refusal(fault: &Fault) -> (&'static str, String) {
    match fault {
        Fault::Media(timeline::Error::UnsupportedCodec(name)) => (
            "codec_unsupported",
            format!(
                "The stream uses {name}, which browsers do not play. Choose H.264 (x264) for video, or HEVC or AV1, and AAC or Opus for audio in your encoder's output settings."
            ),
        ),
        Fault::Media(error) => (
            "codec_header_unusable",
            format!(
                "The encoder sent a codec header that no player can use ({}). Check the encoder's settings and start again.",
                cause(error)
            ),
        ),
        Fault::Window(_) | Fault::Superseded => {
            ("internal", "The server could not take the stream. Tell its operator.".to_owned())
        }
    }
}

/// The error and what it comes from.
fn cause(error: &dyn std::error::Error) -> String {
    let source = error.source().map(|source| format!(": {}", cause(source)));
    format!("{error}{}", source.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_a_flood_does_not() {
        let now = Instant::now();
        let mut rate = Rate::new(8_000_000, now);
        assert!(rate.take(9_000_000, now));
        assert!(!rate.take(2_000_000, now));
        assert!(rate.take(2_000_000, now + RATE_WINDOW));
    }

    #[test]
    fn an_unsupported_codec_is_named_with_what_to_do() {
        let (code, detail) = refusal(&Fault::Media(timeline::Error::UnsupportedCodec("VP9".into())));
        assert_eq!(code, "codec_unsupported");
        assert!(detail.contains("VP9") && detail.contains("H.264"));
    }

    #[test]
    fn a_header_of_no_use_is_told_with_what_is_wrong_with_it() {
        let error = timeline::Error::VideoConfig(streamly_media::hevc::Error::NoPps.into());
        let (code, detail) = refusal(&Fault::Media(error));
        assert_eq!(code, "codec_header_unusable");
        assert!(
            detail.contains("unusable video header: video config has no picture parameter set"),
            "{detail}"
        );
    }
}
