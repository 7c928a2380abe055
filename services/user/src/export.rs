//! Everything that the platform knows of a person, as one JSON document that is written while it is asked for: this service's part, then
//! stream's and chat's, page by page by gRPC.
//!
//! `{"format", "exported_at", "user": {kind: [..]}, "stream": {kind: [..]}, "chat": {kind: [..]}, "missing": [..]}`. A service that does not answer is
//! named in `missing`, and what came of it before stays; so a document without `missing` was cut off. At most [`AT_ONCE`] are written at once, each
//! for at most [`LONGEST`], and no faster than its reader takes it.

use crate::{error::Error, store::Store};
use std::{sync::Arc, time::Duration};
use streamly_domain::UserId;
use streamly_lifecycle::Tasks;
use streamly_proto::{
    chat::v1 as chat, chat::v1::export_service_client::ExportServiceClient as ChatClient,
    stream::v1 as stream, stream::v1::export_service_client::ExportServiceClient as StreamClient,
};
use streamly_rpc::Peer;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::sync::{Semaphore, mpsc};

/// Documents that are written at once; more are refused. Each holds a page and makes the others read their tables.
const AT_ONCE: usize = 4;
/// Longest time of one document.
const LONGEST: Duration = Duration::from_secs(300);
/// Pieces that wait for a slow reader.
const QUEUE: usize = 4;
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
    places: Arc<Semaphore>,
}

/// The reader is gone.
struct Gone;

/// One page of another service: kinds with JSON objects, and the cursor of the next.
type Page = (Vec<(String, String)>, String);

impl Exports {
    pub(crate) fn new(store: Store, (stream, chat): (Option<Peer>, Option<Peer>), tasks: Tasks) -> Self {
        Self { store, stream, chat, tasks, places: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// The pieces of the person's document, as they come. Errors: too many are written; the database is away.
    pub(crate) async fn begin(&self, user: UserId) -> Result<mpsc::Receiver<Piece>, Error> {
        let place = self.places.clone().try_acquire_owned();
        let place = place.map_err(|_| Error::RateLimited(Duration::from_secs(60)))?;
        let own = self.store.export(user).await?;
        let (pieces, reader) = mpsc::channel(QUEUE);
        let this = self.clone();
        self.tasks.spawn("export", async move {
            let _place = place;
            let _ = tokio::time::timeout(LONGEST, this.write(user, own, &pieces)).await;
        });
        Ok(reader)
    }

    async fn write(
        &self,
        user: UserId,
        own: Vec<(&'static str, Vec<String>)>,
        pieces: &mpsc::Sender<Piece>,
    ) -> Result<(), Gone> {
        let at = OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default();
        let kinds: Vec<_> =
            own.iter().map(|(kind, items)| format!("\"{kind}\":[{}]", items.join(","))).collect();
        let head = format!(
            "{{\"format\":\"streamly-export/1\",\"exported_at\":\"{at}\",\"user\":{{{}}}",
            kinds.join(",")
        );
        pieces.send(head).await.map_err(|_| Gone)?;
        let mut missing = Vec::new();
        if !self.part("stream", user, pieces).await? {
            missing.push("\"stream\"");
        }
        if !self.part("chat", user, pieces).await? {
            missing.push("\"chat\"");
        }
        pieces.send(format!(",\"missing\":[{}]}}", missing.join(","))).await.map_err(|_| Gone)
    }

    /// Another service's part; false if it is not whole.
    async fn part(&self, name: &str, user: UserId, pieces: &mpsc::Sender<Piece>) -> Result<bool, Gone> {
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
                pieces.send(std::mem::take(&mut text)).await.map_err(|_| Gone)?;
            }
            if next.is_empty() {
                whole = true;
                break;
            }
            cursor = next;
        }
        text.push_str(if open.is_some() { "]}" } else { "}" });
        pieces.send(text).await.map_err(|_| Gone)?;
        Ok(whole)
    }

    async fn page(&self, name: &str, user: UserId, cursor: &str) -> Result<Page, tonic::Status> {
        let away = || tonic::Status::unavailable("not configured");
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
