//! Everything that the platform knows of a person, as one JSON document that is written while it is asked for: this service's part, then
//! stream's and chat's, page by page by gRPC.
//!
//! `{"format", "exported_at", "user": {kind: [..]}, "stream": {kind: [..]}, "chat": {kind: [..]}, "missing": [..]}`. A service that does not answer is
//! named in `missing`, and what came of it before stays; so a document without `missing` was cut off. One of a person at a time and at most [`OPEN`]
//! in all are under way, each for at most [`LONGEST`] and no faster than its reader takes it; [`AT_ONCE`] of them ask for a page at a moment. So
//! who reads slowly keeps nobody from anything, and who reads slower than [`LEAST_PACE`] is cut off.

use crate::{error::Error, store::Store};
use parking_lot::Mutex;
use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};
use streamly_domain::UserId;
use streamly_lifecycle::Tasks;
use streamly_proto::{
    chat::v1 as chat, chat::v1::export_service_client::ExportServiceClient as ChatClient,
    stream::v1 as stream, stream::v1::export_service_client::ExportServiceClient as StreamClient,
};
use streamly_rpc::Peer;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// Documents that are under way; more are refused. Each holds two pages.
const OPEN: usize = 32;
/// Pages that are asked for at once: each makes the others read their tables.
const AT_ONCE: usize = 4;
/// Longest time of one document.
const LONGEST: Duration = Duration::from_secs(300);
/// Longest wait of a piece for its reader.
const PATIENCE: Duration = Duration::from_secs(15);
/// Least pace of a reader, bytes a second of the time that it let the writer wait, once that is longer than [`PATIENCE`]. A mobile connection at the
/// edge of nowhere has twice of it.
const LEAST_PACE: f64 = 16.0 * 1024.0;
/// Pieces that wait for a slow reader.
const QUEUE: usize = 1;
/// Pages of one service: 500 items each. More than anybody has; without it a service that turns in a circle would be asked for ever.
const MOST_PAGES: usize = 2_000;

/// A piece of the document.
pub(crate) type Piece = String;

/// Writes documents.
#[derive(Clone)]
pub(crate) struct Exports {
    pub(crate) store: Store,
    pub(crate) stream: Option<Peer>,
    pub(crate) chat: Option<Peer>,
    tasks: Tasks,
    open: Arc<Semaphore>,
    asking: Arc<Semaphore>,
    under_way: Arc<Mutex<HashSet<UserId>>>,
}

/// A person's document is under way until this is dropped.
struct UnderWay(Arc<Mutex<HashSet<UserId>>>, UserId);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.lock().remove(&self.1);
    }
}

/// The reader is gone, or too slow.
#[derive(Debug, PartialEq, Eq)]
struct Gone;

/// The way to a reader.
struct Way {
    pieces: mpsc::Sender<Piece>,
    /// [`PATIENCE`].
    patience: Duration,
    taken: usize,
    waited: Duration,
}

impl Way {
    fn new(pieces: mpsc::Sender<Piece>) -> Self {
        Self { pieces, patience: PATIENCE, taken: 0, waited: Duration::ZERO }
    }

    async fn send(&mut self, piece: Piece) -> Result<(), Gone> {
        let (bytes, begun) = (piece.len(), Instant::now());
        let sent = tokio::time::timeout(self.patience, self.pieces.send(piece)).await;
        sent.map_err(|_| Gone)?.map_err(|_| Gone)?;
        self.took(bytes, begun.elapsed())
    }

    /// So many bytes were let wait for so long.
    fn took(&mut self, bytes: usize, waited: Duration) -> Result<(), Gone> {
        self.taken += bytes;
        self.waited += waited;
        let too_slow = self.waited > PATIENCE && (self.taken as f64) < self.waited.as_secs_f64() * LEAST_PACE;
        if too_slow { Err(Gone) } else { Ok(()) }
    }
}

/// One page of another service: kinds with JSON objects, and the cursor of the next.
type Page = (Vec<(String, String)>, String);

impl Exports {
    pub(crate) fn new(store: Store, (stream, chat): (Option<Peer>, Option<Peer>), tasks: Tasks) -> Self {
        let places = |count| Arc::new(Semaphore::new(count));
        Self {
            store,
            stream,
            chat,
            tasks,
            open: places(OPEN),
            asking: places(AT_ONCE),
            under_way: Arc::default(),
        }
    }

    /// The pieces of the person's document, as they come. Errors: one of theirs, or too many, are under way; the database is away.
    pub(crate) async fn begin(&self, user: UserId) -> Result<mpsc::Receiver<Piece>, Error> {
        let later = || Error::RateLimited(PATIENCE);
        let place = self.open.clone().try_acquire_owned().map_err(|_| later())?;
        if !self.under_way.lock().insert(user) {
            return Err(later());
        }
        let under_way = UnderWay(self.under_way.clone(), user);
        let own = {
            let _turn = self.turn().await.ok_or_else(later)?;
            self.store.export(user).await?
        };
        let (pieces, reader) = mpsc::channel(QUEUE);
        let this = self.clone();
        self.tasks.spawn("export", async move {
            let _held = (place, under_way);
            let written = this.write(user, own, Way::new(pieces));
            if !matches!(tokio::time::timeout(LONGEST, written).await, Ok(Ok(()))) {
                tracing::info!(%user, "a document of an account's data was cut off");
            }
        });
        Ok(reader)
    }

    async fn write(
        &self,
        user: UserId,
        own: Vec<(&'static str, Vec<String>)>,
        mut way: Way,
    ) -> Result<(), Gone> {
        let at = OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default();
        let kinds: Vec<_> =
            own.iter().map(|(kind, items)| format!("\"{kind}\":[{}]", items.join(","))).collect();
        let head = format!(
            "{{\"format\":\"streamly-export/1\",\"exported_at\":\"{at}\",\"user\":{{{}}}",
            kinds.join(",")
        );
        way.send(head).await?;
        let mut missing = Vec::new();
        if !self.part("stream", user, &mut way).await? {
            missing.push("\"stream\"");
        }
        if !self.part("chat", user, &mut way).await? {
            missing.push("\"chat\"");
        }
        way.send(format!(",\"missing\":[{}]}}", missing.join(","))).await
    }

    /// A turn to make tables be read; none within [`PATIENCE`].
    async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        let turn = self.asking.clone().acquire_owned();
        tokio::time::timeout(PATIENCE, turn).await.ok()?.ok()
    }

    /// Another service's part; false if it is not whole.
    async fn part(&self, name: &str, user: UserId, way: &mut Way) -> Result<bool, Gone> {
        let mut open: Option<String> = None;
        let mut text = format!(",\"{name}\":{{");
        let mut cursor = String::new();
        let mut whole = false;
        for _ in 0..MOST_PAGES {
            let Ok((items, next)) = self.page(name, user, &cursor).await else { break };
            for (kind, json) in items {
                match &open {
                    Some(now) if *now == kind => text.push(','),
                    Some(_) => text.push_str(&format!("],{}:[", quoted(&kind))),
                    None => text.push_str(&format!("{}:[", quoted(&kind))),
                }
                open = Some(kind);
                text.push_str(&json);
            }
            if !text.is_empty() {
                way.send(std::mem::take(&mut text)).await?;
            }
            if next.is_empty() {
                whole = true;
                break;
            }
            cursor = next;
        }
        text.push_str(if open.is_some() { "]}" } else { "}" });
        way.send(text).await?;
        Ok(whole)
    }

    async fn page(&self, name: &str, user: UserId, cursor: &str) -> Result<Page, tonic::Status> {
        let away = || tonic::Status::unavailable("not configured");
        let _turn = self.turn().await.ok_or_else(|| tonic::Status::unavailable("too many ask"))?;
        let (user_id, cursor) = (user.to_string(), cursor.to_owned());
        if name == "stream" {
            let request = stream::ExportUserRequest { user_id, cursor };
            let peer = self.stream.as_ref().ok_or_else(away)?;
            let answer = peer.call(|t| {
                let request = request.clone();
                async move { StreamClient::new(t).export_user(request).await }
            });
            let answer = answer.await?;
            return Ok((answer.items.into_iter().map(|i| (i.kind, i.json)).collect(), answer.next_cursor));
        }
        let request = chat::ExportUserRequest { user_id, cursor };
        let peer = self.chat.as_ref().ok_or_else(away)?;
        let answer = peer.call(|t| {
            let request = request.clone();
            async move { ChatClient::new(t).export_user(request).await }
        });
        let answer = answer.await?;
        Ok((answer.items.into_iter().map(|i| (i.kind, i.json)).collect(), answer.next_cursor))
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_takes_too_little_for_too_long_is_cut_off_and_who_waits_for_us_is_not() {
        let mut way = Way::new(mpsc::channel(1).0);
        // A whole page at once, then nothing for as long as a piece may wait, again and again.
        assert_eq!(way.took(100_000, PATIENCE), Ok(()));
        assert_eq!(way.took(100_000, PATIENCE), Err(Gone));
        let mut way = Way::new(mpsc::channel(1).0);
        for _ in 0..1_000 {
            // 64 KiB/s.
            assert_eq!(way.took(65_536, Duration::from_secs(1)), Ok(()));
        }
    }

    #[tokio::test]
    async fn a_reader_that_takes_nothing_is_not_waited_for_without_end() {
        let (pieces, mut reader) = mpsc::channel(1);
        let mut way = Way { patience: Duration::from_millis(50), ..Way::new(pieces) };
        assert_eq!(way.send("first".into()).await, Ok(()));
        assert_eq!(way.send("second".into()).await, Err(Gone));
        assert_eq!(reader.recv().await.as_deref(), Some("first"));
        assert_eq!(way.send("third".into()).await, Ok(()), "who takes again is sent more");
    }
}
