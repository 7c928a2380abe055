//! What the outside sees of a channel: the `stream` object of the REST contract, and the live index of the other services.

pub mod health;
pub mod history;
pub mod qoe;

use crate::{
    bus, pictures,
    store::{broadcasts::Broadcast, channels::Channel},
    visibility::{Visibility, guard},
};
use serde::Serialize;
use serde_json::{Value, json};
use streamly_domain::{BroadcastId, ChannelId, StreamState, UserId};
use time::OffsetDateTime;

/// A channel for everybody.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Stream {
    /// The channel's id.
    #[schema(value_type = String)]
    pub id: ChannelId,
    /// Its owner's id.
    #[schema(value_type = String)]
    pub owner_id: UserId,
    /// Its owner's name, also in its addresses.
    pub username: String,
    /// The name as its owner writes it.
    pub display_name: String,
    /// At most 140 characters.
    pub title: String,
    /// What it is about.
    pub category: String,
    /// The category's name in addresses; null: the text is none of the kept categories.
    pub category_slug: Option<String>,
    /// At most 10.
    pub tags: Vec<String>,
    /// BCP 47; empty: not said.
    pub language: String,
    /// For adults.
    pub mature: bool,
    /// The owner's picture, on the web origin.
    pub avatar_url: Option<String>,
    /// How many follow it.
    pub followers: u64,
    /// For whom the channel is.
    pub visibility: Visibility,
    /// Goes up when those who were let in before are not any more: another password, another link.
    pub watch_version: u64,
    /// Whether the caller may watch without password or link; only where one channel is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub may_watch: Option<bool>,
    /// `offline`, `starting`, `live`, `reconnecting`.
    #[schema(value_type = String)]
    pub state: StreamState,
    /// Only while something can be watched.
    pub live: Option<Live>,
}

/// What is running.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Live {
    /// The broadcast; the same through reconnects.
    #[schema(value_type = String)]
    pub broadcast_id: BroadcastId,
    /// When its first part could be fetched.
    #[serde(with = "time::serde::rfc3339")]
    pub started_at: OffsetDateTime,
    /// How many watch.
    pub viewers: u64,
    /// The multivariant playlist, with a playback token where one is needed; null to who may not watch, or has to ask for it.
    pub playback_url: Option<String>,
    /// A small JPEG of what was on air lately, which never changes under this address; null: there is none, or it is not for the caller, as with
    /// `playback_url`.
    pub still_url: Option<String>,
    /// Whether it is a test, which only the channel's owner, its moderators and the platform's staff see.
    pub test: bool,
    /// The source first.
    #[schema(value_type = Vec<PlayedRendition>)]
    pub renditions: Value,
}

/// A rendition as whoever plays it is told of it; what each event of the channel's health says besides is not kept.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the shape of what a node's report is stored as")]
struct PlayedRendition {
    /// As in the playlists.
    name: String,
    width: u32,
    height: u32,
    fps: f64,
    bitrate_bps: u64,
    /// RFC 6381.
    codecs: String,
}

/// Where a channel is played.
pub fn playback_url(public_url: &str, username: &str) -> String {
    format!("{}/live/{username}/index.m3u8", public_url.trim_end_matches('/'))
}

/// Where a still of a broadcast is; none without one. Number 0 is none.
pub fn still_url(public_url: &str, broadcast: BroadcastId, number: u64) -> Option<String> {
    (number > 0)
        .then(|| format!("{}/live/b/{broadcast}/stills/{number}.jpg", public_url.trim_end_matches('/')))
}

/// The same for who is let in as the playback address says: with the token that is in it.
fn still_beside(playback_url: &str, username: &str, broadcast: BroadcastId, number: u64) -> Option<String> {
    let (public_url, query) = playback_url.split_once(&format!("/live/{username}/index.m3u8"))?;
    still_url(public_url, broadcast, number).map(|url| url + query)
}

/// The public object of a channel and its open broadcast. Of one that is not open it does not say where it is played; that a private one
/// is on air at all, [`for_strangers`] leaves out. Of a suspended owner's it has names and figures alone.
pub fn stream(public_url: &str, channel: &Channel, open: Option<&Broadcast>) -> Stream {
    let url = channel.visibility.is_open().then(|| playback_url(public_url, &channel.username));
    let stream = object(channel, open, url);
    if channel.suspended { bare(stream) } else { stream }
}

/// The same for who sees the channel's tests. Where it is played they ask for, with a token.
pub fn for_team(public_url: &str, channel: &Channel, open: Option<&Broadcast>) -> Stream {
    let url = (!guard(channel, open.is_some_and(|b| b.test)).restricted)
        .then(|| playback_url(public_url, &channel.username));
    object(channel, open, url)
}

/// Without what the channel says about itself.
fn bare(mut stream: Stream) -> Stream {
    stream.title.clear();
    stream.category.clear();
    stream.category_slug = None;
    stream.tags.clear();
    stream.language.clear();
    stream.avatar_url = None;
    stream
}

/// The same as strangers may see it.
pub fn for_strangers(public_url: &str, channel: &Channel, open: Option<&Broadcast>) -> Stream {
    let open = open.filter(|_| channel.visibility.is_known());
    let mut stream = stream(public_url, channel, open);
    if !channel.visibility.is_known() {
        stream.title.clear();
        stream.category.clear();
        stream.category_slug = None;
        stream.tags.clear();
    }
    stream
}

/// The same as somebody sees it who may watch, at that address; `may_see`: also what a suspended owner's channel says.
pub fn for_viewer(
    channel: &Channel,
    open: Option<&Broadcast>,
    playback_url: String,
    may_see: bool,
) -> Stream {
    let stream = object(channel, open, Some(playback_url));
    Stream { may_watch: Some(true), ..if may_see { stream } else { bare(stream) } }
}

/// What is pushed of a private channel to who may not watch it: `stream` is its public object.
pub fn hidden(stream: &Value) -> Value {
    let mut stream = stream.clone();
    if let Some(fields) = stream.as_object_mut() {
        fields.insert("state".into(), StreamState::Offline.as_str().into());
        fields.insert("live".into(), Value::Null);
        fields.insert("title".into(), "".into());
        fields.insert("category".into(), "".into());
        fields.insert("category_slug".into(), Value::Null);
        fields.insert("tags".into(), json!([]));
    }
    stream
}

fn object(channel: &Channel, open: Option<&Broadcast>, playback_url: Option<String>) -> Stream {
    let watchable = open.filter(|b| b.is_watchable());
    Stream {
        id: channel.id,
        owner_id: channel.owner_id,
        username: channel.username.clone(),
        display_name: channel.display_name.clone(),
        title: channel.title.clone(),
        category: channel.category.clone(),
        category_slug: channel.category_slug.clone(),
        tags: channel.tags.clone(),
        language: channel.language.clone(),
        mature: channel.mature,
        avatar_url: channel.avatar.as_deref().map(pictures::url),
        followers: channel.followers,
        visibility: channel.visibility,
        watch_version: channel.watch_version,
        may_watch: None,
        state: open.map_or(StreamState::Offline, |b| b.state),
        live: watchable.map(|b| Live {
            broadcast_id: b.id,
            started_at: b.started_at,
            viewers: b.viewers,
            still_url: playback_url
                .as_deref()
                .and_then(|url| still_beside(url, &channel.username, b.id, b.shown_still())),
            playback_url,
            test: b.test,
            renditions: b.renditions.clone(),
        }),
    }
}

/// The live index entry of an open broadcast. `read_at_ms` says which of two entries is newer.
pub fn live_index(b: &Broadcast) -> Value {
    let guard = guard(&b.channel, b.test);
    let started = b.started_at.format(&time::format_description::well_known::Rfc3339).unwrap_or_default();
    json!({
        "channel_id": b.channel.id, "owner_id": b.channel.owner_id, "username": b.channel.username,
        "broadcast_id": b.id, "epoch": b.epoch, "state": b.state, "origin_url": b.origin_url,
        "started_at": started, "renditions": b.renditions,
        "restricted": guard.restricted, "watch_version": guard.version, "hidden": guard.hidden,
        "read_at_ms": bus::unix_ms(b.read_at),
    })
}
