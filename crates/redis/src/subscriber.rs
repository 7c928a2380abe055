//! Pub/sub on a connection of its own, which admits its gaps.

use crate::{Config, Error, client};
use bytes::Bytes;
use fred::{
    clients::SubscriberClient,
    interfaces::{ClientLike, EventInterface, PubsubInterface},
    types::{Message, config::Server},
    util::redis_keyslot,
};
use std::collections::BTreeMap;
use tokio::sync::broadcast::{Receiver, error::RecvError};

/// Pause before subscriptions are renewed again that could not be.
const RENEW_PAUSE: std::time::Duration = std::time::Duration::from_millis(200);

/// Channels in one command.
const RENEW_AT_ONCE: usize = 256;
/// A channel that nobody publishes on.
const ALIVE: &str = "streamly:alive";

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// A published message.
    Message {
        /// The channel.
        channel: String,
        /// Its bytes.
        payload: Bytes,
    },
    /// Messages may have been lost (reconnect, overflow): read the streams from your last ids.
    Gap,
}

/// Subscriptions, renewed after every reconnect. The connection is tried every two seconds: silence looks like peace.
pub struct Subscriber {
    client: SubscriberClient,
    watch: tokio::task::JoinHandle<()>,
    messages: Receiver<Message>,
    reconnects: Receiver<Server>,
    /// A reconnect whose subscriptions are not renewed yet.
    stale: bool,
}

/// Adds and removes subscriptions while somebody else reads.
#[derive(Clone)]
pub struct Subscriptions(SubscriberClient);

impl Subscriber {
    /// With room for `buffer` messages; fred makes as much for events of every other kind.
    pub(crate) async fn connect(config: &Config, buffer: usize) -> Result<Self, Error> {
        let client = fred::types::Builder::from_config(client::settings(config)?)
            .with_performance_config(|p| {
                p.default_command_timeout = config.command_timeout.get();
                p.broadcast_channel_capacity = buffer;
            })
            .set_policy(client::reconnect())
            .build_subscriber_client()
            .map_err(|e| Error::Settings(e.to_string()))?;
        let (messages, reconnects) = (client.message_rx(), client.reconnect_rx());
        drop(client.on_error(|(e, _)| async move {
            tracing::debug!(error = %e, "redis pub/sub connection");
            Ok(())
        }));
        client.connect();
        client.wait_for_connect().await.map_err(Error::Command)?;
        let watch = tokio::spawn(watch(client.clone()));
        Ok(Self { client, watch, messages, reconnects, stale: false })
    }

    /// A handle to subscribe and unsubscribe from elsewhere.
    pub fn subscriptions(&self) -> Subscriptions {
        Subscriptions(self.client.clone())
    }

    /// The next message or gap. Cancel-safe. `None`: the client was closed.
    pub async fn next(&mut self) -> Option<Delivery> {
        loop {
            if self.stale {
                // Only with the subscriptions renewed is the gap over: what is read from the streams then is complete.
                match renew_all(&self.client).await {
                    Ok(()) => {
                        self.stale = false;
                        return Some(Delivery::Gap);
                    }
                    Err(e) => {
                        tracing::debug!(error = %e, "subscriptions are not renewed yet");
                        tokio::time::sleep(RENEW_PAUSE).await;
                        continue;
                    }
                }
            }
            tokio::select! {
                biased;
                again = self.reconnects.recv() => match again {
                    Ok(_) | Err(RecvError::Lagged(_)) => self.stale = true,
                    Err(RecvError::Closed) => return None,
                },
                message = self.messages.recv() => match message {
                    Ok(m) => {
                        let Some(payload) = m.value.into_bytes() else { continue };
                        return Some(Delivery::Message { channel: m.channel.to_string(), payload });
                    }
                    Err(RecvError::Lagged(_)) => return Some(Delivery::Gap),
                    Err(RecvError::Closed) => return None,
                },
            }
        }
    }
}

/// Subscribes again to all that was subscribed. The client library's own way sends commands without channels, which are errors.
async fn renew_all(client: &SubscriberClient) -> Result<(), fred::error::Error> {
    let channels: Vec<String> = client.tracked_channels().iter().map(ToString::to_string).collect();
    if !channels.is_empty() {
        client.subscribe(channels).await?;
    }
    // In a cluster the channels of one command are of one slot.
    let mut groups: BTreeMap<u16, Vec<String>> = BTreeMap::new();
    for channel in client.tracked_shard_channels() {
        let slot = if client.is_clustered() { redis_keyslot(channel.as_bytes()) } else { 0 };
        groups.entry(slot).or_default().push(channel.to_string());
    }
    for group in groups.values().flat_map(|g| g.chunks(RENEW_AT_ONCE)) {
        client.ssubscribe(group.to_vec()).await?;
    }
    Ok(())
}

/// A subscription that is renewed again and again is answered as long as the server is there.
async fn watch(client: SubscriberClient) {
    let renewal = client::Renewal::default();
    loop {
        tokio::time::sleep(client::WATCH).await;
        let tried = client.ssubscribe(ALIVE).await.map_err(Error::Command);
        if let Err(e) = tried
            && e.is_timeout()
        {
            tracing::debug!("the pub/sub connection is silent");
            renewal.of(&client);
        }
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        self.watch.abort();
    }
}

impl Subscriptions {
    /// Sharded subscription (SSUBSCRIBE, Redis 7); returns once the server confirmed it.
    pub async fn ssubscribe(&self, channel: &str) -> Result<(), Error> {
        self.0.ssubscribe(channel).await.map_err(Error::Command)
    }
    /// Ends a sharded subscription.
    pub async fn sunsubscribe(&self, channel: &str) -> Result<(), Error> {
        self.0.sunsubscribe(channel).await.map_err(Error::Command)
    }
    /// Plain SUBSCRIBE.
    pub async fn subscribe(&self, channel: &str) -> Result<(), Error> {
        self.0.subscribe(channel).await.map_err(Error::Command)
    }
    /// Plain UNSUBSCRIBE.
    pub async fn unsubscribe(&self, channel: &str) -> Result<(), Error> {
        self.0.unsubscribe(channel).await.map_err(Error::Command)
    }
}
