//! Pictures of profiles and categories: made anew of an upload, kept in object storage by their hash, given out, and taken away when nobody
//! shows them any more.
//!
//! What is at an address never changes. A row of the channel, or of uploads for categories, is written before the bytes, so that the sweep finds whatever becomes of
//! them; the bytes go before the row, and are put back if somebody got the same picture meanwhile. Without storage nothing is uploaded.

use crate::{
    app::App,
    config::Pictures as Settings,
    error::Error,
    store::pictures::{self as table, Stored},
};
use bytes::Bytes;
use moka::future::Cache;
use sha2::{Digest, Sha256};
use std::{sync::Arc, time::Duration};
use streamly_domain::ChannelId;
use streamly_picture::{Invalid, Picture, Place, Uploads, uploads};
use streamly_redis::Redis;
use streamly_status::Code;
use streamly_storage::{Key, Kind, Store};

const FOLDER: &str = "channels";
/// Hex digits of a name: 128 bits of SHA-256.
const DIGITS: usize = 32;
/// Largest picture that is read, bytes.
const MAX_BYTES: u64 = 8 << 20;
/// How long this node gives out a picture from memory after it was removed elsewhere.
const CACHED: Duration = Duration::from_secs(60);
/// How long a name that storage has nothing at is not asked for again, and how many.
const MISSING: (Duration, u64) = (Duration::from_secs(5), 10_000);
/// How long it is believed whether a picture is of suspended owners alone, and of how many.
const BARRED: (Duration, u64) = (Duration::from_secs(5), 10_000);
/// Pictures that a round of the sweep takes away.
const SWEPT: i64 = 100;
/// Sides, pixels.
const AVATAR: u32 = 256;
const BANNER: u32 = 1600;
const PANEL: u32 = 800;
const COVER: u32 = 600;

/// What a picture is for, which says how large it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// The middle square, beside a name.
    Avatar,
    /// Above a channel's page.
    Banner,
    /// In a panel.
    Panel,
    /// Of a category.
    Cover,
}

/// Where a file is, on the web origin.
pub fn url(file: &str) -> String {
    format!("/api/pictures/{file}")
}

/// Pictures of this process.
pub struct Pictures {
    storage: Option<Store>,
    uploads: Uploads,
    bytes: Cache<String, Bytes>,
    missing: Cache<String, ()>,
    barred: Cache<String, bool>,
}

/// Why nothing came of an upload.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Nowhere to keep one.
    #[error("no object storage is set")]
    NoStorage,
    /// No picture, too fast, or too many at once.
    #[error(transparent)]
    Upload(#[from] uploads::Refused),
    /// Storage does not answer.
    #[error("storage does not answer")]
    Storage(#[from] Arc<streamly_storage::Error>),
    /// The rest.
    #[error(transparent)]
    Other(#[from] Error),
}

impl From<streamly_storage::Error> for Refused {
    fn from(e: streamly_storage::Error) -> Self {
        Self::Storage(Arc::new(e))
    }
}

fn made(bytes: &[u8], for_what: Use) -> Result<Picture, Invalid> {
    match for_what {
        Use::Avatar => streamly_picture::square(bytes, AVATAR),
        Use::Banner => streamly_picture::shared(bytes, BANNER),
        Use::Panel => streamly_picture::shared(bytes, PANEL),
        Use::Cover => streamly_picture::shared(bytes, COVER),
    }
}

fn extension(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Webp => Some("webp"),
        Kind::Jpeg => Some("jpg"),
        Kind::Png => Some("png"),
        Kind::Mp4 => None,
    }
}

/// Where the bytes of a file are; `None`: no file of ours is called so.
fn key(file: &str) -> Option<Key> {
    let (name, end) = file.split_once('.')?;
    let is_name = name.len() == DIGITS && name.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let kind = [Kind::Webp, Kind::Jpeg, Kind::Png].into_iter().find(|k| extension(*k) == Some(end))?;
    Key::new(FOLDER, name, kind).ok().filter(|_| is_name)
}

impl Pictures {
    /// Nothing in memory yet.
    pub fn new(storage: Option<Store>, redis: Redis, settings: &Settings, has_pace: bool) -> Self {
        let pace = (settings.upload_burst, settings.upload_interval.get());
        let bytes = Cache::builder()
            .max_capacity(settings.cache.bytes())
            .weigher(|_, bytes: &Bytes| u32::try_from(bytes.len()).unwrap_or(u32::MAX))
            .time_to_live(CACHED)
            .build();
        let missing = Cache::builder().max_capacity(MISSING.1).time_to_live(MISSING.0).build();
        let uploads = Uploads::new(redis, "stream", has_pace.then_some(pace), settings.decoders);
        let barred = Cache::builder().max_capacity(BARRED.1).time_to_live(BARRED.0).build();
        Self { storage, uploads, bytes, missing, barred }
    }

    /// A place for what somebody is about to send. Errors: no storage; too fast, or too many at once.
    pub async fn admit(&self, who: streamly_domain::UserId) -> Result<Place, Refused> {
        if self.storage.is_none() {
            return Err(Refused::NoStorage);
        }
        Ok(self.uploads.admit(who).await?)
    }

    /// Makes a picture of an upload and keeps it. `note` writes the row, before the bytes are there.
    async fn keep(
        &self,
        place: Place,
        upload: Bytes,
        for_what: Use,
        note: impl AsyncFn(&Stored) -> Result<(), Error>,
    ) -> Result<Stored, Refused> {
        let storage = self.storage.as_ref().ok_or(Refused::NoStorage)?;
        let picture = self.uploads.make(place, move || made(&upload, for_what)).await?;
        let end = extension(picture.kind).ok_or(uploads::Refused::Invalid(Invalid::Format))?;
        let name: String =
            Sha256::digest(&picture.bytes).iter().take(DIGITS / 2).map(|b| format!("{b:02x}")).collect();
        let stored = Stored { file: format!("{name}.{end}"), width: picture.width, height: picture.height };
        let key = key(&stored.file).ok_or(uploads::Refused::Invalid(Invalid::Format))?;
        note(&stored).await?;
        storage.put(&key, picture.bytes.into()).await?;
        self.missing.invalidate(&stored.file).await;
        Ok(stored)
    }

    /// The bytes of a file, and what they are. Errors: `picture_not_found`; storage is away.
    pub async fn bytes(&self, file: &str) -> Result<(Kind, Bytes), Refused> {
        let none = || Refused::Other(Code::PictureNotFound.into());
        let (Some(key), Some(storage)) = (key(file), self.storage.as_ref()) else { return Err(none()) };
        if self.missing.contains_key(file) {
            return Err(none());
        }
        let read = async { storage.read(&key, MAX_BYTES).await };
        match self.bytes.try_get_with(file.to_owned(), read).await {
            Ok(bytes) => Ok((key.kind(), bytes)),
            Err(e) if matches!(&*e, streamly_storage::Error::NotFound(_)) => {
                self.missing.insert(file.to_owned(), ()).await;
                Err(none())
            }
            Err(e) => Err(Refused::Storage(e)),
        }
    }
}

/// The bytes of a file for everybody, and what they are: none of what only suspended owners' channels show. While the database is away that
/// is not looked at. Errors: as those of [`Pictures::bytes`].
pub async fn shown(app: &App, file: &str) -> Result<(Kind, Bytes), Refused> {
    let found = app.pictures.bytes(file).await?;
    let looking = async { table::is_barred(&app.connection().await?, file).await };
    if app.pictures.barred.try_get_with(file.to_owned(), looking).await.unwrap_or_default() {
        return Err(Refused::Other(Code::PictureNotFound.into()));
    }
    Ok(found)
}

/// Makes a picture of a channel's own of an upload. Errors: `too_many_pictures`; what [`Refused`] says.
pub async fn add(
    app: &App,
    channel: ChannelId,
    place: Place,
    upload: Bytes,
    for_what: Use,
) -> Result<Stored, Refused> {
    let db = app.connection().await?;
    let count = table::count(&db, channel).await?;
    drop(db);
    if count >= i64::from(app.config.pictures.per_channel) {
        return Err(Refused::Other(Code::TooManyPictures.into()));
    }
    let note = async |stored: &Stored| table::add(&app.connection().await?, channel, stored).await;
    app.pictures.keep(place, upload, for_what, note).await
}

/// Makes a picture of a category of an upload; whoever calls writes it into the category, and says so ([`covered`]).
pub async fn cover(app: &App, place: Place, upload: Bytes) -> Result<Stored, Refused> {
    let note = async |stored: &Stored| table::add_cover(&app.connection().await?, &stored.file).await;
    app.pictures.keep(place, upload, Use::Cover, note).await
}

/// A category shows it now: its row is enough.
pub async fn covered(app: &App, file: &str) -> Result<(), Error> {
    table::forget_cover(&app.connection().await?, file, Duration::ZERO).await
}

/// Takes away the bytes of a file. `forget` removes the rows of it; if there are others then, the bytes are put back.
async fn take_away(
    app: &App,
    file: &str,
    forget: impl AsyncFnOnce() -> Result<(), Error>,
) -> Result<(), Refused> {
    let (Some(storage), Some(key)) = (app.pictures.storage.as_ref(), key(file)) else { return Ok(()) };
    let bytes = match storage.read(&key, MAX_BYTES).await {
        Ok(bytes) => Some(bytes),
        Err(streamly_storage::Error::NotFound(_)) => None,
        Err(e) => return Err(e.into()),
    };
    app.pictures.bytes.invalidate(file).await;
    storage.delete(&key).await?;
    forget().await?;
    let is_used = table::is_used(&app.connection().await?, file).await?;
    if let Some(bytes) = bytes.filter(|_| is_used) {
        storage.put(&key, bytes).await?;
    }
    Ok(())
}

/// Takes away all pictures of a channel that goes, but for bytes that others show too. Errors: what is left has its rows still.
pub async fn clear(app: &App, channel: ChannelId) -> Result<(), Refused> {
    let files = table::all(&app.connection().await?, channel).await?;
    for file in &files {
        let forget = async || table::remove(&app.connection().await?, channel, file).await;
        if table::is_used_but_by(&app.connection().await?, file, channel).await? {
            forget().await?;
        } else {
            take_away(app, file, forget).await?;
        }
    }
    Ok(())
}

/// A category does not show a file any more.
pub async fn uncover(app: &App, file: &str) -> Result<(), Refused> {
    if table::is_used(&app.connection().await?, file).await? {
        return Ok(());
    }
    take_away(app, file, async || Ok(())).await
}

/// A round of the sweep: takes away what was uploaded longer than `pictures.unused` ago and neither its channel nor a category shows. How many.
pub async fn sweep(app: &App) -> Result<usize, Refused> {
    if app.pictures.storage.is_none() {
        return Ok(0);
    }
    let keep = app.config.pictures.unused.get();
    let files = table::unshown(&app.connection().await?, keep, SWEPT).await?;
    for file in &files {
        let forget = async || table::forget(&app.connection().await?, file, keep).await;
        let is_idle = table::is_idle(&app.connection().await?, file, keep).await?;
        if is_idle {
            take_away(app, file, forget).await?;
        } else {
            forget().await?;
        }
    }
    let covers = table::old_covers(&app.connection().await?, keep, SWEPT).await?;
    for file in &covers {
        let forget = async || table::forget_cover(&app.connection().await?, file, keep).await;
        if table::is_shown(&app.connection().await?, file).await? {
            forget().await?;
        } else {
            take_away(app, file, forget).await?;
        }
    }
    Ok(files.len() + covers.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_our_own_are_looked_for() {
        let name = "a1".repeat(16);
        for end in ["webp", "jpg", "png"] {
            assert!(key(&format!("{name}.{end}")).is_some());
        }
        let upper = name.to_uppercase();
        for bad in [
            "",
            ".",
            "../x.png",
            &name,
            &format!("{name}."),
            &format!("{name}.mp4"),
            &format!("{name}.svg"),
            &format!("{upper}.png"),
            &format!("{name}.png.png"),
            &format!("x{name}.png"),
        ] {
            assert!(key(bad).is_none(), "{bad}");
        }
    }
}
