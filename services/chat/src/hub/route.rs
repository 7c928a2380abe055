//! What comes over pub/sub, given to the rooms of this node, and to the sockets of single people. It never waits for a room: one that is too
//! far behind reads the log instead. Redis away: the subscriptions are renewed, and every room is told of the gap.

use super::{Hub, News, PUBSUB};
use crate::{
    bus::{PEOPLE, Published, room_of, told},
    sockets::Sockets,
};
use streamly_lifecycle::Readiness;
use streamly_redis::{Delivery, Redis, Subscriber};

impl Hub {
    /// Routes what is published, to rooms and to the sockets of single people, until the stop.
    pub async fn follow(&self, redis: &Redis, sockets: &Sockets, readiness: &Readiness) {
        let mut subscriber = loop {
            tokio::select! {
                () = self.0.shutdown.started() => return,
                made = subscribed(redis) => match made {
                    Ok(subscriber) => break subscriber,
                    Err(e) => readiness.set(PUBSUB, Err(e.details())),
                }
            }
            tokio::select! {
                () = self.0.shutdown.started() => return,
                () = tokio::time::sleep(std::time::Duration::from_millis(500)) => {}
            }
        };
        let _ = self.0.subscriptions.set(subscriber.subscriptions());
        readiness.set(PUBSUB, Ok(()));
        self.route(&mut subscriber, sockets).await;
    }

    async fn route(&self, subscriber: &mut Subscriber, sockets: &Sockets) {
        loop {
            let delivery = tokio::select! {
                () = self.0.shutdown.started() => return,
                d = subscriber.next() => d,
            };
            match delivery {
                Some(Delivery::Message { channel, payload }) if channel == PEOPLE => {
                    if let Some((user, frame)) = told(&payload) {
                        sockets.tell(user, &frame.into());
                    }
                }
                Some(Delivery::Message { channel, payload }) => {
                    let Some(room) = room_of(&channel) else { continue };
                    let Some(published) = Published::parse(&payload) else { continue };
                    if let Some(handle) = self.0.rooms.lock().get(&room)
                        && handle.news.try_send(News::Published(published)).is_err()
                    {
                        handle.gap.notify_one();
                    }
                }
                Some(Delivery::Gap) => {
                    metrics::counter!("streamly_chat_gaps_total").increment(1);
                    self.0.rooms.lock().values().for_each(|h| h.gap.notify_one());
                }
                None => return,
            }
        }
    }
}

/// A subscriber that hears what is told to single people; rooms are added as they open.
async fn subscribed(redis: &Redis) -> Result<Subscriber, streamly_redis::Error> {
    let subscriber = redis.subscriber().await?;
    subscriber.subscriptions().ssubscribe(PEOPLE).await?;
    Ok(subscriber)
}
