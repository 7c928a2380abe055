//! Waiting until replicas have what was written: WAIT, on a connection of its own, for it holds up what comes behind it.
//!
//! A wait covers all that the server had written when it began, by whatever connection: a read before it takes note of how far that is.

use crate::{
    Error, Redis,
    client::{Renewal, dedicated},
};
use fred::{
    clients::Client,
    interfaces::ClientLike,
    types::{ClusterHash, CustomCommand, Value},
};
use std::time::Duration;

/// Clones share the connection.
#[derive(Clone)]
pub struct Replicas(Client, Renewal);

impl Replicas {
    /// Connects in the background. Errors: unusable settings.
    pub fn new(redis: &Redis) -> Result<Self, Error> {
        let (client, _) = dedicated(&redis.config)?;
        Ok(Self(client, Renewal::default()))
    }

    /// How many replicas have all that the server of `key` wrote before this call; waits for `count` of them, at most `patience`
    /// (whole milliseconds, at least one). Errors: Redis is away.
    pub async fn wait(&self, key: &str, count: u32, patience: Duration) -> Result<u64, Error> {
        let slot = ClusterHash::from(key);
        let look = self.0.custom::<Value, Value>(
            CustomCommand::new_static("EXISTS", slot.clone(), false),
            vec![Value::from(key)],
        );
        let args = vec![Value::from(count.to_string()), Value::from(patience.as_millis().max(1).to_string())];
        let wait = self.0.custom::<u64, Value>(CustomCommand::new_static("WAIT", slot, false), args);
        let (look, wait) = tokio::join!(biased; look, wait);
        let look = look.map_err(Error::Command);
        if look.as_ref().is_err_and(Error::is_timeout) {
            self.1.of(&self.0);
        }
        look?;
        wait.map_err(Error::Command)
    }
}
