//! A publisher that connects again when it is asked to, as OBS 29 does (message type 0x20).
//!
//! At its next keyframe it closes the socket without a word, connects again to the same address at once, sends its headers again with times from
//! 0, and goes on with that keyframe; what its encoder made meanwhile follows in a burst. No frame is left out. If that one connection fails, it gives
//! up.

use std::net::SocketAddr;

use super::{Clock, Options, Publisher, Refused, Said, span};
use crate::flv::{Kind, Tag};

/// See the module's documentation.
pub struct Moving {
    server: SocketAddr,
    publisher: Publisher,
    /// The last of each kind: metadata, audio and video header.
    headers: [Option<Tag>; 3],
    asked: bool,
    moves: usize,
}

impl Moving {
    /// Connects and publishes.
    ///
    /// # Errors
    /// As [`Publisher::connect`].
    pub async fn connect(server: SocketAddr, options: Options) -> Result<Self, Refused> {
        let publisher = Publisher::connect(server, options).await?;
        Ok(Self { server, publisher, headers: [None, None, None], asked: false, moves: 0 })
    }

    /// How often it has moved.
    pub fn moves(&self) -> usize {
        self.moves
    }

    /// Sends all tags, as often and at the pace the options say, and moves when it is asked to.
    ///
    /// # Errors
    /// When the socket fails, or the connection to move to is refused.
    pub async fn send(&mut self, tags: &[Tag]) -> Result<(), Refused> {
        for _ in 0..self.publisher.options.loops {
            for tag in tags {
                self.asked |= self.publisher.is_asked_to_reconnect();
                if self.asked && is_keyframe(tag) {
                    self.move_at(tag).await?;
                }
                if let Some(at) = header(tag) {
                    self.headers[at] = Some(tag.clone());
                }
                self.publisher.send_tag(tag).await?;
            }
            self.publisher.looped = self.publisher.looped.wrapping_add(span(tags));
        }
        Ok(())
    }

    /// See [`Publisher::stop`].
    ///
    /// # Errors
    /// When the socket fails.
    pub async fn stop(self) -> std::io::Result<()> {
        self.publisher.stop().await
    }

    async fn move_at(&mut self, keyframe: &Tag) -> Result<(), Refused> {
        let old = &mut self.publisher;
        let looped = old.looped;
        let offset = keyframe.timestamp.wrapping_add(looped).wrapping_neg();
        let clock = old.clock.take().map(|clock| Clock {
            last: clock.last.wrapping_sub(old.options.offset).wrapping_add(offset),
            ..clock
        });
        let options = old.options.clone().offset(offset);
        old.close().await;
        self.publisher = Publisher::connect(self.server, options).await?;
        (self.publisher.looped, self.publisher.clock) = (looped, clock);
        for header in self.headers.iter().flatten() {
            self.publisher.send_tag(&Tag { timestamp: keyframe.timestamp, ..header.clone() }).await?;
        }
        (self.asked, self.moves) = (false, self.moves + 1);
        Ok(())
    }
}

impl Publisher {
    /// Whether the server has asked to connect again since the last call.
    fn is_asked_to_reconnect(&mut self) -> bool {
        let mut asked = false;
        while let Ok(said) = self.inbox.try_recv() {
            asked |= matches!(said, Said::GoAway);
        }
        asked
    }

    /// Closes at once, without a word, whatever the server has still to say.
    async fn close(&mut self) {
        self.reader.stop().await;
        // Where the server has closed already there is nothing to close.
        let _ = self.socket.shutdown().await;
    }
}

fn is_keyframe(tag: &Tag) -> bool {
    tag.kind == Kind::Video && matches!(tag.data[..], [0x17, 1, ..])
}

fn header(tag: &Tag) -> Option<usize> {
    match (tag.kind, &tag.data[..]) {
        (Kind::Script, _) => Some(0),
        (Kind::Audio, [_, 0, ..]) => Some(1),
        (Kind::Video, [_, 0, ..]) => Some(2),
        _ => None,
    }
}
