//! Pub/sub on a connection of its own, which admits its gaps.

use crate::{
    Error, Redis, client,
    masters::{self, ALIVE},
};
use bytes::Bytes;
use fred::{
    clients::SubscriberClient,
    error::ErrorKind,
    interfaces::{ClientLike, ClusterInterface, EventInterface, PubsubInterface},
    types::{ClusterHash, CustomCommand, Message, Value, cluster::SlotRange, config::Server},
    util::redis_keyslot,
};
use std::{collections::BTreeMap, sync::Arc};
use tokio::sync::{
    Notify,
    broadcast::{Receiver, error::RecvError},
};

/// Pause before subscriptions are renewed again that could not be.
const RENEW_PAUSE: std::time::Duration = std::time::Duration::from_millis(200);

/// How often it is seen whether a master of a cluster has been silent for too long.
const SILENCE_CHECK: std::time::Duration = std::time::Duration::from_millis(500);
/// Channels in one command.
const RENEW_AT_ONCE: usize = 256;

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
    /// A reconnect or a move whose subscriptions are not renewed yet.
    stale: bool,
    /// Slots have another master.
    moved: Arc<Notify>,
}

/// Adds and removes subscriptions while somebody else reads.
#[derive(Clone)]
pub struct Subscriptions(SubscriberClient);

impl Subscriber {
    /// With room for `buffer` messages; fred makes as much for events of every other kind.
    pub(crate) async fn connect(redis: &Redis, buffer: usize) -> Result<Self, Error> {
        let settings = client::settings(&redis.config)?;
        let silence = settings.server.is_clustered().then(|| redis.config.command_timeout.get());
        let client = fred::types::Builder::from_config(settings)
            .with_performance_config(|p| {
                p.default_command_timeout = redis.config.command_timeout.get();
                p.broadcast_channel_capacity = buffer;
            })
            .with_connection_config(|c| {
                client::connecting(c);
                (c.unresponsive.max_timeout, c.unresponsive.interval) = (silence, SILENCE_CHECK);
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
        let moved = Arc::new(Notify::new());
        let watch = Watch { client: client.clone(), commands: redis.clone(), moved: moved.clone() };
        let watch = tokio::spawn(watch.run());
        Ok(Self { client, watch, messages, reconnects, stale: false, moved })
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
                () = self.moved.notified() => self.stale = true,
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

/// Keeps the subscriptions where they belong: finds out which server has fallen silent, and that slots have another master.
struct Watch {
    client: SubscriberClient,
    /// Gives commands, and so is told where slots went; a subscriber is told nothing.
    commands: Redis,
    moved: Arc<Notify>,
}

impl Watch {
    async fn run(self) {
        let renewal = client::Renewal::default();
        let mut slots = self.slots();
        loop {
            tokio::time::sleep(client::WATCH).await;
            if self.is_silent().await {
                tracing::debug!("the pub/sub connection is silent");
                renewal.of(&self.client);
            }
            self.follow(&mut slots).await;
        }
    }

    /// Whether a single server gives no answer: a subscription that is renewed again and again is answered as long as it is there. Of a
    /// cluster each master is asked by a PING; one that does not answer it in time has its connection closed and made anew by the client.
    async fn is_silent(&self) -> bool {
        let names = masters::names(&self.client);
        if names.is_empty() {
            let tried = self.client.ssubscribe(ALIVE).await.map_err(Error::Command);
            return tried.is_err_and(|e| e.is_timeout());
        }
        for name in names.values() {
            let ping = CustomCommand::new_static("PING", ClusterHash::from(name.as_str()), false);
            if let Err(e) = self.client.custom::<Value, Value>(ping, Vec::new()).await {
                tracing::debug!(error = %e, "a master does not answer the pub/sub connection");
            }
        }
        false
    }

    /// Who serves which slots, as far as is known; nobody where there is no cluster.
    fn slots(&self) -> Vec<SlotRange> {
        let state = self.commands.client().cached_cluster_state();
        state.map(|state| state.slots().to_vec()).unwrap_or_default()
    }

    /// The server ends the subscriptions of a slot that goes to another master, and nobody says so here: they are renewed. `slots`: as of
    /// the last look.
    async fn follow(&self, slots: &mut Vec<SlotRange>) {
        let now = self.slots();
        if now == *slots {
            return;
        }
        if !slots.is_empty() {
            let synced = tokio::time::timeout(client::WATCH, self.client.sync_cluster()).await;
            let Ok(Ok(())) = synced else { return };
            self.moved.notify_one();
        }
        *slots = now;
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
        let answer = match self.0.ssubscribe(channel).await {
            // Of its attempts a lost connection took one, and a slot that was said to be elsewhere the other; where it is, is known now.
            Err(e) if self.0.is_clustered() && *e.kind() == ErrorKind::Unknown => {
                self.0.ssubscribe(channel).await
            }
            answer => answer,
        };
        answer.map_err(Error::Command)
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
