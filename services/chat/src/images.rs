//! Images shared in rooms: uploaded, used by one message of the person and room they were uploaded for, and gone with it.
//!
//! What a report is about that is still open stays until it is resolved, for who resolves it alone ([`Images::evidence`]).
//! An image that no message takes within `pictures.image_unused` is removed, and so is one whose message was deleted or cleared, and every one
//! after `pictures.image_keep`. What is to be removed is not given out from then on; this node's memory may have it for [`CACHED`] more.
//! PostgreSQL or storage away: nothing is uploaded or said with an image; what is in memory is given out.

mod sweep;

pub use sweep::sweep;

use crate::{config::Pictures, log_id::LogId, record::Gone, store};
use bytes::Bytes;
use moka::future::Cache;
use serde::Serialize;
use std::{sync::Arc, time::Duration};
use streamly_domain::{ChannelId, UserId};
use streamly_picture::{self as picture, Place, Uploads, uploads};
use streamly_postgres::Database;
use streamly_storage::{InvalidKey, Key, Kind, Store};
use tokio::sync::Notify;
use uuid::Uuid;

/// How long this node gives out an image without asking whether it still may.
const CACHED: Duration = Duration::from_secs(15);
/// Unused images of one person in one room, at most.
const MAX_UNUSED: i64 = 10;
/// Largest image as it is kept, bytes: 1280 squared as JPEG has a tenth of it.
const MAX_BYTES: u64 = 8 << 20;
const FOLDER: &str = "images";

/// An image that a message may have, or has: its member `image`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Image {
    /// Its id, for `say`.
    #[schema(value_type = String)]
    pub id: Uuid,
    /// Where its bytes are, on the web origin.
    pub url: String,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

impl Image {
    /// The image of that id.
    pub fn new(id: Uuid, width: u32, height: u32) -> Self {
        Self { url: format!("/api/chat/images/{id}"), id, width, height }
    }
}

/// Why an image was not uploaded, used or found.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// None of that id, not this person's, not this room's, used already or too old.
    #[error("there is no such image")]
    NotFound,
    /// As many as a person may have without saying anything with them.
    #[error("too many images are not used yet")]
    TooManyUnused,
    /// This platform has nowhere to store one.
    #[error("no object storage is set")]
    NoStorage,
    /// It did not come to a picture.
    #[error(transparent)]
    Upload(#[from] uploads::Refused),
    /// The database does not answer.
    #[error("the database does not answer")]
    Database(#[from] streamly_postgres::Error),
    /// Storage does not answer.
    #[error("storage does not answer")]
    Storage(#[from] streamly_storage::Error),
}

/// The images of all rooms. Clones share them.
#[derive(Clone)]
pub struct Images {
    db: Database,
    storage: Option<Store>,
    uploads: Uploads,
    side: u32,
    unused: Duration,
    keep: Duration,
    bytes: Cache<Uuid, (Kind, Bytes)>,
    due: Arc<Notify>,
}

impl Images {
    /// Nothing in memory yet.
    pub fn new(db: Database, storage: Option<Store>, uploads: Uploads, settings: &Pictures) -> Self {
        let bytes = Cache::builder()
            .max_capacity(settings.cache.bytes())
            .weigher(|_, (_, bytes): &(Kind, Bytes)| u32::try_from(bytes.len()).unwrap_or(u32::MAX))
            .time_to_live(CACHED)
            .build();
        let (side, unused, keep) =
            (settings.image_side, settings.image_unused.get(), settings.image_keep.get());
        Self { db, storage, uploads, side, unused, keep, bytes, due: Arc::default() }
    }

    /// Makes an image of an upload; the person may use it once, in this room, within `pictures.image_unused`.
    pub async fn add(
        &self,
        room: ChannelId,
        user: UserId,
        place: Place,
        upload: Bytes,
    ) -> Result<Image, Refused> {
        let storage = self.storage.as_ref().ok_or(Refused::NoStorage)?;
        if store::images::unused(&self.db, room, user).await? >= MAX_UNUSED {
            return Err(Refused::TooManyUnused);
        }
        let side = self.side;
        let made = self.uploads.make(place, move || picture::shared(&upload, side)).await?;
        let image = Image::new(unguessable(), made.width, made.height);
        // The row first: whatever becomes of the bytes, the sweep finds them by it.
        store::images::add(&self.db, room, user, &image, made.kind.content_type()).await?;
        storage.put(&key(image.id, made.kind)?, made.bytes.into()).await?;
        Ok(image)
    }

    /// Takes the image for a message that is about to be said or held; a repeat under the same nonce gets it again.
    pub async fn take(&self, room: ChannelId, user: UserId, id: Uuid, nonce: &str) -> Result<Image, Refused> {
        let taken = store::images::take(&self.db, room, user, id, nonce, self.unused).await?;
        taken.ok_or(Refused::NotFound)
    }

    /// The message that the image is in. Failing, the sweep looks for it in the log.
    pub async fn said(&self, id: Uuid, message: LogId) {
        if let Err(e) = store::images::said(&self.db, id, message).await {
            tracing::warn!(error = %e, image = %id, %message, "it is not noted which message an image is in");
        }
    }

    /// Its message waits for a moderator. Errors: it is not noted, and the image would be swept away.
    pub async fn hold(&self, id: Uuid) -> Result<(), Refused> {
        Ok(store::images::hold(&self.db, id).await?)
    }

    /// Its message will not be said.
    pub async fn reject(&self, id: Uuid) {
        self.removed(store::images::reject(&self.db, id).await.map(|()| vec![id])).await;
    }

    /// Messages are gone: so are their images.
    pub async fn gone(&self, room: ChannelId, what: Gone) {
        self.removed(store::images::gone(&self.db, room, what).await).await;
    }

    async fn removed(&self, ids: Result<Vec<Uuid>, streamly_postgres::Error>) {
        match ids {
            Ok(ids) => {
                for id in &ids {
                    self.bytes.invalidate(id).await;
                }
                if !ids.is_empty() {
                    self.due.notify_one();
                }
            }
            Err(e) => tracing::error!(error = %e, "images of deleted messages are not removed"),
        }
    }

    /// The bytes of an image, and what they are.
    pub async fn bytes(&self, id: Uuid) -> Result<(Kind, Bytes), Refused> {
        if let Some(known) = self.bytes.get(&id).await {
            return Ok(known);
        }
        let found = self.read(id, store::images::kind(&self.db, id).await?).await?;
        self.bytes.insert(id, found.clone()).await;
        Ok(found)
    }

    /// The same of one that nobody sees any more, for whoever judges a report about it. Who that is, the caller has found out.
    pub async fn evidence(&self, id: Uuid) -> Result<(Kind, Bytes), Refused> {
        self.read(id, store::images::evidence(&self.db, id).await?).await
    }

    async fn read(&self, id: Uuid, content_type: Option<String>) -> Result<(Kind, Bytes), Refused> {
        let storage = self.storage.as_ref().ok_or(Refused::NotFound)?;
        let kind = content_type.as_deref().and_then(Kind::of).ok_or(Refused::NotFound)?;
        let bytes = storage.read(&key(id, kind)?, MAX_BYTES).await.map_err(|e| match e {
            streamly_storage::Error::NotFound(_) => Refused::NotFound,
            e => e.into(),
        })?;
        Ok((kind, bytes))
    }

    /// A report about an image is resolved: it may be removed now.
    pub fn judged(&self) {
        self.due.notify_one();
    }
}

/// Whoever knows an image's id may look at it, also while its message waits for a moderator.
fn unguessable() -> Uuid {
    uuid::Builder::from_random_bytes(rand::random()).into_uuid()
}

fn key(id: Uuid, kind: Kind) -> Result<Key, Refused> {
    Key::new(FOLDER, &id.simple().to_string(), kind).map_err(|InvalidKey| Refused::NotFound)
}
