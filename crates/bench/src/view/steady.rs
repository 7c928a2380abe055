//! A viewer's connection. With `--mend` it mends what players mend by themselves, at whatever server answers; else its first failure is its end.
//!
//! The rules are hls.js's (`playlistLoadPolicy`, `fragLoadPolicy`): what breaks, or is answered 5xx, is asked for again after growing pauses, the
//! first time at once, as browsers do on a connection that was closed under them; what is answered 4xx is not. A new connection goes to the next
//! server, as behind a balancer. What a list no longer has is not mended here: the viewer sees it and counts it.

use super::{Counts, Options, connection::Connection};
use anyhow::Context;
use std::time::Duration;

/// Before each repetition of a request for a playlist.
const LIST_PAUSES: &[Duration] = &[Duration::ZERO, Duration::from_secs(1), Duration::from_secs(2)];
/// The same for media.
const MEDIA_PAUSES: &[Duration] = &[
    Duration::ZERO,
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
];

/// What is done with a body.
#[derive(Debug, Clone, Copy)]
enum Body {
    /// It is looked at: a list.
    Kept,
    /// Only its length counts: media.
    Dropped,
}

/// See the module's head.
pub(super) struct Steady<'a> {
    options: &'a Options,
    counts: &'a Counts,
    /// None: it broke, and the next request makes a new one.
    connection: Option<Connection>,
    /// Connections so far.
    made: usize,
}

impl<'a> Steady<'a> {
    /// Not connected yet.
    pub(super) fn new(options: &'a Options, counts: &'a Counts) -> Self {
        Self { options, counts, connection: None, made: 0 }
    }

    /// Status and body of a list.
    pub(super) async fn text(&mut self, path: &str) -> anyhow::Result<(u16, &str)> {
        let (status, _) = self.ask(path, Body::Kept).await?;
        let connection = self.connection.as_ref().context("an answer without a connection")?;
        Ok((status, connection.body()?))
    }

    /// Status and length of the body, which is dropped.
    pub(super) async fn length(&mut self, path: &str) -> anyhow::Result<(u16, usize)> {
        self.ask(path, Body::Dropped).await
    }

    async fn ask(&mut self, path: &str, body: Body) -> anyhow::Result<(u16, usize)> {
        let mut pauses = match body {
            Body::Kept => LIST_PAUSES.iter(),
            Body::Dropped => MEDIA_PAUSES.iter(),
        };
        loop {
            let answer = self.once(path, body).await;
            let is_good = answer.as_ref().is_ok_and(|(status, _)| *status < 500);
            if is_good || !self.options.mend {
                return answer;
            }
            if answer.is_err() {
                self.connection = None;
            }
            let Some(pause) = pauses.next() else { return answer };
            self.counts.add(&self.counts.mended, 1);
            tokio::time::sleep(*pause).await;
        }
    }

    async fn once(&mut self, path: &str, body: Body) -> anyhow::Result<(u16, usize)> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => {
                let servers = 1 + self.options.also.len();
                let to = match self.made % servers {
                    0 => self.options.from,
                    other => self.options.also[other - 1],
                };
                self.made += 1;
                none.insert(Connection::open(to).await?)
            }
        };
        match body {
            Body::Kept => Ok((connection.load(path).await?, 0)),
            Body::Dropped => connection.length(path).await,
        }
    }
}
