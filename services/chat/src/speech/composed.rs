//! What a message is besides its text: whom it mentions, its colour, its image. What is away is left out, but for the
//! image, without which it is not said.

use super::{Manner, Speech};
use crate::{
    compose::{self, Message},
    directory::{Standing, badges},
    error::{Code, Refusal},
    images,
    log_id::LogId,
};
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

/// Longest wait for what a message could do without.
const ASIDE: Duration = Duration::from_millis(300);

impl Speech<'_> {
    /// Finds out what the message is besides its text. What is away is left out; [`ASIDE`] is the longest it takes.
    pub(super) async fn compose<'a>(
        &'a self,
        standing: &'a Standing,
        text: &'a str,
        reply_to: Option<LogId>,
        manner: Manner,
    ) -> Message<'a> {
        let (context, channel, person) = (self.context, self.channel, self.person);
        let names = compose::mentioned(text);
        let mentions = async {
            if names.is_empty() {
                return Vec::new();
            }
            Box::pin(tokio::time::timeout(ASIDE, context.directory.named(&names))).await.unwrap_or_default()
        };
        let (mentions, is_first, colour) = tokio::join!(
            mentions,
            context.chatters.is_new(channel.id, person.id),
            context.chatters.colour(person.id)
        );
        let badges = badges(&standing.roles);
        let mut more = serde_json::Map::new();
        if let Manner::Announced(tone) = manner {
            more.insert("announcement".into(), tone.into());
        }
        let is_me = manner == Manner::Me;
        Message { person, badges, colour, text, is_me, is_first, mentions, reply_to, more }
    }

    /// Takes an image that was uploaded for this message, and keeps it for as long as the message waits.
    pub(super) async fn image(&self, id: Uuid, nonce: Option<&str>, waits: bool) -> Result<Value, Refusal> {
        let images = &self.context.images;
        let image = images.take(self.channel.id, self.person.id, id, nonce.unwrap_or_default()).await?;
        if waits {
            images.hold(id).await?;
        }
        Ok(json!(image))
    }
}

impl From<images::Refused> for Refusal {
    fn from(e: images::Refused) -> Self {
        match e {
            images::Refused::NotFound => Code::ImageNotFound.into(),
            e => {
                tracing::warn!(error = %e, "an image could not be used");
                Code::Unavailable.into()
            }
        }
    }
}
