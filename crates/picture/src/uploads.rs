//! How fast, how many and how large: what every upload passes before it is a picture.
//!
//! A person's pace is Redis' (or this process's, while it is away). Bodies in memory and pictures in decoding are counted here: beyond them a
//! caller is told to come again. A decoder that is at work is not interrupted: its place is taken until it is done, whoever waits for it.

use crate::{Invalid, Picture};
use std::{num::NonZeroU32, sync::Arc, time::Duration};
use streamly_domain::UserId;
use streamly_redis::{Limit, Redis};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bodies that are read or wait for a decoder; each has up to what the caller lets a body have.
const BODIES: usize = 8;
/// Longest wait for a decoder.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why an upload came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The person uploads too fast; when again.
    #[error("too many uploads of one person")]
    TooFast(Duration),
    /// As many uploads as this node takes.
    #[error("too many uploads at once")]
    Busy,
    /// No picture for us.
    #[error(transparent)]
    Invalid(#[from] Invalid),
}

/// The counts of this node. Clones share them.
#[derive(Clone)]
pub struct Uploads {
    redis: Redis,
    pace: Option<Arc<Limit>>,
    bodies: Arc<Semaphore>,
    decoders: Arc<Semaphore>,
}

/// A place for one body. Dropping it gives it back.
#[derive(Debug)]
pub struct Place {
    _permit: OwnedSemaphorePermit,
}

impl Uploads {
    /// Nobody came yet. `service` names the counts in Redis; `pace` is how many uploads a person has at once, and the time of each
    /// further one; `None`: people's pace is not limited. `decoders`: pictures that are decoded at once.
    pub fn new(redis: Redis, service: &'static str, pace: Option<(u32, Duration)>, decoders: usize) -> Self {
        let pace = pace.map(|(burst, interval)| {
            let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
            Arc::new(Limit::new(service, "upload", interval, burst))
        });
        let decoders = Arc::new(Semaphore::new(decoders.max(1)));
        Self { redis, pace, bodies: Arc::new(Semaphore::new(BODIES)), decoders }
    }

    /// A place for what the person is about to send.
    pub async fn admit(&self, user: UserId) -> Result<Place, Refused> {
        let permit = self.bodies.clone().try_acquire_owned().map_err(|_| Refused::Busy)?;
        if let Some(pace) = &self.pace {
            pace.take(&self.redis, &user.to_string()).await.map_err(|e| Refused::TooFast(e.retry_after))?;
        }
        Ok(Place { _permit: permit })
    }

    /// Makes a picture on a thread that may block, when a decoder is free. A decoder that panics met a damaged picture.
    pub async fn make(
        &self,
        place: Place,
        work: impl FnOnce() -> Result<Picture, Invalid> + Send + 'static,
    ) -> Result<Picture, Refused> {
        let decoder = tokio::time::timeout(PATIENCE, self.decoders.clone().acquire_owned()).await;
        let Ok(Ok(decoder)) = decoder else { return Err(Refused::Busy) };
        let made = tokio::task::spawn_blocking(move || {
            let _held = (place, decoder);
            work()
        });
        made.await
            .unwrap_or_else(|e| {
                tracing::error!(error = %e, "a picture's decoder failed");
                Err(Invalid::Damaged)
            })
            .map_err(Refused::Invalid)
    }
}
