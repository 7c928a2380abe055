//! Emotes: the set for all, each channel's own, and where a text names them.
//!
//! A room's set is known for [`FRESH`] on this node, and forgotten at once when a change is announced. PostgreSQL away: the last known set
//! counts, and the set for all in any case. Bytes are in object storage by their hash, the same picture once; what is at an id never changes.
//! Who may add one is the caller's to know.

mod global;
mod words;

pub use global::global;
pub use words::{MAX_NAME, MIN_NAME, is_name};

use crate::{config::Pictures, store};
use bytes::Bytes;
use moka::future::Cache;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::{Duration, Instant},
};
use streamly_domain::{ChannelId, UserId};
use streamly_picture::{self as picture, Place, Uploads, uploads};
use streamly_postgres::Database;
use streamly_storage::{Key, Kind, Store};

const FRESH: Duration = Duration::from_secs(30);
/// Longest wait for the database: messages wait for it.
const PATIENCE: Duration = Duration::from_secs(1);
/// After a question that the database did not answer, how long the last known counts without asking again.
const PAUSE: Duration = Duration::from_secs(2);
/// How long this node gives out a picture from memory: so long may one that was removed on another node be seen.
const CACHED: Duration = Duration::from_secs(60);
/// How long an id that storage has nothing at is not asked for again; one that is added here meanwhile is found at once.
const MISSING: Duration = Duration::from_secs(5);
/// Least recently used rooms beyond this are forgotten.
const CAPACITY: u64 = 10_000;
/// Hex digits of an id: 128 bits of SHA-256.
const ID_DIGITS: usize = 32;
/// Largest emote that is read, bytes.
const MAX_BYTES: u64 = picture::MAX_EMOTE_BYTES as u64 * 2;
const FOLDER: &str = "emotes";

/// One emote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Emote {
    /// What stands between the colons.
    pub name: String,
    /// 32 hex digits of the SHA-256 of its bytes.
    pub id: String,
    /// Where its bytes are, on the web origin.
    pub url: String,
    /// Pixels, at most 112.
    pub width: u32,
    /// Pixels, at most 112.
    pub height: u32,
    /// Whether it moves.
    pub animated: bool,
}

impl Emote {
    /// The emote of those bytes.
    pub fn new(name: &str, png: &[u8], animated: bool, (width, height): (u32, u32)) -> Self {
        let digest = Sha256::digest(png);
        let id = digest.iter().take(ID_DIGITS / 2).map(|b| format!("{b:02x}")).collect();
        Self::stored(name.to_owned(), id, animated, (width, height))
    }

    /// The emote as the database has it.
    pub fn stored(name: String, id: String, animated: bool, (width, height): (u32, u32)) -> Self {
        Self { url: format!("/api/chat/emotes/{id}"), name, id, width, height, animated }
    }
}

/// What may be named in one room: the emotes for all, and the channel's own.
#[derive(Debug, Default)]
pub struct Set {
    own: Vec<Emote>,
    by_name: HashMap<String, usize>,
}

impl Set {
    /// With these of the channel.
    pub fn new(own: Vec<Emote>) -> Self {
        let by_name = own.iter().enumerate().map(|(n, e)| (e.name.clone(), n)).collect();
        Self { own, by_name }
    }

    /// The channel's own, by name.
    pub fn own(&self) -> &[Emote] {
        &self.own
    }

    fn named(&self, name: &str) -> Option<&Emote> {
        global().named(name).or_else(|| self.by_name.get(name).and_then(|n| self.own.get(*n)))
    }
}

/// The emotes that a text names, with the addresses of their bytes: the member `emotes` of a message.
pub fn found(text: &str, set: &Set) -> BTreeMap<String, String> {
    let names = words::named(text, |name| set.named(name).is_some());
    names.into_iter().filter_map(|name| Some((name.to_owned(), set.named(name)?.url.clone()))).collect()
}

/// Why an emote was not added, removed or found.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Not a name for an emote.
    #[error("the name is not {MIN_NAME} to {MAX_NAME} of a-z, 0-9 and _")]
    Name,
    /// The channel, or the set for all, has one of that name.
    #[error("the name is taken")]
    Taken,
    /// As many as a channel may have.
    #[error("the channel has as many emotes as it may have")]
    Full,
    /// None of that name or id.
    #[error("there is no such emote")]
    NotFound,
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
    Storage(#[from] Arc<streamly_storage::Error>),
}

impl From<streamly_storage::Error> for Refused {
    fn from(e: streamly_storage::Error) -> Self {
        match e {
            streamly_storage::Error::NotFound(_) => Self::NotFound,
            e => Self::Storage(Arc::new(e)),
        }
    }
}

/// The emotes of all rooms. Clones share them.
#[derive(Clone)]
pub struct Emotes {
    db: Database,
    storage: Option<Store>,
    uploads: Uploads,
    max_per_room: usize,
    sets: Cache<ChannelId, (Arc<Set>, Instant)>,
    bytes: Cache<String, Bytes>,
    /// Ids that storage has nothing at: asked for again, they cost it nothing.
    missing: Cache<String, ()>,
}

impl Emotes {
    /// Nothing known yet.
    pub fn new(db: Database, storage: Option<Store>, uploads: Uploads, settings: &Pictures) -> Self {
        let bytes = Cache::builder()
            .max_capacity(settings.cache.bytes())
            .weigher(|_, bytes: &Bytes| u32::try_from(bytes.len()).unwrap_or(u32::MAX))
            .time_to_live(CACHED)
            .build();
        Self {
            db,
            storage,
            uploads,
            max_per_room: settings.emotes_per_room,
            sets: Cache::new(CAPACITY),
            bytes,
            missing: Cache::builder().max_capacity(CAPACITY).time_to_live(MISSING).build(),
        }
    }

    /// The room's set.
    pub async fn set(&self, room: ChannelId) -> Arc<Set> {
        if let Some((set, until)) = self.sets.get(&room).await
            && Instant::now() < until
        {
            return set;
        }
        Box::pin(self.ask(room)).await
    }

    async fn ask(&self, room: ChannelId) -> Arc<Set> {
        let asked = tokio::time::timeout(PATIENCE, store::emotes::list(&self.db, room)).await;
        let (set, until) = match asked {
            Ok(Ok(own)) => (Arc::new(Set::new(own)), Instant::now() + FRESH),
            failed => {
                if let Ok(Err(e)) = failed {
                    tracing::debug!(error = %e, "emotes are taken as last known");
                }
                let known = self.sets.get(&room).await.map(|(set, _)| set).unwrap_or_default();
                (known, Instant::now() + PAUSE)
            }
        };
        self.sets.insert(room, (set.clone(), until)).await;
        set
    }

    /// Emotes a channel may have.
    pub fn max_per_room(&self) -> usize {
        self.max_per_room
    }

    /// The room's set changed: it is asked for again at the next use.
    pub async fn forget(&self, room: ChannelId) {
        if let Some((set, _)) = self.sets.get(&room).await {
            self.sets.insert(room, (set, Instant::now())).await;
        }
    }

    /// Makes an emote of an upload and gives it to the room.
    pub async fn add(
        &self,
        room: ChannelId,
        actor: UserId,
        name: &str,
        place: Place,
        upload: Bytes,
    ) -> Result<Emote, Refused> {
        let storage = self.storage.as_ref().ok_or(Refused::NoStorage)?;
        if !is_name(name) {
            return Err(Refused::Name);
        }
        if global().named(name).is_some() {
            return Err(Refused::Taken);
        }
        let made = self.uploads.make(place, move || picture::emote(&upload)).await?;
        let emote = Emote::new(name, &made.bytes, made.animated, (made.width, made.height));
        let (key, bytes) = (key(&emote.id)?, Bytes::from(made.bytes));
        storage.put(&key, bytes.clone()).await?;
        let added = store::emotes::add(&self.db, room, actor, &emote, self.max_per_room).await;
        let refused = match added {
            Ok(store::emotes::Added::Yes) => None,
            Ok(store::emotes::Added::Taken) => Some(Refused::Taken),
            Ok(store::emotes::Added::Full) => Some(Refused::Full),
            Err(e) => Some(e.into()),
        };
        if let Some(refused) = refused {
            if let Err(e) = self.clear_away(storage, &emote.id).await {
                tracing::warn!(error = %e, emote = emote.id, "the bytes of an emote that nobody has stay in storage");
            }
            return Err(refused);
        }
        // Somebody may have taken the last one of this picture away meanwhile.
        if let Err(streamly_storage::Error::NotFound(_)) = storage.read(&key, MAX_BYTES).await {
            storage.put(&key, bytes).await?;
        }
        self.missing.invalidate(&emote.id).await;
        Ok(emote)
    }

    /// Takes an emote from the room; its bytes go with it, unless another room has the same.
    pub async fn remove(&self, room: ChannelId, name: &str) -> Result<(), Refused> {
        let storage = self.storage.as_ref().ok_or(Refused::NoStorage)?;
        let removed = store::emotes::remove(&self.db, room, name).await?.ok_or(Refused::NotFound)?;
        if let Err(e) = self.clear_away(storage, &removed.emote.id).await {
            // What cannot go stays, to be taken away again.
            store::emotes::put_back(&self.db, room, &removed).await?;
            return Err(e);
        }
        Ok(())
    }

    /// Removes the bytes of a picture that no room has. No connection is held meanwhile, so a room may get it in between: whoever adds one
    /// looks for the bytes after its row is there, and here the row is looked for after the bytes are gone. One of the two puts them back.
    async fn clear_away(&self, storage: &Store, id: &str) -> Result<(), Refused> {
        if store::emotes::is_used(&self.db, id).await? {
            return Ok(());
        }
        let key = key(id)?;
        let bytes = match storage.read(&key, MAX_BYTES).await {
            Ok(bytes) => bytes,
            Err(streamly_storage::Error::NotFound(_)) => return Ok(()),
            Err(e) => return Err(e.into()),
        };
        self.bytes.invalidate(id).await;
        storage.delete(&key).await?;
        if store::emotes::is_used(&self.db, id).await? {
            storage.put(&key, bytes).await?;
        }
        Ok(())
    }

    /// The PNG of an id.
    pub async fn png(&self, id: &str) -> Result<Bytes, Refused> {
        if let Some(png) = global().png(id) {
            return Ok(Bytes::from_static(png));
        }
        let key = key(id)?;
        let storage = self.storage.as_ref().ok_or(Refused::NotFound)?;
        if self.missing.contains_key(id) {
            return Err(Refused::NotFound);
        }
        let read = async { storage.read(&key, MAX_BYTES).await };
        match self.bytes.try_get_with(id.to_owned(), read).await {
            Ok(png) => Ok(png),
            Err(e) if matches!(&*e, streamly_storage::Error::NotFound(_)) => {
                self.missing.insert(id.to_owned(), ()).await;
                Err(Refused::NotFound)
            }
            Err(e) => Err(Refused::Storage(e)),
        }
    }
}

fn key(id: &str) -> Result<Key, Refused> {
    let is_id = id.len() == ID_DIGITS && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    Key::new(FOLDER, id, Kind::Png).ok().filter(|_| is_id).ok_or(Refused::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_given_the_addresses_of_what_it_names() {
        let set = Set::new(vec![Emote::new("ada_hi", b"png", true, (9, 9))]);
        let all = found("hi :ada_hi: :wave: :nobody:", &set);
        assert_eq!(all.keys().collect::<Vec<_>>(), ["ada_hi", "wave"]);
        assert_eq!(all["ada_hi"], format!("/api/chat/emotes/{}", set.own()[0].id));
        assert_eq!(set.own()[0].id.len(), ID_DIGITS);
        assert!(found("nothing", &set).is_empty());
    }

    #[test]
    fn only_ids_are_looked_for() {
        for bad in ["", "..", "x", &"g".repeat(32), &"A".repeat(32), &"a".repeat(31), &"a".repeat(33)] {
            assert!(matches!(key(bad), Err(Refused::NotFound)), "{bad}");
        }
        assert!(key(&"a".repeat(32)).is_ok());
    }
}
