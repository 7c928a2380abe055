//! A live encoder's connection to the server, which can be cut and put back: FLV from a pipe, published tag by tag.
//!
//! The encoder runs on while the cable is cut, as a camera does; what it makes meanwhile is lost. After the return a connection begins
//! with the headers and the next keyframe, its times at 0, as encoders have it. Cutting is a reset: nobody said goodbye.

use anyhow::{Context, ensure};
use std::{
    net::SocketAddr,
    time::{SystemTime, UNIX_EPOCH},
};
use streamly_testkit::{
    flv::{Kind, Tag},
    publisher::{Options, Publisher},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    sync::{mpsc, watch},
    task::JoinHandle,
};

/// See the module's head.
pub(super) struct Cable {
    whole: watch::Sender<bool>,
    keyframes: mpsc::Receiver<f64>,
    task: JoinHandle<anyhow::Result<()>>,
}

impl Cable {
    /// Publishes what comes from the encoder.
    pub(super) fn connect(flv: impl AsyncRead + Unpin + Send + 'static, to: SocketAddr, key: String) -> Self {
        let (whole, seen) = watch::channel(true);
        let (told, keyframes) = mpsc::channel(16);
        Self { whole, keyframes, task: tokio::spawn(publish(flv, to, key, seen, told)) }
    }

    /// The connection is gone at once.
    pub(super) fn cut(&self) {
        self.whole.send_replace(false);
    }

    /// The encoder may connect again.
    pub(super) fn put_back(&self) {
        self.whole.send_replace(true);
    }

    /// When the first keyframe of the next connection was on the wire, milliseconds since 1970.
    ///
    /// # Errors
    /// What publishing failed with.
    pub(super) async fn first_keyframe(&mut self) -> anyhow::Result<f64> {
        match self.keyframes.recv().await {
            Some(at) => Ok(at),
            None => {
                (&mut self.task).await??;
                anyhow::bail!("the encoder has ended")
            }
        }
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn publish(
    mut flv: impl AsyncRead + Unpin,
    to: SocketAddr,
    key: String,
    mut whole: watch::Receiver<bool>,
    told: mpsc::Sender<f64>,
) -> anyhow::Result<()> {
    let mut header = [0; 13];
    flv.read_exact(&mut header).await?;
    ensure!(header.starts_with(b"FLV"), "no FLV from the encoder");
    let mut headers: Vec<Tag> = Vec::new();
    let mut connected: Option<(Publisher, u32)> = None;
    loop {
        let tag = tokio::select! {
            biased;
            Ok(()) = whole.changed() => {
                let cut = !*whole.borrow_and_update();
                if cut && let Some((publisher, _)) = connected.take() {
                    publisher.reset().await?;
                }
                continue;
            }
            ready = readable(&mut flv) => match ready? {
                Some(first) => read(first, &mut flv).await?,
                None => return Ok(()),
            },
        };
        if is_header(&tag) {
            headers.retain(|known| known.kind != tag.kind);
            headers.push(tag.clone());
        }
        let may_connect = *whole.borrow();
        match &mut connected {
            Some((publisher, later)) => publisher.send_together(&[tag], *later).await?,
            None if may_connect && is_keyframe(&tag) => {
                let mut publisher = Publisher::connect(to, Options::new(&key)).await.context("publishing")?;
                let at_start = |tag: &Tag| Tag { timestamp: 0, ..tag.clone() };
                publisher.send_together(&headers.iter().map(at_start).collect::<Vec<_>>(), 0).await?;
                let later = 0u32.wrapping_sub(tag.timestamp);
                publisher.send_together(&[tag], later).await?;
                let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs_f64() * 1000.0;
                // Whoever does not ask does not want to know.
                let _ = told.try_send(now);
                connected = Some((publisher, later));
            }
            None => {}
        }
    }
}

/// The first byte of the next tag; `None` at the end. Nothing is lost if it is not awaited to the end.
async fn readable(flv: &mut (impl AsyncRead + Unpin)) -> anyhow::Result<Option<u8>> {
    let mut first = [0];
    Ok((flv.read(&mut first).await? > 0).then_some(first[0]))
}

/// The rest of a tag (FLV 10.1, E.4.1) and the length behind it.
async fn read(first: u8, flv: &mut (impl AsyncRead + Unpin)) -> anyhow::Result<Tag> {
    let mut head = [0; 10];
    flv.read_exact(&mut head).await?;
    let number = |bytes: &[u8]| bytes.iter().fold(0u32, |value, byte| value << 8 | u32::from(*byte));
    let kind = match first & 0x1f {
        8 => Kind::Audio,
        9 => Kind::Video,
        18 => Kind::Script,
        other => anyhow::bail!("tag type {other}"),
    };
    let mut data = vec![0; number(&head[..3]) as usize];
    flv.read_exact(&mut data).await?;
    flv.read_exact(&mut [0; 4]).await?;
    let timestamp = u32::from(head[6]) << 24 | number(&head[3..6]);
    Ok(Tag { kind, timestamp, data: data.into() })
}

fn is_header(tag: &Tag) -> bool {
    tag.kind == Kind::Script || tag.data.get(1) == Some(&0)
}

/// Frame type 1 is a keyframe, packet type 1 holds pictures (FLV 10.1, E.4.3).
fn is_keyframe(tag: &Tag) -> bool {
    tag.kind == Kind::Video
        && tag.data.first().is_some_and(|byte| byte >> 4 == 1)
        && tag.data.get(1) == Some(&1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use streamly_testkit::flv;

    #[tokio::test]
    async fn a_pipe_gives_the_tags_of_the_file() {
        let file = flv::fixture("ffmpeg-bframes");
        let whole = flv::read(&file).unwrap();
        let bytes = std::fs::read(&file).unwrap();
        let mut pipe = &bytes[13..];
        let mut tags = Vec::new();
        while let Some(first) = readable(&mut pipe).await.unwrap() {
            tags.push(read(first, &mut pipe).await.unwrap());
        }
        assert_eq!(tags, whole);
        assert!(tags.iter().any(is_keyframe) && is_header(&tags[0]) && !is_keyframe(&tags[0]));
    }
}
